ALTER TABLE orders ADD COLUMN email text;
COMMENT ON COLUMN orders.email IS 'where the receipt goes; may be null';
