ALTER TABLE orders ADD COLUMN code text;
