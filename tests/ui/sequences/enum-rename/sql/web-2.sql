SELECT id, state::text AS state FROM orders WHERE state IN ('done', 'closed');
UPDATE orders SET state = 'closed' WHERE id = $1;
