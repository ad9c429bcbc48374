SELECT id, state::text AS state FROM orders;
INSERT INTO orders (id, state) VALUES ($1, 'open');
