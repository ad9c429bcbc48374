-- # a view of a view of a view loses a column at the bottom
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT id, email FROM orders;
CREATE VIEW b AS SELECT * FROM a;
CREATE VIEW c AS SELECT * FROM b;
-- ## after
ALTER TABLE orders DROP COLUMN email CASCADE;
-- ## query
SELECT id FROM c;
-- ## server: 42P01
-- ## told: ! 42P01 c: `c` does not exist

-- # a view of a view is made anew with fewer columns
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT id, email FROM orders;
CREATE VIEW b AS SELECT * FROM a;
-- ## after
DROP VIEW b;
DROP VIEW a;
CREATE VIEW a AS SELECT id FROM orders;
CREATE VIEW b AS SELECT * FROM a;
-- ## query
SELECT email FROM b;
-- ## server: 42703
-- ## told: ! 42703 b.email: `b.email` does not exist

-- # a column that a view shows is renamed below it
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT id, email FROM orders;
-- ## after
ALTER TABLE orders RENAME email TO mail;
-- ## query
SELECT email FROM a;
-- ## server: ok

-- # a column of a view is renamed
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT id, email FROM orders;
-- ## after
ALTER VIEW a RENAME COLUMN email TO mail;
-- ## query
SELECT email FROM a;
-- ## server: 42703
-- ## told: ! 42703 a.email: `a.email` does not exist

-- # a view gains a check option that the query breaks
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT id, email FROM orders WHERE id > 10;
-- ## after
CREATE OR REPLACE VIEW a AS SELECT id, email FROM orders WHERE id > 10 WITH CHECK OPTION;
-- ## query
INSERT INTO a(id) VALUES ($1);
-- ## server: 44000
-- ## told: ~ 44000 a: view `a` may refuse rows that do not fulfil id > 10

-- # a view below gains a cascaded check option
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT id, email FROM orders WHERE id > 10;
CREATE VIEW b AS SELECT * FROM a;
-- ## after
ALTER VIEW b SET (check_option = cascaded);
-- ## query
INSERT INTO b(id) VALUES ($1);
-- ## server: 44000
-- ## open: the option that `ALTER VIEW ... SET` gives is not kept

-- # a view becomes DISTINCT
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT id, email FROM orders;
-- ## after
CREATE OR REPLACE VIEW a AS SELECT DISTINCT id, email FROM orders;
-- ## query
UPDATE a SET email = $3 WHERE id = $1;
-- ## server: 55000
-- ## told: ! 55000 a: `a` is a view whose rows are not those of one table, so it cannot be written

-- # a view becomes a UNION
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT id, email FROM orders;
-- ## after
CREATE OR REPLACE VIEW a AS SELECT id, email FROM orders UNION ALL SELECT 1::bigint, 'x'::text;
-- ## query
DELETE FROM a WHERE id = $1;
-- ## server: 55000
-- ## told: ! 55000 a: `a` is a view whose rows are not those of one table, so it cannot be written

-- # a view gains a LIMIT
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT id, email FROM orders;
-- ## after
CREATE OR REPLACE VIEW a AS SELECT id, email FROM orders LIMIT 10;
-- ## query
DELETE FROM a WHERE id = $1;
-- ## server: 55000
-- ## told: ! 55000 a: `a` is a view whose rows are not those of one table, so it cannot be written

-- # a column of a view becomes an expression
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT id, email FROM orders;
-- ## after
CREATE OR REPLACE VIEW a AS SELECT id, lower(email) AS email FROM orders;
-- ## query
UPDATE a SET email = $3;
-- ## server: 0A000
-- ## told: ! 0A000 a.email: `a.email` is computed by the view, so it cannot be written

-- # a column of a view becomes an expression, and another is written
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT id, email, total FROM orders;
-- ## after
CREATE OR REPLACE VIEW a AS SELECT id, lower(email) AS email, total FROM orders;
-- ## query
UPDATE a SET total = 1;
-- ## server: ok

-- # a view joins a second table
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE u (id bigint PRIMARY KEY, email text);
CREATE VIEW a AS SELECT id, email FROM orders;
-- ## after
CREATE OR REPLACE VIEW a AS SELECT o.id, u.email FROM orders o JOIN u ON u.id = o.id;
-- ## query
INSERT INTO a(id, email) VALUES ($1, $3);
-- ## server: 55000
-- ## told: ! 55000 a: `a` is a view whose rows are not those of one table, so it cannot be written

-- # an INSTEAD OF trigger writes a column that is dropped
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT id, total FROM orders;
CREATE FUNCTION put() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO orders(id, email) VALUES (NEW.id, 'x'); RETURN NEW; END $$;
CREATE TRIGGER t INSTEAD OF INSERT ON a FOR EACH ROW EXECUTE FUNCTION put();
-- ## after
ALTER TABLE orders DROP COLUMN email;
-- ## query
INSERT INTO a(id) VALUES ($1);
-- ## server: 42703
-- ## told: ~ 42703 orders.email: in trigger `t` of `a`: `orders.email` does not exist
-- ## told: ? a statement of the migrations is not understood

-- # a rule of a view is dropped
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT DISTINCT id, email FROM orders;
CREATE RULE r AS ON INSERT TO a DO INSTEAD INSERT INTO orders(id, email) VALUES (NEW.id, NEW.email);
-- ## after
DROP RULE r ON a;
-- ## query
INSERT INTO a(id, email) VALUES ($1, $3);
-- ## server: 55000
-- ## told: ? a statement of the migrations is not understood

-- # a view becomes a materialized view that is read
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT id, email FROM orders;
-- ## after
DROP VIEW a;
CREATE MATERIALIZED VIEW a AS SELECT id, email FROM orders;
-- ## query
SELECT email FROM a;
-- ## server: ok

-- # REFRESH CONCURRENTLY loses its unique index
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE MATERIALIZED VIEW m AS SELECT id, email FROM orders;
CREATE UNIQUE INDEX mi ON m(id);
-- ## after
DROP INDEX mi;
CREATE INDEX mi ON m(id);
-- ## query
REFRESH MATERIALIZED VIEW CONCURRENTLY m;
-- ## server: 55000
-- ## told: ? the query is not understood: what `REFRESH MATERIALIZED` relies on is not read; only queries are

-- # REFRESH CONCURRENTLY with a partial unique index
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE MATERIALIZED VIEW m AS SELECT id, email FROM orders;
CREATE UNIQUE INDEX mi ON m(id);
-- ## after
DROP INDEX mi;
CREATE UNIQUE INDEX mi ON m(id) WHERE id > 0;
-- ## query
REFRESH MATERIALIZED VIEW CONCURRENTLY m;
-- ## server: 55000
-- ## told: ? the query is not understood: what `REFRESH MATERIALIZED` relies on is not read; only queries are

-- # a materialized view becomes a view that is refreshed
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE MATERIALIZED VIEW m AS SELECT id, email FROM orders;
-- ## after
DROP MATERIALIZED VIEW m;
CREATE VIEW m AS SELECT id, email FROM orders;
-- ## query
REFRESH MATERIALIZED VIEW m;
-- ## server: 42809
-- ## told: ? the query is not understood: what `REFRESH MATERIALIZED` relies on is not read; only queries are

-- # a type changes below a view made anew, compared with text
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE VIEW a AS SELECT id, email FROM orders;
-- ## after
DROP VIEW a;
ALTER TABLE orders DROP COLUMN email;
ALTER TABLE orders ADD COLUMN email int;
CREATE VIEW a AS SELECT id, email FROM orders;
-- ## query
SELECT id FROM a WHERE email = 'a@b';
-- ## server: 22P02
-- ## told: ! 22P02 a.email: 'a@b' cannot be read as `integer` in `a.email`

