SET lock_timeout = '2s';

DO $$
BEGIN
  EXECUTE 'ALTER TABLE orders ADD COLUMN ' || 'phone' || ' text';
END $$;

COMMENT ON COLUMN orders.phone IS 'as dialled';
