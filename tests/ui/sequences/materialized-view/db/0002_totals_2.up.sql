SET lock_timeout = '2s';
CREATE MATERIALIZED VIEW totals_2 AS SELECT city, count(*) AS orders, sum(total) AS total FROM orders GROUP BY city;
