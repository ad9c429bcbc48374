-- # trigger raises for the old version rows
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ADD note text;
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN IF NEW.note IS NULL THEN RAISE EXCEPTION 'note missing'; END IF; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: P0001
-- ## told: ~ P0001 orders.sy: trigger `sy` of `orders` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # row lost: trigger RETURN NULL
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN RETURN NULL; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: ok
-- ## told: ? a statement of the migrations is not understood

-- # trigger inserts into audit with NOT NULL column later
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id bigint);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN INSERT INTO audit(id) VALUES (NEW.id); RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE audit ADD COLUMN who text NOT NULL;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: 23502
-- ## told: ~ 23502 audit.who: in trigger `sy` of `orders`: `audit.who` refuses `NULL`, has no default, and is not given

-- # trigger audit insert positional with dropped column
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id bigint,k int);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN INSERT INTO audit VALUES (NEW.id,1); RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE audit DROP COLUMN k;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: 42601
-- ## told: ~ 42601 audit: in trigger `sy` of `orders`: 2 values are given by position, and `audit` has 1 columns
-- ## told: ? a statement of the migrations is not understood

-- # 42703 trigger sets dropped NEW.email on DELETE? AFTER UPDATE OF
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.email := lower(NEW.email); RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE orders DROP COLUMN email;
-- ## query
UPDATE orders SET total=$2 WHERE id=$1;
-- ## server: ok
-- ## told: ~ 42703 orders.email: trigger `sy` of `orders` names `email` of the row, which does not exist

-- # trigger function dropped CASCADE while the new version depends on trigger fill NOT NULL
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.total := 0; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
DROP FUNCTION sy CASCADE;
-- ## query
INSERT INTO orders(id,email) VALUES($1,$2);
-- ## server: 23502
-- ## told: ! 23502 orders.total: `orders.total` refuses `NULL`, has no default, and is not given
-- ## told: ~ without an error orders.sy: trigger `sy` no longer runs for what is written to `orders`

-- # DISABLE TRIGGER that fills NOT NULL
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.total := 0; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE orders DISABLE TRIGGER sy;
-- ## query
INSERT INTO orders(id,email) VALUES($1,$2);
-- ## server: 23502
-- ## told: ! 23502 orders.total: `orders.total` refuses `NULL`, has no default, and is not given
-- ## told: ~ without an error orders.sy: trigger `sy` no longer runs for what is written to `orders`

-- # function replaced so no longer fills
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.total := 0; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
CREATE OR REPLACE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
-- ## query
INSERT INTO orders(id,email) VALUES($1,$2);
-- ## server: 23502
-- ## told: ! 23502 orders.total: `orders.total` refuses `NULL`, has no default, and is not given

-- # no change
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.total := 0; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE orders ADD note text;
-- ## query
INSERT INTO orders(id,email) VALUES($1,$2);
-- ## server: ok

-- # trigger name order: b after a nulls
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.total := 0; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
CREATE FUNCTION zz() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.total := NULL; RETURN NEW; END $$;
CREATE TRIGGER zz BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION zz();
-- ## query
INSERT INTO orders(id,email) VALUES($1,$2);
-- ## server: 23502
-- ## told: ! 23502 orders.total: `orders.total` refuses `NULL`, has no default, and is not given
-- ## told: ? a statement of the migrations is not understood

-- # TG_OP only UPDATE fills
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ADD note text;
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN IF TG_OP='UPDATE' THEN NEW.note := 'x'; END IF; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
ALTER TABLE orders ADD CONSTRAINT nn CHECK (note IS NOT NULL) NOT VALID;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: 23514
-- ## told: ! 23514 orders.nn: check `nn` (note IS NOT NULL) refuses the row of `orders`

-- # fill with nullable source: NEW.note := NEW.email (nullable) then NOT NULL
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ADD note text;
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.note := NEW.email; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
ALTER TABLE orders ADD CONSTRAINT nn CHECK (note IS NOT NULL) NOT VALID;
-- ## query
INSERT INTO orders(id,total) VALUES($1,$2);
-- ## server: 23514
-- ## told: ! 23514 orders.nn: check `nn` (note IS NOT NULL) refuses the row of `orders`

-- # trigger disabled by ENABLE REPLICA
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.total := 0; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE orders ENABLE REPLICA TRIGGER sy;
-- ## query
INSERT INTO orders(id,email) VALUES($1,$2);
-- ## server: 23502
-- ## told: ! 23502 orders.total: `orders.total` refuses `NULL`, has no default, and is not given
-- ## told: ~ without an error orders.sy: trigger `sy` no longer runs for what is written to `orders`

-- # ALTER TABLE DISABLE TRIGGER ALL
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.total := 0; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE orders DISABLE TRIGGER USER;
-- ## query
INSERT INTO orders(id,email) VALUES($1,$2);
-- ## server: 23502
-- ## told: ! 23502 orders.total: `orders.total` refuses `NULL`, has no default, and is not given
-- ## told: ~ without an error orders.sy: trigger `sy` no longer runs for what is written to `orders`

-- # ON DELETE trigger refuses: the old version deletes
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN RAISE EXCEPTION 'no delete'; END $$;
CREATE TRIGGER sy BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## query
DELETE FROM orders WHERE id=$1;
-- ## server: ok
-- ## told: ~ P0001 orders.sy: trigger `sy` of `orders` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # trigger calls helper function which is dropped
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION helper(t text) RETURNS text LANGUAGE sql AS 'SELECT lower(t)';
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.email := helper(NEW.email); RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
DROP FUNCTION helper(text);
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: 42883
-- ## told: ~ 42883 helper: function `sy`, which trigger `sy` of `orders` calls, names `helper`, which does not exist
-- ## told: ? a statement of the migrations is not understood

-- # trigger uses sequence dropped
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE SEQUENCE sq;
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.total := nextval('sq'); RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
DROP SEQUENCE sq;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: 42P01
-- ## told: ~ 42P01 sq: function `sy`, which trigger `sy` of `orders` calls, names `sq`, which does not exist

-- # trigger fires on other table by FK cascade: deletes orders -> items trigger uses dropped col
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int, oid bigint REFERENCES orders ON DELETE CASCADE, k int);
CREATE TABLE log(k int);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN INSERT INTO log(k) VALUES(OLD.k); RETURN OLD; END $$;
CREATE TRIGGER sy BEFORE DELETE ON items FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE items DROP COLUMN k;
-- ## query
DELETE FROM orders WHERE id=$1;
-- ## server: ok
-- ## told: ~ 42703 items.k: function `sy`, which trigger `sy` of `items` calls, names `items.k`, which does not exist

-- # trigger assigns wrong type NEW.qty := text; type change int->date
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
ALTER TABLE orders ADD qty int;
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.qty := 5; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE orders ALTER qty TYPE date USING NULL;
-- ## query
UPDATE orders SET total=$2 WHERE id=$1;
-- ## server: ok
-- ## told: ~ 42804 orders.qty: function `sy`, which trigger `sy` of `orders` calls, names `orders.qty`, which is `date`, and was `integer`

-- # IF NOT FOUND/ELSIF path leaves null
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ADD note text;
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN IF NEW.total > 100 THEN NEW.note := 'big'; ELSIF NEW.total < 10 THEN NEW.note := 'small'; END IF; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
ALTER TABLE orders ADD CONSTRAINT nn CHECK (note IS NOT NULL) NOT VALID;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,'x');
-- ## server: ok
-- ## told: ~ 23514 orders.nn: check `nn` (note IS NOT NULL) may refuse the row of `orders`

-- # ELSE fills →
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ADD note text;
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN IF NEW.total > 100 THEN NEW.note := 'big'; ELSE NEW.note := 'small'; END IF; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
ALTER TABLE orders ADD CONSTRAINT nn CHECK (note IS NOT NULL) NOT VALID;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,'x');
-- ## server: ok

-- # RETURN OLD on update swallows the old version updates
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN RETURN OLD; END $$;
CREATE TRIGGER sy BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## query
UPDATE orders SET total=$2 WHERE id=$1;
-- ## server: ok
-- ## told: ? a statement of the migrations is not understood

-- # BEFORE INSERT RETURN OLD = null: rows lost
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN RETURN OLD; END $$;
CREATE TRIGGER sy BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: ok
-- ## told: ? a statement of the migrations is not understood

-- # function without RETURN: 2F005
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.total := 1; END $$;
CREATE TRIGGER sy BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: 2F005
-- ## told: ? a statement of the migrations is not understood

-- # statement trigger raises
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
CREATE FUNCTION z() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'frozen'; END $$;
CREATE TRIGGER z BEFORE INSERT OR UPDATE OR DELETE ON orders EXECUTE FUNCTION z();
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: P0001
-- ## told: ~ P0001 orders.z: trigger `z` of `orders` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # constraint trigger deferred raises
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
CREATE FUNCTION z() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'frozen'; END $$;
CREATE CONSTRAINT TRIGGER z AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION z();
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: P0001
-- ## told: ~ P0001 orders.z: trigger `z` of `orders` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # existing trigger function replaced by raising one
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
CREATE OR REPLACE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'frozen'; END $$;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: P0001
-- ## told: ~ P0001 orders.sy: trigger `sy` of `orders` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # existing function replaced to reference NEW.nope
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
CREATE OR REPLACE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.nope := 1; RETURN NEW; END $$;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: 42703
-- ## told: ~ 42703 orders.nope: trigger `sy` of `orders` names `nope` of the row, which does not exist
-- ## told: ? a statement of the migrations is not understood

-- # trigger with TRUNCATE: the old version truncates
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
CREATE FUNCTION z() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'frozen'; END $$;
CREATE TRIGGER z BEFORE TRUNCATE ON orders EXECUTE FUNCTION z();
-- ## query
TRUNCATE orders;
-- ## server: P0001
-- ## told: ? a statement of the migrations is not understood

-- # INSTEAD OF trigger on view dropped; the old version inserts to view
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE VIEW ov AS SELECT DISTINCT id,total FROM orders;
CREATE FUNCTION io() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO orders(id,total) VALUES(NEW.id,NEW.total); RETURN NEW; END $$;
CREATE TRIGGER io INSTEAD OF INSERT ON ov FOR EACH ROW EXECUTE FUNCTION io();
-- ## after
DROP TRIGGER io ON ov;
-- ## query
INSERT INTO ov(id,total) VALUES($1,$2);
-- ## server: 55000
-- ## told: ! 55000 ov: `ov` is a view whose rows are not those of one table, so it cannot be written
-- ## told: ? a statement of the migrations is not understood

-- # INSTEAD OF trigger inserts without new NOT NULL
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE VIEW ov AS SELECT DISTINCT id,total FROM orders;
CREATE FUNCTION io() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO orders(id,total) VALUES(NEW.id,NEW.total); RETURN NEW; END $$;
CREATE TRIGGER io INSTEAD OF INSERT ON ov FOR EACH ROW EXECUTE FUNCTION io();
-- ## after
ALTER TABLE orders ADD n int NOT NULL DEFAULT 0;
ALTER TABLE orders ALTER n DROP DEFAULT;
-- ## query
INSERT INTO ov(id,total) VALUES($1,$2);
-- ## server: 23502
-- ## told: ~ 23502 orders.n: in trigger `io` of `ov`: `orders.n` refuses `NULL`, has no default, and is not given
-- ## told: ? a statement of the migrations is not understood

