SET lock_timeout = '2s';
ALTER TABLE items DROP CONSTRAINT price_positive;
