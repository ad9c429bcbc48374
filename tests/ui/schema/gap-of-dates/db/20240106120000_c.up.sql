ALTER TABLE orders ADD COLUMN c text;
