SET lock_timeout = '2s';
ALTER TABLE users ADD CONSTRAINT users_state CHECK (state IN ('open', 'closed')) NOT VALID;
