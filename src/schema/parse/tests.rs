use std::path::PathBuf;

use proptest::prelude::*;

use super::bounds::{self, MAX_BYTES, Need};
use super::*;
use crate::schema::{Kind, Transaction, Version};

fn migration(up: &str, down: Option<&str>) -> (SourceMap, Migration) {
    let mut sources = SourceMap::new();
    let mut script = |name: &str, text: &str| {
        let file = sources.add(name, name, text.to_string());
        Script {
            file,
            span: Span::new(file, 0, text.len()),
            transaction: Transaction::Implicit,
            goose_blocks: text.contains("+goose"),
        }
    };
    let up = script("0042_x.up.sql", up);
    let down = down.map_or(Down::Missing, |text| {
        Down::Script(script("0042_x.down.sql", text))
    });
    let migration = Migration {
        id: "0042".into(),
        title: "x".into(),
        full_name: "0042_x".into(),
        version: Version::number("0042").expect("digits"),
        kind: Kind::Versioned,
        engine: None,
        span: up.span,
        up: Some(up),
        down,
        irreversible: None,
    };
    (sources, migration)
}

/// Rule, the text at the place, and the message of each finding.
fn found(up: &str, down: Option<&str>, engine: Option<Engine>) -> Vec<(String, String, String)> {
    let (sources, migration) = migration(up, down);
    understood(&sources, &migration, engine)
        .into_iter()
        .map(|finding| {
            let place = sources.text(finding.span()).to_string();
            (finding.rule.name.to_string(), place, finding.message)
        })
        .collect()
}

fn pg(up: &str) -> Vec<(String, String, String)> {
    found(up, None, Some(Engine::PostgreSql))
}

#[test]
fn a_misspelled_command_is_told_at_its_word() {
    let text = "CREATE TABLE a (id int);\n\nALTRE TABLE a ADD b int;\nSELECT 1;\n";
    let (sources, migration) = migration(text, None);
    let findings = understood(&sources, &migration, Some(Engine::PostgreSql));
    assert_eq!(findings.len(), 1);
    let finding = &findings[0];
    assert_eq!(sources.text(finding.span()), "ALTRE");
    assert_eq!(sources.start(finding.span()).line, 3);
    assert_eq!(
        finding.message,
        "what this statement does is unknown: `ALTRE` begins no statement of PostgreSQL"
    );
    assert_eq!(finding.help.as_deref(), Some("did you mean `ALTER`?"));
    assert_eq!(finding.missing, ["the effects of migration `0042`"]);
}

#[test]
fn clauses_of_columns_that_the_parser_does_not_know_are_none_of_our_faults() {
    for sql in [
        "ALTER TABLE t ADD COLUMN c text COMPRESSION lz4",
        "ALTER TABLE t ADD COLUMN c text STORAGE EXTERNAL NOT NULL, ADD d text compression pglz",
        "ALTER TABLE t ADD COLUMN storage text STORAGE main",
    ] {
        assert_eq!(pg(sql), [], "{sql}");
    }
    assert_eq!(
        pg("ALTER TABLE t ADD COLUMN c text COMPRESSION much").len(),
        1
    );
    assert_eq!(
        pg("ALTER TABLE t ADD COLUMN c text STORAGE main oops").len(),
        1
    );
}

#[test]
fn the_place_is_where_the_parser_stops() {
    let of = |sql: &str| {
        let all = pg(sql);
        assert_eq!(all.len(), 1, "{sql}: {all:?}");
        let message = &all[0].2["what this statement does is unknown: ".len()..];
        (all[0].1.clone(), message.to_string())
    };
    // `COLUM` is a column's name for PostgreSQL too, and `b` its type
    assert_eq!(
        of("ALTER TABLE a ADD COLUM b int;"),
        (
            "int".to_string(),
            "expected the end of the statement at `int`".to_string()
        )
    );
    assert_eq!(
        of("CREATE TABLE a (id int"),
        ("int".to_string(), "expected `)` at its end".to_string())
    );
    assert_eq!(of("DROP TABLE a b;").0, "b");
    // a fault of a whole statement is not one of its first word
    assert_eq!(
        of("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELEKT 1 $$").0,
        "SELEKT"
    );
    assert!(!of("SELECT FROM a UNION").1.contains("begins no"));
    assert_eq!(of("SELECT é FROM FROM ü").0, "FROM");
}

#[test]
fn each_statement_of_up_and_down_is_told_once() {
    let all = found(
        "ALTRE TABLE a ((( b;\nSELEKT 1;",
        Some("DORP TABLE a;"),
        Some(Engine::PostgreSql),
    );
    let places: Vec<_> = all.iter().map(|f| f.1.as_str()).collect();
    assert_eq!(places, ["ALTRE", "SELEKT", "DORP"]);
    assert_eq!(pg(&"ALTRE x;\n".repeat(50)).len(), MAX_TOLD);
}

#[test]
fn what_clients_and_tools_add_is_no_sql() {
    for text in [
        "\\set ON_ERROR_STOP on\n\\connect db\nSELECT 1;\n",
        "COPY a (b) FROM stdin;\n1\tALTRE TABLE\n\\.\nSELECT 1;\n",
        "-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END $$ LANGUAGE plpgsql;\n-- +goose StatementEnd\n",
        "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON a (b);\n",
        "CREATE TABLE ${flyway:defaultSchema}.a (id int);",
        "DO $${x}$$;",
    ] {
        assert_eq!(pg(text), [], "{text}");
    }
}

#[test]
fn other_engines_and_unknown_ones_are_not_parsed() {
    for engine in [
        None,
        Some(Engine::MySql),
        Some(Engine::Sqlite),
        Some(Engine::CockroachDb),
    ] {
        assert_eq!(found("ALTRE TABLE a;", None, engine), []);
    }
}

#[test]
fn an_up_without_a_statement_is_told() {
    for text in ["", "-- later\n", "/* nothing */ ;\n"] {
        let all = found(text, None, None);
        assert_eq!(all.len(), 1, "{text}");
        assert_eq!(all[0].0, "empty-up");
    }
    assert_eq!(found("\\i other.sql\n", None, None), []);
    assert_eq!(found("SELECT 1;", None, None), []);
}

/// On the 2 MiB of a test's thread each of these would end the process.
#[test]
fn deep_statements_do_not_end_the_process() {
    for (unit, times) in [
        ("(", 10_000),
        ("f(", 10_000),
        ("ARRAY[", 10_000),
        ("EXISTS(SELECT ", 10_000),
        ("- ", 10_000),
        ("NOT ", 10_000),
        ("a = ", 10_000),
        ("a + ", 40_000),
        ("::int", 40_000),
        ("[1]", 40_000),
        (".b", 100_000),
        ("CASE WHEN ", 10_000),
        ("1 WHERE ) ORDER BY (SELECT ", 400),
        ("a FROM a JOIN ", 10_000),
    ] {
        let sql = format!("SELECT a {}", unit.repeat(times));
        assert_eq!(pg(&sql).len(), 1, "{unit}");
    }
    let body = format!(
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT {} $$",
        "(".repeat(10_000)
    );
    assert_eq!(pg(&body).len(), 1);
    let escaped = format!(
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS E'SELECT {}'",
        "\\050".repeat(700)
    );
    assert_eq!(pg(&escaped).len(), 1);
}

#[test]
fn long_statements_of_a_common_shape_are_parsed() {
    let rows = "INSERT INTO a VALUES (1, 'x')";
    let many = format!("{rows}{}", ", (2, ':( (((')".repeat(3_000));
    assert!(matches!(bounds::of(&many), Ok(Need::Stack(_))));
    assert_eq!(pg(&many), []);
    let conditions = format!("DELETE FROM a WHERE b = 1{}", " OR b = 2".repeat(300));
    assert_eq!(pg(&conditions), []);
    let united = format!("SELECT 1{}", " UNION SELECT 1, 2".repeat(3_000));
    assert_eq!(pg(&united), []);
    let nested = format!("SELECT {}1{}", "(".repeat(150), ")".repeat(150));
    assert_eq!(pg(&nested), []);
}

#[test]
fn a_huge_statement_is_unknown() {
    let sql = format!("SELECT '{}'", "x".repeat(MAX_BYTES));
    let all = pg(&sql);
    assert_eq!(all.len(), 1);
    assert!(all[0].2.ends_with("only statements up to 1 MiB are parsed"));
    assert_eq!(all[0].1, "SELECT");
}

/// A list of one form a line, kept beside the checkout where there is one.
#[test]
fn collected_forms_parse() {
    let folder = std::env::var_os("SWITCHBACK_FACTS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/facts"),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(folder.join("sql-forms/pg_forms.sql")) else {
        eprintln!("skipped: no sql-forms/pg_forms.sql; name its folder in SWITCHBACK_FACTS");
        return;
    };
    let forms: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let refused: Vec<_> = forms
        .iter()
        .filter_map(|form| pg(form).pop().map(|f| (form, f)))
        .collect();
    println!("{} of {} refused", refused.len(), forms.len());
    for one in &refused {
        println!("{one:?}");
    }
    assert!(forms.len() > 200);
    assert!(refused.len() * 100 <= forms.len() * 3, "{refused:?}");
}

proptest! {
    #[test]
    fn any_soup_of_tokens_gives_places_within_the_text(
        text in "(SELECT |CREATE |ALTER |TABLE |FUNCTION |LANGUAGE sql |AS |FROM |WHERE |WITH |CASE |WHEN |END |INSERT INTO |VALUES |SET |NOT |IS |IN |FOR |UPDATE |JOIN |INTERVAL |a |b\\.|\"é\" |1 |1\\.e|0x|'x' |E'\\\\|U&'\\\\|\\$\\$|\\$1 |\\(|\\)|\\[|\\]|,|;|::|:|=|-|\\*|\\+|@|\\||\\$\\{|\\}|/\\*|\\*/|--|\n|\\PC){0,40}",
    ) {
        let (sources, migration) = migration(&text, None);
        for finding in understood(&sources, &migration, Some(Engine::PostgreSql)) {
            let range = finding.span().range();
            prop_assert!(text.get(range).is_some());
            prop_assert!(!finding.message.contains("_KW"), "{}", finding.message);
            prop_assert!(!finding.message.contains("the parser of PostgreSQL failed"), "{}", text);
        }
    }
}
