INSERT INTO orders (id, total, email) VALUES ($1, $2, $3);
SELECT id, email FROM orders WHERE id = $1;
