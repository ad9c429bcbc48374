SELECT id, state FROM users WHERE id = $1;
