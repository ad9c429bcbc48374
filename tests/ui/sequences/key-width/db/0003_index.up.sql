CREATE UNIQUE INDEX CONCURRENTLY orders_id_big ON orders (id_big);
