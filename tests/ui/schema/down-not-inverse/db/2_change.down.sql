ALTER TABLE orders DROP COLUMN phone;
ALTER TABLE orders ADD COLUMN mail text;
