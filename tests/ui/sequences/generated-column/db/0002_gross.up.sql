SET lock_timeout = '2s';
ALTER TABLE items ADD COLUMN gross integer GENERATED ALWAYS AS (price + tax) VIRTUAL;
