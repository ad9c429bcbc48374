SELECT id, label FROM users WHERE id = $1;
