INSERT INTO orders (id, total, mail) VALUES ($1, $2, $3);
SELECT id, mail FROM orders WHERE id = $1;
