-- # check constraint function dropped? 2BP01 ; default calls function that calls dropped fn
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION g() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
CREATE FUNCTION h() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN g(); END $$;
ALTER TABLE orders ALTER total SET DEFAULT h();
-- ## after
DROP FUNCTION g();
-- ## query
INSERT INTO orders(id) VALUES($1);
-- ## server: 42883
-- ## told: ~ 42883 g: function `h`, which the expression of column `total` of `orders` calls, names `g`, which does not exist

-- # query calls function whose body calls dropped fn
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION g() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
CREATE FUNCTION h() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN g(); END $$;
-- ## after
DROP FUNCTION g();
-- ## query
SELECT h();
-- ## server: 42883
-- ## told: ~ 42883 g: function `h` names `g`, which does not exist

-- # view calls function that reads dropped table
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE cfg(k int);
CREATE FUNCTION h() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM cfg); END $$;
CREATE VIEW ov AS SELECT h() AS n;
-- ## after
DROP TABLE cfg;
-- ## query
SELECT n FROM ov;
-- ## server: 42P01
-- ## told: ~ 42P01 cfg: function `h`, which view `ov` calls, names `cfg`, which does not exist

-- # index expression function reads renamed table; write fails?
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE cfg(k int);
CREATE FUNCTION h(t text) RETURNS bigint IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM cfg); END $$;
CREATE INDEX ix ON orders(h(email));
-- ## after
ALTER TABLE cfg RENAME TO cfg2;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: 42P01
-- ## told: ~ 42P01 cfg: function `h`, which index `ix` of `orders` calls, names `cfg`, which does not exist

-- # check calls function reading renamed col
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE cfg(k int);
CREATE FUNCTION h(t text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN NOT EXISTS (SELECT k FROM cfg); END $$;
ALTER TABLE orders ADD CONSTRAINT ck CHECK (h(email));
-- ## after
ALTER TABLE cfg RENAME k TO k2;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: 42703
-- ## told: ~ 42703 cfg.k: function `h`, which check `ck` of `orders` calls, names `cfg.k`, which does not exist

-- # generated col fn
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE cfg(k int);
CREATE FUNCTION h(t text) RETURNS bigint IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(k) FROM cfg); END $$;
ALTER TABLE orders ADD gg bigint GENERATED ALWAYS AS (h(email)) STORED;
-- ## after
ALTER TABLE cfg RENAME k TO k2;
-- ## query
INSERT INTO orders(id,total,email) VALUES($1,$2,$3);
-- ## server: 42703
-- ## told: ~ 42703 cfg.k: function `h`, which the expression of column `gg` of `orders` calls, names `cfg.k`, which does not exist

-- # RLS policy function reading dropped table
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE cfg(k int);
CREATE FUNCTION h() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM cfg); END $$;
CREATE POLICY p ON orders USING (h());
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders FORCE ROW LEVEL SECURITY;
-- ## after
DROP TABLE cfg;
-- ## query
SELECT id FROM orders;
-- ## server: ok

-- # operator class/aggregate sfunc: aggregate dropped
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE AGGREGATE ag(numeric) (sfunc=numeric_add, stype=numeric);
-- ## after
DROP AGGREGATE ag(numeric);
-- ## query
SELECT ag(total) FROM orders;
-- ## server: 42883
-- ## told: ! 42883 ag: no function `ag` takes 1 arguments

-- # function INSERT INTO tbl positional through function SELECT f()
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id int,k int);
CREATE FUNCTION f(a int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (a,a); END $$;
-- ## after
ALTER TABLE audit DROP COLUMN k;
-- ## query
SELECT f(1);
-- ## server: 42601
-- ## told: ~ 42601 audit: in function `f`: 2 values are given by position, and `audit` has 1 columns

-- # function inserts; new NOT NULL col
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id int,k int);
CREATE FUNCTION f(a int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit(id) VALUES (a); END $$;
-- ## after
ALTER TABLE audit ALTER k SET NOT NULL;
-- ## query
SELECT f(1);
-- ## server: 23502
-- ## told: ~ 23502 audit.k: in function `f`: `audit.k` refuses `NULL`, has no default, and is not given

-- # function %ROWTYPE/ %TYPE of dropped col (in declare)
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id int,k int);
CREATE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE x audit.k%TYPE; BEGIN x:=a; RETURN x; END $$;
-- ## after
ALTER TABLE audit DROP COLUMN k;
-- ## query
SELECT f(1);
-- ## server: 42601
-- ## told: ~ 42703 audit.k: function `f` names `audit.k`, which does not exist

-- # function SELECT * INTO 2 vars after col added fine; RETURN QUERY SELECT * mismatch 42804
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id int,k int);
CREATE FUNCTION f() RETURNS TABLE(a int,b int) LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT * FROM audit; END $$;
-- ## after
ALTER TABLE audit ADD COLUMN z int;
-- ## query
SELECT * FROM f();
-- ## server: 42804
-- ## told: ~ 42601 audit.z: function `f` names `audit.z`, which is new, and `*` has a column more

-- # sql function SELECT * returns TABLE: add column 42P13
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id int,k int);
CREATE FUNCTION f() RETURNS TABLE(a int,b int) LANGUAGE sql AS $$ SELECT * FROM audit; $$;
-- ## after
ALTER TABLE audit ADD COLUMN z int;
-- ## query
SELECT * FROM f();
-- ## server: 42P13
-- ## told: ~ 42601 audit.z: function `f` names `audit.z`, which is new, and `*` has a column more

-- # RETURN QUERY type mismatch after type change 42804
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id int,k int);
CREATE FUNCTION f() RETURNS TABLE(a int,b int) LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT id,k FROM audit; END $$;
-- ## after
ALTER TABLE audit ALTER k TYPE bigint;
-- ## query
SELECT * FROM f();
-- ## server: 42804
-- ## told: ~ 42804 audit.k: function `f` names `audit.k`, which is `bigint`, and was `integer`

-- # function FK violation inside
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id int,k bigint);
CREATE FUNCTION f(a int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (a,a); END $$;
-- ## after
ALTER TABLE audit ADD CONSTRAINT f FOREIGN KEY (k) REFERENCES orders(id) NOT VALID;
-- ## query
SELECT f(1);
-- ## server: 23503
-- ## told: ~ 23503 audit.f: function `f` names `audit.f`, which is new and refuses rows that refer to none

-- # function check violation inside (new CHECK)
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id int,k bigint);
CREATE FUNCTION f(a int) RETURNS void LANGUAGE sql AS $$ INSERT INTO audit VALUES (a,a); $$;
-- ## after
ALTER TABLE audit ADD CONSTRAINT f CHECK (k > 5) NOT VALID;
-- ## query
SELECT f(1);
-- ## server: 23514
-- ## told: ~ 23514 audit.f: function `f` names `audit.f`, which is new and refuses rows

-- # ambiguous column/variable in plpgsql: column added named like arg
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id int,k bigint);
CREATE FUNCTION f(a int) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM audit WHERE k = a); END $$;
-- ## after
ALTER TABLE audit ADD COLUMN a int;
-- ## query
SELECT f(1);
-- ## server: 42702
-- ## told: ~ 42702 audit.a: function `f` names `audit.a`, which is new, and has the name of something else

-- # function return type table: row type fn: SELECT (f()).k
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE TABLE audit(id int,k bigint);
CREATE FUNCTION f() RETURNS audit LANGUAGE sql AS $$ SELECT * FROM audit LIMIT 1 $$;
-- ## after
ALTER TABLE audit DROP COLUMN k;
-- ## query
SELECT (f()).k;
-- ## server: 42703
-- ## told: ! 42703 audit.k: `audit.k` does not exist

-- # CALL proc with missing proc
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE PROCEDURE p(a int) LANGUAGE sql AS 'SELECT 1';
-- ## after
DROP PROCEDURE p(int);
-- ## query
CALL p(1);
-- ## server: 42883
-- ## told: ! 42883 p: no function `p` takes 1 arguments

-- # function param type changed incompatible
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
-- ## after
DROP FUNCTION f(text);
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
-- ## query
SELECT f('abc');
-- ## server: 22P02
-- ## told: ~ 42883 f: `f` takes other arguments than it did

-- # function return type changed text->int; used with ||..like
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION f(a int) RETURNS text LANGUAGE sql AS $$ SELECT 'a'::text $$;
-- ## after
DROP FUNCTION f(int);
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
-- ## query
SELECT f(1) LIKE 'a%';
-- ## server: 42883
-- ## told: ~ 42883 f: `f` is declared as `(a int) RETURNS int`, and was as `(a int) RETURNS text`

-- # function OUT param renamed
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION f(a int, OUT b int, OUT d int) LANGUAGE sql AS 'SELECT 1,2';
-- ## after
DROP FUNCTION f(int);
CREATE FUNCTION f(a int, OUT c int) LANGUAGE sql AS 'SELECT 1';
-- ## query
SELECT b FROM f(1);
-- ## server: 42703
-- ## told: ~ 42883 f: `f` is declared as `(a int, OUT c int)`, and was as `(a int, OUT b int, OUT d int)`

-- # proc default removed: CALL p()
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE PROCEDURE p(a int DEFAULT 1) LANGUAGE sql AS 'SELECT 1';
-- ## after
DROP PROCEDURE p(int);
CREATE PROCEDURE p(a int) LANGUAGE sql AS 'SELECT 1';
-- ## query
CALL p();
-- ## server: 42883
-- ## told: ! 42883 p: no function `p` takes 0 arguments

-- # function to RETURNS SETOF gone scalar
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
-- ## after
CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 2';
-- ## query
SELECT f(1);
-- ## server: ok

-- # aggregate FILTER on enum...custom operator dropped
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE OPERATOR === (LEFTARG=text,RIGHTARG=text,FUNCTION=texteq);
-- ## after
DROP OPERATOR === (text,text);
-- ## query
SELECT id FROM orders WHERE email === 'a';
-- ## server: 42883
-- ## told: ? a statement of the migrations is not understood

-- # collation dropped
-- ## before
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
CREATE COLLATION "mine" FROM "C";
-- ## after
DROP COLLATION "mine";
-- ## query
SELECT id FROM orders ORDER BY email COLLATE "mine";
-- ## server: 42704
-- ## told: ! 42704 mine: collation `mine` does not exist

