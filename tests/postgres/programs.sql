-- # trigger insert meets new CHECK
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id bigint,k int);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN INSERT INTO audit(id,k) VALUES (NEW.id,1); RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE audit ADD CONSTRAINT ck CHECK (k>5) NOT VALID;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 23514
-- ## told: ~ 23514 audit.ck: in trigger `sy` of `orders`: check `ck` (k>5) refuses the row with `k` = 1 of `audit`

-- # trigger insert meets new FK
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id bigint,k int);
CREATE TABLE kk(k int PRIMARY KEY);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN INSERT INTO audit(id,k) VALUES (NEW.id,1); RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE audit ADD CONSTRAINT ck FOREIGN KEY (k) REFERENCES kk NOT VALID;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 23503
-- ## told: ~ 23503 audit.ck: function `sy`, which trigger `sy` of `orders` calls, names `audit.ck`, which is new and refuses rows that refer to none

-- # trigger insert meets new UNIQUE
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id bigint,k int);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN INSERT INTO audit(id,k) VALUES (NEW.id,1); RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
CREATE UNIQUE INDEX u ON audit(k);
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x'),(2,2,'x');
-- ## server: 23505
-- ## told: ~ 23505 audit.u: function `sy`, which trigger `sy` of `orders` calls, names `audit.u`, which refuses rows alike

-- # trigger insert meets type change
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id bigint,k int);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN INSERT INTO audit(id,k) VALUES (NEW.id,1); RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE audit ALTER k TYPE date USING NULL;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 42804
-- ## told: ~ 42804 audit.k: in trigger `sy` of `orders`: the number 1 cannot be stored as `date` in `audit.k`

-- # trigger insert meets raising trigger on audit
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id bigint,k int);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN INSERT INTO audit(id,k) VALUES (NEW.id,1); RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
CREATE FUNCTION z() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.k := NULL; RETURN NEW; END $$;
CREATE TRIGGER z BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION z();
ALTER TABLE audit ADD CONSTRAINT ck CHECK (k IS NOT NULL) NOT VALID;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 23514
-- ## told: ~ 23514 audit.ck: in trigger `sy` of `orders`: check `ck` (k IS NOT NULL) refuses the row with `k` = 1 of `audit`

-- # trigger insert ON CONFLICT (id) idx dropped 42P10
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id bigint,k int);
CREATE UNIQUE INDEX u ON audit(id);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN INSERT INTO audit(id,k) VALUES (NEW.id,1) ON CONFLICT (id) DO NOTHING; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
DROP INDEX u;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 42P10
-- ## told: ~ 42P10 audit: in trigger `sy` of `orders`: `audit` has no unique index over `id` for `ON CONFLICT`

-- # trigger insert into view/generated col
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id bigint,k int);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN INSERT INTO audit(id,k) VALUES (NEW.id,1); RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE audit DROP k;
ALTER TABLE audit ADD k int GENERATED ALWAYS AS (1) STORED;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 428C9
-- ## told: ~ 428C9 audit.k: in trigger `sy` of `orders`: `audit.k` is generated, and only the server gives its value

-- # trigger insert into GENERATED ALWAYS identity
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id bigint,k int);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN INSERT INTO audit(id,k) VALUES (NEW.id,1); RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE audit ALTER id SET NOT NULL;
ALTER TABLE audit ALTER id ADD GENERATED ALWAYS AS IDENTITY;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 428C9
-- ## told: ~ 428C9 audit.id: in trigger `sy` of `orders`: `audit.id` is generated, and only the server gives its value

-- # trigger updates other table missing col
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id bigint,k int);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN UPDATE audit SET k=1 WHERE id=NEW.id; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE audit RENAME k TO k2;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 42703
-- ## told: ~ 42703 audit.k: in trigger `sy` of `orders`: `audit.k` does not exist

-- # trigger DELETE FROM other with FK restrict
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id bigint PRIMARY KEY,k int);
CREATE TABLE sub(a bigint);
INSERT INTO audit VALUES(9,1);
INSERT INTO sub VALUES(9);
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN DELETE FROM audit WHERE id=9; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE sub ADD CONSTRAINT g FOREIGN KEY(a) REFERENCES audit(id) NOT VALID;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 23503
-- ## told: ~ 23503 sub.g: function `sy`, which trigger `sy` of `orders` calls, names `sub.g`, which keeps rows that are referred to
-- ## told: ? a statement of the migrations is not understood

-- # trigger enum label cast renamed
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TYPE st AS ENUM('a');
ALTER TABLE orders ADD s st;
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.s := 'a'; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TYPE st RENAME VALUE 'a' TO 'b';
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 22P02
-- ## told: ~ 22P02 st: function `sy`, which trigger `sy` of `orders` calls, names `st`, which has no label 'a'

-- # trigger enum cast of dropped type ::st
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TYPE st AS ENUM('a');
ALTER TABLE orders ADD s text;
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.s := 'a'::st; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TYPE st RENAME TO st9;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 42704
-- ## told: ~ 42704 st: function `sy`, which trigger `sy` of `orders` calls, names `st`, which does not exist

-- # trigger assigns generated-to-be col: fine or err
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
ALTER TABLE orders ADD s int;
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.s := 1; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE orders DROP s;
ALTER TABLE orders ADD s int GENERATED ALWAYS AS (1) STORED;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: ok

-- # trigger col narrows: varchar(3)
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
ALTER TABLE orders ADD s text;
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.s := 'abcdef'; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE orders ALTER s TYPE varchar(3);
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 22001
-- ## told: ~ 42804 orders.s: function `sy`, which trigger `sy` of `orders` calls, names `orders.s`, which is `character varying(3)`, and was `text`

-- # trigger value violates new CHECK on same table
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
ALTER TABLE orders ADD s text;
CREATE FUNCTION sy() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN NEW.s := 'abcdef'; RETURN NEW; END $$;
CREATE TRIGGER sy BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION sy();
-- ## after
ALTER TABLE orders ADD CONSTRAINT ck CHECK (s <> 'abcdef') NOT VALID;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 23514
-- ## told: ! 23514 orders.ck: check `ck` (s <> 'abcdef') refuses the row of `orders`

-- # transition table trigger: col dropped
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
ALTER TABLE orders ADD k int;
CREATE TABLE audit(id bigint,k int);
CREATE FUNCTION z() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit(id,k) SELECT id,k FROM newt; RETURN NULL; END $$;
CREATE TRIGGER z AFTER INSERT ON orders REFERENCING NEW TABLE AS newt FOR EACH STATEMENT EXECUTE FUNCTION z();
-- ## after
ALTER TABLE orders DROP k;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 42703
-- ## told: ~ 42703 orders.k: function `z`, which trigger `z` of `orders` calls, names `orders.k`, which does not exist
-- ## told: ? a statement of the migrations is not understood

-- # INSERT .. SELECT NEW.* into history table; col added to orders only
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE hist(id bigint,total numeric,email text);
CREATE FUNCTION z() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO hist SELECT NEW.*; RETURN NULL; END $$;
CREATE TRIGGER z AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION z();
-- ## after
ALTER TABLE orders ADD k int;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 42601
-- ## told: ~ 42601 orders.k: function `z`, which trigger `z` of `orders` calls, names `orders.k`, which is new, and `*` has a column more
-- ## told: ? a statement of the migrations is not understood

-- # same VALUES (NEW.*)
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE hist(id bigint,total numeric,email text);
CREATE FUNCTION z() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO hist VALUES (NEW.*); RETURN NULL; END $$;
CREATE TRIGGER z AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION z();
-- ## after
ALTER TABLE orders ADD k int;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 42601
-- ## told: ~ 42601 orders.k: function `z`, which trigger `z` of `orders` calls, names `orders.k`, which is new, and `*` has a column more
-- ## told: ? a statement of the migrations is not understood

-- # hist col type mismatched by DROP from hist
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE hist(id bigint,total numeric,email text);
CREATE FUNCTION z() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO hist SELECT NEW.*; RETURN NULL; END $$;
CREATE TRIGGER z AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION z();
-- ## after
ALTER TABLE hist DROP email;
-- ## query
INSERT INTO orders(id,total,email) VALUES(1,2,'x');
-- ## server: 42601
-- ## told: ~ 42601 hist.email: function `z`, which trigger `z` of `orders` calls, names `hist.email`, which does not exist
-- ## told: ? a statement of the migrations is not understood

