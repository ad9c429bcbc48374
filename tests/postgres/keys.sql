-- # a new key ON DELETE NO ACTION meets DELETE
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
-- ## after
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders ON DELETE NO ACTION;
-- ## query
DELETE FROM orders WHERE id = $1;
-- ## server: 23503
-- ## told: ~ 23503 items.items_o_fkey: rows of `orders` cannot go while `items` refers to them

-- # a new key ON UPDATE NO ACTION meets UPDATE of the key
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
-- ## after
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders ON UPDATE NO ACTION;
-- ## query
UPDATE orders SET id = 7 WHERE id = $1;
-- ## server: 23503
-- ## told: ~ 23503 items.items_o_fkey: rows of `orders` cannot go while `items` refers to them

-- # a new key ON DELETE RESTRICT meets DELETE
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
-- ## after
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders ON DELETE RESTRICT;
-- ## query
DELETE FROM orders WHERE id = $1;
-- ## server: 23503
-- ## told: ~ 23503 items.items_o_fkey: rows of `orders` cannot go while `items` refers to them

-- # a new key ON UPDATE RESTRICT meets UPDATE of the key
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
-- ## after
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders ON UPDATE RESTRICT;
-- ## query
UPDATE orders SET id = 7 WHERE id = $1;
-- ## server: 23503
-- ## told: ~ 23503 items.items_o_fkey: rows of `orders` cannot go while `items` refers to them

-- # a new key ON DELETE CASCADE meets DELETE
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
-- ## after
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders ON DELETE CASCADE;
-- ## query
DELETE FROM orders WHERE id = $1;
-- ## server: ok

-- # a new key ON UPDATE CASCADE meets UPDATE of the key
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
-- ## after
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders ON UPDATE CASCADE;
-- ## query
UPDATE orders SET id = 7 WHERE id = $1;
-- ## server: ok

-- # a new key ON DELETE SET NULL meets DELETE
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
-- ## after
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders ON DELETE SET NULL;
-- ## query
DELETE FROM orders WHERE id = $1;
-- ## server: ok

-- # a new key ON UPDATE SET NULL meets UPDATE of the key
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
-- ## after
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders ON UPDATE SET NULL;
-- ## query
UPDATE orders SET id = 7 WHERE id = $1;
-- ## server: ok

-- # a new key ON DELETE SET DEFAULT meets DELETE
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
-- ## after
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders ON DELETE SET DEFAULT;
-- ## query
DELETE FROM orders WHERE id = $1;
-- ## server: ok

-- # a new key ON UPDATE SET DEFAULT meets UPDATE of the key
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
-- ## after
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders ON UPDATE SET DEFAULT;
-- ## query
UPDATE orders SET id = 7 WHERE id = $1;
-- ## server: ok

-- # a new key meets UPDATE of something else
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
-- ## after
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders;
-- ## query
UPDATE orders SET email = $3;
-- ## server: ok

-- # a new key NOT VALID meets an insert
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
-- ## after
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders NOT VALID;
-- ## query
INSERT INTO items VALUES (5, 99, 1);
-- ## server: 23503
-- ## told: ~ 23503 items.items_o_fkey: `items.o` must refer to a row of `orders`

-- # a new key that is deferred meets an insert
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
-- ## after
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders DEFERRABLE INITIALLY DEFERRED;
-- ## query
INSERT INTO items VALUES (5, 99, 1);
-- ## server: 23503
-- ## told: ~ 23503 items.items_o_fkey: `items.o` must refer to a row of `orders`

-- # a new key of a table to itself
-- ## before
CREATE TABLE n (id int PRIMARY KEY, up int);
-- ## after
ALTER TABLE n ADD FOREIGN KEY (up) REFERENCES n;
-- ## query
INSERT INTO n VALUES (1, 1);
-- ## server: ok
-- ## told: ~ 23503 n.n_up_fkey: `n.up` must refer to a row of `n`

-- # a new key and NULL written
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
-- ## after
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders;
-- ## query
INSERT INTO items VALUES (5, NULL, 1);
-- ## server: ok

-- # three levels of cascades end at a key that restricts
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE items (id bigint PRIMARY KEY, o bigint, n int);
INSERT INTO orders VALUES (1, 1, 'a');
INSERT INTO items VALUES (1, 1, 1);
ALTER TABLE items ADD FOREIGN KEY (o) REFERENCES orders ON DELETE CASCADE;
CREATE TABLE a (id int PRIMARY KEY, i bigint REFERENCES items ON DELETE CASCADE);
CREATE TABLE b (a int);
INSERT INTO a VALUES (1, 1);
INSERT INTO b VALUES (1);
-- ## after
ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a;
-- ## query
DELETE FROM orders;
-- ## server: 23503
-- ## open: the key at the end of three cascades is not told, and the cause is not found yet

-- # SET NULL (columns) of one of two
-- ## before
CREATE TABLE p (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE k (a int, b int);
INSERT INTO p VALUES (1,1);
INSERT INTO k VALUES (1,1);
-- ## after
ALTER TABLE k ALTER a SET NOT NULL;
ALTER TABLE k ADD FOREIGN KEY (a, b) REFERENCES p ON DELETE SET NULL (b);
-- ## query
DELETE FROM p;
-- ## server: ok
-- ## told: ~ 23502 k.a: foreign key `k_a_b_fkey` sets `k.a` to `NULL`, which that column refuses

-- # SET NULL of both, one of them NOT NULL
-- ## before
CREATE TABLE p (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE k (a int, b int);
INSERT INTO p VALUES (1,1);
INSERT INTO k VALUES (1,1);
-- ## after
ALTER TABLE k ALTER a SET NOT NULL;
ALTER TABLE k ADD FOREIGN KEY (a, b) REFERENCES p ON DELETE SET NULL;
-- ## query
DELETE FROM p;
-- ## server: 23502
-- ## told: ~ 23502 k.a: foreign key `k_a_b_fkey` sets `k.a` to `NULL`, which that column refuses

-- # an exclusion constraint takes the place of a unique one
-- ## before
CREATE TABLE p (n int UNIQUE);
-- ## after
ALTER TABLE p DROP CONSTRAINT p_n_key;
ALTER TABLE p ADD CONSTRAINT x EXCLUDE (n WITH =);
-- ## query
INSERT INTO p VALUES ($1) ON CONFLICT (n) DO NOTHING;
-- ## server: 42P10
-- ## told: ! 42P10 p: `p` has no unique index over `n` for `ON CONFLICT`
-- ## told: ~ 23P01 p.x: exclusion `x` of `p` may refuse the row
-- ## told: ~ without an error p: `p` takes rows alike in `n`, which it refused

-- # an exclusion constraint and ON CONFLICT without a target
-- ## before
CREATE TABLE p (n int);
INSERT INTO p VALUES (1);
-- ## after
ALTER TABLE p ADD CONSTRAINT x EXCLUDE (n WITH =);
-- ## query
INSERT INTO p VALUES ($1) ON CONFLICT DO NOTHING;
-- ## server: ok
-- ## told: ~ 23P01 p.x: exclusion `x` of `p` may refuse the row

-- # a range excludes
-- ## before
CREATE TABLE p (r int4range);
INSERT INTO p VALUES ('[1,5)');
-- ## after
ALTER TABLE p ADD EXCLUDE USING gist (r WITH &&);
-- ## query
INSERT INTO p VALUES ('[2,3)');
-- ## server: 23P01
-- ## told: ~ 23P01 p.p_r_excl: exclusion `p_r_excl` of `p` may refuse the row

-- # a check NOT VALID meets an update of old rows
-- ## before
CREATE TABLE p (id int, n int);
INSERT INTO p VALUES (1, -1);
-- ## after
ALTER TABLE p ADD CONSTRAINT k CHECK (n > 0) NOT VALID;
-- ## query
UPDATE p SET id = 2;
-- ## server: 23514
-- ## told: ~ 23514 p.k: check `k` (n > 0) was never held against the rows that are there, and an update of one that fails it is refused

-- # a check of another column than is written, inserted by default
-- ## before
CREATE TABLE p (id int, n int DEFAULT 0);
-- ## after
ALTER TABLE p ADD CONSTRAINT k CHECK (n > 0) NOT VALID;
-- ## query
INSERT INTO p(id) VALUES ($1);
-- ## server: 23514
-- ## told: ! 23514 p.k: check `k` (n > 0) refuses the row of `p`

-- # a check over NULL is no refusal
-- ## before
CREATE TABLE p (id int, n int);
-- ## after
ALTER TABLE p ADD CONSTRAINT k CHECK (n > 0) NOT VALID;
-- ## query
INSERT INTO p(id) VALUES ($1);
-- ## server: ok

-- # VALIDATE of a check that was there
-- ## before
CREATE TABLE p (id int, n int);
ALTER TABLE p ADD CONSTRAINT k CHECK (n > 0) NOT VALID;
-- ## after
ALTER TABLE p VALIDATE CONSTRAINT k;
-- ## query
INSERT INTO p(id, n) VALUES ($1, $2);
-- ## server: ok

-- # a check that is made, and dropped again
-- ## before
CREATE TABLE p (id int, n int);
-- ## after
ALTER TABLE p ADD CONSTRAINT k CHECK (n > 9);
ALTER TABLE p DROP CONSTRAINT k;
-- ## query
INSERT INTO p(id, n) VALUES ($1, $2);
-- ## server: ok

-- # a unique index of lower(email)
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
INSERT INTO orders VALUES (1, 1, 'X');
-- ## after
CREATE UNIQUE INDEX u ON orders(lower(email));
-- ## query
INSERT INTO orders(id, email) VALUES ($2, $3);
-- ## server: 23505
-- ## told: ~ 23505 orders.u: `orders` refuses rows alike in (lower(email))

-- # a unique index of other rows
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
INSERT INTO orders VALUES (1, 1, 'x');
-- ## after
CREATE UNIQUE INDEX u ON orders(email) WHERE total > 100;
-- ## query
INSERT INTO orders(id, total, email) VALUES ($2, 5, $3);
-- ## server: ok
-- ## told: ~ 23505 orders.u: `orders` refuses rows alike in (email where total > 100)

-- # a unique index that is no conflict target by its INCLUDE
-- ## before
CREATE TABLE p (a int, b int, UNIQUE (a));
-- ## after
ALTER TABLE p DROP CONSTRAINT p_a_key;
CREATE UNIQUE INDEX u ON p(a) INCLUDE (b);
-- ## query
INSERT INTO p VALUES ($1, $2) ON CONFLICT (a) DO NOTHING;
-- ## server: ok

-- # a primary key on another column under GROUP BY
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders DROP CONSTRAINT orders_pkey;
ALTER TABLE orders ADD CONSTRAINT u UNIQUE (id);
-- ## query
SELECT id, email FROM orders GROUP BY id;
-- ## server: 42803
-- ## told: ! 42803 orders: columns of `orders` are given that are not grouped by, and its primary key, which decided them, is not there

-- # ON CONFLICT DO UPDATE names excluded of a column that is gone
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
-- ## after
ALTER TABLE orders DROP COLUMN email;
-- ## query
INSERT INTO orders(id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET total = length(excluded.email);
-- ## server: 42703
-- ## told: ! 42703 orders.email: `orders.email` does not exist

-- # NATURAL JOIN over a new column of the same name
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE u (id bigint, name text);
-- ## after
ALTER TABLE u ADD COLUMN email int;
-- ## query
SELECT o.id FROM orders o NATURAL JOIN u;
-- ## server: 42804
-- ## told: ? the query is not understood: a natural join depends on all columns of both sides

-- # USING over a column that is gone
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE u (id bigint, email text);
-- ## after
ALTER TABLE u DROP COLUMN email;
-- ## query
SELECT 1 FROM orders JOIN u USING (email);
-- ## server: 42703
-- ## told: ! 42703 u.email: `u.email` does not exist

-- # a column becomes ambiguous
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE u (uid bigint);
-- ## after
ALTER TABLE u ADD COLUMN email text;
-- ## query
SELECT email FROM orders, u;
-- ## server: 42702
-- ## told: ! 42702 u.email: `email` is named without its table, and both `orders` and `u` have it

-- # a column becomes ambiguous in ORDER BY
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE u (uid bigint);
-- ## after
ALTER TABLE u ADD COLUMN email text;
-- ## query
SELECT id FROM orders, u ORDER BY email;
-- ## server: 42702
-- ## told: ! 42702 u.email: `email` is named without its table, and both `orders` and `u` have it

-- # a subquery captures a column of the outer query
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL DEFAULT 0, email text);
CREATE TABLE u (id bigint, email text);
-- ## after
ALTER TABLE u DROP COLUMN email;
-- ## query
SELECT id FROM orders WHERE email IN (SELECT email FROM u);
-- ## server: ok
-- ## told: ! 42703 u.email: `u.email` does not exist
-- ## open: the name is that of the outer query now: no error, and another meaning

-- # INSERT SELECT * into a table with fewer columns
-- ## before
CREATE TABLE a (x int);
CREATE TABLE b (x int);
-- ## after
ALTER TABLE a ADD COLUMN y int;
-- ## query
INSERT INTO b SELECT * FROM a;
-- ## server: 42601
-- ## told: ! 42601 a: `*` of `a` makes a query of 2 columns, and `b` has 1

-- # UNION of two stars
-- ## before
CREATE TABLE a (x int);
CREATE TABLE b (x int);
-- ## after
ALTER TABLE a ADD COLUMN y int;
-- ## query
SELECT * FROM a UNION ALL SELECT * FROM b;
-- ## server: 42601
-- ## told: ! 42601 b: `*` of `b` makes a query of 1 columns, and the first query of the `UNION` gives 2

-- # a row compared with a star
-- ## before
CREATE TABLE a (x int);
CREATE TABLE b (x int);
-- ## after
ALTER TABLE a ADD COLUMN y int;
-- ## query
SELECT 1 FROM b WHERE x IN (SELECT * FROM a);
-- ## server: 42601
-- ## told: ! 42601 a: `*` of `a` makes a query of 2 columns, and its place takes 1

-- # EXISTS with a star
-- ## before
CREATE TABLE a (x int);
CREATE TABLE b (x int);
-- ## after
ALTER TABLE a ADD COLUMN y int;
-- ## query
SELECT 1 FROM b WHERE EXISTS (SELECT * FROM a);
-- ## server: ok

-- # column aliases of a table, one too many
-- ## before
CREATE TABLE a (x int, y int);
-- ## after
ALTER TABLE a DROP COLUMN y;
-- ## query
SELECT q FROM a AS t(p, q);
-- ## server: 42P10
-- ## told: ! 42703 a.y: `a.y` does not exist
-- ## told: ! 42P10 a: `*` of `a` makes a query of 1 columns, and an alias names 2

-- # column aliases of a table take a new place
-- ## before
CREATE TABLE a (x int, y text);
-- ## after
ALTER TABLE a DROP COLUMN x;
ALTER TABLE a ADD COLUMN z int;
-- ## query
SELECT p + 1 FROM a AS t(p, q);
-- ## server: 42883
-- ## told: ! 42703 a.x: `a.x` does not exist

-- # ORDER BY 2 of a star
-- ## before
CREATE TABLE a (x int, y int);
-- ## after
ALTER TABLE a DROP COLUMN y;
-- ## query
SELECT * FROM a ORDER BY 2;
-- ## server: 42P10
-- ## told: ~ without an error a.y: `*` of `a` no longer gives `y`

-- # a recursive CTE over a star
-- ## before
CREATE TABLE a (x int);
-- ## after
ALTER TABLE a ADD COLUMN y int;
-- ## query
WITH RECURSIVE r AS (SELECT * FROM a UNION ALL SELECT x + 1 FROM r WHERE x < 3) SELECT x FROM r;
-- ## server: 42601
-- ## told: ! 42601 a: `*` of `a` makes a query of 1 columns, and the first query of the `UNION` gives 2

