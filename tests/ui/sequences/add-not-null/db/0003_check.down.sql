SET lock_timeout = '2s';
ALTER TABLE users DROP CONSTRAINT country_there;
