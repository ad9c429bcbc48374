-- migrate:up
-- irreversible: the carts are gone
DROP TABLE carts;

-- migrate:down
