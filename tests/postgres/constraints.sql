-- # the old version deletes orders while items refs
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
-- ## after
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (oid) REFERENCES orders(id) NOT VALID;
-- ## query
DELETE FROM orders WHERE id=$1;
-- ## server: ok
-- ## told: ~ 23503 items.f: rows of `orders` cannot go while `items` refers to them

-- # the old version inserts arbitrary oid
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
-- ## after
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (oid) REFERENCES orders(id) NOT VALID;
-- ## query
INSERT INTO items(id,oid) VALUES($1,$2);
-- ## server: 23503
-- ## told: ~ 23503 items.f: `items.oid` must refer to a row of `orders`

-- # insert oid null
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
-- ## after
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (oid) REFERENCES orders(id) NOT VALID;
-- ## query
INSERT INTO items(id,oid) VALUES($1,NULL);
-- ## server: ok

-- # the old version UPDATE orders SET id
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
-- ## after
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (oid) REFERENCES orders(id) NOT VALID;
-- ## query
UPDATE orders SET id=$2 WHERE id=$1;
-- ## server: ok
-- ## told: ~ 23503 items.f: rows of `orders` cannot go while `items` refers to them

-- # the old version truncates orders 0A000
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
-- ## after
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (oid) REFERENCES orders(id) NOT VALID;
-- ## query
TRUNCATE orders;
-- ## server: 0A000
-- ## told: ~ 23503 items.f: rows of `orders` cannot go while `items` refers to them

-- # CASCADE -> NO ACTION: the old version delete now fails
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (oid) REFERENCES orders(id) ON DELETE CASCADE;
-- ## after
ALTER TABLE items DROP CONSTRAINT f;
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (oid) REFERENCES orders(id) NOT VALID;
-- ## query
DELETE FROM orders WHERE id=$1;
-- ## server: ok
-- ## told: ~ 23503 items.f: rows of `orders` cannot go while `items` refers to them

-- # ON DELETE SET NULL with NOT NULL added
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (oid) REFERENCES orders(id) ON DELETE SET NULL;
-- ## after
ALTER TABLE items ALTER oid SET NOT NULL;
-- ## query
DELETE FROM orders WHERE id=$1;
-- ## server: ok
-- ## told: ~ 23502 items.oid: foreign key `f` sets `items.oid` to `NULL`, which that column refuses

-- # ON DELETE SET DEFAULT + default dropped..NOT NULL
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint NOT NULL DEFAULT 0, k int, v text);
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (oid) REFERENCES orders(id) ON DELETE SET DEFAULT;
-- ## after
ALTER TABLE items ALTER oid DROP DEFAULT;
-- ## query
DELETE FROM orders WHERE id=$1;
-- ## server: ok
-- ## told: ~ 23502 items.oid: foreign key `f` sets `items.oid` to `NULL`, which that column refuses

-- # ON CONFLICT on pk replaced
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
-- ## after
ALTER TABLE items DROP CONSTRAINT items_pkey;
ALTER TABLE items ADD PRIMARY KEY (id,k);
-- ## query
INSERT INTO items(id,k) VALUES($1,$2) ON CONFLICT (id) DO NOTHING;
-- ## server: 42P10
-- ## told: ! 42P10 items: `items` has no unique index over `id` for `ON CONFLICT`
-- ## told: ~ 23502 items.k: `items.k` refuses `NULL`
-- ## told: ~ without an error items: `items` takes rows alike in `id`, which it refused

-- # unique idx replaced by partial: ON CONFLICT fails
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
CREATE UNIQUE INDEX ik ON items(k);
-- ## after
DROP INDEX ik;
CREATE UNIQUE INDEX ik ON items(k) WHERE v IS NULL;
-- ## query
INSERT INTO items(id,k) VALUES($1,$2) ON CONFLICT (k) DO NOTHING;
-- ## server: 42P10
-- ## told: ! 42P10 items: `items` has no unique index over `k` for `ON CONFLICT`
-- ## told: ~ without an error items: `items` takes rows alike in `k`, which it refused

-- # cascade from users->orders: FK chain; delete users cascades to orders; items refs orders NOT VALID
-- ## before
CREATE TABLE users(id int PRIMARY KEY);
CREATE TABLE orders(id bigint PRIMARY KEY, uid int REFERENCES users ON DELETE CASCADE);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
-- ## after
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (oid) REFERENCES orders(id) NOT VALID;
-- ## query
DELETE FROM users WHERE id=$1;
-- ## server: ok

-- # DEFERRABLE dropped: SET CONSTRAINTS f DEFERRED
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (oid) REFERENCES orders(id) DEFERRABLE;
-- ## after
ALTER TABLE items ALTER CONSTRAINT f NOT DEFERRABLE;
-- ## query
SET CONSTRAINTS f DEFERRED;
DELETE FROM orders WHERE id=$1;
-- ## server: 42809
-- ## told: ! 42809 items.f: constraint `f` of `items` cannot be deferred, and `SET CONSTRAINTS` names it

-- # ON CONFLICT ON CONSTRAINT renamed
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
ALTER TABLE items ADD CONSTRAINT uq UNIQUE(k);
-- ## after
ALTER TABLE items RENAME CONSTRAINT uq TO uq2;
-- ## query
INSERT INTO items(id,k) VALUES($1,$2) ON CONFLICT ON CONSTRAINT uq DO NOTHING;
-- ## server: 42704
-- ## told: ! 42704 items.uq: `items` has no constraint `uq`

-- # unique -> deferrable: ON CONFLICT 55000
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
ALTER TABLE items ADD CONSTRAINT uq UNIQUE(k);
-- ## after
ALTER TABLE items DROP CONSTRAINT uq;
ALTER TABLE items ADD CONSTRAINT uq UNIQUE(k) DEFERRABLE;
-- ## query
INSERT INTO items(id,k) VALUES($1,$2) ON CONFLICT (k) DO NOTHING;
-- ## server: 55000
-- ## told: ! 55000 items: what is unique over `k` in `items` may be checked at commit, and `ON CONFLICT` takes no such constraint

-- # group by pk functional dependency: pk dropped
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders DROP CONSTRAINT orders_pkey;
-- ## query
SELECT id,total,email FROM orders GROUP BY id;
-- ## server: 42803
-- ## told: ! 42803 orders: columns of `orders` are given that are not grouped by, and its primary key, which decided them, is not there
-- ## told: ~ without an error orders.orders_pkey: no index leads with `orders.id` any more, so its rows are found by reading all

-- # exclusion constraint
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ADD CONSTRAINT ex EXCLUDE USING btree (email WITH =);
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: ok
-- ## told: ~ 23P01 orders.ex: exclusion `ex` of `orders` may refuse the row

-- # unique idx on nullable by the old version const
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
CREATE UNIQUE INDEX u ON orders (lower(email));
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: ok
-- ## told: ~ 23505 orders.u: `orders` refuses rows alike in (lower(email))

-- # domain constraint added
-- ## before
CREATE DOMAIN em AS text;
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email em);
-- ## after
ALTER DOMAIN em ADD CONSTRAINT d CHECK (VALUE LIKE '%@%') NOT VALID;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: 23514
-- ## told: ~ 23514 orders.email: the domain `em` of `orders.email` demands VALUE LIKE '%@%'

-- # domain NOT NULL
-- ## before
CREATE DOMAIN em AS text;
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email em);
-- ## after
ALTER DOMAIN em SET NOT NULL;
-- ## query
INSERT INTO orders(id,total) VALUES($1,$2);
-- ## server: 23502
-- ## told: ! 23502 orders.email: `orders.email` refuses `NULL`, has no default, and is not given

-- # generated column: the old version writes it
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders DROP COLUMN email;
ALTER TABLE orders ADD email text GENERATED ALWAYS AS ('x') STORED;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: 428C9
-- ## told: ! 428C9 orders.email: `orders.email` is generated, and only the server gives its value

-- # identity always: the old version gives id
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ALTER id ADD GENERATED ALWAYS AS IDENTITY;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: 428C9
-- ## told: ! 428C9 orders.id: `orders.id` is generated, and only the server gives its value

-- # drop identity: the old version omits id
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
ALTER TABLE orders ALTER id ADD GENERATED ALWAYS AS IDENTITY;
-- ## after
ALTER TABLE orders ALTER id DROP IDENTITY;
-- ## query
INSERT INTO orders(total) VALUES($1);
-- ## server: 23502
-- ## told: ! 23502 orders.id: `orders.id` refuses `NULL`, has no default, and is not given

-- # serial seq dropped owned: default uses
-- ## before
CREATE TABLE orders(id bigserial PRIMARY KEY,total numeric,email text);
-- ## after
DROP SEQUENCE orders_id_seq CASCADE;
-- ## query
INSERT INTO orders(total) VALUES($1);
-- ## server: 23502
-- ## told: ! 23502 orders.id: `orders.id` refuses `NULL`, has no default, and is not given

-- # seq smallint: 2200H
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE SEQUENCE sq;
-- ## after
ALTER SEQUENCE sq RENAME TO sq2;
-- ## query
SELECT nextval('sq');
-- ## server: 42P01
-- ## told: ! 42P01 sq: sequence `sq` does not exist

-- # partition detached: rows routed away 23514
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE ev(ts int) PARTITION BY RANGE(ts);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (100);
-- ## after
ALTER TABLE ev DETACH PARTITION ev1;
-- ## query
INSERT INTO ev(ts) VALUES(5);
-- ## server: 23514
-- ## told: ~ 23514 ev: `ev1` is no partition of `ev`, and rows that belong there may find no other

-- # RLS enabled w/o policy: the old version sees none / 42501
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: ok
-- ## told: ~ 42501 orders: `orders` has row level security, and no policy lets in rows of others than its owner

-- # rule do instead nothing
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
CREATE RULE r AS ON INSERT TO orders DO INSTEAD NOTHING;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: ok
-- ## told: ? a statement of the migrations is not understood

-- # set schema
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
CREATE SCHEMA s;
ALTER TABLE orders SET SCHEMA s;
-- ## query
SELECT id FROM orders;
-- ## server: 42P01
-- ## told: ! 42P01 orders: `orders` does not exist

-- # set unlogged / cluster
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders SET UNLOGGED;
-- ## query
SELECT id FROM orders;
-- ## server: ok

-- # security_invoker/ check option on view: the old version insert via view
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE VIEW ov AS SELECT id,total FROM orders WHERE total>0;
-- ## after
CREATE OR REPLACE VIEW ov WITH (check_option=local) AS SELECT id,total FROM orders WHERE total>0;
-- ## query
INSERT INTO ov(id,total) VALUES($1,$2);
-- ## server: ok
-- ## told: ~ 44000 ov: view `ov` may refuse rows that do not fulfil total>0

-- # mat view: unique idx dropped, the old version REFRESH CONCURRENTLY 55000
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE MATERIALIZED VIEW mv AS SELECT id FROM orders;
CREATE UNIQUE INDEX mi ON mv(id);
-- ## after
DROP INDEX mi;
-- ## query
REFRESH MATERIALIZED VIEW CONCURRENTLY mv;
-- ## server: 55000
-- ## told: ? the query is not understood: what `REFRESH MATERIALIZED` relies on is not read; only queries are

-- # mat view recreated WITH NO DATA: the old version reads 55000
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE MATERIALIZED VIEW mv AS SELECT id FROM orders;
-- ## after
DROP MATERIALIZED VIEW mv;
CREATE MATERIALIZED VIEW mv AS SELECT id FROM orders WITH NO DATA;
-- ## query
SELECT id FROM mv;
-- ## server: 55000
-- ## told: ! 55000 mv: materialized view `mv` is made `WITH NO DATA` and cannot be read until it is refreshed

-- # new view added over view replaced w col appended: the old version SELECT * warn
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE VIEW ov AS SELECT id,total FROM orders;
-- ## after
CREATE OR REPLACE VIEW ov AS SELECT id,total,email FROM orders;
-- ## query
SELECT * FROM ov;
-- ## server: ok

-- # underlying NOT NULL column added: insert through simple view
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE VIEW ov AS SELECT id,total FROM orders;
-- ## after
UPDATE orders SET email='';
ALTER TABLE orders ALTER email SET NOT NULL;
-- ## query
INSERT INTO ov(id,total) VALUES($1,$2);
-- ## server: 23502
-- ## told: ! 23502 ov.email: `ov.email` refuses `NULL`, has no default, and is not given

-- # view replaced to be group by: the old version updates
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE VIEW ov AS SELECT id,total FROM orders;
-- ## after
CREATE OR REPLACE VIEW ov AS SELECT id,total FROM orders LIMIT 100;
-- ## query
UPDATE ov SET total=1 WHERE id=$1;
-- ## server: 55000
-- ## told: ! 55000 ov: `ov` is a view whose rows are not those of one table, so it cannot be written

-- # view on view: bottom replaced
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE VIEW ov AS SELECT id,total FROM orders;
CREATE VIEW ow AS SELECT * FROM ov;
-- ## after
CREATE OR REPLACE VIEW ov AS SELECT id,total FROM orders UNION ALL SELECT 1,2;
-- ## query
UPDATE ow SET total=1 WHERE id=$1;
-- ## server: 55000
-- ## told: ! 55000 ow: `ow` is a view whose rows are not those of one table, so it cannot be written

-- # DROP TABLE CASCADE drops view the old version reads
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE junk(id int);
CREATE VIEW ow AS SELECT id FROM junk;
-- ## after
DROP TABLE junk CASCADE;
-- ## query
SELECT id FROM ow;
-- ## server: 42P01
-- ## told: ! 42P01 ow: `ow` does not exist

-- # DROP COLUMN CASCADE drops view
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE VIEW ow AS SELECT id,email FROM orders;
-- ## after
ALTER TABLE orders DROP COLUMN email CASCADE;
-- ## query
SELECT id FROM ow;
-- ## server: 42P01
-- ## told: ! 42P01 ow: `ow` does not exist

-- # DROP TYPE CASCADE drops column
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TYPE st AS ENUM('a');
ALTER TABLE orders ADD s st;
-- ## after
DROP TYPE st CASCADE;
-- ## query
SELECT s FROM orders;
-- ## server: 42703
-- ## told: ! 42703 orders.s: `orders.s` does not exist

-- # DROP SCHEMA CASCADE
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE SCHEMA s;
CREATE TABLE s.x(id int);
-- ## after
DROP SCHEMA s CASCADE;
-- ## query
SELECT id FROM s.x;
-- ## server: 42P01
-- ## told: ! 42P01 s.x: `s.x` does not exist

-- # enum rename value: the old version writes old literal
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TYPE st AS ENUM('a');
ALTER TABLE orders ADD s st;
-- ## after
ALTER TYPE st RENAME VALUE 'a' TO 'b';
-- ## query
INSERT INTO orders(id,total,s) VALUES($1,$2,'a');
-- ## server: 22P02
-- ## told: ! 22P02 orders.s: `st` has no label 'a' in `orders.s`

-- # composite type attribute dropped
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TYPE ad AS (street text, zip text);
ALTER TABLE orders ADD a ad;
-- ## after
ALTER TYPE ad DROP ATTRIBUTE street;
-- ## query
SELECT (a).street FROM orders;
-- ## server: 42703
-- ## told: ! 42703 ad: type `ad` has no attribute `street`

-- # LISTEN etc function signature: default arg dropped
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION f(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql AS 'SELECT a';
-- ## after
DROP FUNCTION f(int,int);
CREATE FUNCTION f(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- ## query
SELECT f(1);
-- ## server: 42883
-- ## told: ! 42883 f: no function `f` takes 1 arguments

-- # overload ambiguity 42725
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- ## after
CREATE FUNCTION f(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql AS 'SELECT a';
-- ## query
SELECT f(1);
-- ## server: 42725
-- ## told: ! 42725 f: several functions `f` take these 1 arguments

-- # return type changed set->scalar; column of function result
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION f() RETURNS TABLE(id bigint,t numeric) LANGUAGE sql AS 'SELECT id,total FROM orders';
-- ## after
DROP FUNCTION f();
CREATE FUNCTION f() RETURNS TABLE(id bigint) LANGUAGE sql AS 'SELECT id FROM orders';
-- ## query
SELECT id, t FROM f();
-- ## server: 42703
-- ## told: ~ 42883 f: `f` is declared as `() RETURNS TABLE(id bigint)`, and was as `() RETURNS TABLE(id bigint,t numeric)`

-- # procedure <-> CALL
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE PROCEDURE p(a int) LANGUAGE sql AS '';
-- ## after
DROP PROCEDURE p(int);
CREATE FUNCTION p(a int) RETURNS void LANGUAGE sql AS '';
-- ## query
CALL p(1);
-- ## server: 42809
-- ## told: ! 42883 p: `p` is declared as `(a int) RETURNS void`, and was as `procedure (a int)`

-- # named arg rename: f(a=>1)
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- ## after
DROP FUNCTION f(int);
CREATE FUNCTION f(b int) RETURNS int LANGUAGE sql AS 'SELECT b';
-- ## query
SELECT f(a => 1);
-- ## server: 42883
-- ## told: ~ 42883 f: `f` is declared as `(b int) RETURNS int`, and was as `(a int) RETURNS int`

-- # replace proc with volatile..STRICT: returns null into NOT NULL
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders ALTER total SET DEFAULT 1;
-- ## query
INSERT INTO orders(id,total) VALUES($1,coalesce($2,0));
-- ## server: ok

