CREATE TABLE users (id bigint PRIMARY KEY, name varchar(20), email text);
CREATE INDEX users_email ON users (email);
