//! Layouts whose tools read marks in the files, or keep a folder for each migration.

use super::*;

fn downs(found: &Found) -> Vec<String> {
    let each = found.all.migrations.iter();
    each.map(|migration| match migration.down {
        Down::Script(script) => found
            .sources
            .text(script.span)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        other => format!("{other:?}")
            .split('(')
            .next()
            .unwrap_or("")
            .to_string(),
    })
    .collect()
}

#[test]
fn sql_migrate_takes_any_name_and_orders_numbers_first() {
    let found = Found::of(&[
        (
            "10-b.sql",
            "-- +migrate Up notransaction\nCREATE INDEX CONCURRENTLY a ON b (c);\n-- +migrate Down\nDROP INDEX a;\n",
        ),
        (
            "9-a.sql",
            "-- +migrate Up\n-- +migrate StatementBegin\nSELECT 2; SELECT 3;\n-- +migrate StatementEnd\n",
        ),
        ("views.sql", "-- +migrate Up\nCREATE VIEW v AS SELECT 1;\n"),
    ]);
    assert_eq!(found.rules(), [""; 0]);
    assert_eq!(found.all.layout, Some(Layout::SqlMigrate));
    assert_eq!(found.ids(), ["9", "10", "views"]);
    assert_eq!(
        found.transactions(),
        [
            Some(Transaction::Wrapped),
            Some(Transaction::None),
            Some(Transaction::Wrapped)
        ]
    );
    assert_eq!(downs(&found), ["Missing", "DROP INDEX a;", "Missing"]);
    let first = found.all.migrations[0].up.expect("a script");
    assert_eq!(first.statements(&found.sources, None).statements.len(), 1);
    for (text, place) in [("9", 0), ("10-b", 1), ("10-b.sql", 1), ("views", 2)] {
        assert_eq!(found.all.find(text), Some(place), "{text}");
    }
    let said = found.all.migrations[0].missing_down(found.all.layout);
    assert!(
        said.and_then(|s| s.help)
            .is_some_and(|help| help.contains("-- +migrate Down"))
    );
    let without = Found::of(&[("1-a.sql", "-- +migrate Down\nDROP TABLE a;\n")]);
    assert_eq!(without.rules(), ["sql-not-understood"]);
}

#[test]
fn liquibase_changesets_are_migrations_in_the_order_of_the_changelog() {
    let second = "--liquibase formatted sql\n--changeset bob:1 dbms:oracle\nX;\n--changeset bob:2 runInTransaction:false\nCREATE INDEX CONCURRENTLY a ON b (c);\n--rollback DROP INDEX a;\n--changeset bob:2\nSELECT 2;\n--rollback not required\n";
    let first = "--liquibase formatted sql\n--changeset \"ann b\":one\nCREATE TABLE b (c int);\n--rollback ALTER TABLE b\n--rollback   DROP COLUMN c;\n";
    let found = Found::of(&[
        ("a-second.sql", second),
        ("b-first.sql", first),
        (
            "c-other.sql",
            "--liquibase formatted sql\n--changeset c:1\nSELECT 3;\n",
        ),
        (
            "changelog.xml",
            "<include file=\"b-first.sql\"/><include file=\"a-second.sql\"/>",
        ),
    ]);
    assert_eq!(found.all.layout, Some(Layout::Liquibase));
    assert_eq!(found.ids(), ["ann b:one", "bob:2", "bob:2"]);
    assert_eq!(found.rules(), ["duplicate-migration"]);
    assert_eq!(
        found.places(),
        ["db/a-second.sql:7:1", "db/a-second.sql:4:1"]
    );
    assert_eq!(
        downs(&found),
        ["ALTER TABLE b DROP COLUMN c;", "DROP INDEX a;", "Empty"]
    );
    assert_eq!(found.transactions()[1], Some(Transaction::None));
    let Down::Script(down) = found.all.migrations[0].down else {
        panic!("a script")
    };
    let cut = down.statements(&found.sources, None);
    assert_eq!(cut.statements.len(), 1);
    let start = cut.statements[0].range.start;
    assert_eq!(
        first.get(start..start + 5),
        Some("ALTER"),
        "places are those of the file"
    );
    assert_eq!(found.all.find("bob:2"), Some(1));
    assert!(found.ignored().contains(&"c-other.sql"));
    let alone = Found::of(&[
        (
            "x.sql",
            "--liquibase formatted sql\n--changeset a:1 endDelimiter:/\nA\n/\n",
        ),
        (
            "db.changelog.yaml",
            "- changeSet:\n    id: 1\n- include: {file: x.sql}",
        ),
    ]);
    assert_eq!(alone.rules(), ["mixed-layouts", "sql-not-understood"]);
    assert_eq!(alone.all.migrations[0].up, None);
}

#[test]
fn prisma_has_a_folder_for_each_and_a_lock_with_the_engine() {
    let found = Found::of(&[
        (
            "20240101120000_init/migration.sql",
            "CREATE TABLE a (b int);",
        ),
        (
            "20240201120000_note/migration.sql",
            "ALTER TABLE a ADD COLUMN c text;",
        ),
        (
            "20240201120000_note/down.sql",
            "ALTER TABLE a DROP COLUMN c;",
        ),
        (
            "migration_lock.toml",
            "# kept by Prisma\nprovider = \"postgresql\"\n",
        ),
    ]);
    assert_eq!(found.rules(), [""; 0]);
    assert_eq!(found.all.layout, Some(Layout::Prisma));
    assert_eq!(found.all.engine, Some(Engine::PostgreSql));
    assert_eq!(
        downs(&found),
        ["NotOffered", "ALTER TABLE a DROP COLUMN c;"]
    );
    assert_eq!(found.transactions(), [Some(Transaction::Implicit); 2]);
    for text in [
        "20240201120000",
        "20240201120000_note",
        "20240201120000_note/migration.sql",
    ] {
        assert_eq!(found.all.find(text), Some(1), "{text}");
    }
    let said = found.all.migrations[0].missing_down(found.all.layout);
    let help = said.and_then(|found| found.help).unwrap_or_default();
    assert!(help.contains("20240101120000_init/down.sql"), "{help}");
}

#[test]
fn popx_files_of_one_dialect_share_the_rest_with_all() {
    let mut found = Found::of(&[
        ("1_a.up.sql", "SELECT 2;"),
        ("1_a.down.sql", "SELECT 3;"),
        ("2_b.postgres.up.sql", "CREATE TABLE b (c int);"),
        ("2_b.mysql.up.sql", "CREATE TABLE b (c int);"),
        ("2_b.down.sql", "DROP TABLE b;"),
        ("3_c.up.sql", "SELECT 4;"),
        (
            "3_c.postgres.autocommit.up.sql",
            "CREATE INDEX CONCURRENTLY a ON b (c);",
        ),
        ("3_c.down.sql", "DROP INDEX a;"),
    ]);
    assert_eq!(found.rules(), [""; 0]);
    assert_eq!(found.all.layout, Some(Layout::Popx));
    found.all.retain_engine(Engine::PostgreSql);
    assert_eq!(found.ids(), ["1", "2", "3"]);
    assert_eq!(
        downs(&found),
        ["SELECT 3;", "DROP TABLE b;", "DROP INDEX a;"]
    );
    assert_eq!(
        found.transactions(),
        [
            Some(Transaction::Wrapped),
            Some(Transaction::Wrapped),
            Some(Transaction::None)
        ]
    );
}

#[test]
fn programs_of_flyway_and_refinery_are_migrations_of_unknown_effect() {
    let found = Found::of(&[
        ("V1__a.sql", "SELECT 2;"),
        ("V2__fill.java", "class X {}"),
        ("V3__fill.rs", "fn x() {}"),
    ]);
    assert_eq!(found.ids(), ["V1", "V2", "V3"]);
    assert_eq!(found.all.migrations[1].up, None);
    assert_eq!(found.all.migrations[1].down, Down::Unknown);
    assert_eq!(found.all.find("V2__fill"), Some(1));
}

#[test]
fn names_that_miss_their_form_are_told() {
    let found = Found::of(&[
        ("V1__a.sql", "SELECT 2;"),
        ("V3_typo.sql", "DROP TABLE a;"),
        ("seed.sql", "SELECT 1;"),
    ]);
    assert_eq!(found.rules(), ["mixed-layouts"]);
    let said = &found.findings.first().expect("one").message;
    assert!(
        said.starts_with("`V3_typo.sql` would not be run") && said.contains("two underscores"),
        "{said}"
    );
    let dash = Found::of(&[
        ("0001_a.up.sql", "SELECT 2;"),
        ("0001_a.down.sql", "SELECT 3;"),
        ("0002-b.up.sql", "SELECT 4;"),
    ]);
    assert_eq!(dash.rules(), ["mixed-layouts"]);
    let alone = Found::of(&[("V3_typo.sql", "DROP TABLE a;")]);
    assert_eq!(alone.rules(), ["migrations-folder"]);
    let help = alone
        .findings
        .first()
        .and_then(|f| f.help.clone())
        .unwrap_or_default();
    assert!(help.contains("two underscores"), "{help}");
}

#[test]
fn what_drizzle_does_not_list_is_not_run() {
    let journal =
        "{\"entries\": [{\"idx\": 0, \"tag\": \"0000_a\"}, {\"idx\": 1, \"tag\": \"0002_gone\"}]}";
    let found = Found::of(&[
        (
            "0000_a.sql",
            "CREATE TABLE a (b int);\n--> statement-breakpoint\nSELECT 2;",
        ),
        ("0001_b.sql", "SELECT 3;"),
        ("meta/_journal.json", journal),
    ]);
    assert_eq!(found.rules(), ["mixed-layouts", "mixed-layouts"]);
    let said: Vec<&str> = found.findings.iter().map(|f| f.message.as_str()).collect();
    assert!(
        said[0].contains("`0001_b.sql` would not be run") && said[1].contains("`0002_gone.sql`"),
        "{said:?}"
    );
}
