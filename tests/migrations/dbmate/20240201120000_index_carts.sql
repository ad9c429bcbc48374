-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY carts_id ON carts (id);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY carts_id;
