-- # REVOKE of what the query reads
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
REVOKE SELECT ON orders FROM PUBLIC;
-- ## query
SELECT id FROM orders;
-- ## server: ok
-- ## told: ? a statement of the migrations is not understood

-- # a policy checks what is written
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON orders USING (true) WITH CHECK (id > 5);
-- ## query
SELECT id FROM orders;
-- ## server: ok
-- ## told: ~ without an error orders: row level security of `orders` hides rows that no policy shows

-- # a schema is renamed
-- ## before
CREATE SCHEMA app;
CREATE TABLE app.o (id bigint);
-- ## after
ALTER SCHEMA app RENAME TO app2;
-- ## query
SELECT id FROM app.o;
-- ## server: 42P01
-- ## told: ! 42P01 app.o: `app.o` does not exist

-- # a schema is renamed, a view still reads it
-- ## before
CREATE SCHEMA app;
CREATE TABLE app.o (id bigint);
CREATE VIEW v AS SELECT id FROM app.o;
-- ## after
ALTER SCHEMA app RENAME TO app2;
-- ## query
SELECT id FROM v;
-- ## server: ok

-- # a schema is renamed, a function reads it by name
-- ## before
CREATE SCHEMA app;
CREATE TABLE app.o (id bigint);
CREATE FUNCTION n() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM app.o';
-- ## after
ALTER SCHEMA app RENAME TO app2;
-- ## query
SELECT n();
-- ## server: 42P01
-- ## told: ! 42P01 app.o: in function `n`: `app.o` does not exist

-- # a sequence is renamed under nextval
-- ## before
CREATE SEQUENCE s;
-- ## after
ALTER SEQUENCE s RENAME TO s2;
-- ## query
SELECT nextval('s');
-- ## server: 42P01
-- ## told: ! 42P01 s: sequence `s` does not exist

-- # a sequence is renamed under a default
-- ## before
CREATE SEQUENCE s;
CREATE TABLE p (id bigint DEFAULT nextval('s'));
-- ## after
ALTER SEQUENCE s RENAME TO s2;
-- ## query
INSERT INTO p DEFAULT VALUES;
-- ## server: ok

-- # a sequence moves to another schema
-- ## before
CREATE SCHEMA app;
CREATE SEQUENCE s;
-- ## after
ALTER SEQUENCE s SET SCHEMA app;
-- ## query
SELECT nextval('s');
-- ## server: 42P01
-- ## told: ! 42P01 s: sequence `s` does not exist

-- # a sequence owned by a column goes with it
-- ## before
CREATE TABLE p (id serial, n int);
-- ## after
ALTER TABLE p DROP COLUMN id;
-- ## query
SELECT nextval('p_id_seq');
-- ## server: 42P01
-- ## told: ! 42P01 p_id_seq: sequence `p_id_seq` does not exist

-- # setval of a sequence that is gone
-- ## before
CREATE SEQUENCE s;
-- ## after
DROP SEQUENCE s;
-- ## query
SELECT setval('s', 5);
-- ## server: 42P01
-- ## told: ! 42P01 s: sequence `s` does not exist

-- # a prepared statement reads what is gone
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders DROP COLUMN email;
-- ## query
PREPARE q AS SELECT email FROM orders;
-- ## server: 42703
-- ## told: ! 42703 orders.email: `orders.email` does not exist

-- # DECLARE CURSOR reads what is gone
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders DROP COLUMN email;
-- ## query
DECLARE q CURSOR FOR SELECT email FROM orders;
-- ## server: 42703
-- ## told: ! 42703 orders.email: `orders.email` does not exist

-- # EXPLAIN reads what is gone
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders DROP COLUMN email;
-- ## query
EXPLAIN SELECT email FROM orders;
-- ## server: 42703
-- ## told: ! 42703 orders.email: `orders.email` does not exist

-- # a regclass of a name that is gone
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders RENAME TO o2;
-- ## query
SELECT 'orders'::regclass;
-- ## server: 42P01
-- ## told: ! 42P01 orders: `orders` does not exist

-- # to_regclass of a name that is gone
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders RENAME TO o2;
-- ## query
SELECT to_regclass('orders');
-- ## server: ok

-- # pg_column_size of the whole row
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders RENAME TO o2;
-- ## query
SELECT orders FROM orders;
-- ## server: 42P01
-- ## told: ! 42P01 orders: `orders` does not exist

-- # row_to_json of a row
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders DROP COLUMN email;
-- ## query
SELECT row_to_json(o) FROM orders o;
-- ## server: ok

-- # a DO block of the application
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders DROP COLUMN email;
-- ## query
DO $$ BEGIN PERFORM email FROM orders; END $$;
-- ## server: 42703
-- ## told: ? the query is not understood: what `DO $$` relies on is not read; only queries are

