SET lock_timeout = '2s';
UPDATE users SET name = '' WHERE name IS NULL;
ALTER TABLE users ADD CONSTRAINT users_name CHECK (name IS NOT NULL) NOT VALID;
