SELECT id, code FROM users WHERE id = $1;
