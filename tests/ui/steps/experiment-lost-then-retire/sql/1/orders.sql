SELECT id, total, email FROM orders WHERE id = $1;
