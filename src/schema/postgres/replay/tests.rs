use super::*;
use crate::schema::catalog::{Name, RelationKind};
use crate::schema::{Down, Kind, Version};

/// Migrations in their order: each a script of that kind.
pub(in crate::schema::postgres) fn folder(
    scripts: &[(&str, Transaction)],
) -> (SourceMap, Vec<Migration>) {
    let mut sources = SourceMap::new();
    let mut all = Vec::new();
    for (at, (text, transaction)) in scripts.iter().enumerate() {
        let id = format!("{at:04}");
        let file = sources.add(id.clone(), id.clone(), (*text).to_string());
        let span = Span::new(file, 0, text.len());
        all.push(Migration {
            version: Version::number(&id).expect("digits"),
            title: String::new(),
            full_name: id.clone(),
            id,
            kind: Kind::Versioned,
            engine: None,
            span,
            up: Some(Script {
                file,
                span,
                transaction: *transaction,
                goose_blocks: false,
            }),
            down: Down::Missing,
            irreversible: None,
        });
    }
    (sources, all)
}

fn replayed(scripts: &[(&str, Transaction)]) -> Replay {
    let (sources, all) = folder(scripts);
    replay(&sources, &all.iter().collect::<Vec<_>>(), 15)
}

fn visible(text: &str, transaction: Transaction) -> Vec<bool> {
    let all = replayed(&[(text, transaction)]).steps;
    all.iter().map(|step| step.visible).collect()
}

fn codes(replay: &Replay) -> Vec<&'static str> {
    let steps = replay.steps.iter();
    steps
        .flat_map(|step| step.errors.iter().map(|error| error.sqlstate))
        .collect()
}

#[test]
fn others_see_a_state_when_its_transaction_ends() {
    let three = "CREATE TABLE a (i int); CREATE TABLE b (i int); CREATE TABLE c (i int)";
    assert_eq!(visible(three, Transaction::Wrapped), [false, false, true]);
    assert_eq!(visible(three, Transaction::Implicit), [false, false, true]);
    assert_eq!(visible(three, Transaction::None), [true, true, true]);
    let begun =
        "CREATE TABLE a (i int); BEGIN; CREATE TABLE b (i int); COMMIT; CREATE TABLE c (i int)";
    assert_eq!(
        visible(begun, Transaction::None),
        [true, false, false, true, true]
    );
    assert_eq!(
        visible(begun, Transaction::Implicit),
        [false, false, false, true, true]
    );
}

#[test]
fn concurrently_needs_to_be_alone() {
    let index = "CREATE INDEX CONCURRENTLY i ON t (a)";
    let of = |text: &str, how| {
        codes(&replayed(&[
            ("CREATE TABLE t (a int)", Transaction::None),
            (text, how),
        ]))
    };
    assert!(
        of(index, Transaction::Implicit).is_empty(),
        "one statement is its own transaction"
    );
    assert!(of(index, Transaction::None).is_empty());
    assert_eq!(of(index, Transaction::Wrapped), ["25001"]);
    assert_eq!(
        of(&format!("SELECT 1; {index}"), Transaction::Implicit),
        ["25001"]
    );
}

#[test]
fn a_rollback_brings_the_catalog_back() {
    let replay = replayed(&[(
        "BEGIN; CREATE TABLE a (i int); SAVEPOINT s; CREATE TABLE b (i int); ROLLBACK TO s; COMMIT; \
         BEGIN; DROP TABLE a; ROLLBACK",
        Transaction::None,
    )]);
    assert_eq!(codes(&replay), Vec::<&str>::new());
    let names: Vec<String> = replay.last.relations.keys().map(Name::to_string).collect();
    assert_eq!(names, ["a"]);
}

#[test]
fn a_statement_that_is_refused_changes_nothing() {
    let replay = replayed(&[(
        "CREATE TABLE t (a int); ALTER TABLE t ADD COLUMN b int, DROP COLUMN c",
        Transaction::None,
    )]);
    assert_eq!(codes(&replay), ["42703"]);
    let table = replay
        .last
        .relation(&Name::folded(None, "t"))
        .expect("the table");
    assert_eq!((table.kind, table.columns.len()), (RelationKind::Table, 1));
}

#[test]
fn a_transaction_that_is_never_committed_is_told() {
    assert_eq!(
        codes(&replayed(&[(
            "BEGIN; CREATE TABLE t (a int)",
            Transaction::None
        )])),
        ["25P01"]
    );
}

#[test]
fn a_new_label_is_used_after_its_transaction_only() {
    let start = (
        "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (x m)",
        Transaction::Wrapped,
    );
    let text = "ALTER TYPE m ADD VALUE 'b'; UPDATE t SET x = 'b'";
    assert_eq!(
        codes(&replayed(&[start, (text, Transaction::Wrapped)])),
        ["55P04"]
    );
    assert_eq!(
        codes(&replayed(&[start, (text, Transaction::None)])),
        Vec::<&str>::new()
    );
}

#[test]
fn states_share_what_did_not_change() {
    let replay = replayed(&[(
        "CREATE TABLE a (i int); CREATE TABLE b (i int); UPDATE a SET i = 1",
        Transaction::None,
    )]);
    let of = |step: usize| Arc::clone(&replay.steps[step].after);
    let a = Name::folded(None, "a");
    assert!(Arc::ptr_eq(&of(0).relations[&a], &of(1).relations[&a]));
    assert!(
        Arc::ptr_eq(&of(1), &of(2)),
        "a write leaves the very catalog"
    );
}

#[test]
fn what_follows_an_unknown_statement_is_uncertain() {
    let replay = replayed(&[(
        "DO $$ BEGIN EXECUTE 'x'; END $$; DROP TABLE t",
        Transaction::None,
    )]);
    let error = &replay.steps[1].errors[0];
    assert_eq!((error.sqlstate, error.certain), ("42P01", false));
}

/// Prints how long replays of `n` and `2n` statements take; what is linear doubles.
#[test]
#[ignore = "measures, and judges nothing"]
fn replay_grows_with_the_text() {
    type Statement = fn(usize) -> String;
    let workloads: [(&str, usize, Statement); 6] = [
        ("select", 10_000, |_| "SELECT 1;".into()),
        ("tables", 1_000, |n| {
            format!("CREATE TABLE t{n} (id bigint PRIMARY KEY);")
        }),
        ("columns", 1_000, |n| {
            format!("ALTER TABLE t ADD COLUMN c{n} int; ALTER TABLE t DROP COLUMN c{n};")
        }),
        ("keys", 1_000, |n| {
            format!("CREATE TABLE t{n} (id bigint PRIMARY KEY, p bigint REFERENCES t);")
        }),
        ("drops", 1_000, |n| {
            format!("CREATE TABLE t{n} (id int); DROP TABLE t{};", n / 2)
        }),
        ("renames", 1_000, |n| {
            format!(
                "CREATE TABLE t{n} (id int); CREATE INDEX i{n} ON t{n} (id); ALTER TABLE t{n} RENAME TO u{n};"
            )
        }),
    ];
    for (name, count, statement) in workloads {
        let mut line = format!("{name:10}");
        for count in [count, 2 * count, 4 * count] {
            let mut text = String::from("CREATE TABLE t (id bigint PRIMARY KEY);");
            text.extend((0..count).map(statement));
            let start = std::time::Instant::now();
            let replay = replayed(&[(text.as_str(), Transaction::None)]);
            line += &format!("  {count}: {:?}", start.elapsed());
            assert!(replay.steps.len() > count);
        }
        println!("{line}");
    }
}
