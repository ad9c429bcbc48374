ALTER TABLE orders DROP COLUMN mail, ADD COLUMN phone text;
