INSERT INTO orders (id, total) VALUES (nextval('order_numbers_2'), $1);
