-- # an integer key becomes bigint
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, qty int NOT NULL, email text);
-- ## after
ALTER TABLE orders ADD COLUMN qty_new bigint;
CREATE FUNCTION sync() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.qty_new := NEW.qty; RETURN NEW; END; $$;
CREATE TRIGGER sync BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sync();
UPDATE orders SET qty_new=qty WHERE qty_new IS NULL;
BEGIN;
DROP TRIGGER sync ON orders;
DROP FUNCTION sync();
ALTER TABLE orders RENAME qty TO qty_old;
ALTER TABLE orders RENAME qty_new TO qty;
ALTER TABLE orders ALTER qty_old DROP NOT NULL;
COMMIT;
-- ## query
SELECT id,qty FROM orders WHERE id=$1;
INSERT INTO orders(id,qty) VALUES($1,$2);
-- ## server: ok
-- ## told: ~ without an error orders.qty: `orders.qty` may be `NULL`, which it never was
-- ## told: ~ without an error orders.qty: `orders.qty` is `bigint`, and the version reads it as `integer`

-- # a column is renamed under a trigger that writes both ways
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ADD COLUMN mail text;
CREATE FUNCTION sync() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'INSERT' THEN NEW.mail := COALESCE(NEW.mail, NEW.email); NEW.email := COALESCE(NEW.email, NEW.mail); ELSIF NEW.mail IS DISTINCT FROM OLD.mail THEN NEW.email := NEW.mail; ELSIF NEW.email IS DISTINCT FROM OLD.email THEN NEW.mail := NEW.email; END IF; RETURN NEW; END; $$;
CREATE TRIGGER sync BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sync();
UPDATE orders SET mail=email WHERE mail IS NULL;
DROP TRIGGER sync ON orders;
DROP FUNCTION sync();
ALTER TABLE orders DROP COLUMN email;
-- ## query
SELECT id,total,email FROM orders WHERE id=$1;
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
UPDATE orders SET email=$2 WHERE id=$1;
-- ## server: 42703
-- ## told: ! 42703 orders.email: `orders.email` does not exist

-- # a column becomes NOT NULL
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ADD CONSTRAINT nn CHECK (email IS NOT NULL) NOT VALID;
UPDATE orders SET email='' WHERE email IS NULL;
ALTER TABLE orders VALIDATE CONSTRAINT nn;
ALTER TABLE orders ALTER email SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT nn;
-- ## query
INSERT INTO orders(id,total) VALUES($1,$2);
-- ## server: 23502
-- ## told: ! 23502 orders.email: `orders.email` refuses `NULL`, has no default, and is not given

-- # a column with a default becomes NOT NULL
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ALTER email SET DEFAULT '';
ALTER TABLE orders ADD CONSTRAINT nn CHECK (email IS NOT NULL) NOT VALID;
UPDATE orders SET email='' WHERE email IS NULL;
ALTER TABLE orders VALIDATE CONSTRAINT nn;
ALTER TABLE orders ALTER email SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT nn;
-- ## query
INSERT INTO orders(id,total) VALUES($1,$2);
-- ## server: ok

-- # a table is renamed under a view
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
BEGIN;
ALTER TABLE orders RENAME TO purchases;
CREATE VIEW orders AS SELECT id,total,email FROM purchases;
COMMIT;
DROP VIEW orders;
-- ## query
SELECT id,total,email FROM orders WHERE id=$1;
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
UPDATE orders SET email=$2 WHERE id=$1;
-- ## server: 42P01
-- ## told: ! 42P01 orders: `orders` does not exist

-- # a column becomes unique
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
CREATE UNIQUE INDEX CONCURRENTLY orders_email_key ON orders(email);
ALTER TABLE orders ADD CONSTRAINT orders_email_key UNIQUE USING INDEX orders_email_key;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3) ON CONFLICT DO NOTHING;
-- ## server: ok

-- # an index is made anew under another name
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE INDEX ie ON orders(email);
-- ## after
CREATE INDEX CONCURRENTLY ie2 ON orders(email,total);
DROP INDEX CONCURRENTLY ie;
-- ## query
SELECT id,total,email FROM orders WHERE id=$1;
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
UPDATE orders SET email=$2 WHERE id=$1;
-- ## server: ok

-- # a label is added to an enum
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TYPE st AS ENUM('a','b');
ALTER TABLE orders ADD s st NOT NULL DEFAULT 'a';
-- ## after
ALTER TYPE st ADD VALUE IF NOT EXISTS 'c';
-- ## query
INSERT INTO orders(id,total,s) VALUES($1,$2,'a');
-- ## server: ok

-- # a column is split in two
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ADD first text;
CREATE FUNCTION sp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.first IS NULL THEN NEW.first := split_part(NEW.email, ' ', 1); END IF; IF NEW.email IS NULL THEN NEW.email := NEW.first; END IF; RETURN NEW; END $$;
CREATE TRIGGER sp BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sp();
UPDATE orders SET first=split_part(email,' ',1) WHERE first IS NULL;
DROP TRIGGER sp ON orders;
DROP FUNCTION sp();
ALTER TABLE orders DROP email;
-- ## query
SELECT id,total,email FROM orders WHERE id=$1;
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
UPDATE orders SET email=$2 WHERE id=$1;
-- ## server: 42703
-- ## told: ! 42703 orders.email: `orders.email` does not exist

-- # a table is taken out of another
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
CREATE TABLE contacts(order_id bigint PRIMARY KEY, email text);
CREATE FUNCTION cp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO contacts(order_id,email) VALUES (NEW.id,NEW.email) ON CONFLICT (order_id) DO UPDATE SET email = EXCLUDED.email; RETURN NEW; END $$;
CREATE TRIGGER cp AFTER INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION cp();
INSERT INTO contacts SELECT id,email FROM orders ON CONFLICT DO NOTHING;
DROP TRIGGER cp ON orders;
DROP FUNCTION cp();
ALTER TABLE orders DROP email;
-- ## query
SELECT id,total,email FROM orders WHERE id=$1;
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
UPDATE orders SET email=$2 WHERE id=$1;
-- ## server: 42703
-- ## told: ! 42703 orders.email: `orders.email` does not exist

-- # a foreign key is added
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id bigint PRIMARY KEY, oid bigint);
CREATE INDEX io ON items(oid);
-- ## after
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (oid) REFERENCES orders(id) NOT VALID;
ALTER TABLE items VALIDATE CONSTRAINT f;
-- ## query
SELECT id FROM items;
SELECT id FROM orders;
UPDATE orders SET email=$2 WHERE id=$1;
INSERT INTO orders(id,total) VALUES($1,$2);
-- ## server: ok

-- # a table is dropped
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE junk(id int);
-- ## after
ALTER TABLE junk RENAME TO junk_old;
DROP TABLE junk_old;
-- ## query
SELECT id FROM junk;
SELECT id FROM orders;
-- ## server: 42P01
-- ## told: ! 42P01 junk: `junk` does not exist

-- # a partition is attached
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE ev(ts int NOT NULL) PARTITION BY RANGE(ts);
CREATE TABLE ev0 PARTITION OF ev FOR VALUES FROM (0) TO (100);
-- ## after
CREATE TABLE ev1 (LIKE ev INCLUDING ALL);
ALTER TABLE ev1 ADD CONSTRAINT ck CHECK (ts>=100 AND ts<200);
ALTER TABLE ev ATTACH PARTITION ev1 FOR VALUES FROM (100) TO (200);
-- ## query
INSERT INTO ev(ts) VALUES($1);
SELECT ts FROM ev;
-- ## server: ok

-- # a check is relaxed
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
ALTER TABLE orders ADD CONSTRAINT ck CHECK (total < 100);
-- ## after
ALTER TABLE orders ADD CONSTRAINT ck2 CHECK (total < 1000) NOT VALID;
ALTER TABLE orders DROP CONSTRAINT ck;
ALTER TABLE orders VALIDATE CONSTRAINT ck2;
-- ## query
SELECT id,total,email FROM orders WHERE id=$1;
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
UPDATE orders SET email=$2 WHERE id=$1;
-- ## server: ok

-- # an enum becomes text
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TYPE st AS ENUM('a','b');
ALTER TABLE orders ADD s st NOT NULL DEFAULT 'a';
-- ## after
ALTER TABLE orders ADD s2 text;
CREATE FUNCTION cp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.s2 := NEW.s::text; RETURN NEW; END $$;
CREATE TRIGGER cp BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION cp();
UPDATE orders SET s2=s::text WHERE s2 IS NULL;
DROP TRIGGER cp ON orders;
DROP FUNCTION cp();
ALTER TABLE orders DROP s;
DROP TYPE st;
-- ## query
SELECT s FROM orders;
INSERT INTO orders(id,total,s) VALUES($1,$2,'a');
-- ## server: 42703
-- ## told: ! 42703 orders.s: `orders.s` does not exist

-- # rows are marked as deleted
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ADD deleted_at timestamptz;
CREATE INDEX CONCURRENTLY live ON orders(id) WHERE deleted_at IS NULL;
-- ## query
SELECT id,total,email FROM orders WHERE id=$1;
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
UPDATE orders SET email=$2 WHERE id=$1;
-- ## server: ok

-- # a uuid becomes the key
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ADD uid uuid;
ALTER TABLE orders ALTER uid SET DEFAULT gen_random_uuid();
UPDATE orders SET uid=gen_random_uuid() WHERE uid IS NULL;
CREATE UNIQUE INDEX CONCURRENTLY uu ON orders(uid);
-- ## query
SELECT id,total,email FROM orders WHERE id=$1;
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
UPDATE orders SET email=$2 WHERE id=$1;
-- ## server: ok

