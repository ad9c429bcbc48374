SET lock_timeout = '2s';
ALTER TABLE users ADD CONSTRAINT users_team FOREIGN KEY (team) REFERENCES teams (id) NOT VALID;
