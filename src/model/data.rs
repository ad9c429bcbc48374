//! Databases, configuration, flags, formats and cohorts.

use std::sync::Arc;

use crate::schema::{Engine, Migrations};
use crate::source::{Span, Spanned};
use crate::units::{Bytes, Duration, Percent, Rate};
use crate::vocabulary::Compare;

use super::Index;

/// A database whose schema migrations move.
#[derive(Clone, Debug)]
pub struct Database {
    /// Its name.
    pub name: Spanned<String>,
    /// The whole declaration.
    pub span: Span,
    /// Something in its block could not be read.
    pub incomplete: bool,
    /// The server.
    pub engine: Option<Spanned<Engine>>,
    /// The server's version, with the comparison when it is a range.
    pub engine_version: Option<(Option<Compare>, Spanned<String>)>,
    /// The folder as written, and what is in it.
    pub migrations: Option<(Spanned<String>, Arc<Migrations>)>,
    /// The migration that it stands at.
    pub at: Option<Spanned<String>>,
    /// Tables whose size is known.
    pub tables: Vec<Table>,
    /// What migrations do whose SQL cannot be understood.
    pub declared: Vec<DeclaredMigration>,
    /// The longest that one migration may take.
    pub deadline: Option<Spanned<Duration>>,
    /// Connections that it can take.
    pub connections: Option<Spanned<u64>>,
    /// What runs a migration.
    pub run: Option<Runs>,
}

/// What a migration is declared to do, for SQL that cannot be understood.
#[derive(Clone, Debug)]
pub struct DeclaredMigration {
    /// Its id, as spelled.
    pub id: Spanned<String>,
    /// What it does, in the order in which it is written.
    pub effects: Vec<DeclaredEffect>,
}

/// One declared effect of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredEffect {
    /// What is done.
    pub kind: EffectKind,
    /// What it is done to, as written: `orders`, `orders.email`, `shop.orders.email`.
    pub element: Option<Spanned<String>>,
    /// The whole of it.
    pub span: Span,
}

/// What a declared effect does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EffectKind {
    /// A table is made, or a column that may be `NULL`.
    Adds,
    /// A table or a column goes.
    Drops,
    /// The old name goes; the new one is added by an effect of its own.
    Renames,
    /// A table is written anew; its columns stay.
    Rewrites,
    /// A table is locked; its columns stay.
    Locks,
    /// Nothing about the schema.
    None,
}

impl EffectKind {
    /// The effect of that word.
    pub fn from_word(word: &str) -> Option<EffectKind> {
        Some(match word {
            "adds" => EffectKind::Adds,
            "drops" => EffectKind::Drops,
            "renames" => EffectKind::Renames,
            "rewrites" => EffectKind::Rewrites,
            "locks" => EffectKind::Locks,
            "none" => EffectKind::None,
            _ => return None,
        })
    }
}

/// A table's size.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: Spanned<String>,
    /// Rows.
    pub rows: Option<Spanned<u64>>,
    /// Rows written for each second.
    pub writes: Option<Spanned<Rate>>,
    /// Size on disk.
    pub size: Option<Spanned<Bytes>>,
}

/// Configuration that is pushed in versions.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its name.
    pub name: Spanned<String>,
    /// Something in its block could not be read.
    pub incomplete: bool,
    /// The version that is live before.
    pub at: Option<Spanned<String>>,
    /// Its versions.
    pub versions: Vec<ConfigVersion>,
    /// The services that read it, as far as they are named.
    pub services: Vec<Spanned<Index>>,
}

/// One version of a configuration.
#[derive(Clone, Debug)]
pub struct ConfigVersion {
    /// Its id as spelled.
    pub id: Spanned<String>,
    /// The file that is pushed.
    pub file: Option<Spanned<String>>,
    /// The keys that it holds.
    pub keys: Vec<Spanned<String>>,
    /// How large it is: as declared, else the size of the file.
    pub size: Option<Spanned<Bytes>>,
}

/// A feature flag.
#[derive(Clone, Debug)]
pub struct Flag {
    /// Its name.
    pub name: Spanned<String>,
    /// The services that ask for it.
    pub services: Vec<Spanned<Index>>,
    /// Whether it is on where it cannot be read.
    pub default_on: Option<Spanned<bool>>,
}

/// Data that one version writes and another reads.
#[derive(Clone, Debug)]
pub struct Format {
    /// Its name.
    pub name: Spanned<String>,
    /// How long what was written can be met; `None` inside means for ever.
    pub retention: Option<Option<Spanned<Duration>>>,
    /// What it is, where it is said.
    pub kind: Option<Spanned<FormatKind>>,
}

/// What data of a format is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FormatKind {
    /// A message in a queue or a log.
    Message,
    /// The session of a user, in a cookie or a store.
    Session,
    /// An entry of a cache.
    Cache,
    /// A row of a table, or a document.
    Row,
    /// A script, style or image that a page asks for by name.
    Asset,
}

impl FormatKind {
    /// The kind of that word.
    pub fn from_word(word: &str) -> Option<FormatKind> {
        Some(match word {
            "message" => FormatKind::Message,
            "session" => FormatKind::Session,
            "cache" => FormatKind::Cache,
            "row" => FormatKind::Row,
            "asset" => FormatKind::Asset,
            _ => return None,
        })
    }
}

impl Format {
    /// How long what was written can be met; `None` is for ever, which counts where nothing is said.
    pub fn kept(&self) -> Option<Duration> {
        Some(self.retention.as_ref()?.as_ref()?.value)
    }

    /// What it is: a row where nothing is said.
    pub fn kind(&self) -> FormatKind {
        self.kind.map_or(FormatKind::Row, |kind| kind.value)
    }
}

/// A group of requests.
#[derive(Clone, Debug)]
pub struct Cohort {
    /// Its name.
    pub name: Spanned<String>,
    /// How a request is told to belong to it.
    pub test: Option<CohortTest>,
    /// About what share of the traffic it is.
    pub share: Option<Spanned<Percent>>,
}

/// How a request is told to belong to a cohort.
#[derive(Clone, Debug)]
pub enum CohortTest {
    /// A header has a value.
    Header(Spanned<String>, Spanned<String>),
    /// A cookie has a value.
    Cookie(Spanned<String>, Spanned<String>),
    /// A header holds one of these country codes.
    Country(Vec<Spanned<String>>, Spanned<String>),
}

/// What a job runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runs {
    /// A container image.
    Image(Spanned<String>),
    /// A command, where the pipeline runs.
    Command(Spanned<String>),
}

impl Runs {
    /// The image, if it is one.
    pub fn image(&self) -> Option<&Spanned<String>> {
        match self {
            Runs::Image(image) => Some(image),
            Runs::Command(_) => None,
        }
    }

    /// The command, if it is one.
    pub fn command(&self) -> Option<&Spanned<String>> {
        match self {
            Runs::Image(_) => None,
            Runs::Command(command) => Some(command),
        }
    }
}
