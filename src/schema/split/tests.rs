use proptest::prelude::*;

use super::*;

fn cut(text: &str, engine: Option<Engine>) -> Vec<&str> {
    let found = split(text, engine, false);
    assert_eq!(found.problems, [], "{text}");
    found
        .statements
        .iter()
        .map(|s| &text[s.range.clone()])
        .collect()
}

#[test]
fn quotes_and_comments_hide_delimiters() {
    let text = "-- a; b\nSELECT 'x;''y', \"a;b\" /* ; /* ; */ ; */ ;;\n\nSELECT E'\\';' , $$;$$, $t$ $$; $t$ -- end\n";
    assert_eq!(
        cut(text, Some(Engine::PostgreSql)),
        [
            "SELECT 'x;''y', \"a;b\"",
            "SELECT E'\\';' , $$;$$, $t$ $$; $t$"
        ]
    );
}

#[test]
fn each_engine_has_its_own_quotes() {
    assert_eq!(
        cut(
            "SELECT 'it\\'s;'; # c;\nSELECT `a;b`, 1--1;",
            Some(Engine::MySql)
        ),
        ["SELECT 'it\\'s;'", "SELECT `a;b`, 1--1"]
    );
    assert_eq!(
        cut("SELECT [a;b'] ; SELECT 'c:\\'", Some(Engine::Sqlite)),
        ["SELECT [a;b']", "SELECT 'c:\\'"]
    );
    assert_eq!(
        cut("SELECT 'c:\\'; SELECT a#>'{b}'", Some(Engine::PostgreSql)),
        ["SELECT 'c:\\'", "SELECT a#>'{b}'"]
    );
    // without an engine the rules that leave nothing open win
    assert_eq!(
        cut("INSERT INTO t VALUES ('it\\'s; so'); SELECT 2", None).len(),
        2
    );
    assert_eq!(
        cut("SELECT a$b$ FROM t; SELECT $1", Some(Engine::PostgreSql)).len(),
        2
    );
}

#[test]
fn routines_keep_their_semicolons() {
    let lite = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n UPDATE b SET c = CASE WHEN 1 THEN 2 END;\n DELETE FROM d; END;\nSELECT 1;";
    assert_eq!(cut(lite, Some(Engine::Sqlite)).len(), 2);
    let my = "CREATE DEFINER=`a`@`b` PROCEDURE p() BEGIN IF x THEN SELECT 1; END IF; CASE y WHEN 1 THEN SELECT 2; END CASE; END;\nSELECT 3;";
    assert_eq!(cut(my, Some(Engine::MySql)).len(), 2);
    let pg = "CREATE FUNCTION f() RETURNS int LANGUAGE SQL BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3";
    assert_eq!(cut(pg, Some(Engine::PostgreSql)).len(), 2);
    assert_eq!(cut("BEGIN; CREATE TABLE t (a int); END;", None).len(), 3);
    assert_eq!(
        cut(
            "CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f(); SELECT 1",
            None
        )
        .len(),
        2
    );
}

#[test]
fn client_lines_are_no_sql() {
    let text = "DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; END$$\ndelimiter ;\nSELECT 2;";
    assert_eq!(
        cut(text, Some(Engine::MySql)),
        ["CREATE PROCEDURE p() BEGIN SELECT 1; END", "SELECT 2"]
    );
    assert_eq!(cut(text, None).len(), 2);
    let text = "\\connect shop\nCOPY t (a) FROM stdin;\n1\tit's; so\n\\.\nSELECT 1;\n";
    assert_eq!(cut(text, None), ["COPY t (a) FROM stdin", "SELECT 1"]);
    assert_eq!(
        cut(
            "COPY t FROM STDIN; SELECT 1; COPY t FROM STDIN; SELECT 2",
            None
        )
        .len(),
        4
    );
}

#[test]
fn what_mysql_runs_in_comments_is_a_statement() {
    let text = "/*!40101 SET NAMES utf8 */;\n/* only; words */\n";
    assert_eq!(
        cut(text, Some(Engine::MySql)),
        ["/*!40101 SET NAMES utf8 */"]
    );
    assert_eq!(cut(text, None), ["/*!40101 SET NAMES utf8 */"]);
    assert!(cut(text, Some(Engine::PostgreSql)).is_empty());
}

#[test]
fn goose_blocks_are_one_statement() {
    let text = "-- +goose StatementBegin\nCREATE TABLE a (b int); SELECT 1;\n-- +goose StatementEnd\nSELECT 2;";
    let found = split(text, None, true);
    assert_eq!(found.statements.len(), 2);
    assert_eq!(
        &text[found.statements[0].range.clone()],
        "CREATE TABLE a (b int); SELECT 1;"
    );
    let open = split("-- +goose StatementBegin\nSELECT 1;", None, true);
    assert_eq!(
        open.problems,
        [Problem {
            kind: ProblemKind::GooseBlock,
            range: 0..24
        }]
    );
}

#[test]
fn what_stays_open_is_named_at_its_quote() {
    let kinds = |text| split(text, None, false).problems;
    assert_eq!(
        kinds("SELECT 'a;\n"),
        [Problem {
            kind: ProblemKind::Text,
            range: 7..8
        }]
    );
    assert_eq!(
        kinds("SELECT $f$ $g$"),
        [Problem {
            kind: ProblemKind::DollarQuote,
            range: 7..10
        }]
    );
    assert_eq!(
        kinds("a /* b"),
        [Problem {
            kind: ProblemKind::Comment,
            range: 2..4
        }]
    );
    assert_eq!(
        kinds("a \"b"),
        [Problem {
            kind: ProblemKind::Name,
            range: 2..3
        }]
    );
}

#[test]
fn no_ops_do_nothing() {
    for text in [
        "",
        " ;; ",
        "-- only words\n",
        "BEGIN;\nCOMMIT;",
        "select  1 ;",
        "\u{feff}-- x",
    ] {
        assert!(split(text, None, false).does_nothing(text), "{text}");
    }
    for text in [
        "SELECT 2",
        "DROP TABLE a",
        "BEGIN; DROP TABLE a; COMMIT",
        "/*!1 DROP TABLE a */",
    ] {
        assert!(!split(text, None, false).does_nothing(text), "{text}");
    }
}

/// Lists of one form a line, kept beside the checkout where there are any.
#[test]
fn collected_forms_are_cut_one_by_one() {
    for (file, engine) in [
        ("pg", Engine::PostgreSql),
        ("my", Engine::MySql),
        ("lite", Engine::Sqlite),
    ] {
        let path = format!(
            "{}/../shared/facts/sql-forms/{file}_forms.sql",
            env!("CARGO_MANIFEST_DIR")
        );
        let Ok(text) = std::fs::read_to_string(&path) else {
            eprintln!("skipped: no ../shared/facts/sql-forms/{file}_forms.sql");
            continue;
        };
        for line in text
            .lines()
            .filter(|l| !l.trim().is_empty() && !l.trim_start().starts_with("--"))
        {
            let found = split(line, Some(engine), false);
            assert_eq!(
                (found.statements.len(), found.problems.len()),
                (1, 0),
                "{file}: {line}"
            );
        }
    }
}

fn engines() -> [Option<Engine>; 4] {
    [
        None,
        Some(Engine::PostgreSql),
        Some(Engine::MySql),
        Some(Engine::Sqlite),
    ]
}

proptest! {
    #[test]
    fn any_text_is_cut_at_characters_and_in_order(
        text in "(\\PC|[;'\"`$\\\\/*\n#-]|BEGIN |END |CASE |CREATE TRIGGER |DELIMITER |E'|\\$a\\$|/\\*|\\*/|COPY x FROM stdin|\\\\\\.\n|-- \\+goose StatementBegin\n|-- \\+goose StatementEnd\n){0,60}",
        goose in any::<bool>(),
    ) {
        for engine in engines() {
            let found = split(&text, engine, goose);
            let mut rebuilt = String::new();
            let mut at = 0;
            for statement in &found.statements {
                prop_assert!(statement.range.start >= at && !statement.range.is_empty());
                rebuilt.push_str(text.get(at..statement.range.start).expect("a character border"));
                rebuilt.push_str(text.get(statement.range.clone()).expect("a character border"));
                at = statement.range.end;
            }
            rebuilt.push_str(text.get(at..).expect("a character border"));
            prop_assert_eq!(&rebuilt, &text);
            for problem in &found.problems {
                prop_assert!(text.get(problem.range.clone()).is_some());
            }
        }
    }

    #[test]
    fn plain_statements_come_back(parts in prop::collection::vec("[a-z][a-z0-9 ,()=]{0,20}[a-z0-9]", 0..20)) {
        let text = parts.join(" ;\n");
        for engine in engines() {
            prop_assert_eq!(&cut(&text, engine), &parts);
        }
    }
}
