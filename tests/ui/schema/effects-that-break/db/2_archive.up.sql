SET lock_timeout = '2s';

DO $$
BEGIN
  EXECUTE 'ALTER TABLE orders DROP COLUMN ' || 'mail';
END $$;
