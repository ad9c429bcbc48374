//! Folders of SQL migrations: which tool they belong to, in which order they run, what takes each
//! of them back, and how each is run. What the SQL does to a schema is not judged here.

mod build;
pub mod catalog;
mod changelog;
mod checksums;
mod discover;
mod foreign;
mod journal;
mod lookup;
mod names;
mod parse;
pub mod postgres;
pub mod query;
mod read;
pub mod rules;
mod sections;
mod split;
mod version;

pub use discover::{MAX_FILES, discover};
pub use parse::understood;
pub use read::MAX_TOTAL_BYTES;
pub use split::{Problem, ProblemKind, Split, Statement, split};
pub use version::{Digits, Version};

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceMap, Span};

/// The tool by whose rules a folder is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layout {
    /// `0042_x.up.sql` and `0042_x.down.sql`, by number.
    GolangMigrate,
    /// `2024-01-01-000000_x/up.sql` and `down.sql`, by the text before `_`.
    Diesel,
    /// `0042_x.sql` without a way back, or up and down files; by number.
    Sqlx,
    /// `V1.2__x.sql`, `U1.2__x.sql`, `R__x.sql`, `B1__x.sql`; by dotted version.
    Flyway,
    /// `00042_x.sql` with `-- +goose Up` and `-- +goose Down`; by number.
    Goose,
    /// `20240101120000_x.sql` with `-- migrate:up` and `-- migrate:down`; by name.
    Dbmate,
    /// `20240101120000-x.sql` with `-- +migrate Up` and `-- +migrate Down`; by number, then name.
    SqlMigrate,
    /// `--changeset author:id` with `--rollback` lines; in the order of the changelog.
    Liquibase,
    /// `20240101120000_x/migration.sql`, by the folder's name.
    Prisma,
    /// `20240101120000_x.postgres.autocommit.up.sql` and its `.down.sql`, by number.
    Popx,
}

impl Layout {
    /// All layouts that are read.
    pub const ALL: [Layout; 10] = [
        Layout::GolangMigrate,
        Layout::Diesel,
        Layout::Sqlx,
        Layout::Flyway,
        Layout::Goose,
        Layout::Dbmate,
        Layout::SqlMigrate,
        Layout::Liquibase,
        Layout::Prisma,
        Layout::Popx,
    ];

    /// The tool's name as it writes itself.
    pub fn name(self) -> &'static str {
        match self {
            Layout::GolangMigrate => "golang-migrate",
            Layout::Diesel => "diesel",
            Layout::Sqlx => "sqlx",
            Layout::Flyway => "Flyway",
            Layout::Goose => "goose",
            Layout::Dbmate => "dbmate",
            Layout::SqlMigrate => "sql-migrate",
            Layout::Liquibase => "Liquibase",
            Layout::Prisma => "Prisma",
            Layout::Popx => "popx",
        }
    }

    /// What its files look like, for messages.
    pub fn looks(self) -> &'static str {
        match self {
            Layout::GolangMigrate => "`0042_title.up.sql`",
            Layout::Diesel => "`2024-01-01-000000_title/up.sql`",
            Layout::Sqlx => "`0042_title.sql`",
            Layout::Flyway => "`V42__title.sql`",
            Layout::Goose => "`0042_title.sql` with `-- +goose Up`",
            Layout::Dbmate => "`0042_title.sql` with `-- migrate:up`",
            Layout::SqlMigrate => "`0042-title.sql` with `-- +migrate Up`",
            Layout::Liquibase => "SQL with `--liquibase formatted sql`",
            Layout::Prisma => "`20240101120000_title/migration.sql`",
            Layout::Popx => "`0042_title.postgres.up.sql`",
        }
    }
}

/// The database that SQL is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// PostgreSQL.
    PostgreSql,
    /// MySQL.
    MySql,
    /// MariaDB.
    MariaDb,
    /// SQLite.
    Sqlite,
    /// CockroachDB, which speaks PostgreSQL's dialect.
    CockroachDb,
}

impl Engine {
    /// Its name as it writes itself.
    pub fn name(self) -> &'static str {
        match self {
            Engine::PostgreSql => "PostgreSQL",
            Engine::MySql => "MySQL",
            Engine::MariaDb => "MariaDB",
            Engine::Sqlite => "SQLite",
            Engine::CockroachDb => "CockroachDB",
        }
    }

    /// The engine that a word in a file or folder name means.
    pub fn from_word(word: &str) -> Option<Engine> {
        match word.to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" | "pg" | "pgsql" => Some(Engine::PostgreSql),
            "mysql" => Some(Engine::MySql),
            "mariadb" => Some(Engine::MariaDb),
            "sqlite" | "sqlite3" => Some(Engine::Sqlite),
            "cockroach" | "cockroachdb" | "crdb" => Some(Engine::CockroachDb),
            _ => None,
        }
    }
}

/// How the tool runs one script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transaction {
    /// The tool begins a transaction, runs the script, and commits.
    Wrapped,
    /// The tool runs the statements one by one, each committed by itself.
    None,
    /// The tool sends the text as it is. PostgreSQL runs several statements sent at once in one
    /// transaction unless they begin their own; MySQL commits after each.
    Implicit,
}

/// A piece of SQL that a tool runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// The file that it stands in.
    pub file: FileId,
    /// The SQL: the whole file, or one section of it.
    pub span: Span,
    /// How it is run.
    pub transaction: Transaction,
    /// Whether `StatementBegin` and `StatementEnd` lines bound statements in it, as goose and
    /// sql-migrate have them.
    pub goose_blocks: bool,
}

impl Script {
    /// Its statements, with offsets in the file, cut by the rules of `engine`.
    pub fn statements(&self, sources: &SourceMap, engine: Option<Engine>) -> Split {
        let mut found = split(sources.text(self.span), engine, self.goose_blocks);
        found.shift(self.span.start as usize);
        found
    }
}

/// How a migration is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Down {
    /// By this script.
    Script(Script),
    /// There is a file or section for it, without any statement.
    Empty(Span),
    /// It holds statements, and none of them changes anything: `SELECT 1`.
    Idle(Span),
    /// There is nothing, where the tool has a place for it.
    Missing,
    /// The layout has no place for it: sqlx without `-r`, Flyway without undo scripts.
    NotOffered,
    /// It cannot be read as SQL: a program, an unreadable file.
    Unknown,
}

/// Which part a migration plays in its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Runs once, in the order of versions.
    Versioned,
    /// Stands for all versions up to its own, in a new database only (Flyway `B`).
    Baseline,
    /// Runs after all versions whenever its text changed (Flyway `R`).
    Repeatable,
}

/// One migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The version as it is spelled: `0042`, `V1.2.3`, `2024-01-01-000000`; for a repeatable
    /// script, its description.
    pub id: String,
    /// What comes after the version: `add_email`.
    pub title: String,
    /// The name without ending: `0042_add_email`.
    pub full_name: String,
    /// What orders it.
    pub version: Version,
    /// Its part.
    pub kind: Kind,
    /// The engine that its file name says it is for; `None` is any.
    pub engine: Option<Engine>,
    /// The place that stands for it in messages: the first line of its file, or where the plan
    /// names the folder when the file could not be read.
    pub span: Span,
    /// What it runs; `None` when that cannot be read as SQL (a program, an unreadable file), so
    /// that its effects are unknown.
    pub up: Option<Script>,
    /// How it is taken back.
    pub down: Down,
    /// Why it cannot be taken back, or not wholly, from a line `-- irreversible: reason` in the
    /// down, or in the up where there is no down.
    pub irreversible: Option<String>,
}

impl Migration {
    /// Whether a script takes it back.
    pub fn has_down(&self) -> bool {
        matches!(self.down, Down::Script(_))
    }

    /// The finding that it has no way back; `None` when it has one, says why not, or cannot be read.
    /// `layout` is that of its folder: it says where the way back would stand.
    pub fn missing_down(&self, layout: Option<Layout>) -> Option<Diagnostic> {
        let name = names::printable(&self.full_name);
        let (span, what) = match self.down {
            Down::Script(_) | Down::Unknown => return None,
            _ if self.irreversible.is_some() => return None,
            Down::Empty(span) => (span, "has a down without a statement".to_string()),
            Down::Idle(span) => (span, "has a down that changes nothing".to_string()),
            Down::Missing => (self.span, "has no down".to_string()),
            Down::NotOffered => {
                // the names of these tools are alike
                let tools = match layout {
                    Some(Layout::Sqlx) => "sqlx, Atlas and Drizzle run".to_string(),
                    Some(Layout::Flyway) => "Flyway and refinery run".to_string(),
                    Some(other) => format!("{} runs", other.name()),
                    None => "the tool runs".to_string(),
                };
                let what = format!("has no down: {tools} a file of this name only forwards");
                (self.span, what)
            }
        };
        let message = format!("migration `{name}` {what}");
        Some(
            Diagnostic::new(&rules::MISSING_DOWN, span, message)
                .help(self.where_to_write_a_down(layout, &name)),
        )
    }

    fn where_to_write_a_down(&self, layout: Option<Layout>, name: &str) -> String {
        let undo = |name: &str| format!("U{}", name.strip_prefix(['V', 'v']).unwrap_or(name));
        let or_say = "or say in the migration why there is no way back: `-- irreversible: reason`";
        match (self.down, layout) {
            (Down::NotOffered, Some(Layout::Sqlx)) => format!(
                "with sqlx, give the files of this folder a way back, `{name}.up.sql` with `{name}.down.sql`; {or_say}"
            ),
            (Down::NotOffered, Some(Layout::Flyway)) => {
                format!(
                    "write what takes it back into `{}.sql`, {or_say}",
                    undo(name)
                )
            }
            (Down::NotOffered, Some(Layout::Prisma)) => format!(
                "keep what takes it back as `{name}/down.sql`, which `prisma migrate diff --script` can write, {or_say}"
            ),
            (Down::NotOffered, _) => {
                format!("write a migration behind it that takes it back, {or_say}")
            }
            (Down::Missing, Some(layout)) => {
                let place = match layout {
                    Layout::GolangMigrate | Layout::Sqlx => format!("into `{name}.down.sql`"),
                    Layout::Diesel => "into a `down.sql` beside its `up.sql`".to_string(),
                    Layout::Flyway => format!("into `{}.sql`", undo(name)),
                    Layout::Goose => "below a line `-- +goose Down`".to_string(),
                    Layout::Dbmate => "below a line `-- migrate:down`".to_string(),
                    Layout::SqlMigrate => "below a line `-- +migrate Down`".to_string(),
                    Layout::Liquibase => "behind `--rollback` in its changeset".to_string(),
                    Layout::Prisma => "into a `down.sql` beside its `migration.sql`".to_string(),
                    Layout::Popx => format!("into `{name}.down.sql`"),
                };
                format!("write the statements that take it back {place}, {or_say}")
            }
            _ => "write the statements that take it back, or `-- irreversible: reason`".to_string(),
        }
    }
}

/// A file that the tool passes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its name in the folder.
    pub name: String,
    /// Why the tool passes over it.
    pub reason: &'static str,
}

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Migrations {
    /// The tool; `None` when none was recognised (there is a finding then).
    pub layout: Option<Layout>,
    /// Why that tool was taken, as half a sentence.
    pub chosen: String,
    /// The engine that the folder's name tells, or that all its files agree on.
    pub engine: Option<Engine>,
    /// The versioned migrations, in the order in which the tool runs them.
    pub migrations: Vec<Migration>,
    /// Scripts that stand for all versions up to their own in a new database.
    pub baselines: Vec<Migration>,
    /// Scripts that run after all versions, in their order.
    pub repeatable: Vec<Migration>,
    /// Files that the tool passes over, by name.
    pub ignored: Vec<Ignored>,
}
