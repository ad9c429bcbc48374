CREATE OR REPLACE VIEW totals AS SELECT count(*) AS n FROM accounts;
