-- # BEFORE UPDATE OF email for each statement refuses: UPDATE orders SET total = 2;
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
INSERT INTO orders VALUES (1, 1, 'a');
-- ## after
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER t BEFORE UPDATE OF email ON orders FOR EACH STATEMENT EXECUTE FUNCTION no();
-- ## query
UPDATE orders SET total = 2;
-- ## server: ok
-- ## told: ~ P0001 orders.t: trigger `t` of `orders` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # BEFORE UPDATE OF email for each statement refuses: UPDATE orders SET email = $3;
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
INSERT INTO orders VALUES (1, 1, 'a');
-- ## after
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER t BEFORE UPDATE OF email ON orders FOR EACH STATEMENT EXECUTE FUNCTION no();
-- ## query
UPDATE orders SET email = $3;
-- ## server: P0001
-- ## told: ~ P0001 orders.t: trigger `t` of `orders` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # AFTER TRUNCATE for each statement refuses: TRUNCATE orders;
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
INSERT INTO orders VALUES (1, 1, 'a');
-- ## after
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER t AFTER TRUNCATE ON orders FOR EACH STATEMENT EXECUTE FUNCTION no();
-- ## query
TRUNCATE orders;
-- ## server: P0001
-- ## told: ? a statement of the migrations is not understood

-- # AFTER DELETE for each statement refuses: DELETE FROM orders;
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
INSERT INTO orders VALUES (1, 1, 'a');
-- ## after
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER t AFTER DELETE ON orders FOR EACH STATEMENT EXECUTE FUNCTION no();
-- ## query
DELETE FROM orders;
-- ## server: P0001
-- ## told: ~ P0001 orders.t: trigger `t` of `orders` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # BEFORE INSERT for each statement refuses: INSERT INTO orders(id) VALUES ($2) ON CONFLICT DO NOTHING;
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
INSERT INTO orders VALUES (1, 1, 'a');
-- ## after
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION no();
-- ## query
INSERT INTO orders(id) VALUES ($2) ON CONFLICT DO NOTHING;
-- ## server: P0001
-- ## told: ~ P0001 orders.t: trigger `t` of `orders` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # BEFORE UPDATE for each statement refuses: INSERT INTO orders(id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET email = 'x';
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
INSERT INTO orders VALUES (1, 1, 'a');
-- ## after
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER t BEFORE UPDATE ON orders FOR EACH STATEMENT EXECUTE FUNCTION no();
-- ## query
INSERT INTO orders(id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET email = 'x';
-- ## server: P0001
-- ## told: ~ P0001 orders.t: trigger `t` of `orders` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # a trigger refuses WHEN what the query never writes
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW.total > 100) EXECUTE FUNCTION no();
-- ## query
INSERT INTO orders(id, total) VALUES ($1, 5);
-- ## server: ok
-- ## told: ~ P0001 orders.t: trigger `t` of `orders` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # a trigger refuses MERGE that inserts
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION no();
-- ## query
MERGE INTO orders o USING (VALUES (1::bigint)) s(id) ON o.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id);
-- ## server: P0001
-- ## told: ~ P0001 orders.t: trigger `t` of `orders` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # a trigger refuses MERGE that deletes
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
INSERT INTO orders VALUES (1, 1, 'a');
-- ## after
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER t BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION no();
-- ## query
MERGE INTO orders o USING (VALUES (1::bigint)) s(id) ON o.id = s.id WHEN MATCHED THEN DELETE;
-- ## server: P0001
-- ## told: ~ P0001 orders.t: trigger `t` of `orders` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # MERGE meets a column that is gone
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders DROP COLUMN email;
-- ## query
MERGE INTO orders o USING (VALUES (1::bigint)) s(id) ON o.id = s.id WHEN MATCHED THEN UPDATE SET email = 'x';
-- ## server: 42703
-- ## told: ! 42703 orders.email: `orders.email` does not exist

-- # MERGE inserts without a new NOT NULL column
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders ADD COLUMN z int NOT NULL;
-- ## query
MERGE INTO orders o USING (VALUES (1::bigint)) s(id) ON o.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id);
-- ## server: 23502
-- ## told: ! 23502 orders.z: `orders.z` refuses `NULL`, has no default, and is not given

-- # MERGE inserts by position
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders DROP COLUMN email;
-- ## query
MERGE INTO orders o USING (VALUES (1::bigint)) s(id) ON o.id = s.id WHEN NOT MATCHED THEN INSERT VALUES (s.id, 1, 'x');
-- ## server: 42601
-- ## told: ! 42601 orders: 3 values are given by position, and `orders` has 2 columns

-- # MERGE meets a rule
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
CREATE RULE r AS ON UPDATE TO orders DO ALSO NOTHING;
-- ## query
MERGE INTO orders o USING (VALUES (1::bigint)) s(id) ON o.id = s.id WHEN MATCHED THEN UPDATE SET email = 'x';
-- ## server: 0A000
-- ## told: ? a statement of the migrations is not understood

-- # a CTE that writes meets a new NOT NULL column
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders ADD COLUMN z int NOT NULL;
-- ## query
WITH w AS (INSERT INTO orders(id) VALUES ($1) RETURNING id) SELECT id FROM w;
-- ## server: 23502
-- ## told: ! 23502 orders.z: `orders.z` refuses `NULL`, has no default, and is not given

-- # a CTE that writes returns a column that is gone
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders DROP COLUMN email;
-- ## query
WITH w AS (UPDATE orders SET total = 1 RETURNING *) SELECT email FROM w;
-- ## server: 42703
-- ## told: ! 42703 orders.email: `orders.email` does not exist

-- # a CTE that writes and refuses
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
INSERT INTO orders VALUES (1, 1, 'a');
-- ## after
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER t BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION no();
-- ## query
WITH w AS (DELETE FROM orders RETURNING id) SELECT count(*) FROM w;
-- ## server: P0001
-- ## told: ~ P0001 orders.t: trigger `t` of `orders` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # a rule that inserts into a table that is dropped
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE log (id bigint);
CREATE RULE r AS ON INSERT TO orders DO ALSO INSERT INTO log VALUES (NEW.id);
-- ## after
DROP TABLE log CASCADE;
-- ## query
INSERT INTO orders(id) VALUES ($1);
-- ## server: ok
-- ## told: ? a statement of the migrations is not understood

-- # a rule inserts into a table with a new NOT NULL column
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE log (id bigint);
CREATE RULE r AS ON INSERT TO orders DO ALSO INSERT INTO log(id) VALUES (NEW.id);
-- ## after
ALTER TABLE log ADD COLUMN z int NOT NULL;
-- ## query
INSERT INTO orders(id) VALUES ($1);
-- ## server: 23502
-- ## told: ? a statement of the migrations is not understood

-- # RETURNING from a table with a rule INSTEAD
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
CREATE TABLE log (id bigint);
CREATE RULE r AS ON INSERT TO orders DO INSTEAD INSERT INTO log VALUES (NEW.id);
-- ## query
INSERT INTO orders(id) VALUES ($1) RETURNING id;
-- ## server: 0A000
-- ## told: ? a statement of the migrations is not understood

-- # ON CONFLICT into a table with a rule
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
CREATE TABLE log (id bigint);
CREATE RULE r AS ON INSERT TO orders DO ALSO INSERT INTO log VALUES (NEW.id);
-- ## query
INSERT INTO orders(id) VALUES ($1) ON CONFLICT DO NOTHING;
-- ## server: 0A000
-- ## told: ? a statement of the migrations is not understood

-- # a transition table feeds an audit that is narrower now
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE log (email text);
CREATE FUNCTION au() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log SELECT email FROM fresh; RETURN NULL; END $$;
CREATE TRIGGER t AFTER INSERT ON orders REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION au();
-- ## after
ALTER TABLE log ALTER email TYPE varchar(3);
-- ## query
INSERT INTO orders(id, email) VALUES ($1, 'abcdef');
-- ## server: 22001
-- ## told: ~ 22001 log.email: in trigger `t` of `orders`: `text` may be longer than `character varying(3)` in `log.email`
-- ## told: ? a statement of the migrations is not understood

-- # a trigger updates a third table through a cascade of triggers
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE a (n int);
CREATE TABLE b (n int);
CREATE FUNCTION fa() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO b(n) VALUES (NEW.n); RETURN NEW; END $$;
CREATE TRIGGER ta AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION fa();
CREATE FUNCTION fo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO a(n) VALUES (1); RETURN NEW; END $$;
CREATE TRIGGER t AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fo();
-- ## after
ALTER TABLE b RENAME n TO m;
-- ## query
INSERT INTO orders(id) VALUES ($1);
-- ## server: 42703
-- ## told: ~ 42703 b.n: function `fa`, which trigger `ta` of `a` calls, names `b.n`, which does not exist

-- # EXECUTE with dynamic text in a trigger
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE log (id bigint);
CREATE FUNCTION fo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'INSERT INTO log VALUES ($1)' USING NEW.id; RETURN NEW; END $$;
CREATE TRIGGER t AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fo();
-- ## after
DROP TABLE log;
-- ## query
INSERT INTO orders(id) VALUES ($1);
-- ## server: 42P01
-- ## told: ~ 42P01 log: function `fo`, which trigger `t` of `orders` calls, names `log`, which does not exist
-- ## told: ? a statement of the migrations is not understood

-- # EXECUTE format in a function
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE FUNCTION n(t text) RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE r bigint; BEGIN EXECUTE format('SELECT count(*) FROM %I', t) INTO r; RETURN r; END $$;
-- ## after
ALTER TABLE orders RENAME TO o2;
-- ## query
SELECT n('orders');
-- ## server: 42P01
-- ## open: the text that `EXECUTE` runs is put together as it runs

-- # a loop over a table that lost a column
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
INSERT INTO orders VALUES (1,1,'a');
CREATE FUNCTION n() RETURNS int LANGUAGE plpgsql AS $$ DECLARE r record; k int := 0; BEGIN FOR r IN SELECT * FROM orders LOOP k := k + length(r.email); END LOOP; RETURN k; END $$;
-- ## after
ALTER TABLE orders DROP COLUMN email;
-- ## query
SELECT n();
-- ## server: 42703
-- ## told: ~ 42703 orders.email: function `n` names `orders.email`, which does not exist

-- # an exception block catches what is wrong
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE FUNCTION n() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM email FROM orders; RETURN 1; EXCEPTION WHEN undefined_column THEN RETURN 0; END $$;
-- ## after
ALTER TABLE orders DROP COLUMN email;
-- ## query
SELECT n();
-- ## server: ok
-- ## told: ~ 42703 orders.email: in function `n`: `orders.email` does not exist

-- # a cursor over a table that is gone
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE FUNCTION n() RETURNS int LANGUAGE plpgsql AS $$ DECLARE c CURSOR FOR SELECT id FROM orders; BEGIN OPEN c; CLOSE c; RETURN 1; END $$;
-- ## after
DROP TABLE orders;
-- ## query
SELECT n();
-- ## server: 42P01
-- ## told: ~ 42P01 orders: function `n` reads `orders`, which does not exist
-- ## told: ~ 42P01 orders: in function `n`: `orders` does not exist

-- # a procedure that commits loses its table
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE PROCEDURE n() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM orders; END $$;
-- ## after
DROP TABLE orders;
-- ## query
CALL n();
-- ## server: 42P01
-- ## told: ~ 42P01 orders: function `n` reads `orders`, which does not exist
-- ## told: ~ 42P01 orders: in function `n`: `orders` does not exist

-- # a function BEGIN ATOMIC goes with its table
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE FUNCTION n() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM orders; END;
-- ## after
DROP TABLE orders CASCADE;
-- ## query
SELECT n();
-- ## server: 42883
-- ## told: ! 42P01 orders: function `n` reads `orders`, which does not exist

-- # an overload is gone that the argument needs
-- ## before
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 2';
-- ## after
DROP FUNCTION f(text);
-- ## query
SELECT f('a'::text);
-- ## server: 42883
-- ## open: functions are told apart by name and number of arguments, not by their types

-- # an overload is gone, the other one serves
-- ## before
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a bigint) RETURNS int LANGUAGE sql AS 'SELECT 2';
-- ## after
DROP FUNCTION f(int);
-- ## query
SELECT f(1);
-- ## server: ok
-- ## told: ~ 42883 f: `f` takes other arguments than it did

-- # VARIADIC becomes one argument
-- ## before
CREATE FUNCTION f(VARIADIC a int[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- ## after
DROP FUNCTION f(int[]);
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- ## query
SELECT f(1, 2, 3);
-- ## server: 42883
-- ## open: a call of more arguments than a `VARIADIC` list names is not counted again

-- # a function in LATERAL loses a column of its rows
-- ## before
CREATE FUNCTION f(a int) RETURNS TABLE (x int, y int) LANGUAGE sql AS 'SELECT 1, 2';
-- ## after
DROP FUNCTION f(int);
CREATE FUNCTION f(a int) RETURNS TABLE (x int) LANGUAGE sql AS 'SELECT 1';
-- ## query
SELECT l.y FROM generate_series(1, 2) s, LATERAL f(s) l;
-- ## server: 42703
-- ## told: ~ 42883 f: `f` is declared as `(a int) RETURNS TABLE (x int)`, and was as `(a int) RETURNS TABLE (x int, y int)`

-- # a subquery in LATERAL reads what is gone
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders DROP COLUMN email;
-- ## query
SELECT l.e FROM generate_series(1, 2) s, LATERAL (SELECT email AS e FROM orders WHERE id = s) l;
-- ## server: 42703
-- ## told: ! 42703 orders.email: `orders.email` does not exist

