SET lock_timeout = '2s';
DROP VIEW v1.users;
DROP SCHEMA v1;
