SELECT id, x FROM users WHERE id = $1;
