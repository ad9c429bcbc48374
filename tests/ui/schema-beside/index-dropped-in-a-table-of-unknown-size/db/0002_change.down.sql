CREATE INDEX CONCURRENTLY orders_email ON orders (email);
