-- # a partition is dropped
-- ## before
CREATE TABLE ev (id bigint, at int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
-- ## after
DROP TABLE ev1;
-- ## query
INSERT INTO ev VALUES ($1, 5);
-- ## server: 23514
-- ## told: ~ 23514 ev: `ev1` is no partition of `ev`, and rows that belong there may find no other

-- # a default partition is there for what was detached
-- ## before
CREATE TABLE ev (id bigint, at int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
CREATE TABLE evd PARTITION OF ev DEFAULT;
-- ## after
ALTER TABLE ev DETACH PARTITION ev1;
-- ## query
INSERT INTO ev VALUES ($1, 5);
-- ## server: ok

-- # a default partition is dropped
-- ## before
CREATE TABLE ev (id bigint, at int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
CREATE TABLE evd PARTITION OF ev DEFAULT;
-- ## after
DROP TABLE evd;
-- ## query
INSERT INTO ev VALUES ($1, 50);
-- ## server: 23514
-- ## told: ~ 23514 ev: `evd` is no partition of `ev`, and rows that belong there may find no other

-- # a column of a partitioned table is dropped, the partition is read
-- ## before
CREATE TABLE ev (id bigint, at int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
-- ## after
ALTER TABLE ev DROP COLUMN id;
-- ## query
SELECT id FROM ev1;
-- ## server: 42703
-- ## told: ! 42703 ev1.id: `ev1.id` does not exist

-- # a partition gains a check
-- ## before
CREATE TABLE ev (id bigint, at int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
-- ## after
ALTER TABLE ev1 ADD CHECK (id > 100);
-- ## query
INSERT INTO ev VALUES ($1, 5);
-- ## server: 23514
-- ## told: ~ 23514 ev1.ev1_id_check: check `ev1_id_check` (id > 100) may refuse the row of `ev1`

-- # a partition gains NOT NULL
-- ## before
CREATE TABLE ev (id bigint, at int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
-- ## after
ALTER TABLE ev1 ALTER id SET NOT NULL;
-- ## query
INSERT INTO ev(at) VALUES (5);
-- ## server: 23502
-- ## told: ~ 23502 ev1.id: `ev1.id` refuses `NULL`, has no default, and is not given

-- # a partition gains a unique index
-- ## before
CREATE TABLE ev (id bigint, at int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
INSERT INTO ev VALUES (1, 5);
-- ## after
CREATE UNIQUE INDEX u ON ev1(id);
-- ## query
INSERT INTO ev VALUES ($1, 5);
-- ## server: 23505
-- ## told: ~ 23505 ev1.u: `ev1` refuses rows alike in (id)

-- # a partition gains a trigger that refuses
-- ## before
CREATE TABLE ev (id bigint, at int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
-- ## after
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER t BEFORE INSERT ON ev1 FOR EACH ROW EXECUTE FUNCTION no();
-- ## query
INSERT INTO ev VALUES ($1, 5);
-- ## server: P0001
-- ## told: ~ P0001 ev1.t: trigger `t` of `ev1` may raise an error
-- ## told: ? a statement of the migrations is not understood

-- # the query writes to the partition, and its bounds change
-- ## before
CREATE TABLE ev (id bigint, at int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
-- ## after
ALTER TABLE ev DETACH PARTITION ev1;
ALTER TABLE ev ATTACH PARTITION ev1 FOR VALUES FROM (0) TO (3);
-- ## query
INSERT INTO ev1 VALUES ($1, 5);
-- ## server: 23514
-- ## open: the bounds of a partition are not kept in the catalog

-- # a table becomes a partition and is written
-- ## before
CREATE TABLE ev (id bigint, at int) PARTITION BY LIST (at);
CREATE TABLE ev1 (id bigint, at int);
-- ## after
ALTER TABLE ev ATTACH PARTITION ev1 FOR VALUES IN (1, 2);
-- ## query
INSERT INTO ev1 VALUES ($1, 3);
-- ## server: 23514
-- ## told: ~ 23514 ev1: `ev1` is a partition of `ev` and takes only rows within its bounds

-- # a table becomes a partitioned one without partitions
-- ## before
CREATE TABLE ev (id bigint, at int);
-- ## after
ALTER TABLE ev RENAME TO old;
CREATE TABLE ev (id bigint, at int) PARTITION BY LIST (at);
-- ## query
INSERT INTO ev VALUES ($1, $2);
-- ## server: 23514
-- ## told: ~ 23514 ev: `ev` is partitioned, and a row that no partition takes is refused

-- # a partitioned table loses the key of ON CONFLICT
-- ## before
CREATE TABLE ev (id bigint, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
-- ## after
ALTER TABLE ev DROP CONSTRAINT ev_pkey;
-- ## query
INSERT INTO ev VALUES ($1, $2) ON CONFLICT (id, at) DO NOTHING;
-- ## server: 42P10
-- ## told: ! 42P10 ev: `ev` has no unique index over `at, id` for `ON CONFLICT`
-- ## told: ~ without an error ev: `ev` takes rows alike in `at, id`, which it refused

-- # an update moves a row to a partition that is gone
-- ## before
CREATE TABLE ev (id bigint, at int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
CREATE TABLE ev2 PARTITION OF ev FOR VALUES FROM (10) TO (20);
INSERT INTO ev VALUES (1, 5);
-- ## after
ALTER TABLE ev DETACH PARTITION ev2;
-- ## query
UPDATE ev SET at = 15;
-- ## server: 23514
-- ## told: ~ 23514 ev: `ev2` is no partition of `ev`, and rows that belong there may find no other

-- # DETACH CONCURRENTLY
-- ## before
CREATE TABLE ev (id bigint, at int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
-- ## after
ALTER TABLE ev DETACH PARTITION ev1 CONCURRENTLY;
-- ## query
INSERT INTO ev VALUES ($1, 5);
-- ## server: 23514
-- ## told: ~ 23514 ev: `ev1` is no partition of `ev`, and rows that belong there may find no other

-- # a partition more
-- ## before
CREATE TABLE ev (id bigint, at int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
-- ## after
CREATE TABLE ev2 PARTITION OF ev FOR VALUES FROM (10) TO (20);
-- ## query
INSERT INTO ev VALUES ($1, 5);
-- ## server: ok

