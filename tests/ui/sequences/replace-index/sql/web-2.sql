SELECT id FROM orders WHERE city = $1;
