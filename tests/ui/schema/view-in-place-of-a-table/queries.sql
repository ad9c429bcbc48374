UPDATE orders SET total = $1 WHERE id = $2;
TRUNCATE orders;
SELECT id FROM orders;
