CREATE SCHEMA sales;
CREATE TABLE orders (id bigint PRIMARY KEY, total bigint NOT NULL);
