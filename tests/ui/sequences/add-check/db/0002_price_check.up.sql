SET lock_timeout = '2s';
ALTER TABLE items ADD CONSTRAINT price_positive CHECK (price > 0) NOT VALID;
