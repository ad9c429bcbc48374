SELECT id, state FROM orders WHERE id = $1;
UPDATE orders SET state = 'lost' WHERE id = $1;
