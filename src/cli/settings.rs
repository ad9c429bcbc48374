//! What counts for a check: the command line, then environment variables, then `switchback.toml`, then
//! what is so by default.

use std::path::PathBuf;

use clap::ArgMatches;
use clap::parser::ValueSource;

use crate::check::Outcome;
use crate::config::{self, Config, Limit};
use crate::report;
use crate::source::DiskLoader;

use super::args::{CheckArgs, FailOn, Sink};
use super::find;

/// The settings of one check, each with where it comes from.
pub(super) struct Settings {
    /// The file.
    pub config: Config,
    /// How the file is shown.
    shown: String,
    fail_on: report::FailOn,
    /// Name, value, origin.
    rows: Vec<[String; 3]>,
}

impl Settings {
    /// Reads the file that counts, and puts the command line before it.
    pub(super) fn new(args: &CheckArgs, given: Option<&ArgMatches>) -> Result<Settings, String> {
        let base = find::base();
        let path = match (&args.config.config, args.config.no_config) {
            (_, true) => None,
            (Some(path), _) => Some(base.join(path)),
            (None, false) => {
                let first = args.paths.first().filter(|path| path.as_os_str() != "-");
                let first = first.and_then(|path| std::fs::canonicalize(path).ok());
                let start = match first {
                    Some(path) if path.is_dir() => path,
                    Some(path) => path.parent().unwrap_or(&base).to_path_buf(),
                    None => base.clone(),
                };
                config::find(&DiskLoader, &start)
            }
        };
        let shown = path.as_ref().map_or(String::new(), |path| {
            let below = path.strip_prefix(&base).unwrap_or(path);
            below.to_string_lossy().replace('\\', "/")
        });
        let config = match &path {
            Some(path) => config::read(&DiskLoader, path, &shown)?,
            None => Config::default(),
        };
        let fail_on = match (args.fail_on, &config.fail_on) {
            (Some(FailOn::Error), _) => report::FailOn::Error,
            (Some(FailOn::Warning), _) => report::FailOn::Warning,
            (Some(FailOn::Advice), _) => report::FailOn::Advice,
            (Some(FailOn::Never), _) => report::FailOn::Never,
            (None, Some(said)) => match said.value {
                Limit::Error => report::FailOn::Error,
                Limit::Warning => report::FailOn::Warning,
                Limit::Advice => report::FailOn::Advice,
                Limit::Never => report::FailOn::Never,
            },
            (None, None) => report::FailOn::Error,
        };
        let mut settings = Settings {
            config,
            shown,
            fail_on,
            rows: Vec::new(),
        };
        settings.rows = settings.explain(args, given);
        Ok(settings)
    }

    /// The weight from which on findings fail the check.
    pub(super) fn fail_on(&self) -> report::FailOn {
        self.fail_on
    }

    /// Where the report goes, in which formats.
    pub(super) fn sinks(&self, args: &CheckArgs) -> Result<Vec<Sink>, String> {
        let mut sinks = args.format.clone();
        if sinks.is_empty() {
            sinks.push(Sink::default());
        }
        if sinks.iter().filter(|sink| sink.file.is_none()).count() > 1 {
            return Err(
                "two formats for standard output; send all but one to files: `--format sarif=out.sarif --format full`"
                    .into(),
            );
        }
        Ok(sinks)
    }

    /// The baseline that counts.
    pub(super) fn baseline(&self, args: &CheckArgs) -> Option<PathBuf> {
        let said = self.config.baseline.as_ref().map(|said| said.value.clone());
        args.baseline.clone().or(said)
    }

    /// Gives findings the weights that the file says.
    pub(super) fn weigh(&self, outcome: &mut Outcome) {
        self.config.weigh(outcome);
    }

    /// Every setting with where it comes from.
    fn explain(&self, args: &CheckArgs, given: Option<&ArgMatches>) -> Vec<[String; 3]> {
        let from = |id: &str, variable: &str| -> Option<String> {
            match given.and_then(|given| given.value_source(id)) {
                Some(ValueSource::CommandLine) => Some("command line".to_string()),
                Some(ValueSource::EnvVariable) => Some(format!("environment variable {variable}")),
                _ => None,
            }
        };
        let line = |line: u32| format!("{}:{line}", self.shown);
        let default = || "default".to_string();
        let mut rows = Vec::new();
        let mut row = |name: &str, value: String, origin: String| {
            rows.push([name.to_string(), value, origin]);
        };
        let said = self.config.fail_on.as_ref().map(|said| line(said.line));
        row(
            "fail-on",
            self.fail_on.word().to_string(),
            from("fail_on", "SWITCHBACK_FAIL_ON")
                .or(said)
                .unwrap_or_else(default),
        );
        let formats: Vec<String> = args.format.iter().map(Sink::to_string).collect();
        let formats = match formats.is_empty() {
            true => "full".to_string(),
            false => formats.join(", "),
        };
        row(
            "format",
            formats,
            from("format", "SWITCHBACK_FORMAT").unwrap_or_else(default),
        );
        let said = self.config.baseline.as_ref();
        let shown = self.baseline(args).map_or("none".to_string(), |path| {
            match path.strip_prefix(find::base()) {
                Ok(below) => below.display().to_string(),
                Err(_) => path.display().to_string(),
            }
        });
        row(
            "baseline",
            shown,
            from("baseline", "SWITCHBACK_BASELINE")
                .or(said.map(|said| line(said.line)))
                .unwrap_or_else(default),
        );
        row(
            "since",
            args.since.clone().unwrap_or("none".to_string()),
            from("since", "SWITCHBACK_SINCE").unwrap_or_else(default),
        );
        row(
            "env",
            args.values.env.clone().unwrap_or("all".to_string()),
            from("env", "SWITCHBACK_ENV").unwrap_or_else(default),
        );
        for said in &self.config.exclude {
            row("exclude", said.value.clone(), line(said.line));
        }
        for (name, said) in &self.config.rules {
            let name = format!("rules.{name}");
            row(&name, said.value.word().to_string(), line(said.line));
        }
        rows
    }

    /// The table of settings.
    pub(super) fn shown(&self) -> String {
        let wide = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let (first, second) = (wide(0), wide(1));
        let mut out = match self.shown.as_str() {
            "" => format!("no {} counts here\n\n", config::FILE),
            path => format!("{path}\n\n"),
        };
        for [name, value, origin] in &self.rows {
            out.push_str(&format!("{name:<first$}  {value:<second$}  {origin}\n"));
        }
        out
    }
}
