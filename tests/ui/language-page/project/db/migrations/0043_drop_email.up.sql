-- The address lives in customers.email. Only versions up to 41 read this copy.
SET lock_timeout = '2s';

ALTER TABLE orders DROP COLUMN email;
