SET lock_timeout = '2s';
DROP VIEW v2.users;
DROP SCHEMA v2;
