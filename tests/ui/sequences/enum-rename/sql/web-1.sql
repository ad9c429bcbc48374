SELECT id, state::text AS state FROM orders;
UPDATE orders SET state = 'done' WHERE id = $1;
