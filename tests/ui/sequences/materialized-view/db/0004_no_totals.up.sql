SET lock_timeout = '2s';
DROP MATERIALIZED VIEW totals;
