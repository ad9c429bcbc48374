SELECT id, total, note FROM orders WHERE id = $1;
