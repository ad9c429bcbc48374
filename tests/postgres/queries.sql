-- # composite FK MATCH FULL replacing simple: (oid NULL,k) 23503
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
CREATE TABLE pr(a bigint,b int,PRIMARY KEY(a,b));
-- ## after
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (oid,k) REFERENCES pr(a,b) MATCH FULL NOT VALID;
-- ## query
INSERT INTO items(id,oid,k) VALUES($1,1,NULL);
-- ## server: 23503
-- ## told: ~ 23503 items.f: `items.oid, k` must refer to a row of `pr`

-- # ON UPDATE CASCADE dropped
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY(oid) REFERENCES orders ON UPDATE CASCADE;
-- ## after
ALTER TABLE items DROP CONSTRAINT f;
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY(oid) REFERENCES orders NOT VALID;
-- ## query
UPDATE orders SET id=$2 WHERE id=$1;
-- ## server: ok
-- ## told: ~ 23503 items.f: rows of `orders` cannot go while `items` refers to them

-- # cascade delete now via restrict other child
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
CREATE TABLE sub(iid int);
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY(oid) REFERENCES orders ON DELETE CASCADE;
-- ## after
ALTER TABLE sub ADD CONSTRAINT g FOREIGN KEY(iid) REFERENCES items NOT VALID;
-- ## query
DELETE FROM orders WHERE id=$1;
-- ## server: ok

-- # SET NULL col now in CHECK NOT NULL
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY(oid) REFERENCES orders ON DELETE SET NULL;
-- ## after
ALTER TABLE items ADD CONSTRAINT nn CHECK (oid IS NOT NULL) NOT VALID;
-- ## query
DELETE FROM orders WHERE id=$1;
-- ## server: ok

-- # SET NULL col becomes PK part
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY(oid) REFERENCES orders ON DELETE SET NULL;
-- ## after
ALTER TABLE items DROP CONSTRAINT items_pkey;
ALTER TABLE items ADD PRIMARY KEY(id,oid);
-- ## query
DELETE FROM orders WHERE id=$1;
-- ## server: ok
-- ## told: ~ 23502 items.oid: foreign key `f` sets `items.oid` to `NULL`, which that column refuses

-- # ON UPDATE CASCADE into unique
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY(oid) REFERENCES orders ON UPDATE CASCADE;
-- ## after
CREATE UNIQUE INDEX u ON items(oid);
-- ## query
UPDATE orders SET id=$2 WHERE id=$1;
-- ## server: ok

-- # deferrable->immediate: insert child first then parent in one tx
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY(oid) REFERENCES orders DEFERRABLE INITIALLY DEFERRED;
-- ## after
ALTER TABLE items ALTER CONSTRAINT f NOT DEFERRABLE;
-- ## query
INSERT INTO items(id,oid) VALUES(7,1);
INSERT INTO orders(id,total) VALUES(1,1);
-- ## server: 23503
-- ## told: ~ 23503 items.f: `items.oid` must refer to a row of `orders` when the statement ends, and not only at commit

-- # UPSERT: ON CONFLICT expr idx
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
CREATE UNIQUE INDEX u ON items(lower(v));
-- ## after
DROP INDEX u;
CREATE UNIQUE INDEX u ON items(v);
-- ## query
INSERT INTO items(id,v) VALUES(1,'a') ON CONFLICT (lower(v)) DO NOTHING;
-- ## server: 42P10
-- ## told: ! 42P10 items: `items` has no unique index over `lower(v)` for `ON CONFLICT`
-- ## told: ~ 23505 items.u: `items` refuses rows alike in (v)

-- # ON CONFLICT partial predicate removed in idx (WHERE v IS NULL) -> different predicate
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
CREATE UNIQUE INDEX u ON items(k) WHERE v IS NULL;
-- ## after
DROP INDEX u;
CREATE UNIQUE INDEX u ON items(k) WHERE v = 'a';
-- ## query
INSERT INTO items(id,k) VALUES(1,2) ON CONFLICT (k) WHERE v IS NULL DO NOTHING;
-- ## server: 42P10
-- ## told: ~ 42P10 items: `items` has no unique index over `k` for `ON CONFLICT`

-- # ON CONFLICT with partial → full idx
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
CREATE UNIQUE INDEX u ON items(k) WHERE v IS NULL;
-- ## after
DROP INDEX u;
CREATE UNIQUE INDEX u2 ON items(k);
-- ## query
INSERT INTO items(id,k) VALUES(1,2) ON CONFLICT (k) WHERE v IS NULL DO NOTHING;
-- ## server: ok

-- # NULLS NOT DISTINCT
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
CREATE UNIQUE INDEX u ON items(k);
-- ## after
DROP INDEX u;
CREATE UNIQUE INDEX u ON items(k) NULLS NOT DISTINCT;
-- ## query
INSERT INTO items(id,k) VALUES(1,NULL),(2,NULL);
-- ## server: 23505
-- ## told: ~ 23505 items.u: `items` refuses rows alike in (k)

-- # serial default int4: type bigint→ int col narrower insert constant
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY, oid bigint, k int, v text);
-- ## after
ALTER TABLE items ALTER id TYPE smallint;
-- ## query
INSERT INTO items(id) VALUES(100000);
-- ## server: 22003
-- ## told: ! 22003 items.id: 100000 is out of the range of `smallint` in `items.id`

-- # identity BY DEFAULT -> ALWAYS
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int GENERATED BY DEFAULT AS IDENTITY);
-- ## after
ALTER TABLE items ALTER id SET GENERATED ALWAYS;
-- ## query
INSERT INTO items(id) VALUES($1);
-- ## server: 428C9
-- ## told: ! 428C9 items.id: `items.id` is generated, and only the server gives its value

-- # identity dflt->always, COPY fine; UPDATE SET id =
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int GENERATED BY DEFAULT AS IDENTITY);
-- ## after
ALTER TABLE items ALTER id SET GENERATED ALWAYS;
-- ## query
UPDATE items SET id=5;
-- ## server: 428C9
-- ## told: ! 428C9 items.id: `items.id` is generated, and only the server gives its value

-- # FOR UPDATE on view becoming aggregated
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE VIEW ov AS SELECT id FROM orders;
-- ## after
DROP VIEW ov;
CREATE VIEW ov AS SELECT DISTINCT id FROM orders;
-- ## query
SELECT id FROM ov FOR UPDATE;
-- ## server: 0A000
-- ## told: ! 0A000 ov: `ov` is a view that groups or joins rows into others, and they cannot be locked by `FOR UPDATE`

-- # table -> materialized view: the old version inserts
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders RENAME TO o2;
CREATE MATERIALIZED VIEW orders AS SELECT * FROM o2;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: 42809
-- ## told: ! 55000 orders: `orders` is a materialized view, which cannot be written
-- ## told: ~ without an error orders: `orders` takes rows alike in `id`, which it refused

-- # view col order replaced; positional insert through view
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE VIEW ov AS SELECT id,total FROM orders;
-- ## after
DROP VIEW ov;
CREATE VIEW ov AS SELECT email,id,total FROM orders;
-- ## query
INSERT INTO ov VALUES(1,2);
-- ## server: 23502
-- ## told: ! 23502 ov.total: `ov.total` refuses `NULL`, has no default, and is not given
-- ## told: ! without an error ov.email: values are given by position, and what was meant for `id` goes to `email`
-- ## told: ! without an error ov.id: values are given by position, and what was meant for `total` goes to `id`

-- # ctid/xmin/tableoid through view: table→view SELECT ctid
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders RENAME TO o2;
CREATE VIEW orders AS SELECT * FROM o2;
-- ## query
SELECT ctid FROM orders;
-- ## server: 42703
-- ## told: ! 42809 orders: `orders` is a view, whose rows are not stored and have no place of their own

-- # ONLY / TABLESAMPLE on view
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders RENAME TO o2;
CREATE VIEW orders AS SELECT * FROM o2;
-- ## query
SELECT id FROM orders TABLESAMPLE SYSTEM (1);
-- ## server: 0A000
-- ## told: ! 42809 orders: `orders` is a view, whose rows are not stored and have no place of their own
-- ## told: ~ without an error orders.id: `orders.id` may be `NULL`, which it never was

-- # view: group by pk;
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders RENAME TO o2;
CREATE VIEW orders AS SELECT * FROM o2;
-- ## query
SELECT id,total FROM orders GROUP BY id;
-- ## server: 42803
-- ## told: ! 42803 orders: columns of `orders` are given that are not grouped by, and its primary key, which decided them, is not there
-- ## told: ~ without an error orders.id: `orders.id` may be `NULL`, which it never was
-- ## told: ~ without an error orders.total: `orders.total` may be `NULL`, which it never was

-- # LOCK/INSERT ON CONFLICT on constraint on view
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders RENAME TO o2;
CREATE VIEW orders AS SELECT * FROM o2;
-- ## query
INSERT INTO orders(id,total) VALUES(1,2) ON CONFLICT ON CONSTRAINT orders_pkey DO NOTHING;
-- ## server: 42704
-- ## told: ! 42704 orders.orders_pkey: `orders` has no constraint `orders_pkey`

-- # MERGE into view PG15
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
ALTER TABLE orders RENAME TO o2;
CREATE VIEW orders AS SELECT * FROM o2;
-- ## query
MERGE INTO orders o USING (VALUES (1::bigint)) v(i) ON o.id=v.i WHEN MATCHED THEN UPDATE SET total=1;
-- ## server: 0A000
-- ## told: ! 42809 orders: `orders` is a view, into which `MERGE` is refused on PostgreSQL 15

-- # update via view where default on view col: NOT NULL default not lost
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
ALTER TABLE orders ADD z int NOT NULL DEFAULT 1;
-- ## after
ALTER TABLE orders RENAME TO o2;
CREATE VIEW orders AS SELECT id,total,email FROM o2;
-- ## query
INSERT INTO orders(id,total) VALUES(1,2);
-- ## server: ok

-- # whole-row / regclass cast literal
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE orders_old(id int);
-- ## after
DROP TABLE orders_old;
-- ## query
SELECT 'orders_old'::regclass;
-- ## server: 42P01
-- ## told: ! 42P01 orders_old: `orders_old` does not exist

-- # pg_get_serial_sequence / currval on renamed
-- ## before
CREATE TABLE orders(id bigserial PRIMARY KEY,total numeric,email text);
-- ## after
ALTER TABLE orders ALTER id DROP DEFAULT;
DROP SEQUENCE orders_id_seq;
-- ## query
SELECT setval('orders_id_seq', 5);
-- ## server: 42P01
-- ## told: ! 42P01 orders_id_seq: sequence `orders_id_seq` does not exist

-- # column default uses dropped enum label
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TYPE st AS ENUM('a');
CREATE TYPE st2 AS ENUM('a');
ALTER TABLE orders ADD s st DEFAULT 'a';
-- ## after
ALTER TABLE orders ALTER s DROP DEFAULT;
ALTER TABLE orders ALTER s TYPE st2 USING s::text::st2;
ALTER TABLE orders ALTER s SET NOT NULL;
-- ## query
INSERT INTO orders(id,total) VALUES(1,2);
-- ## server: 23502
-- ## told: ! 23502 orders.s: `orders.s` refuses `NULL`, has no default, and is not given

-- # cast literal to dropped/renamed type
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TYPE st AS ENUM('a');
-- ## after
ALTER TYPE st RENAME TO st9;
-- ## query
SELECT 'a'::st;
-- ## server: 42704
-- ## told: ! 42704 st: type `st` does not exist

-- # = ANY($1::st[])
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TYPE st AS ENUM('a');
ALTER TABLE orders ADD s st;
-- ## after
ALTER TABLE orders ALTER s TYPE text;
-- ## query
SELECT id FROM orders WHERE s = ANY('{a}'::st[]);
-- ## server: 42883
-- ## told: ~ without an error orders.s: `orders.s` is `text` and was `st`, and whether `=` still works and means the same is not known

