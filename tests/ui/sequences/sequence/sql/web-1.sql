INSERT INTO orders (id, total) VALUES (nextval('order_numbers'), $1);
