//! Finds the migration that a plan means by an id, however much of the name it writes.

use std::collections::BTreeSet;

use super::{Engine, Layout, Migration, Migrations, Version};
use crate::diagnostic::nearest;

impl Migrations {
    /// The place in [`Migrations::migrations`] of the migration that `text` names: its id
    /// (`0042`, also `42`; `V1.2.3`, also `1.2.3` and `V1_2_3`; `2024-01-01-000000`, also without
    /// `-`), its author and id (`alice:1`), or its full name with or without the file's ending
    /// (`0042_add_email`).
    ///
    /// Several migrations of one version are an error of their own; the first is found.
    pub fn find(&self, text: &str) -> Option<usize> {
        let exact = |m: &Migration| m.id == text || m.full_name == text;
        self.migrations.iter().position(exact).or_else(|| {
            let stem = self.stem(text);
            let version = self.version(stem);
            self.migrations.iter().position(|m| {
                m.full_name == stem || version.as_ref().is_some_and(|v| same(&m.version, v))
            })
        })
    }

    /// The id that was probably meant by a `text` that [`Migrations::find`] does not know.
    pub fn nearest(&self, text: &str) -> Option<&str> {
        let ids = self.migrations.iter().map(|m| m.id.as_str());
        let names = self.migrations.iter().map(|m| m.full_name.as_str());
        nearest(text, names).or_else(|| nearest(text, ids))
    }

    /// The last migration, which is where a folder stands when nothing else is said.
    pub fn newest(&self) -> Option<&Migration> {
        self.migrations.last()
    }

    /// Keeps what runs on `engine`: files named for it, and files for any engine of a version that
    /// has none named for it.
    pub fn retain_engine(&mut self, engine: Engine) {
        let own: BTreeSet<Version> = self
            .migrations
            .iter()
            .filter(|m| m.engine == Some(engine))
            .map(|m| m.version.clone())
            .collect();
        self.migrations.retain(|m| match m.engine {
            Some(named) => named == engine,
            None => !own.contains(&m.version),
        });
        self.engine = Some(engine);
    }

    /// `text` without what only a file name has.
    fn stem<'t>(&self, text: &'t str) -> &'t str {
        let text = text.trim_end_matches('/');
        let name = text.rsplit('/').next().unwrap_or(text);
        match (self.layout, name) {
            (Some(Layout::Diesel | Layout::Prisma), "up.sql" | "down.sql" | "migration.sql") => {
                text.rsplit('/').nth(1).unwrap_or(name)
            }
            _ => {
                let stem = name
                    .strip_suffix(".sql")
                    .or_else(|| name.strip_suffix(".go"))
                    .unwrap_or(name);
                stem.strip_suffix(".up")
                    .or_else(|| stem.strip_suffix(".down"))
                    .unwrap_or(stem)
            }
        }
    }

    /// The version that `text` spells, when it spells nothing else.
    fn version(&self, text: &str) -> Option<Version> {
        match self.layout? {
            Layout::GolangMigrate
            | Layout::Sqlx
            | Layout::Goose
            | Layout::SqlMigrate
            | Layout::Popx => Version::number(text),
            Layout::Flyway => Version::dotted(text.strip_prefix(['V', 'v']).unwrap_or(text)),
            Layout::Diesel => Some(Version::Text(text.replace('-', ""))),
            // their versions are places in an order, which nobody writes
            Layout::Liquibase | Layout::Prisma => None,
            Layout::Dbmate => Version::number(text).map(|_| Version::Text(text.into())),
        }
    }
}

/// Whether two versions are one. Text of digits may be written without its leading zeros.
fn same(held: &Version, asked: &Version) -> bool {
    match (held, asked) {
        (Version::Text(a), Version::Text(b)) => {
            a == b || Version::number(a).is_some_and(|a| Version::number(b) == Some(a))
        }
        _ => held == asked,
    }
}
