SET lock_timeout = '2s';
ALTER TABLE users ALTER COLUMN country DROP NOT NULL;
ALTER TABLE users ADD CONSTRAINT country_there CHECK (country IS NOT NULL) NOT VALID;
ALTER TABLE users VALIDATE CONSTRAINT country_there;
