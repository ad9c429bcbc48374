use std::sync::Arc;

use crate::schema::catalog::{Catalog, ConstraintKind, Name, Type};
use crate::schema::postgres::{Replay, replay_onto};
use crate::schema::{Script, Transaction};
use crate::source::{SourceMap, Span};

fn run(sql: &str) -> Replay {
    let mut sources = SourceMap::new();
    let file = sources.add("x.sql", "x.sql", sql.to_string());
    let script = Script {
        file,
        span: Span::new(file, 0, sql.len()),
        transaction: Transaction::None,
        goose_blocks: false,
    };
    replay_onto(&sources, Arc::default(), &script, 15)
}

/// The catalog after statements that all are taken.
fn after(sql: &str) -> Catalog {
    let replay = run(sql);
    for step in &replay.steps {
        assert!(step.errors.is_empty(), "{sql}: {:?}", step.errors);
    }
    Catalog::clone(&replay.last)
}

/// The code with which the last statement is refused.
fn refused(sql: &str) -> &'static str {
    let replay = run(sql);
    let (last, before) = replay.steps.split_last().expect("a statement");
    for step in before {
        assert!(step.errors.is_empty(), "{sql}: {:?}", step.errors);
    }
    last.errors.first().map_or("taken", |error| error.sqlstate)
}

fn name(name: &str) -> Name {
    Name::folded(None, name)
}

fn columns(catalog: &Catalog, table: &str) -> Vec<String> {
    let found = catalog.relation(&name(table)).expect(table);
    found
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect()
}

fn constraints(catalog: &Catalog, table: &str) -> Vec<String> {
    let found = catalog.relation(&name(table)).expect(table);
    let mut all: Vec<String> = found.constraints.iter().map(|c| c.name.clone()).collect();
    all.sort();
    all
}

#[test]
fn the_server_names_what_has_no_name() {
    let catalog = after(
        "CREATE TABLE u (id bigserial PRIMARY KEY, k int UNIQUE);
         CREATE TABLE t (a int REFERENCES u, b int CHECK (b > 0), c int, CHECK (b < c), UNIQUE (a, b));
         CREATE INDEX ON t (lower(c::text), a); CREATE INDEX ON t (a); CREATE INDEX ON t (a)",
    );
    assert_eq!(constraints(&catalog, "u"), ["u_k_key", "u_pkey"]);
    assert_eq!(
        constraints(&catalog, "t"),
        ["t_a_b_key", "t_a_fkey", "t_b_check", "t_check"]
    );
    assert!(catalog.sequences.contains_key(&name("u_id_seq")));
    let id = &catalog.relation(&name("u")).expect("u").columns[0];
    assert!(id.not_null && id.is_filled());
    for index in ["t_a_idx", "t_a_idx1", "t_lower_a_idx", "u_pkey"] {
        assert!(
            catalog.indexes.contains_key(&name(index)),
            "{index}: {:?}",
            catalog.indexes
        );
    }
}

#[test]
fn what_is_not_there_or_is_there_twice_is_refused() {
    let table = "CREATE TABLE t (a int PRIMARY KEY, b int);";
    assert_eq!(refused("ALTER TABLE t ADD a int"), "42P01");
    assert_eq!(
        refused(&format!("{table} ALTER TABLE t ADD b int")),
        "42701"
    );
    assert_eq!(refused(&format!("{table} ALTER TABLE t DROP c")), "42703");
    assert_eq!(refused(&format!("{table} CREATE TABLE t (a int)")), "42P07");
    assert_eq!(
        refused(&format!("{table} ALTER TABLE t DROP CONSTRAINT x")),
        "42704"
    );
    assert_eq!(
        refused(&format!("{table} CREATE VIEW v AS SELECT x FROM t")),
        "42703"
    );
    assert_eq!(refused(&format!("{table} DROP INDEX t_pkey")), "2BP01");
    assert_eq!(refused("DROP TYPE m"), "42704");
    assert_eq!(
        refused(&format!(
            "{table} ALTER TABLE t ADD c int GENERATED ALWAYS AS (a) VIRTUAL"
        )),
        "42601"
    );
}

#[test]
fn conditions_make_a_statement_do_nothing() {
    let sql = "CREATE TABLE t (a int); CREATE TABLE IF NOT EXISTS t (b int);
         ALTER TABLE t ADD COLUMN IF NOT EXISTS a text; DROP TABLE IF EXISTS x;
         CREATE INDEX i ON t (a); CREATE INDEX IF NOT EXISTS i ON t (a);
         ALTER TABLE IF EXISTS x ADD b int; DROP TRIGGER IF EXISTS g ON t";
    let replay = run(sql);
    let vacuous: Vec<bool> = replay
        .steps
        .iter()
        .map(|step| step.changes[0].applied.vacuous)
        .collect();
    assert_eq!(vacuous, [false, true, true, true, false, true, true, true]);
    assert_eq!(columns(&replay.last, "t"), ["a"]);
}

#[test]
fn a_dropped_column_takes_its_indexes_and_constraints() {
    let replay = run(
        "CREATE TABLE t (a int, b int UNIQUE, CHECK (b > a)); CREATE INDEX i ON t (a) WHERE b > 0;
         ALTER TABLE t DROP COLUMN b",
    );
    let table = replay.last.relation(&name("t")).expect("t");
    assert!(
        table.indexes.is_empty() && table.constraints.is_empty(),
        "{table:?}"
    );
    assert!(replay.last.indexes.is_empty());
    let dropped: Vec<String> = replay.steps[2].changes[0]
        .applied
        .dropped
        .iter()
        .map(|one| format!("{} {}", one.kind, one.name))
        .collect();
    assert_eq!(
        dropped,
        [
            "constraint t.t_b_key",
            "index t_b_key",
            "constraint t.t_check",
            "index i"
        ]
    );
}

#[test]
fn views_hold_what_they_read() {
    let start = "CREATE TABLE t (a int, b text, c int); CREATE VIEW v AS SELECT t.*, a + 1 AS more FROM t WHERE c > 0;
         CREATE VIEW w AS SELECT x.a FROM v x;";
    let catalog = after(start);
    assert_eq!(columns(&catalog, "v"), ["a", "b", "c", "more"]);
    assert_eq!(columns(&catalog, "w"), ["a"]);
    let ty = catalog.relation(&name("v")).expect("v").columns[1]
        .ty
        .clone();
    assert_eq!(ty, Some(Type::named("text")));
    assert_eq!(
        refused(&format!("{start} ALTER TABLE t DROP COLUMN c")),
        "2BP01"
    );
    assert_eq!(
        refused(&format!("{start} ALTER TABLE t ALTER a TYPE bigint")),
        "0A000"
    );
    assert_eq!(refused(&format!("{start} DROP TABLE t")), "2BP01");
    assert_eq!(refused(&format!("{start} DROP VIEW v")), "2BP01");
    assert_eq!(
        refused(&format!(
            "{start} CREATE OR REPLACE VIEW v AS SELECT b FROM t"
        )),
        "42P16"
    );
    let catalog = after(&format!("{start} ALTER TABLE t DROP COLUMN c CASCADE"));
    assert_eq!(catalog.relations.len(), 1, "the views went along");
    // a view follows what it reads
    let renamed = format!("{start} ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME a TO z;");
    assert_eq!(refused(&format!("{renamed} ALTER TABLE u DROP z")), "2BP01");
}

#[test]
fn foreign_keys_hold_what_they_rest_on() {
    let start = "CREATE TABLE u (id int PRIMARY KEY); CREATE TABLE t (u int REFERENCES u(id));";
    assert_eq!(refused(&format!("{start} DROP TABLE u")), "2BP01");
    assert_eq!(
        refused(&format!("{start} ALTER TABLE u DROP CONSTRAINT u_pkey")),
        "2BP01"
    );
    assert_eq!(refused(&format!("{start} TRUNCATE u")), "0A000");
    assert_eq!(
        refused("CREATE TABLE u (id int); CREATE TABLE t (u int REFERENCES u(id))"),
        "42830"
    );
    let catalog = after(&format!("{start} DROP TABLE u CASCADE"));
    assert!(constraints(&catalog, "t").is_empty());
    let catalog = after(&format!(
        "{start} ALTER TABLE u RENAME TO v; ALTER TABLE v RENAME id TO key"
    ));
    let key = &catalog.relation(&name("t")).expect("t").constraints[0].kind;
    let ConstraintKind::ForeignKey {
        references,
        referenced,
        ..
    } = key
    else {
        panic!("{key:?}")
    };
    assert_eq!(
        (references.to_string().as_str(), referenced[0].as_str()),
        ("v", "key")
    );
}

#[test]
fn tables_are_made_from_others() {
    let catalog = after(
        "CREATE TABLE a (i int PRIMARY KEY, j text DEFAULT 'x' NOT NULL, CHECK (i > 0));
         CREATE TABLE b (LIKE a INCLUDING ALL); CREATE TABLE c (LIKE a);
         CREATE TABLE d AS SELECT i, upper(j) FROM a; CREATE TABLE e (k int) INHERITS (a);
         CREATE TABLE p (i int, d date) PARTITION BY RANGE (d); CREATE INDEX ON p (i);
         CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
         ALTER TABLE p ADD COLUMN x int",
    );
    assert_eq!(constraints(&catalog, "b"), ["a_i_check", "b_pkey"]);
    assert!(constraints(&catalog, "c").is_empty());
    assert!(catalog.relation(&name("c")).expect("c").columns[1].is_required());
    assert_eq!(columns(&catalog, "d"), ["i", "upper"]);
    assert_eq!(columns(&catalog, "e"), ["i", "j", "k"]);
    assert_eq!(columns(&catalog, "p1"), ["i", "d", "x"]);
    assert!(catalog.indexes.contains_key(&name("p1_i_idx")));
}

#[test]
fn types_are_kept_and_followed() {
    let catalog = after(
        "CREATE TYPE m AS ENUM ('a', 'c'); ALTER TYPE m ADD VALUE 'b' BEFORE 'c'; ALTER TYPE m RENAME VALUE 'a' TO 'z';
         CREATE TABLE t (x m, \"Y\" varchar(20)); ALTER TYPE m RENAME TO mood",
    );
    let ty = catalog.relation(&name("t")).expect("t").columns[0]
        .ty
        .clone()
        .expect("a type");
    assert_eq!(ty.name, "mood");
    assert_eq!(
        catalog.labels(&ty),
        Some(&["z".to_string(), "b".into(), "c".into()][..])
    );
    assert_eq!(columns(&catalog, "t"), ["x", "Y"]);
    assert_eq!(
        refused("CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (x m); DROP TYPE m"),
        "2BP01"
    );
}

/// How many statements are not understood, with a trigger function of this body.
fn fired(when: &str, body: &str) -> usize {
    let sql = format!(
        "CREATE TABLE t (id bigint PRIMARY KEY, a text, b text, n int NOT NULL DEFAULT 0);
         CREATE TABLE log (id bigint, a text NOT NULL);
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$;
         CREATE TRIGGER x {when} ON t FOR EACH ROW EXECUTE FUNCTION f()"
    );
    after(&sql).unknown.len()
}

#[test]
fn a_trigger_is_harmless_where_its_body_is_understood() {
    for (when, body) in [
        ("BEFORE INSERT", "BEGIN NEW.b := NEW.a; RETURN NEW; END"),
        (
            "BEFORE INSERT OR UPDATE",
            "BEGIN -- both ways\n IF TG_OP = 'INSERT' AND NEW.b IS NULL THEN NEW.b := lower(NEW.a); \
             ELSIF NEW.a IS DISTINCT FROM OLD.a THEN NEW.b = NEW.a; ELSE NULL; END IF; RETURN NEW; END;",
        ),
        (
            "AFTER INSERT",
            "BEGIN INSERT INTO log (id, a) VALUES (NEW.id, coalesce(NEW.a, '')); RETURN NULL; END",
        ),
        (
            "AFTER UPDATE",
            "BEGIN UPDATE log SET a = NEW.a WHERE id = NEW.id; RETURN NEW; END",
        ),
        ("BEFORE DELETE", "BEGIN RETURN OLD; END"),
        (
            "BEFORE UPDATE",
            "BEGIN IF NEW.n > 1 THEN RETURN NEW; ELSE NEW.b := now()::text; RETURN NEW; END IF; END",
        ),
    ] {
        assert_eq!(fired(when, body), 0, "{when}: {body}");
    }
    for (when, body) in [
        ("BEFORE INSERT", "BEGIN RETURN NULL; END"),
        ("BEFORE INSERT", "BEGIN NEW.nope := 1; RETURN NEW; END"),
        ("BEFORE INSERT", "BEGIN NEW.n := NULL; RETURN NEW; END"),
        (
            "BEFORE INSERT",
            "BEGIN NEW.b := nope(NEW.a); RETURN NEW; END",
        ),
        ("BEFORE INSERT", "BEGIN NEW.b := NEW.nope; RETURN NEW; END"),
        (
            "BEFORE INSERT",
            "BEGIN NEW.b := (SELECT max(a) FROM log); RETURN NEW; END",
        ),
        ("BEFORE UPDATE", "BEGIN RETURN OLD; END"),
        ("BEFORE DELETE", "BEGIN RETURN NEW; END"),
        ("BEFORE INSERT", "BEGIN NEW.b := NEW.a; END"),
        (
            "BEFORE INSERT",
            "BEGIN IF NEW.n > 1 THEN RETURN NEW; END IF; END",
        ),
        (
            "BEFORE INSERT",
            "BEGIN RAISE EXCEPTION 'no'; RETURN NEW; END",
        ),
        ("BEFORE INSERT", "DECLARE x int; BEGIN RETURN NEW; END"),
        (
            "BEFORE INSERT",
            "BEGIN EXECUTE 'DROP TABLE t'; RETURN NEW; END",
        ),
        (
            "AFTER INSERT",
            "BEGIN INSERT INTO gone (id) VALUES (NEW.id); RETURN NEW; END",
        ),
        (
            "AFTER INSERT",
            "BEGIN INSERT INTO log (id) VALUES (NEW.id); RETURN NEW; END",
        ),
        (
            "AFTER INSERT",
            "BEGIN INSERT INTO log (id, a) VALUES (NEW.id, NEW.nope); RETURN NEW; END",
        ),
        (
            "AFTER INSERT",
            "BEGIN INSERT INTO t (id) VALUES (NEW.id); RETURN NEW; END",
        ),
        ("AFTER INSERT", "BEGIN DELETE FROM log; RETURN NEW; END"),
        (
            "AFTER INSERT",
            "BEGIN UPDATE log SET nope = 1; RETURN NEW; END",
        ),
    ] {
        assert_eq!(fired(when, body), 1, "{when}: {body}");
    }
}

#[test]
fn what_nobody_has_declared_is_unknown() {
    let unknown = |sql: &str| {
        let table = "CREATE TABLE t (id bigint, a text); ";
        after(&format!("{table}{sql}")).unknown.len()
    };
    for sql in [
        "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpythonu AS $$ x $$; \
         CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; \
         CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); \
         CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "SELECT drop_email()",
        "SELECT create_hypertable('t', 'id')",
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT nope()",
    ] {
        assert_eq!(unknown(sql), 1, "{sql}");
    }
    for sql in [
        "SELECT pg_sleep(1)",
        "SELECT pg_catalog.set_config('search_path', '', false)",
        "SELECT count(*) FROM t",
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT uuid_generate_v4()",
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT coalesce(lower('A'), now()::text)",
    ] {
        assert_eq!(unknown(sql), 0, "{sql}");
    }
}
