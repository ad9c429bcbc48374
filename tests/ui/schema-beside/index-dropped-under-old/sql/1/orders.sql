SELECT id FROM orders WHERE email = $1;
