SET lock_timeout = '2s';
CREATE VIEW users AS SELECT id, name, email FROM people;
