SET lock_timeout = '2s';
DROP TRIGGER both_prices ON items;
DROP FUNCTION both_prices();
ALTER TABLE items DROP COLUMN price;
