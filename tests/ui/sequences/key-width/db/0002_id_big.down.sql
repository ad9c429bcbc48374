SET lock_timeout = '2s';
DROP TRIGGER orders_id_big ON orders;
DROP FUNCTION orders_id_big();
ALTER TABLE orders DROP COLUMN id_big;
