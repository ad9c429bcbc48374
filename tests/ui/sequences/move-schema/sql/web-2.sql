SELECT id, total FROM sales.orders WHERE id = $1;
INSERT INTO sales.orders (id, total) VALUES ($1, $2);
