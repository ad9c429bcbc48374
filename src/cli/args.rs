//! What can be written on the command line.

use std::fmt::{Display, Formatter};
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::diagnostic::nearest;
use crate::units::Moment;

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
    /// Walk a plan many times with a fault in the new version, and say who catches it
    Simulate(SimulateArgs),
    /// Draw a plan as a graph, for a pull request or a page
    Graph(GraphArgs),
    /// Write a page that tells all about a plan
    Report(ReportArgs),
    /// Write a first plan for a Deployment manifest
    Init(InitArgs),
    /// Write the configuration of a target platform
    Build(BuildArgs),
    /// Say what migrations lock, rewrite, and mean for versions that are live
    Schema(SchemaArgs),
    /// Judge the gates of a leg against Prometheus, for as long as it holds
    #[command(disable_help_flag = true)]
    Judge(JudgeArgs),
    /// Start the language server for an editor
    Lsp(LspArgs),
    /// Print what a shell completes commands and options with
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command
    Man(ManArgs),
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
    /// One JSON object a line
    Jsonl,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations in GitHub's log
    Github,
    /// GitLab's Code Quality report
    Gitlab,
    /// Test results in JUnit's XML
    Junit,
    /// Checkstyle's XML
    Checkstyle,
    /// A page: the summary of a step, a comment
    Markdown,
}

/// A format, and the file that it goes to; standard output where none is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sink {
    pub format: Format,
    pub file: Option<PathBuf>,
}

impl FromStr for Sink {
    type Err = String;

    fn from_str(text: &str) -> Result<Sink, String> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err(format!("write the file behind `{text}`")),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = <Format as ValueEnum>::from_str(name, false).map_err(|_| {
            let all: Vec<String> = Format::value_variants()
                .iter()
                .filter_map(|format| Some(format.to_possible_value()?.get_name().to_string()))
                .collect();
            let meant = nearest(name, all.iter().map(String::as_str));
            let meant = meant.map_or(String::new(), |meant| format!("did you mean `{meant}`? "));
            format!(
                "there is no format `{name}`; {meant}there is {}",
                all.join(", ")
            )
        })?;
        Ok(Sink { format, file })
    }
}

impl Display for Sink {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        let value = self.format.to_possible_value();
        out.write_str(value.as_ref().map_or("", |value| value.get_name()))?;
        match &self.file {
            Some(file) => write!(out, "={}", file.display()),
            None => Ok(()),
        }
    }
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
    /// Plan files, or folders to look for `*.swb` in; without any, the manifests and migrations there
    /// are judged as they stand; `-` reads rendered manifests (default: this folder)
    pub paths: Vec<PathBuf>,
    /// How findings are printed: full, concise, json, jsonl, sarif, github, gitlab, junit,
    /// checkstyle or markdown; `FORMAT=FILE` writes to a file, and the option may be repeated
    /// (default: full)
    #[arg(long, value_name = "FORMAT[=FILE]", value_delimiter = ',')]
    #[arg(env = "SWITCHBACK_FORMAT", hide_env_values = true)]
    pub format: Vec<Sink>,
    /// The weight from which on findings make the command fail (default: error)
    #[arg(long, value_enum, env = "SWITCHBACK_FAIL_ON", hide_env_values = true)]
    pub fail_on: Option<FailOn>,
    /// Only what has a place in a file that changed since this revision of git left the branch; without
    /// a plan, the migrations added since then are the new ones
    #[arg(long, value_name = "REVISION")]
    #[arg(env = "SWITCHBACK_SINCE", hide_env_values = true)]
    pub since: Option<String>,
    /// Accept as many findings of each rule in each file as this file says. It may lie anywhere; one that
    /// `switchback.toml` names lies below that file
    #[arg(long, value_name = "FILE")]
    #[arg(env = "SWITCHBACK_BASELINE", hide_env_values = true)]
    pub baseline: Option<PathBuf>,
    /// Write the findings of now into the baseline
    #[arg(long, env = "SWITCHBACK_UPDATE_BASELINE", hide_env_values = true)]
    pub update_baseline: bool,
    /// Fail when the baseline accepts findings that are not there any more
    #[arg(long, env = "SWITCHBACK_RATCHET", hide_env_values = true)]
    pub ratchet: bool,
    /// Make the changes that remove findings and change nothing else
    #[arg(long, env = "SWITCHBACK_FIX", hide_env_values = true)]
    pub fix: bool,
    /// Make those changes too that may change what a plan means
    #[arg(long, env = "SWITCHBACK_UNSAFE_FIXES", hide_env_values = true)]
    pub unsafe_fixes: bool,
    /// Print the changes of `--fix` as one unified diff, in the place of a report, and make none; the exit
    /// code is 1 where there are any
    #[arg(long, env = "SWITCHBACK_DIFF", hide_env_values = true)]
    pub diff: bool,
    /// Tell findings that an `allow` or a baseline accepts in SARIF too, as suppressed
    #[arg(long, env = "SWITCHBACK_REPORT_SUPPRESSED", hide_env_values = true)]
    pub report_suppressed: bool,
    /// Stay, and check again whenever a file changes
    #[arg(long, conflicts_with_all = ["fix", "unsafe_fixes", "diff", "update_baseline"])]
    #[arg(env = "SWITCHBACK_WATCH", hide_env_values = true)]
    pub watch: bool,
    /// The most files and folders of one folder that are looked at
    #[arg(long, value_name = "COUNT", default_value_t = super::find::MAX_FILES)]
    #[arg(env = "SWITCHBACK_MAX_FILES", hide_env_values = true)]
    pub max_files: usize,
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub values: ValueArgs,
    /// When plans start, for the freezes of their policies: `2026-12-17T09:00+09:00`
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    #[arg(env = "SWITCHBACK_START", hide_env_values = true)]
    pub start: Option<Moment>,
    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    #[arg(env = "SWITCHBACK_COLOR", hide_env_values = true)]
    pub color: Color,
}

#[derive(Clone, Debug, Default, Args)]
pub(super) struct ConfigArgs {
    /// Read this file in the place of the nearest `switchback.toml`
    #[arg(long, value_name = "FILE")]
    #[arg(env = "SWITCHBACK_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Read no `switchback.toml`
    #[arg(long, conflicts_with = "config")]
    #[arg(env = "SWITCHBACK_NO_CONFIG", hide_env_values = true)]
    pub no_config: bool,
    /// Print what is configured and where it comes from, and check nothing
    #[arg(long)]
    pub show_config: bool,
    /// Print the JSON Schema of `switchback.toml`, and check nothing
    #[arg(long)]
    pub config_schema: bool,
}

#[derive(Clone, Debug, Default, Args)]
pub(super) struct ValueArgs {
    /// Only this environment (default: the base and each environment)
    #[arg(
        long,
        value_name = "NAME",
        env = "SWITCHBACK_ENV",
        hide_env_values = true
    )]
    pub env: Option<String>,
    /// Replace a value: `--set checkout.next.image=registry/app@sha256:...`
    #[arg(long, value_name = "SERVICE[.VERSION].STATEMENT=VALUE")]
    #[arg(env = "SWITCHBACK_SET", hide_env_values = true)]
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
    /// The name of a plan, or of a release
    pub plan: String,
    /// The file or folder that holds it (default: this folder)
    pub path: Option<PathBuf>,
    /// Say where each value comes from
    #[arg(long)]
    pub origin: bool,
    /// Columns to draw on, 60 to 200 (default: those of the terminal)
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(60..=200))]
    pub width: Option<u16>,
    #[command(flatten)]
    pub values: ValueArgs,
    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    pub color: Color,
}

/// What a graph is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphFormat {
    /// A picture that needs nothing else, for light and dark pages
    #[default]
    Svg,
    /// Mermaid, which GitHub and GitLab draw in comments
    Mermaid,
    /// DOT, for Graphviz
    Dot,
}

#[derive(Debug, Args)]
pub(super) struct GraphArgs {
    /// The name of a plan, or of a release
    pub plan: String,
    /// The file or folder that holds it (default: this folder)
    pub path: Option<PathBuf>,
    /// What the graph is written in
    #[arg(long, value_enum, default_value_t)]
    pub format: GraphFormat,
    #[command(flatten)]
    pub values: ValueArgs,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The name of a plan, or of a release
    pub plan: String,
    /// The file or folder that holds it (default: this folder)
    pub path: Option<PathBuf>,
    /// Write it as one page of HTML that needs nothing beside itself, to standard output
    #[arg(long, required = true)]
    pub html: bool,
    #[command(flatten)]
    pub values: ValueArgs,
}

#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// The plan's name
    pub plan: String,
    /// The file or folder that holds it (default: this folder)
    pub path: Option<PathBuf>,
    /// What the new version does wrong: `errors 5%`, `p99 x2`, `errors 2% after 20m`, or a gate's name
    /// and what it then measures; may be repeated; `none` walks with a healthy version
    #[arg(long, value_name = "FAULT", required = true)]
    pub fault: Vec<String>,
    /// How often the plan is walked
    #[arg(long, default_value_t = 4000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=crate::simulate::MOST_RUNS))]
    pub runs: u64,
    /// The same seed gives the same numbers
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The target by whose rules gates are judged (default: the plan's first)
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// How it is told; JSON as docs/simulation.schema.json says
    #[arg(long, value_enum, default_value_t)]
    pub format: SchemaFormat,
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
    /// The target's name in the plan file, its kind where only one is of it, or `all`: every plan
    /// for every target that can be built, each in `DIR/TARGET/PLAN`
    #[arg(long, value_name = "NAME", required_unless_present = "check")]
    pub target: Option<String>,
    /// The plan, when several name the target
    #[arg(long, value_name = "NAME")]
    pub plan: Option<String>,
    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Write whole documents, not what has to be put over the manifests that are there already
    #[arg(long)]
    pub standalone: bool,
    /// Replace what `build` did not write, or what was changed by hand, after naming it
    #[arg(long, conflicts_with = "check")]
    pub force: bool,
    /// Write nothing; fail when the folder is not what a build would write now, and say which input
    /// has changed. What was asked for is taken from the folder
    #[arg(long, conflicts_with_all = ["target", "plan", "standalone"])]
    pub check: bool,
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
    /// For programs, by a published schema
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
pub(super) struct JudgeArgs {
    /// PLAN [PATH] --leg LEG, and options; `switchback judge --help` tells all of them
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGS"
    )]
    pub rest: Vec<std::ffi::OsString>,
}

#[derive(Debug, Args)]
pub(super) struct LspArgs {
    /// Over standard input and output; editors add it, and there is no other way
    #[arg(long, hide = true)]
    pub stdio: bool,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// The folder to write the pages to (default: the first page goes to standard output)
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
