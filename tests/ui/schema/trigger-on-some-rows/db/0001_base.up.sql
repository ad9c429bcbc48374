CREATE TABLE users (id bigint PRIMARY KEY, tenant bigint NOT NULL, email text);
