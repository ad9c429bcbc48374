//! What can be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Proves a rollout plan safe, or shows what breaks it.
#[derive(Debug, Parser)]
#[command(name = "switchback", version, about, max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Judge plans and everything that they name
    Check(CheckArgs),
    /// Lay plan files out in the one canonical way
    Fmt(FmtArgs),
    /// Say what a rule or a statement means
    Explain(ExplainArgs),
    /// Show a plan leg by leg
    Show(ShowArgs),
    /// Write a first plan for a Deployment manifest
    Init(InitArgs),
    /// Write the configuration of a target platform
    Build(BuildArgs),
    /// Say what migrations lock, rewrite, and mean for versions that are live
    Schema(SchemaArgs),
    /// Start the language server for an editor
    Lsp(LspArgs),
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// With the source text, for people
    #[default]
    Full,
    /// One line a finding
    Concise,
    /// For programs; see docs/report.schema.json
    Json,
    /// SARIF 2.1.0
    Sarif,
}

/// The weight from which on findings make the command fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    #[default]
    Error,
    Warning,
    Advice,
    Never,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Plan files, or folders to look for `*.swb` in (default: this folder)
    pub paths: Vec<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The weight from which on findings make the command fail
    #[arg(long, value_enum, default_value_t)]
    pub fail_on: FailOn,
    #[command(flatten)]
    pub values: ValueArgs,
    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    pub color: Color,
}

#[derive(Clone, Debug, Default, Args)]
pub(super) struct ValueArgs {
    /// Only this environment (default: the base and each environment)
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Replace a value: `--set checkout.next.image=registry/app@sha256:...`
    #[arg(long, value_name = "SERVICE[.VERSION].STATEMENT=VALUE")]
    pub set: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct FmtArgs {
    /// Plan files or folders; `-` reads standard input and prints the result (default: this folder)
    pub paths: Vec<PathBuf>,
    /// Change nothing; fail when a file is not laid out
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A rule's name or code, or a statement of the language; without one, all rules are listed
    pub what: Option<String>,
    /// Print the whole language reference in Markdown
    #[arg(long, conflicts_with = "what")]
    pub reference: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    pub color: Color,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The plan's name
    pub plan: String,
    /// The file or folder that holds it (default: this folder)
    pub path: Option<PathBuf>,
    /// Say where each value comes from
    #[arg(long)]
    pub origin: bool,
    #[command(flatten)]
    pub values: ValueArgs,
    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    pub color: Color,
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// A manifest with a Deployment
    pub manifest: PathBuf,
    /// The workload, when the manifest holds several
    #[arg(long, value_name = "NAME")]
    pub workload: Option<String>,
    /// The plan file to write (default: the workload's name with `.swb`, in this folder)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(super) struct BuildArgs {
    /// The file or folder that holds the plans (default: this folder)
    pub path: Option<PathBuf>,
    /// The target's name in the plan file, or its kind where only one is of it
    #[arg(long, value_name = "NAME")]
    pub target: String,
    /// The plan, when several name the target
    #[arg(long, value_name = "NAME")]
    pub plan: Option<String>,
    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[command(flatten)]
    pub values: ValueArgs,
    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    pub color: Color,
}

/// The database that migrations are written for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaEngine {
    #[default]
    Postgres,
}

/// How statements are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaFormat {
    /// For people
    #[default]
    Full,
    /// For programs; see docs/schema.schema.json
    Json,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// An SQL file, or a folder of migrations
    pub path: PathBuf,
    /// The database that they are written for
    #[arg(long, value_enum, default_value_t)]
    pub engine: SchemaEngine,
    /// The server's major version
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(10..=18))]
    pub version: u32,
    /// How statements are told
    #[arg(long, value_enum, default_value_t)]
    pub format: SchemaFormat,
}

#[derive(Debug, Args)]
pub(super) struct LspArgs {
    /// Over standard input and output; editors add it, and there is no other way
    #[arg(long, hide = true)]
    #[expect(dead_code, reason = "accepted, and nothing depends on it")]
    pub stdio: bool,
}
