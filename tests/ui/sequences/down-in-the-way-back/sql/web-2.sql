SELECT id, name, phone FROM users WHERE id = $1;
