SET lock_timeout = '2s';
DROP TRIGGER both_names ON orders;
DROP FUNCTION both_names();
ALTER TABLE orders DROP COLUMN mail;
