SELECT id, state FROM orders WHERE id = $1;
UPDATE orders SET state = $2 WHERE id = $1;
