SET lock_timeout = '2s';
ALTER TABLE users RENAME TO people;
CREATE VIEW users AS SELECT id, name, email FROM people;
