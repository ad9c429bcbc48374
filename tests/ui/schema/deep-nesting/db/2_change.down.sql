DROP VIEW deep;
