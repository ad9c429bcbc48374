ALTER TABLE orders ADD COLUMN total bigint NOT NULL;
