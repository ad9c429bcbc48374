CREATE TABLE users (id bigint PRIMARY KEY, code text NOT NULL CONSTRAINT users_code_unique UNIQUE);
