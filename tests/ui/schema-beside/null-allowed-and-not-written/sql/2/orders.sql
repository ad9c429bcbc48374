SELECT id, email FROM orders WHERE id = $1;
INSERT INTO orders (id, state, email) VALUES ($1, 'open', 'a@example.com');
