SELECT id, email FROM orders WHERE id = $1;
INSERT INTO orders (id, state) VALUES ($1, 'open');
