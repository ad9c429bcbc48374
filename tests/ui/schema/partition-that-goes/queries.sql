INSERT INTO orders (at, total) VALUES ($1, $2);
SELECT total FROM orders WHERE at = $1;
