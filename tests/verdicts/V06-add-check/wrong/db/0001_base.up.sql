CREATE TABLE users (id bigint PRIMARY KEY, name varchar(20), email text);
CREATE TABLE notes (id bigint PRIMARY KEY, body text);
