use super::super::super::replay::tests::folder;
use crate::schema::Transaction;
use crate::schema::catalog::Name;
use crate::schema::postgres::{Change, Replay, replay};
use crate::source::SourceMap;

const START: &str = "CREATE TYPE old AS ENUM ('a'); CREATE TABLE t (id bigint PRIMARY KEY, a int, \
                     CONSTRAINT kept CHECK (a > 0));";

fn run(block: &str) -> (SourceMap, Replay) {
    let (sources, all) = folder(&[(START, Transaction::Wrapped), (block, Transaction::Wrapped)]);
    let replayed = replay(&sources, &all.iter().collect::<Vec<_>>(), 15);
    (sources, replayed)
}

/// What is not known behind a block, as the words where it stands and why.
fn unknown(block: &str) -> Vec<(String, String)> {
    let (sources, replayed) = run(block);
    let changes = replayed.steps.iter().flat_map(|step| &step.changes);
    changes
        .filter_map(|step| match &step.change {
            Change::Unknown { reason } => {
                Some((sources.text(step.span).to_string(), reason.clone()))
            }
            _ => None,
        })
        .collect()
}

fn codes(block: &str) -> Vec<&'static str> {
    let (_, replayed) = run(block);
    let errors = replayed.steps.iter().flat_map(|step| &step.errors);
    errors.map(|error| error.sqlstate).collect()
}

/// The types and the columns and constraints of `t` behind a block that is understood.
fn after(block: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
    assert_eq!(unknown(block), [], "{block}");
    let (_, replayed) = run(block);
    assert!(!replayed.last.is_partly_unknown(), "{block}");
    let t = replayed.last.relation(&Name::folded(None, "t")).expect("t");
    (
        replayed.last.types.keys().map(Name::to_string).collect(),
        t.columns.iter().map(|column| column.name.clone()).collect(),
        t.constraints
            .iter()
            .map(|found| found.name.clone())
            .collect(),
    )
}

#[test]
fn plain_statements_have_their_effects() {
    let found =
        after("DO $$ BEGIN ALTER TABLE t ADD COLUMN b int; CREATE TYPE new AS ENUM ('x'); END $$");
    assert_eq!(found.0, ["new", "old"]);
    assert_eq!(found.1, ["id", "a", "b"]);
    let (sources, replayed) = run("DO $$ BEGIN\n  ALTER TABLE t ADD COLUMN b int;\nEND $$;");
    let step = replayed.steps.last().expect("the block");
    assert_eq!(sources.text(step.changes[0].span), "ADD COLUMN b int");
    assert!(step.locks().iter().any(|(name, _)| name.name == "t"));
}

#[test]
fn what_is_there_already_is_handled() {
    let handled = |statement: &str, error: &str| {
        format!("DO $$ BEGIN {statement}; EXCEPTION WHEN {error} THEN NULL; END $$;")
    };
    let there = after(&handled(
        "CREATE TYPE old AS ENUM ('b')",
        "duplicate_object",
    ));
    assert_eq!(there.0, ["old"]);
    let fresh = after(&handled(
        "CREATE TYPE new AS ENUM ('b')",
        "duplicate_object",
    ));
    assert_eq!(fresh.0, ["new", "old"]);
    let add = "ALTER TABLE t ADD CONSTRAINT kept CHECK (a > 1)";
    assert_eq!(
        after(&handled(add, "duplicate_object OR duplicate_table"))
            .2
            .len(),
        2
    );
    assert_eq!(
        codes(&handled(add, "duplicate_table")),
        ["42710"],
        "another error"
    );
    // all of the block is taken back
    let two = "ALTER TABLE t ADD COLUMN b int; ALTER TABLE t ADD COLUMN a int";
    assert_eq!(after(&handled(two, "duplicate_column")).1, ["id", "a"]);
}

#[test]
fn a_handler_for_everything_decides_nothing() {
    let found = unknown(
        "DO $$ BEGIN ALTER TABLE t ADD COLUMN b int; EXCEPTION WHEN OTHERS THEN NULL; END $$",
    );
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "EXCEPTION");
}

#[test]
fn conditions_on_the_schema_are_decided() {
    let guarded = |condition: &str, statement: &str| {
        format!("DO $$ BEGIN IF {condition} THEN {statement}; END IF; END $$")
    };
    let add = "ALTER TABLE t ADD COLUMN b int";
    for (condition, holds) in [
        (
            "NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'old')",
            false,
        ),
        (
            "NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'new')",
            true,
        ),
        (
            "EXISTS (SELECT FROM information_schema.columns WHERE table_name = 't' AND column_name = 'a')",
            true,
        ),
        (
            "EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 't' AND column_name = 'z')",
            false,
        ),
        (
            "NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'kept' AND conrelid = 't'::regclass)",
            false,
        ),
        (
            "NOT EXISTS (SELECT 1 FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid WHERE c.conname = 'kept' AND r.relname = 'other')",
            true,
        ),
        (
            "EXISTS (SELECT * FROM pg_enum e JOIN pg_type y ON y.oid = e.enumtypid WHERE y.typname = 'old' AND e.enumlabel = 'a')",
            true,
        ),
        (
            "EXISTS (SELECT * FROM pg_tables WHERE schemaname = 'other' AND tablename = 't')",
            false,
        ),
    ] {
        let columns = after(&guarded(condition, add)).1;
        assert_eq!(columns.contains(&"b".to_string()), holds, "{condition}");
    }
    let other = after(
        "DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_type WHERE typname = 'new') THEN NULL; \
         ELSE CREATE TYPE new AS ENUM ('x'); END IF; END $$",
    );
    assert_eq!(other.0, ["new", "old"]);
    for condition in [
        "EXISTS (SELECT 1 FROM t WHERE a = 1)",
        "EXISTS (SELECT 1 FROM pg_type WHERE typname = 'old' OR typname = 'new')",
        "EXISTS (SELECT 1 FROM pg_type WHERE typname <> 'old')",
        "current_setting('x') = 'y'",
        "EXISTS (SELECT 1 FROM pg_type WHERE typname = 'a') AND false",
        "EXISTS (SELECT 1 FROM information_schema.columns WHERE column_name = 'a' AND table_name = 't' AND data_type = 'integer')",
    ] {
        let found = unknown(&guarded(condition, add));
        assert_eq!(found.len(), 1, "{condition}");
        assert!(found[0].0.starts_with("IF "), "{found:?}");
    }
}

#[test]
fn a_program_stays_unknown_where_it_stops_being_sql() {
    for (block, place) in [
        ("DO $$ DECLARE n int; BEGIN NULL; END $$", "DECLARE n int"),
        (
            "DO $$ BEGIN FOR r IN SELECT 1 LOOP DROP TABLE t; END LOOP; END $$",
            "FOR r IN SELECT 1 LOOP DROP TABLE t",
        ),
        (
            "DO $$ BEGIN EXECUTE format('DROP TABLE %I', 't'); END $$",
            "EXECUTE format('DROP TABLE %I', 't')",
        ),
        (
            "DO $$ BEGIN EXECUTE 'DROP TABLE ' || 't'; END $$",
            "EXECUTE 'DROP TABLE ' || 't'",
        ),
        ("DO $$ BEGIN RETURN; DROP TABLE t; END $$", "RETURN"),
        (
            "DO $$ BEGIN DROP TABLE t; EXCEPTION WHEN undefined_table THEN DROP TABLE u; END $$",
            "DROP TABLE u",
        ),
        ("DO $$ BEGIN DROP TABLE t; COMMIT; END $$", "COMMIT"),
        ("DO $$ BEGIN DROP TABL t; END $$", "DROP"),
        ("DO $$ BEGIN DROP TABLE t; $$", "BEGIN DROP TABLE t"),
        ("DO LANGUAGE plperl 'drop'", "DO LANGUAGE plperl 'drop'"),
    ] {
        let found = unknown(block);
        assert_eq!(found.len(), 1, "{block}: {found:?}");
        assert_eq!(found[0].0, place, "{block}");
    }
}

#[test]
fn a_constant_text_is_run_as_it_stands() {
    assert_eq!(
        after("DO $$ BEGIN EXECUTE 'ALTER TABLE t ADD COLUMN b int'; END $$").1,
        ["id", "a", "b"]
    );
    assert_eq!(
        after("DO $d$ BEGIN EXECUTE $q$ALTER TABLE t ADD COLUMN b int$q$; END $d$")
            .1
            .len(),
        3
    );
}

#[test]
fn hostile_bodies_end() {
    for body in [
        "BEGIN ".repeat(50_000),
        "BEGIN IF EXISTS (".repeat(1_000),
        format!("BEGIN {} END", "IF a THEN ".repeat(20_000)),
        format!("BEGIN {} END", "NULL; ".repeat(50_000)),
        format!("BEGIN EXECUTE 'x{}' END", "''".repeat(1_000)),
    ] {
        run(&format!("DO $$ {body} $$"));
    }
}
