SET lock_timeout = '2s';
DROP VIEW users;
ALTER TABLE people RENAME TO users;
