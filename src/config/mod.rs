//! `switchback.toml`: what a project says once for every check of it.
//!
//! The nearest file upwards to the project root counts, and nothing above that root is read. What the
//! command line or an environment variable says comes before it.

mod read;
mod weigh;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::diagnostic::Severity;

pub use read::{find, read};

/// The name of the file.
pub const FILE: &str = "switchback.toml";

/// What the file may say.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "switchback.toml")]
struct Written {
    /// The weight from which on findings make a check fail (default: error).
    #[schemars(with = "Option<Limit>")]
    fail_on: Option<Spanned<Limit>>,
    /// Files and folders that no check looks for: patterns such as `vendor/**`, seen from this file.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    exclude: Vec<Spanned<String>>,
    /// The baseline that checks are held against, seen from this file.
    #[schemars(with = "Option<String>")]
    baseline: Option<Spanned<String>>,
    /// The weight of a rule, by name or code: `missing-pre-stop = "error"`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Level>")]
    rules: BTreeMap<Spanned<String>, Spanned<Level>>,
}

/// The weight from which on findings make a check fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Only errors.
    Error,
    /// Warnings and errors.
    Warning,
    /// Every finding.
    Advice,
    /// Nothing, apart from input that cannot be read.
    Never,
}

impl Limit {
    /// The word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Limit::Error => "error",
            Limit::Warning => "warning",
            Limit::Advice => "advice",
            Limit::Never => "never",
        }
    }
}

/// The weight of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Probably nobody ships this.
    Error,
    /// Probably wrong.
    Warning,
    /// Worth knowing.
    Advice,
    /// Not told at all.
    Off,
}

impl Level {
    /// The word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Advice => "advice",
            Level::Off => "off",
        }
    }

    /// The weight of its findings; none where they are not told.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Level::Error => Some(Severity::Error),
            Level::Warning => Some(Severity::Warning),
            Level::Advice => Some(Severity::Advice),
            Level::Off => None,
        }
    }
}

/// A value, and the line of the file that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<T> {
    /// The value.
    pub value: T,
    /// The line, from 1.
    pub line: u32,
}

/// What a project says.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The file, where there is one.
    pub path: Option<PathBuf>,
    /// The weight from which on findings make a check fail.
    pub fail_on: Option<Said<Limit>>,
    /// What no check looks for.
    pub exclude: Vec<Said<String>>,
    /// The baseline.
    pub baseline: Option<Said<PathBuf>>,
    /// The weights of rules, by name.
    pub rules: BTreeMap<&'static str, Said<Level>>,
}

impl Config {
    /// The folder that its paths are seen from.
    pub fn folder(&self) -> Option<&Path> {
        self.path.as_deref().and_then(Path::parent)
    }

    /// Whether `exclude` takes a file out. Patterns that cannot be read were refused before.
    pub fn excludes(&self) -> impl Fn(&Path) -> bool + use<> {
        let mut set = globset::GlobSetBuilder::new();
        for pattern in &self.exclude {
            // a folder stands for everything in it
            let text = pattern.value.trim_end_matches('/');
            for text in [text.to_string(), format!("{text}/**")] {
                if let Ok(glob) = read::glob(&text) {
                    set.add(glob);
                }
            }
        }
        let set = set.build().unwrap_or_default();
        let folder = self.folder().map(Path::to_path_buf);
        move |path: &Path| {
            let below = folder
                .as_ref()
                .and_then(|folder| path.strip_prefix(folder).ok());
            below.is_some_and(|below| set.is_match(below))
        }
    }
}

/// The JSON Schema of the file, indented, with a line end behind it.
pub fn json_schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12();
    let schema = settings.into_generator().into_root_schema_for::<Written>();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
