SELECT id, state FROM orders WHERE id = $1;
