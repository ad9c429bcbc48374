SET lock_timeout = '2s';
DROP VIEW totals;
CREATE VIEW totals AS SELECT city, sum(total) AS total FROM orders GROUP BY city;
