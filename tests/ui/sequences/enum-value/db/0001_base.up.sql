CREATE TYPE state AS ENUM ('open', 'done');
CREATE TABLE orders (id bigint PRIMARY KEY, state state NOT NULL);
