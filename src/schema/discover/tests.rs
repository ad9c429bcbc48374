mod layouts;

use proptest::prelude::*;

use super::*;
use crate::schema::{Down, Kind, Migration, Transaction};
use crate::source::{DiskLoader, MemoryLoader};

struct Found {
    all: Migrations,
    sources: SourceMap,
    findings: Findings,
}

impl Found {
    fn in_folder(loader: &dyn Loader, folder: &Path, shown: &str) -> Found {
        let mut sources = SourceMap::new();
        let plan = sources.add("plan.swb", "plan.swb", "migrations \"db\"".into());
        let mut findings = Findings::new();
        let at = Span::new(plan, 11, 15);
        let all = discover(loader, &mut sources, folder, shown, at, &mut findings);
        Found {
            all,
            sources,
            findings,
        }
    }

    fn of(files: &[(&str, &str)]) -> Found {
        let add = |loader: MemoryLoader, (name, text): &(&str, &str)| {
            loader.with(format!("db/{name}"), *text)
        };
        let loader = files.iter().fold(MemoryLoader::new(), add);
        Found::in_folder(&loader, Path::new("db"), "db")
    }

    fn fixture(name: &str) -> Found {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/migrations")
            .join(name);
        Found::in_folder(&DiskLoader, &folder, name)
    }

    fn ids(&self) -> Vec<&str> {
        self.all.migrations.iter().map(|m| m.id.as_str()).collect()
    }

    fn rules(&self) -> Vec<&str> {
        self.findings.iter().map(|f| f.rule.name).collect()
    }

    fn places(&self) -> Vec<String> {
        let place = |span| {
            let start = self.sources.start(span);
            format!(
                "{}:{}:{}",
                self.sources.file(span.file).name,
                start.line,
                start.column
            )
        };
        self.findings
            .iter()
            .flat_map(|f| f.labels.iter().map(move |l| place(l.span)))
            .collect()
    }

    fn up(&self, migration: &Migration) -> &str {
        migration
            .up
            .map_or("", |script| self.sources.text(script.span))
    }

    fn ignored(&self) -> Vec<&str> {
        self.all.ignored.iter().map(|i| i.name.as_str()).collect()
    }

    fn transactions(&self) -> Vec<Option<Transaction>> {
        self.all
            .migrations
            .iter()
            .map(|m| m.up.map(|s| s.transaction))
            .collect()
    }
}

#[test]
fn golang_migrate_pairs_files_by_number() {
    let found = Found::fixture("golang-migrate");
    assert_eq!(found.rules(), [""; 0]);
    assert_eq!(found.all.layout, Some(Layout::GolangMigrate));
    assert_eq!(found.ids(), ["000001", "000002", "000010"]);
    let [first, second, third] = &found.all.migrations[..] else {
        panic!("three")
    };
    assert!(found.up(first).starts_with("CREATE TABLE orders"));
    assert_eq!(first.full_name, "000001_create_orders");
    assert!(first.has_down());
    assert_eq!(
        first.missing_down(found.all.layout).map(|f| f.message),
        None
    );
    assert!(matches!(second.down, Down::Empty(_)));
    assert_eq!(
        second
            .missing_down(found.all.layout)
            .map(|f| f.message)
            .as_deref(),
        Some("migration `000002_add_email` has a down without a statement")
    );
    assert_eq!(
        third.irreversible.as_deref(),
        Some("the index is needed by the reports")
    );
    assert!(third.missing_down(found.all.layout).is_none());
    assert_eq!(found.transactions(), [Some(Transaction::Implicit); 3]);
    assert_eq!(found.ignored(), ["README.md"]);
    let cut = second
        .up
        .map(|s| s.statements(&found.sources, None))
        .expect("a script");
    assert_eq!(cut.statements.len(), 2);
}

#[test]
fn diesel_has_a_folder_for_each() {
    let found = Found::fixture("diesel");
    assert_eq!(found.rules(), [""; 0]);
    assert_eq!(found.all.layout, Some(Layout::Diesel));
    assert_eq!(
        found.ids(),
        [
            "2024-01-01-000000",
            "2024-02-01-120000",
            "2024-03-01-120000"
        ]
    );
    assert_eq!(
        found.transactions(),
        [
            Some(Transaction::Wrapped),
            Some(Transaction::None),
            Some(Transaction::Wrapped)
        ]
    );
    assert_eq!(found.all.migrations[2].down, Down::Missing);
    for text in [
        "2024-02-01-120000",
        "20240201120000",
        "2024-02-01-120000_index_name",
        "2024-02-01-120000_index_name/up.sql",
    ] {
        assert_eq!(found.all.find(text), Some(1), "{text}");
    }
}

#[test]
fn sqlx_is_told_by_what_is_not_there() {
    let found = Found::fixture("sqlx");
    assert_eq!(found.rules(), [""; 0]);
    assert_eq!(found.all.layout, Some(Layout::Sqlx));
    assert_eq!(
        found.transactions(),
        [Some(Transaction::Wrapped), Some(Transaction::None)]
    );
    assert!(
        found
            .all
            .migrations
            .iter()
            .all(|m| m.down == Down::NotOffered)
    );
    let said = found.all.migrations[0].missing_down(found.all.layout);
    let help = said.and_then(|found| found.help).unwrap_or_default();
    assert!(help.contains(".up.sql` with `"), "{help}");
    assert_eq!(found.ignored(), ["seed.sql"]);
    let pairs = Found::of(&[
        ("1_a.up.sql", "-- no-transaction\nSELECT 2;"),
        ("1_a.down.sql", "DROP TABLE a;"),
    ]);
    assert_eq!(pairs.all.layout, Some(Layout::Sqlx));
    assert_eq!(pairs.transactions(), [Some(Transaction::None)]);
    assert!(
        matches!(pairs.all.migrations[0].down, Down::Script(s) if s.transaction == Transaction::Wrapped)
    );
}

#[test]
fn flyway_orders_by_parts_and_knows_four_kinds() {
    let found = Found::fixture("flyway");
    assert_eq!(found.rules(), [""; 0]);
    assert_eq!(found.all.layout, Some(Layout::Flyway));
    assert_eq!(found.ids(), ["V1", "V1.2", "V1.10", "V2"]);
    let [v1, v12, v110, v2] = &found.all.migrations[..] else {
        panic!("four")
    };
    assert_eq!(
        (v1.down, v110.down, v2.down),
        (Down::Missing, Down::Missing, Down::Missing)
    );
    assert!(v12.has_down());
    assert_eq!(v110.up.map(|s| s.transaction), Some(Transaction::None));
    assert_eq!(
        found
            .all
            .repeatable
            .iter()
            .map(|m| (m.id.as_str(), m.kind))
            .collect::<Vec<_>>(),
        [("totals", Kind::Repeatable)]
    );
    assert_eq!(
        found
            .all
            .baselines
            .iter()
            .map(|m| m.id.as_str())
            .collect::<Vec<_>>(),
        ["B1.10"]
    );
    assert_eq!(found.ignored(), ["beforeMigrate.sql"]);
    for text in ["V1.2", "1.2", "1_2", "V1_2", "V1.2.0", "V1.2__add_balance"] {
        assert_eq!(found.all.find(text), Some(1), "{text}");
    }
    assert_eq!(found.all.find("1.3"), None);
    let free = Found::of(&[("V1__a.sql", "SELECT 2")]);
    assert_eq!(free.all.migrations[0].down, Down::NotOffered);
    let said = free.all.migrations[0].missing_down(free.all.layout);
    let help = said.and_then(|found| found.help).unwrap_or_default();
    assert!(help.contains("into `U1__a.sql`"), "{help}");
}

#[test]
fn goose_has_sections_and_programs() {
    let found = Found::fixture("goose");
    assert_eq!(found.rules(), [""; 0]);
    assert_eq!(found.all.layout, Some(Layout::Goose));
    assert_eq!(found.ids(), ["00001", "00002", "00003", "00004"]);
    let [first, second, third, program] = &found.all.migrations[..] else {
        panic!("four")
    };
    assert_eq!(
        found.up(first),
        "CREATE TABLE items (id int PRIMARY KEY);\n\n"
    );
    let cut = second
        .up
        .map(|s| s.statements(&found.sources, None))
        .expect("a script");
    assert_eq!(cut.statements.len(), 2);
    let text = &found.sources.file(second.span.file).text;
    assert!(text[cut.statements[1].range.clone()].starts_with("CREATE TRIGGER"));
    assert!(matches!(third.down, Down::Idle(_)), "SELECT 1 does nothing");
    assert_eq!(
        third.missing_down(found.all.layout).map(|f| f.message),
        Some(format!(
            "migration `{}` has a down that changes nothing",
            third.full_name
        ))
    );
    assert_eq!(third.up.map(|s| s.transaction), Some(Transaction::None));
    assert_eq!((program.up, program.down), (None, Down::Unknown));
    assert!(program.missing_down(found.all.layout).is_none());
}

#[test]
fn dbmate_has_sections_with_options() {
    let found = Found::fixture("dbmate");
    assert_eq!(found.rules(), [""; 0]);
    assert_eq!(found.all.layout, Some(Layout::Dbmate));
    assert_eq!(
        found.transactions(),
        [
            Some(Transaction::Wrapped),
            Some(Transaction::None),
            Some(Transaction::Wrapped)
        ]
    );
    assert_eq!(
        found.all.migrations[2].irreversible.as_deref(),
        Some("the carts are gone")
    );
    assert_eq!(found.all.find("20240201120000_index_carts.sql"), Some(1));
}

#[test]
fn ids_are_found_however_they_are_written() {
    let found = Found::of(&[("0041_a.up.sql", "A"), ("0042_add_email.up.sql", "B")]);
    for text in [
        "0042",
        "42",
        "0042_add_email",
        "0042_add_email.up.sql",
        "db/0042_add_email.up.sql",
    ] {
        assert_eq!(found.all.find(text), Some(1), "{text}");
    }
    for text in ["", "2", "420", "add_email", "V42", "0042_other"] {
        assert_eq!(found.all.find(text), None, "{text}");
    }
    assert_eq!(found.all.nearest("0042_ad_email"), Some("0042_add_email"));
    assert_eq!(found.all.newest().map(|m| m.id.as_str()), Some("0042"));
}

#[test]
fn two_of_one_version_are_both_shown() {
    let found = Found::of(&[
        ("0042_a.up.sql", "A"),
        ("0042_a.down.sql", "UNDO A"),
        ("42_b.up.sql", "B"),
        ("42_b.down.sql", "UNDO B"),
    ]);
    assert_eq!(found.rules(), ["duplicate-migration"]);
    assert_eq!(
        found.places(),
        ["db/42_b.up.sql:1:1", "db/0042_a.up.sql:1:1"]
    );
    let downs = Found::of(&[
        ("1_a.up.sql", "A"),
        ("1_a.down.sql", "B"),
        ("1_c.down.sql", "C"),
    ]);
    assert_eq!(downs.rules(), ["duplicate-migration"]);
    let many: Vec<String> = (0..60).map(|n| format!("1_{n}.sql")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "A")).collect();
    let many = Found::of(&many);
    assert_eq!(many.findings.len(), 20);
    assert_eq!(
        many.findings[19].note.as_deref(),
        Some("39 more duplicates are not shown")
    );
    let engines = Found::of(&[
        ("1_a.mysql.up.sql", "A"),
        ("1_a.sqlite.up.sql", "B"),
        ("1_a.up.sql", "C"),
    ]);
    assert_eq!(engines.rules(), [""; 0]);
    let mut mine = engines.all.clone();
    mine.retain_engine(Engine::Sqlite);
    assert_eq!(
        mine.migrations
            .iter()
            .map(|m| engines.up(m))
            .collect::<Vec<_>>(),
        ["B"]
    );
}

#[test]
fn a_down_needs_an_up() {
    let found = Found::of(&[("1_a.up.sql", "A"), ("2_b.down.sql", "B")]);
    assert_eq!(found.rules(), ["down-without-up"]);
    assert_eq!(found.places(), ["db/2_b.down.sql:1:1"]);
    let found = Found::of(&[("V1__a.sql", "A"), ("U2__b.sql", "B")]);
    assert_eq!(found.rules(), ["down-without-up"]);
}

#[test]
fn files_of_another_tool_are_not_passed_over_silently() {
    let found = Found::of(&[
        ("1_a.up.sql", "A"),
        ("2_b.up.sql", "B"),
        ("3_c.sql", "C"),
        ("V4__d.sql", "D"),
    ]);
    assert_eq!(found.rules(), ["mixed-layouts"]);
    assert_eq!(found.places(), ["db/3_c.sql:1:1", "plan.swb:1:12"]);
    assert!(
        found.findings[0]
            .message
            .starts_with("`3_c.sql` and one other file would not be run")
    );
}

#[test]
fn folders_that_cannot_be_used_say_why() {
    let said = |files: &[(&str, &str)]| {
        let found = Found::of(files);
        // what is not there is a file that cannot be read, like every other
        let rule = ["migrations-folder", "unreadable-file"][usize::from(files.is_empty())];
        assert_eq!(found.rules(), [rule]);
        assert_eq!(found.places(), ["plan.swb:1:12"]);
        let finding = &found.findings[0];
        format!(
            "{} | {}",
            finding.message,
            finding.help.clone().unwrap_or_default()
        )
    };
    assert!(said(&[]).starts_with("`db` cannot be read: there is no such folder"));
    assert!(said(&[("notes.txt", "")]).contains("`V42__title.sql` (Flyway)"));
    assert!(
        said(&[("env.py", ""), ("versions/1975ea83b712_a.py", "")])
            .contains("alembic upgrade FROM:TO --sql")
    );
    assert!(said(&[("changelog.xml", "<changeSet/>")]).contains("Liquibase"));
    assert!(
        said(&[("mysql/1_a.up.sql", ""), ("sqlite/2024_x/up.sql", "")])
            .ends_with("name one of its subfolders: `db/mysql`, `db/sqlite`")
    );
    let file = Found::in_folder(&MemoryLoader::new().with("db", ""), Path::new("db"), "db");
    assert_eq!(
        file.findings[0].message,
        "`db` is a file, and `migrations` names a folder"
    );
}

#[test]
fn unreadable_files_cost_themselves_only() {
    let loader = MemoryLoader::new()
        .with("db/1_a.up.sql", b"a\xff".to_vec())
        .with("db/2_b.up.sql", "B");
    let found = Found::in_folder(&loader, Path::new("db"), "db");
    assert_eq!(found.rules(), ["unreadable-file"]);
    assert!(found.findings[0].message.contains("byte 1"));
    assert_eq!(found.ids(), ["1", "2"]);
    assert_eq!(found.all.migrations[0].up, None);
}

#[test]
fn open_quotes_are_shown_where_they_open() {
    let found = Found::of(&[("1_a.sql", "-- +goose Up\nSELECT 2;\nSELECT 'x;\n")]);
    assert_eq!(found.rules(), ["sql-not-understood"]);
    assert_eq!(found.places(), ["db/1_a.sql:3:8"]);
    assert_eq!(found.findings[0].missing, ["the effects of migration `1`"]);
    let found = Found::of(&[("1_a.sql", "-- +goose Down\nSELECT 2;\n")]);
    assert_eq!(found.rules(), ["sql-not-understood"]);
    assert!(found.findings[0].message.contains("no line `-- +goose Up`"));
}

#[test]
fn engines_are_told_by_folder_or_name() {
    let loader = MemoryLoader::new().with("m/mysql/1_a.up.sql", "SELECT 'it\\'s'");
    let found = Found::in_folder(&loader, Path::new("m/mysql"), "m/mysql");
    assert_eq!(
        (found.all.engine, found.findings.len()),
        (Some(Engine::MySql), 0)
    );
    let found = Found::of(&[("1_a.postgres.up.sql", "A")]);
    assert_eq!(found.all.engine, Some(Engine::PostgreSql));
}

/// A folder with more files than any that is meant, which nobody may read.
struct Endless;

impl Loader for Endless {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        panic!("{} must not be read", path.display());
    }
    fn list(&self, _: &Path, limit: usize) -> Result<(Vec<(String, bool)>, bool), LoadError> {
        Ok((
            (0..limit).map(|n| (format!("{n}_x.sql"), false)).collect(),
            true,
        ))
    }
    fn is_folder(&self, _: &Path) -> bool {
        true
    }
    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        Some(path.to_path_buf())
    }
}

#[test]
fn a_hundred_thousand_files_are_refused_unread() {
    let found = Found::in_folder(&Endless, Path::new("db"), "db");
    assert_eq!(found.rules(), ["too-many-migrations"]);
    assert_eq!(
        found.findings[0].message,
        "the folder `db` holds more than 50000 files; none is read"
    );
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_not_followed() {
    let root = tempfile::tempdir().expect("a folder");
    let db = root.path().join("db");
    std::fs::create_dir(&db).expect("a folder");
    std::fs::write(root.path().join("secret"), "SELECT 2").expect("a file");
    std::fs::write(db.join("1_a.up.sql"), "A").expect("a file");
    std::os::unix::fs::symlink("../secret", db.join("2_b.up.sql")).expect("a link");
    let found = Found::in_folder(&DiskLoader, &db, "db");
    assert_eq!(found.rules(), ["unreadable-file"]);
    assert!(found.findings[0].message.contains("symbolic link"));
    assert_eq!(found.sources.iter().count(), 2);
}

proptest! {
    #[test]
    fn any_folder_is_read_without_panic(
        files in prop::collection::vec(
            (
                "([VUBR]?[0-9]{0,3}[._-]{0,2}[a-cé]{0,2}(\\.mysql)?(\\.up|\\.down)?(\\.sql|\\.go|\\.conf|\\.sql\\.conf|/up\\.sql|/down\\.sql|/metadata\\.toml)?)|\\PC{1,8}",
                prop::collection::vec(any::<u8>(), 0..20).boxed().prop_union(
                    "(-- \\+goose (Up|Down|NO TRANSACTION|StatementBegin)\n|-- migrate:(up|down) x\n|-- irreversible: x\n|'|\\$\\$|SELECT 1;|é|\u{feff}|--liquibase formatted sql\n){0,6}".prop_map(String::into_bytes).boxed()
                ),
            ),
            0..12,
        ),
    ) {
        let add = |loader: MemoryLoader, (name, text): (String, Vec<u8>)| loader.with(format!("db/{name}"), text);
        let loader = files.into_iter().fold(MemoryLoader::new(), add);
        let found = Found::in_folder(&loader, Path::new("db"), "db");
        let again = Found::in_folder(&loader, Path::new("db"), "db");
        prop_assert_eq!(&found.all, &again.all);
        prop_assert_eq!(found.places(), again.places());
        for (index, migration) in found.all.migrations.iter().enumerate() {
            let at = found.all.find(&migration.full_name);
            prop_assert!(at.is_some_and(|at| at <= index), "{}", migration.full_name);
            if let Some(script) = migration.up {
                prop_assert!(found.sources.file(script.file).text.get(script.span.range()).is_some());
            }
        }
    }
}
