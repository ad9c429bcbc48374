CREATE TABLE orders (id bigint PRIMARY KEY, total bigint NOT NULL, city text);
CREATE MATERIALIZED VIEW totals AS SELECT city, sum(total) AS total FROM orders GROUP BY city;
