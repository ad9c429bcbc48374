CREATE TABLE tokens (id bigint PRIMARY KEY);
