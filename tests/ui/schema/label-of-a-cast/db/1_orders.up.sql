CREATE TYPE state AS ENUM ('new', 'done');
CREATE TABLE orders (id bigint PRIMARY KEY, state state);
