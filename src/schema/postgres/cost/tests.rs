use std::sync::Arc;

use crate::schema::postgres::{InTransaction, Replay, replay_onto};
use crate::schema::{Script, Transaction};
use crate::source::{SourceMap, Span};

const START: &str = "CREATE TABLE u (id bigint PRIMARY KEY);
    CREATE TABLE t (id bigint PRIMARY KEY, a int, b int NOT NULL, c varchar(20), n int, uid bigint REFERENCES u(id),
        CONSTRAINT n_check CHECK (n IS NOT NULL), CONSTRAINT b_positive CHECK (b > 0));
    CREATE INDEX t_a ON t (a);
    ALTER TABLE t ADD CONSTRAINT a_check CHECK (a IS NOT NULL) NOT VALID;
    CREATE TABLE p (id int NOT NULL, d date NOT NULL) PARTITION BY RANGE (d);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
    CREATE TABLE free (id int NOT NULL, d date NOT NULL, CHECK (d >= '2021-01-01' AND d < '2022-01-01'));
    CREATE DOMAIN positive AS int CHECK (value > 0);
    CREATE DOMAIN word AS text;
    CREATE FUNCTION mine() RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT 1 $$;
    CREATE TYPE mood AS ENUM ('a');";

fn run(from: Option<&Replay>, sql: &str, server: u32) -> Replay {
    let mut sources = SourceMap::new();
    let file = sources.add("x.sql", "x.sql", sql.to_string());
    let script = Script {
        file,
        span: Span::new(file, 0, sql.len()),
        transaction: Transaction::None,
        goose_blocks: false,
    };
    let catalog = from.map_or_else(Arc::default, |from| Arc::clone(&from.last));
    let replay = replay_onto(&sources, catalog, &script, server);
    for step in &replay.steps {
        assert!(step.errors.is_empty(), "{server} {sql}: {:?}", step.errors);
    }
    replay
}

/// Locks on tables, then what is written anew (`R`), read whole (`C`), whether it is alone (`!`).
fn told(sql: &str, server: u32) -> String {
    let start = run(None, START, server);
    let replay = run(Some(&start), sql, server);
    let step = replay.steps.last().expect("a statement");
    let mut parts = Vec::new();
    for (name, mode) in step.locks() {
        if start.last.relations.contains_key(&name) {
            parts.push(format!("{name}:{}", mode.short()));
        }
    }
    for change in &step.changes {
        parts.extend(change.cost.rewrites.iter().map(|name| format!("R:{name}")));
        parts.extend(change.cost.scans.iter().map(|name| format!("C:{name}")));
        if change.cost.in_transaction == InTransaction::Forbidden {
            parts.push("!".into());
        }
    }
    parts.join(" ")
}

#[test]
fn columns() {
    let of = |sql: &str| told(&format!("ALTER TABLE t {sql}"), 15);
    assert_eq!(of("ADD x int"), "t:AX");
    assert_eq!(of("ADD x int DEFAULT 5"), "t:AX");
    assert_eq!(told("ALTER TABLE t ADD x int DEFAULT 5", 10), "t:AX R:t");
    assert_eq!(of("ADD x timestamptz NOT NULL DEFAULT now()"), "t:AX");
    assert_eq!(
        of("ADD x timestamptz DEFAULT clock_timestamp()"),
        "t:AX R:t"
    );
    assert_eq!(of("ADD x int DEFAULT nobody_knows()"), "t:AX R:t");
    assert_eq!(of("ADD x int DEFAULT mine()"), "t:AX");
    assert_eq!(of("ADD x bigserial"), "t:AX R:t");
    assert_eq!(
        of("ADD x int GENERATED ALWAYS AS (a * 2) STORED"),
        "t:AX R:t"
    );
    assert_eq!(
        told(
            "ALTER TABLE t ADD x int GENERATED ALWAYS AS (a * 2) VIRTUAL",
            18
        ),
        "t:AX"
    );
    assert_eq!(of("ADD x int CHECK (x > 0)"), "t:AX C:t");
    assert_eq!(of("ADD x bigint REFERENCES u"), "t:AX u:SRX");
    assert_eq!(of("ADD x bigint DEFAULT 1 REFERENCES u"), "t:AX u:SRX C:t");
    assert_eq!(of("ADD x positive"), "t:AX R:t");
    assert_eq!(of("ADD x word"), "t:AX");
    assert_eq!(of("ADD IF NOT EXISTS a int DEFAULT random()"), "t:AX");
    assert_eq!(of("DROP uid"), "t:AX u:AX");
    assert_eq!(of("ALTER c TYPE text"), "t:AX");
    assert_eq!(of("ALTER c TYPE varchar(5)"), "t:AX R:t");
    assert_eq!(of("ALTER b TYPE bigint"), "t:AX R:t C:t");
    assert_eq!(
        told("ALTER TABLE u ALTER id TYPE int", 15),
        "t:AX u:AX R:u C:t"
    );
    assert_eq!(of("ALTER a SET NOT NULL"), "t:AX C:t");
    assert_eq!(of("ALTER n SET NOT NULL"), "t:AX");
    assert_eq!(told("ALTER TABLE t ALTER n SET NOT NULL", 11), "t:AX C:t");
    assert_eq!(of("ALTER a SET STATISTICS 500"), "t:SUX");
    assert_eq!(
        of("ALTER a SET DEFAULT 1, ALTER c SET STORAGE plain"),
        "t:AX"
    );
}

#[test]
fn constraints() {
    let of = |sql: &str| told(&format!("ALTER TABLE t {sql}"), 15);
    assert_eq!(of("ADD CHECK (a > 0)"), "t:AX C:t");
    assert_eq!(of("ADD CHECK (a > 0) NOT VALID"), "t:AX");
    assert_eq!(of("VALIDATE CONSTRAINT a_check"), "t:SUX C:t");
    assert_eq!(of("VALIDATE CONSTRAINT n_check"), "t:SUX");
    assert_eq!(of("ADD FOREIGN KEY (a) REFERENCES u"), "t:SRX u:SRX C:t");
    assert_eq!(
        of("ADD FOREIGN KEY (a) REFERENCES u NOT VALID"),
        "t:SRX u:SRX"
    );
    assert_eq!(of("DROP CONSTRAINT t_uid_fkey"), "t:AX u:AX");
    assert_eq!(of("ADD UNIQUE (a)"), "t:AX");
    assert_eq!(of("DISABLE TRIGGER ALL"), "t:SRX");
    assert_eq!(of("ENABLE ROW LEVEL SECURITY"), "t:AX");
    assert_eq!(
        told("ALTER TABLE t ADD CONSTRAINT x NOT NULL a NOT VALID", 18),
        "t:AX"
    );
}

#[test]
fn indexes_and_tables() {
    let of = |sql: &str| told(sql, 15);
    assert_eq!(of("CREATE INDEX ON t (c)"), "t:S");
    assert_eq!(of("CREATE INDEX CONCURRENTLY ON t (c)"), "t:SUX !");
    assert_eq!(of("CREATE INDEX ON p (id)"), "p:S p1:S");
    assert_eq!(of("CREATE INDEX ON ONLY p (id)"), "p:S");
    assert_eq!(of("DROP INDEX t_a"), "t:AX");
    assert_eq!(of("DROP INDEX CONCURRENTLY t_a"), "t:SUX !");
    assert_eq!(of("REINDEX TABLE t"), "t:S");
    assert_eq!(of("REINDEX TABLE CONCURRENTLY t"), "t:SUX !");
    assert_eq!(of("CREATE TABLE x (a bigint REFERENCES u)"), "u:SRX");
    assert_eq!(of("DROP TABLE t"), "t:AX u:AX");
    assert_eq!(of("DROP TABLE p1"), "p:AX p1:AX");
    assert_eq!(of("TRUNCATE u CASCADE"), "t:AX u:AX R:t R:u");
    assert_eq!(
        of("CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')"),
        "p:AX"
    );
    let attach =
        "ALTER TABLE p ATTACH PARTITION free FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')";
    assert_eq!(of(attach), "free:AX p:SUX");
    assert_eq!(told(attach, 11), "free:AX p:AX");
    let other =
        "ALTER TABLE p ATTACH PARTITION free FOR VALUES FROM ('2021-02-01') TO ('2022-01-01')";
    assert_eq!(of(other), "free:AX p:SUX C:free");
    assert_eq!(told("ALTER TABLE p DETACH PARTITION p1", 13), "p:AX p1:SUX");
    assert_eq!(told("ALTER TABLE p DETACH PARTITION p1", 14), "p:AX p1:AX");
    assert_eq!(
        told("ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY", 14),
        "p:SUX !"
    );
    assert_eq!(of("VACUUM FULL t"), "t:AX R:t !");
    assert_eq!(of("CLUSTER t USING t_a"), "t:AX R:t");
    assert_eq!(
        of("CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION mine()"),
        "t:SRX"
    );
    assert_eq!(of("COMMENT ON COLUMN t.a IS 'x'"), "t:SUX");
}

#[test]
fn types_and_rows() {
    let of = |sql: &str| told(sql, 15);
    assert_eq!(told("ALTER TYPE mood ADD VALUE 'b'", 11), "!");
    assert_eq!(of("ALTER TYPE mood ADD VALUE 'b'"), "");
    assert_eq!(of("UPDATE t SET a = 1"), "t:RX C:t");
    assert_eq!(of("UPDATE t SET a = 1 WHERE id < 5"), "t:RX");
    assert_eq!(of("INSERT INTO t (id, b) SELECT id, 1 FROM u"), "t:RX u:RS");
    assert_eq!(of("LOCK TABLE t IN SHARE MODE"), "t:S");
    assert_eq!(of("GRANT SELECT ON t TO public"), "");
    assert_eq!(told("GRANT SELECT ON t TO public", 18), "t:AS");
}

#[test]
fn a_check_proves_only_what_it_joins_with_and() {
    let of = |check: &str| {
        told(
            &format!(
                "CREATE TABLE x (a int, b int, CHECK ({check})); ALTER TABLE x ALTER a SET NOT NULL"
            ),
            15,
        )
    };
    assert_eq!(of("a IS NOT NULL"), "");
    assert_eq!(of("b > 0 AND (a IS NOT NULL)"), "");
    assert_eq!(of("b > 0 OR a IS NOT NULL"), "C:x");
    assert_eq!(of("NOT (a IS NOT NULL)"), "C:x");
    assert_eq!(of("a > 0"), "C:x");
}
