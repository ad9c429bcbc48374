use super::*;
use crate::schema::postgres::change::TableAction;
use crate::source::FileId;

fn lowered(sql: &str) -> Vec<(String, Change)> {
    let at = Span::new(FileId(0), 0, sql.len());
    lower(sql, at, &Catalog::default(), "public")
        .into_iter()
        .map(|found| (sql[found.span.range()].to_string(), found.value))
        .collect()
}

#[test]
fn every_subcommand_has_its_own_place() {
    let found = lowered(
        "ALTER TABLE ONLY s.t ADD COLUMN a int DEFAULT now(), DROP COLUMN IF EXISTS b CASCADE ;",
    );
    assert_eq!(found[0].0, "ADD COLUMN a int DEFAULT now()");
    assert_eq!(found[1].0, "DROP COLUMN IF EXISTS b CASCADE");
    let Change::AlterTable {
        relation,
        only,
        action,
        ..
    } = &found[1].1
    else {
        panic!("{found:?}")
    };
    assert_eq!((relation.to_string().as_str(), *only), ("s.t", true));
    let expected = TableAction::DropColumn {
        column: "b".into(),
        if_exists: true,
        cascade: true,
    };
    assert_eq!(**action, expected);
}

#[test]
fn what_does_not_parse_is_unknown_at_its_place() {
    let found = lowered("ALTER TABLE t ADDD COLUMN a int");
    assert!(found[0].1.is_unknown(), "{found:?}");
    assert_ne!(found[0].0, "");
}

/// Statements of many kinds, and from [`ALONE`] on texts that a parser refuses or might join with
/// what stands beside them.
const STATEMENTS: [&str; 22] = [
    "CREATE TABLE t (id bigint PRIMARY KEY, note text DEFAULT 'a;b')",
    "ALTER TABLE t ADD COLUMN a int, DROP COLUMN b",
    "CREATE VIEW ${schema}.v AS SELECT 1",
    "INSERT INTO t VALUES (1, $$x;y$$)",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END",
    "CREATE FUNCTION g() RETURNS trigger AS $$ BEGIN NEW.a := now(); RETURN NEW; END; $$ LANGUAGE plpgsql",
    "DO $$ BEGIN EXECUTE 'x'; END $$",
    "SELECT 1",
    "COMMENT ON TABLE t IS 'what was refunded'",
    "BEGIN",
    "COMMIT",
    "CREATE SCHEMA s CREATE TABLE u (id int)",
    ";",
    "",
    "-- only a comment",
    "SELECT 1; SELECT 2",
    "ALTER TABLE t ADD COLUMN a text COMPRESSION lz4",
    "ALTER TABLE t ADDD COLUMN a int",
    "INSERT INTO t VALUES ('never closed",
    "SELECT $a$ never closed",
    "/* never closed",
    "CREATE TABLE \"never closed (id int)",
];

/// The first one that is parsed alone.
const ALONE: usize = 12;

proptest::proptest! {
    /// What is parsed together is what is parsed alone, whatever stands beside it.
    #[test]
    fn together_is_as_alone(
        picked in proptest::prop_oneof![
            proptest::collection::vec(0..ALONE, 0..60),
            proptest::collection::vec(0..STATEMENTS.len(), 0..20),
        ]
    ) {
        let texts: Vec<&str> = picked.iter().map(|&at| STATEMENTS[at]).collect();
        let alone: Vec<_> = texts.iter().map(|sql| lowered(sql)).collect();
        let together = parsed_together(texts.iter().copied(), || {
            texts.iter().map(|sql| lowered(sql)).collect::<Vec<_>>()
        });
        proptest::prop_assert_eq!(alone, together);
    }
}
