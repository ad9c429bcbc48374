SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN email DROP NOT NULL;
