CREATE TABLE users (id bigint PRIMARY KEY, name varchar(20));
ALTER TABLE users ADD CONSTRAINT users_name CHECK (name IS NOT NULL);
