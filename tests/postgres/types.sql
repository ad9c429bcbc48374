-- # a domain is checked more
-- ## before
CREATE DOMAIN d AS int CHECK (VALUE > 0);
CREATE TABLE p (n d);
-- ## after
ALTER DOMAIN d ADD CHECK (VALUE > 5);
-- ## query
INSERT INTO p VALUES ($1);
-- ## server: 23514
-- ## told: ~ 23514 p.n: the domain `d` of `p.n` demands VALUE > 5

-- # a domain gains a check NOT VALID
-- ## before
CREATE DOMAIN d AS int;
CREATE TABLE p (n d);
-- ## after
ALTER DOMAIN d ADD CONSTRAINT k CHECK (VALUE > 5) NOT VALID;
-- ## query
INSERT INTO p VALUES ($1);
-- ## server: 23514
-- ## told: ~ 23514 p.n: the domain `d` of `p.n` demands VALUE > 5

-- # a cast to a domain that checks more
-- ## before
CREATE DOMAIN d AS int;
-- ## after
ALTER DOMAIN d ADD CHECK (VALUE > 5);
-- ## query
SELECT $1::d;
-- ## server: 23514
-- ## told: ~ 23514 d: domain `d` demands VALUE > 5

-- # a domain over a domain
-- ## before
CREATE DOMAIN d AS int;
CREATE DOMAIN e AS d;
CREATE TABLE p (n e);
-- ## after
ALTER DOMAIN d ADD CHECK (VALUE > 5);
-- ## query
INSERT INTO p VALUES ($1);
-- ## server: 23514
-- ## open: a check of the domain below a domain is not followed

-- # an array of a domain
-- ## before
CREATE DOMAIN d AS int;
CREATE TABLE p (n d[]);
-- ## after
ALTER DOMAIN d ADD CONSTRAINT k CHECK (VALUE > 5) NOT VALID;
-- ## query
INSERT INTO p VALUES (ARRAY[$1]::d[]);
-- ## server: 23514
-- ## told: ~ 23514 d: domain `d` demands VALUE > 5
-- ## told: ~ 23514 p.n: the domain `d[]` of `p.n` demands VALUE > 5

-- # a domain loses its default
-- ## before
CREATE DOMAIN d AS int DEFAULT 1;
CREATE TABLE p (id int, n d NOT NULL);
-- ## after
ALTER DOMAIN d DROP DEFAULT;
-- ## query
INSERT INTO p(id) VALUES ($1);
-- ## server: 23502
-- ## open: the default of a domain is not kept in the catalog

-- # an enum label is renamed, the array of it is written
-- ## before
CREATE TYPE st AS ENUM ('a', 'b');
CREATE TABLE p (s st[]);
-- ## after
ALTER TYPE st RENAME VALUE 'a' TO 'c';
-- ## query
INSERT INTO p VALUES ('{a,b}');
-- ## server: 22P02
-- ## open: the labels in the text of an array are not read

-- # an enum is made anew without a label
-- ## before
CREATE TYPE st AS ENUM ('a', 'b');
CREATE TABLE p (s st);
-- ## after
ALTER TYPE st RENAME TO old;
CREATE TYPE st AS ENUM ('b');
ALTER TABLE p ALTER s TYPE st USING s::text::st;
-- ## query
SELECT count(*) FROM p WHERE s = 'a';
-- ## server: 22P02
-- ## told: ! 22P02 p.s: `st` has no label 'a' in `p.s`

-- # a label of an enum in CASE
-- ## before
CREATE TYPE st AS ENUM ('a', 'b');
CREATE TABLE p (s st);
-- ## after
ALTER TYPE st RENAME VALUE 'a' TO 'c';
-- ## query
SELECT CASE s WHEN 'a' THEN 1 ELSE 2 END FROM p;
-- ## server: 22P02
-- ## told: ! 22P02 p.s: `st` has no label 'a' in `p.s`

-- # a label of an enum in IN
-- ## before
CREATE TYPE st AS ENUM ('a', 'b');
CREATE TABLE p (s st);
-- ## after
ALTER TYPE st RENAME VALUE 'a' TO 'c';
-- ## query
DELETE FROM p WHERE s IN ('a', 'b');
-- ## server: 22P02
-- ## told: ! 22P02 p.s: `st` has no label 'a' in `p.s`

-- # a label of an enum in ON CONFLICT DO UPDATE
-- ## before
CREATE TYPE st AS ENUM ('a', 'b');
CREATE TABLE p (id int PRIMARY KEY, s st);
-- ## after
ALTER TYPE st RENAME VALUE 'a' TO 'c';
-- ## query
INSERT INTO p(id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET s = 'a';
-- ## server: 22P02
-- ## told: ! 22P02 p.s: `st` has no label 'a' in `p.s`

-- # an attribute of a composite type is renamed
-- ## before
CREATE TYPE ad AS (street text, zip text);
CREATE TABLE p (a ad);
-- ## after
ALTER TYPE ad RENAME ATTRIBUTE zip TO code;
-- ## query
SELECT (a).zip FROM p;
-- ## server: 42703
-- ## told: ! 42703 ad: type `ad` has no attribute `zip`

-- # a composite type gains an attribute and ROW is written
-- ## before
CREATE TYPE ad AS (street text, zip text);
CREATE TABLE p (a ad);
-- ## after
ALTER TYPE ad ADD ATTRIBUTE city text;
-- ## query
INSERT INTO p VALUES (ROW('a', 'b'));
-- ## server: 42846
-- ## open: the values of `ROW` are not counted

-- # a composite literal as text
-- ## before
CREATE TYPE ad AS (street text, zip text);
CREATE TABLE p (a ad);
-- ## after
ALTER TYPE ad ADD ATTRIBUTE city text;
-- ## query
INSERT INTO p VALUES ('(a,b)');
-- ## server: 22P02
-- ## open: the values in the text of a composite are not counted

-- # one attribute of a composite is written
-- ## before
CREATE TYPE ad AS (street text, zip text);
CREATE TABLE p (a ad);
-- ## after
ALTER TYPE ad DROP ATTRIBUTE zip;
-- ## query
INSERT INTO p(a.street, a.zip) VALUES ('a', 'b');
-- ## server: 42703
-- ## open: the attribute of a column that is written is not read

-- # a cast to a type that moved to another schema
-- ## before
CREATE TYPE st AS ENUM ('a');
CREATE SCHEMA other;
-- ## after
ALTER TYPE st SET SCHEMA other;
-- ## query
SELECT 'a'::st;
-- ## server: 42704
-- ## told: ! 42704 st: type `st` does not exist

-- # an array becomes a plain value
-- ## before
CREATE TABLE p (n int[]);
-- ## after
ALTER TABLE p ALTER n TYPE int USING n[1];
-- ## query
SELECT 1 FROM p WHERE 1 = ANY(n);
-- ## server: 42809
-- ## told: ~ without an error p.n: `p.n` is `integer` and was `integer[]`, and whether the expression around it still works and means the same is not known

-- # a subscript of what is no array any more
-- ## before
CREATE TABLE p (n int[]);
-- ## after
ALTER TABLE p ALTER n TYPE int USING n[1];
-- ## query
SELECT n[1] FROM p;
-- ## server: 42804
-- ## told: ~ without an error p.n: `p.n` is `integer` and was `integer[]`, and whether the expression around it still works and means the same is not known

-- # text becomes jsonb and is compared
-- ## before
CREATE TABLE p (n text);
-- ## after
ALTER TABLE p ALTER n TYPE jsonb USING n::jsonb;
-- ## query
SELECT 1 FROM p WHERE n = 'no json';
-- ## server: 22P02
-- ## open: whether a text is JSON is not looked at

-- # text becomes jsonb and is matched
-- ## before
CREATE TABLE p (n text);
-- ## after
ALTER TABLE p ALTER n TYPE jsonb USING n::jsonb;
-- ## query
SELECT 1 FROM p WHERE n LIKE 'a%';
-- ## server: 42883
-- ## told: ! 42883 p.n: `p.n` is `jsonb`, which `LIKE` does not take

-- # jsonb becomes json and is asked what it contains
-- ## before
CREATE TABLE p (n jsonb);
-- ## after
ALTER TABLE p ALTER n TYPE json;
-- ## query
SELECT 1 FROM p WHERE n @> '{}';
-- ## server: 42883
-- ## told: ! 42883 p.n: `p.n` is `json`, which `@>` does not take

-- # jsonb becomes json under GROUP BY
-- ## before
CREATE TABLE p (n jsonb);
-- ## after
ALTER TABLE p ALTER n TYPE json;
-- ## query
SELECT n FROM p GROUP BY n;
-- ## server: 42883
-- ## told: ! 42883 p.n: `p.n` is `json`, which sorting or grouping does not take
-- ## told: ~ without an error p.n: `p.n` is `json`, and the version reads it as `jsonb`

-- # jsonb becomes json under DISTINCT
-- ## before
CREATE TABLE p (n jsonb);
-- ## after
ALTER TABLE p ALTER n TYPE json;
-- ## query
SELECT DISTINCT n FROM p;
-- ## server: 42883
-- ## told: ! 42883 p.n: `p.n` is `json`, which sorting or grouping does not take
-- ## told: ~ without an error p.n: `p.n` is `json`, and the version reads it as `jsonb`

-- # jsonb becomes json under ORDER BY
-- ## before
CREATE TABLE p (n jsonb);
-- ## after
ALTER TABLE p ALTER n TYPE json;
-- ## query
SELECT n FROM p ORDER BY n;
-- ## server: 42883
-- ## told: ! 42883 p.n: `p.n` is `json`, which sorting or grouping does not take
-- ## told: ~ without an error p.n: `p.n` is `json`, and the version reads it as `jsonb`

-- # jsonb becomes json under UNION
-- ## before
CREATE TABLE p (n jsonb);
-- ## after
ALTER TABLE p ALTER n TYPE json;
-- ## query
SELECT n FROM p UNION SELECT '{}';
-- ## server: 42883
-- ## told: ~ without an error p.n: `p.n` is `json`, and the version reads it as `jsonb`

-- # a number becomes text under sum
-- ## before
CREATE TABLE p (n int);
-- ## after
ALTER TABLE p ALTER n TYPE text;
-- ## query
SELECT sum(n) FROM p;
-- ## server: 42883
-- ## told: ! 42883 p.n: `p.n` is `text`, which function `sum` does not take

-- # a number becomes text under an operator
-- ## before
CREATE TABLE p (n int);
-- ## after
ALTER TABLE p ALTER n TYPE text;
-- ## query
SELECT n + 1 FROM p;
-- ## server: 42883
-- ## told: ! 42883 p.n: no operator takes `text` and the number 1 in `p.n`

-- # a number becomes text beside a number in COALESCE
-- ## before
CREATE TABLE p (n int);
-- ## after
ALTER TABLE p ALTER n TYPE text;
-- ## query
SELECT coalesce(n, 0) FROM p;
-- ## server: 42804
-- ## told: ! 42883 p.n: no operator takes `text` and the number 0 in `p.n`
-- ## told: ~ without an error p.n: `p.n` is `text` and was `integer`, and whether function `coalesce` still works and means the same is not known

-- # a number becomes text beside a number in CASE
-- ## before
CREATE TABLE p (n int);
-- ## after
ALTER TABLE p ALTER n TYPE text;
-- ## query
SELECT CASE WHEN true THEN n ELSE 0 END FROM p;
-- ## server: 42804
-- ## told: ! 42883 p.n: no operator takes `text` and the number 0 in `p.n`
-- ## told: ~ without an error p.n: `p.n` is `text` and was `integer`, and whether the expression around it still works and means the same is not known

-- # a number becomes text in a join
-- ## before
CREATE TABLE p (n int);
CREATE TABLE q (n int);
-- ## after
ALTER TABLE p ALTER n TYPE text;
-- ## query
SELECT 1 FROM p JOIN q USING (n);
-- ## server: 42804
-- ## told: ! 42883 p.n: `p.n` is `text` and `q.n` is `integer`, for which `=` does not exist

-- # a number becomes text beside a union
-- ## before
CREATE TABLE p (n int);
CREATE TABLE q (n int);
-- ## after
ALTER TABLE p ALTER n TYPE text;
-- ## query
SELECT n FROM p UNION ALL SELECT n FROM q;
-- ## server: 42804
-- ## told: ~ without an error p.n: `p.n` is `text`, and the version reads it as `integer`

-- # a number becomes text in a window
-- ## before
CREATE TABLE p (n int);
-- ## after
ALTER TABLE p ALTER n TYPE text;
-- ## query
SELECT avg(n) OVER (ORDER BY n) FROM p;
-- ## server: 42883
-- ## told: ! 42883 p.n: `p.n` is `text`, which function `avg` does not take
-- ## told: ~ without an error p.n: `p.n` is `text` and was `integer`, and whether sorting or grouping still works and means the same is not known

-- # boolean becomes int in WHERE
-- ## before
CREATE TABLE p (b boolean);
-- ## after
ALTER TABLE p ALTER b TYPE int USING b::int;
-- ## query
SELECT 1 FROM p WHERE b;
-- ## server: 42804
-- ## told: ! 42804 p.b: `p.b` is `integer` and stands for a truth value

-- # boolean becomes int under NOT
-- ## before
CREATE TABLE p (b boolean);
-- ## after
ALTER TABLE p ALTER b TYPE int USING b::int;
-- ## query
SELECT 1 FROM p WHERE NOT b;
-- ## server: 42804
-- ## told: ! 42804 p.b: `p.b` is `integer` and stands for a truth value

-- # boolean becomes int, compared with true
-- ## before
CREATE TABLE p (b boolean);
-- ## after
ALTER TABLE p ALTER b TYPE int USING b::int;
-- ## query
SELECT 1 FROM p WHERE b = true;
-- ## server: 42883
-- ## told: ! 42883 p.b: no operator takes `integer` and `true` in `p.b`

-- # boolean becomes int in a FILTER
-- ## before
CREATE TABLE p (b boolean);
-- ## after
ALTER TABLE p ALTER b TYPE int USING b::int;
-- ## query
SELECT count(*) FILTER (WHERE b) FROM p;
-- ## server: 42804
-- ## told: ! 42804 p.b: `p.b` is `integer` and stands for a truth value

-- # timestamp becomes date under extract hour
-- ## before
CREATE TABLE p (t timestamp);
-- ## after
ALTER TABLE p ALTER t TYPE date;
-- ## query
SELECT extract(hour FROM t) FROM p;
-- ## server: ok

-- # timestamp becomes date less an interval
-- ## before
CREATE TABLE p (t timestamp);
-- ## after
ALTER TABLE p ALTER t TYPE date;
-- ## query
SELECT t - interval '1 day' FROM p;
-- ## server: ok

-- # timestamp becomes bigint, less an interval
-- ## before
CREATE TABLE p (t timestamptz);
-- ## after
ALTER TABLE p ALTER t TYPE bigint USING extract(epoch FROM t)::bigint;
-- ## query
SELECT 1 FROM p WHERE t > now() - interval '1 day';
-- ## server: 42883
-- ## told: ~ without an error p.t: `p.t` is `bigint` and was `timestamp with time zone`, and whether `>` still works and means the same is not known

-- # an integer overflows under a smaller type
-- ## before
CREATE TABLE p (n bigint);
-- ## after
ALTER TABLE p ALTER n TYPE smallint;
-- ## query
INSERT INTO p VALUES (40000);
-- ## server: 22003
-- ## told: ! 22003 p.n: 40000 is out of the range of `smallint` in `p.n`

-- # numeric loses digits
-- ## before
CREATE TABLE p (n numeric);
-- ## after
ALTER TABLE p ALTER n TYPE numeric(4,2);
-- ## query
INSERT INTO p VALUES (12345);
-- ## server: 22003
-- ## told: ! 22003 p.n: 12345 is out of the range of `numeric(4,2)` in `p.n`

-- # a collation that is not deterministic meets LIKE
-- ## before
CREATE COLLATION ci (provider = icu, locale = 'und', deterministic = false);
CREATE TABLE p (n text);
-- ## after
ALTER TABLE p ALTER n TYPE text COLLATE ci;
-- ## query
SELECT 1 FROM p WHERE n LIKE 'a%';
-- ## server: ok

-- # two collations are compared
-- ## before
CREATE TABLE p (a text COLLATE "C", b text COLLATE "C");
-- ## after
ALTER TABLE p ALTER b TYPE text COLLATE "POSIX";
-- ## query
SELECT 1 FROM p WHERE a < b;
-- ## server: ok

-- # two collations are compared for equality
-- ## before
CREATE TABLE p (a text COLLATE "C", b text COLLATE "C");
-- ## after
ALTER TABLE p ALTER b TYPE text COLLATE "POSIX";
-- ## query
SELECT 1 FROM p WHERE a = b;
-- ## server: ok

