SET lock_timeout = '2s';
ALTER TABLE orders
  ADD COLUMN phone text,
  DROP COLUMN mail,
  ALTER COLUMN state SET DEFAULT 'open';
CREATE INDEX orders_phone ON orders (phone);
