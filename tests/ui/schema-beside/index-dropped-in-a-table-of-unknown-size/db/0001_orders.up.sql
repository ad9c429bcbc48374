CREATE TABLE orders (id bigint PRIMARY KEY, email text NOT NULL);
CREATE INDEX orders_email ON orders (email);
