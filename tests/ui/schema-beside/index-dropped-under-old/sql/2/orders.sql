SELECT id, email FROM orders WHERE id = $1;
