SET lock_timeout = '2s';

ALTER TABLE orders ADD COLUMN note text;

COMMENT ON COLUMN orders.note IS 'Shown to the customer;
