SELECT id, address FROM users WHERE id = $1;
