SET lock_timeout = '2s';
DROP VIEW totals;
CREATE VIEW totals AS SELECT city, count(*) AS orders, sum(total) AS total FROM orders GROUP BY city;
