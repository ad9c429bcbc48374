-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY items_id ON items (id);

-- +goose Down
SELECT 1;
