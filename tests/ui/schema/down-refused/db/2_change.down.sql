ALTER TABLE orders DROP COLUMN telephone;
