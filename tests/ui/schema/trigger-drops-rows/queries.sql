SELECT id, mail FROM orders;
INSERT INTO orders (id, mail) VALUES ($1, $2);
