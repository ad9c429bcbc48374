SELECT id::bigint AS id, total FROM orders WHERE id = $1;
INSERT INTO orders (id, total) VALUES ($1, $2);
