SELECT id, state FROM orders;
INSERT INTO orders (id, state) VALUES ($1, 'open');
