UPDATE users SET name = 'unknown' WHERE name = '';
