SET lock_timeout = '2s';
ALTER TABLE users ADD CONSTRAINT email_there CHECK (email IS NOT NULL) NOT VALID;
