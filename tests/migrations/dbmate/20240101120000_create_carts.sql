-- migrate:up
CREATE TABLE carts (id int PRIMARY KEY);

-- migrate:down
DROP TABLE carts;
