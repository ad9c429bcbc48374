CREATE TYPE state AS ENUM ('a', 'b', 'c');
CREATE TABLE users (id bigint PRIMARY KEY, state state NOT NULL);
