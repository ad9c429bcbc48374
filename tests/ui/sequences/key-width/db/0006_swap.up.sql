SET lock_timeout = '2s';
DROP TRIGGER orders_id_big ON orders;
DROP FUNCTION orders_id_big();
ALTER TABLE orders ALTER COLUMN id_big SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT id_big_there;
ALTER TABLE orders DROP CONSTRAINT orders_pkey;
ALTER TABLE orders DROP COLUMN id;
ALTER TABLE orders RENAME COLUMN id_big TO id;
ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_id_big;
