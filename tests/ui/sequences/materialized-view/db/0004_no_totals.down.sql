SET lock_timeout = '2s';
CREATE MATERIALIZED VIEW totals AS SELECT city, sum(total) AS total FROM orders GROUP BY city;
