-- # ON CONFLICT DO NOTHING + new unique
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
-- ## after
CREATE UNIQUE INDEX orders_email_key ON orders(email);
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x'),(2,2,'x') ON CONFLICT DO NOTHING;
-- ## server: ok

-- # weaker CHECK replaces stronger
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
ALTER TABLE orders ADD CONSTRAINT ck CHECK (total < 100);
-- ## after
ALTER TABLE orders ADD CONSTRAINT ck2 CHECK (total < 1000) NOT VALID;
ALTER TABLE orders DROP CONSTRAINT ck;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,50,'x');
-- ## server: ok

-- # same with $2
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
ALTER TABLE orders ADD CONSTRAINT ck CHECK (total < 100);
-- ## after
ALTER TABLE orders ADD CONSTRAINT ck2 CHECK (total < 1000) NOT VALID;
ALTER TABLE orders DROP CONSTRAINT ck;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: ok

-- # IN list widened
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
ALTER TABLE orders ADD CONSTRAINT ck CHECK (email IN ('a','x'));
-- ## after
ALTER TABLE orders ADD CONSTRAINT ck2 CHECK (email IN ('a','x','c')) NOT VALID;
ALTER TABLE orders DROP CONSTRAINT ck;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: ok

-- # FK replaced by same FK with other name/cascade
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY,oid bigint);
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY(oid) REFERENCES orders;
-- ## after
ALTER TABLE items ADD CONSTRAINT g FOREIGN KEY(oid) REFERENCES orders ON DELETE CASCADE NOT VALID;
ALTER TABLE items DROP CONSTRAINT f;
-- ## query
INSERT INTO items(id,oid) VALUES(1,NULL);
INSERT INTO items(id,oid) SELECT $1,id FROM orders;
-- ## server: ok

-- # unique narrower->wider (a) → (a,b)
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE UNIQUE INDEX u ON orders(email);
-- ## after
CREATE UNIQUE INDEX u2 ON orders(email,total);
DROP INDEX u;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: ok
-- ## told: ~ without an error orders: `orders` takes rows alike in `email`, which it refused

-- # fk replaced: items writes $2
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE items(id int PRIMARY KEY,oid bigint);
ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY(oid) REFERENCES orders;
-- ## after
ALTER TABLE items ADD CONSTRAINT g FOREIGN KEY(oid) REFERENCES orders ON DELETE CASCADE NOT VALID;
ALTER TABLE items DROP CONSTRAINT f;
-- ## query
INSERT INTO items(id,oid) VALUES(1,NULL);
DELETE FROM items WHERE oid=$1;
INSERT INTO items(id,oid) VALUES(3,NULL);
UPDATE items SET oid=$1 WHERE id=99;
-- ## server: ok

