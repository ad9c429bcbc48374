use std::sync::Arc;

use super::*;
use crate::schema::postgres::replay_onto;
use crate::schema::{Script, Transaction};
use crate::source::{SourceMap, Span};

const START: &str = "CREATE TABLE u (id int PRIMARY KEY);
    CREATE TABLE t (id int PRIMARY KEY, a int, b int NOT NULL DEFAULT 1, c varchar(20), ts timestamp, UNIQUE (a));
    CREATE TYPE mood AS ENUM ('a');";

/// The directions with their elements, then phase and way back.
fn told(sql: &str) -> String {
    let mut sources = SourceMap::new();
    let text = format!("{START}\n{sql}");
    let file = sources.add("x.sql", "x.sql", text.clone());
    let script = Script {
        file,
        span: Span::new(file, 0, text.len()),
        transaction: Transaction::None,
        goose_blocks: false,
    };
    let replay = replay_onto(&sources, Arc::default(), &script, 15);
    let step = replay.steps.last().expect("a statement");
    assert!(step.errors.is_empty(), "{sql}: {:?}", step.errors);
    let found = &step.changes[0].effects;
    let mut parts: Vec<String> = found
        .effects
        .iter()
        .map(|effect| {
            let sign = match effect.direction {
                ProvideMore => "provide+",
                ProvideLess => "provide-",
                AcceptMore => "accept+",
                AcceptLess => "accept-",
                Direction::None => "none",
            };
            format!("{sign} {}", effect.element)
        })
        .collect();
    parts.push(format!("{:?} {:?}", found.phase, found.reversible));
    if found.data_loss.is_some() {
        parts.push("loses".into());
    }
    parts.join(", ")
}

#[test]
fn columns() {
    let of = |sql: &str| told(&format!("ALTER TABLE t {sql}"));
    assert_eq!(of("ADD x int"), "provide+ t.x, accept+ t.x, Expand Yes");
    assert_eq!(
        of("ADD x int NOT NULL"),
        "provide+ t.x, accept+ t.x, accept- t.x, Contract Yes"
    );
    assert_eq!(
        of("ADD x int NOT NULL DEFAULT 0"),
        "provide+ t.x, accept+ t.x, Expand Yes"
    );
    assert_eq!(
        of("DROP a"),
        "provide- t.a, accept- t.a, Contract Lossy, loses"
    );
    assert_eq!(
        of("RENAME a TO z"),
        "provide- t.a, accept- t.a, provide+ t.z, Never Yes"
    );
    assert_eq!(of("ALTER b DROP DEFAULT"), "accept- t.b, Contract Yes");
    assert_eq!(
        of("ALTER a SET NOT NULL"),
        "accept- t.a, provide+ t.a, Contract Yes"
    );
    assert_eq!(of("ALTER b SET NOT NULL"), "Any Yes");
    assert_eq!(
        of("ALTER b DROP NOT NULL"),
        "accept+ t.b, provide- t.b, Expand Lossy"
    );
    assert_eq!(
        of("ALTER c TYPE text"),
        "accept+ t.c, provide- t.c, Expand Lossy"
    );
    assert_eq!(
        of("ALTER c TYPE varchar(5)"),
        "provide- t.c, accept- t.c, Contract Lossy"
    );
    assert_eq!(
        of("ALTER ts TYPE timestamptz"),
        "provide- t.ts, accept- t.ts, Never Lossy"
    );
    assert_eq!(of("ALTER a SET STATISTICS 5"), "Any Yes");
}

#[test]
fn constraints_and_tables() {
    let of = |sql: &str| told(&format!("ALTER TABLE t {sql}"));
    // safe for locks is not safe for old writers
    assert_eq!(
        of("ADD CONSTRAINT k CHECK (a > 0) NOT VALID"),
        "accept- t.k, Contract Yes"
    );
    assert_eq!(
        of("ADD FOREIGN KEY (a) REFERENCES u NOT VALID"),
        "accept- t.t_a_fkey, accept- u, Contract Yes"
    );
    assert_eq!(
        of("DROP CONSTRAINT t_a_key"),
        "accept+ t.t_a_key, provide- t.t_a_key, Contract Lossy"
    );
    assert_eq!(
        of("RENAME TO v"),
        "provide- t, accept- t, provide+ v, Never Yes"
    );
    assert_eq!(told("DROP TABLE t"), "provide- t, Contract No, loses");
    assert_eq!(told("CREATE TABLE x (a int)"), "provide+ x, Expand Yes");
    assert_eq!(told("CREATE INDEX i ON t (b)"), "provide+ i, Expand Yes");
    assert_eq!(
        told("CREATE UNIQUE INDEX i ON t (b)"),
        "provide+ i, accept- t, Contract Yes"
    );
    assert_eq!(told("TRUNCATE t"), "provide- t, Never No, loses");
}

#[test]
fn types_rows_and_the_unknown() {
    assert_eq!(
        told("ALTER TYPE mood ADD VALUE 'b'"),
        "accept+ mood.b, provide- mood.b, Expand No"
    );
    assert_eq!(
        told("ALTER TYPE mood RENAME VALUE 'a' TO 'b'"),
        "accept- mood.a, provide- mood.a, accept+ mood.b, Never Yes"
    );
    assert_eq!(told("UPDATE t SET a = 1"), "none t, Backfill Lossy, loses");
    assert_eq!(told("DELETE FROM t"), "provide- t, Contract No, loses");
    assert_eq!(told("COMMENT ON TABLE t IS 'x'"), "Any Yes");
    assert_eq!(told("DO $$ BEGIN RETURN; END $$"), "Unknown Unknown");
}
