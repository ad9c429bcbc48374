CREATE TABLE orders (id bigint PRIMARY KEY, state text, city text);
CREATE INDEX orders_state ON orders (state);
