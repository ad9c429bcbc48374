SELECT id, mail FROM orders;
SELECT id, street FROM orders;
