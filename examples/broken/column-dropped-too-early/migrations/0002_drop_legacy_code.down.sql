SET lock_timeout = '2s';

-- Brings the column back, not what was in it.
ALTER TABLE orders ADD COLUMN legacy_code text;
