CREATE TABLE users (id bigint PRIMARY KEY, state text NOT NULL);
