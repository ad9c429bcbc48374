CREATE SEQUENCE order_numbers AS integer;
CREATE TABLE orders (id bigint PRIMARY KEY, total bigint NOT NULL);
