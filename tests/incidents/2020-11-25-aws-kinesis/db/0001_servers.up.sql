CREATE TABLE servers (id bigint PRIMARY KEY);
