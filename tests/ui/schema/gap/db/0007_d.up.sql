ALTER TABLE orders ADD COLUMN d text;
