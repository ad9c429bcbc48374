SET lock_timeout = '2s';
ALTER TABLE users ADD CONSTRAINT country_there CHECK (country IS NOT NULL) NOT VALID;
