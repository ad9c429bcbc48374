//! What can be written on the command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use switchback::units::Moment;

/// Judges the gates of one leg against Prometheus, for as long as the leg holds.
///
/// Exit codes: 0 every gate passed; 1 a gate failed; 2 inconclusive, no data, or nothing could be
/// judged; 3 a fault in Switchback itself. Whatever is not 0 has not passed.
#[derive(Debug, Parser)]
#[command(
    name = "switchback-judge",
    bin_name = "switchback judge",
    version,
    max_term_width = 100
)]
pub struct JudgeArgs {
    /// The plan
    pub plan: String,
    /// The plan's files, or the folder to look for them in
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// The leg that has just been applied: its number in the plan from 1, its step, or STEP/NUMBER
    #[arg(long, value_name = "LEG")]
    pub leg: String,
    /// The service whose gates are judged, where the plan rolls several
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// The target that the plan is carried out on; the rules of judgement are the same for all
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// When the change had finished, as `2026-12-17T13:00:05Z` or in seconds since 1970; looks that
    /// were missed since are taken for their own time (default: now)
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub since: Option<Since>,
    /// Ask this address instead of the provider's
    #[arg(long, value_name = "URL", env = "SWITCHBACK_PROMETHEUS")]
    pub address: Option<String>,
    /// The environment variable that holds the provider's token; by default the provider's `secret`
    /// in upper case, with `_` for all that is no letter or digit
    #[arg(long, value_name = "NAME", conflicts_with = "token_file")]
    pub token_env: Option<String>,
    /// The file that holds the provider's token; read anew for every look, so that it may change
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Certificates (PEM) to trust instead of the public ones
    #[arg(long, value_name = "FILE", env = "SSL_CERT_FILE")]
    pub certificates: Option<PathBuf>,
    /// How the verdict is told on standard output; JSON as docs/judge.schema.json says
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Look whether everything is there that a judgement needs, ask nothing, and end
    #[arg(long)]
    pub dry_run: bool,
    /// The environment whose values count
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Replace a value, as `checkout.next.image=...`
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
}

/// How the verdict is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Full,
    /// For programs
    Json,
}

/// A moment in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Since(pub i64);

fn since(text: &str) -> Result<Since, String> {
    if let Ok(seconds) = text.parse::<i64>() {
        let millis = seconds.checked_mul(1000).filter(|millis| *millis >= 0);
        return millis
            .map(Since)
            .ok_or_else(|| "seconds since 1970 are a small positive number".into());
    }
    // what is written with a zone is a time of that zone
    Moment::parse(text)?;
    text.parse::<jiff::Timestamp>()
        .or_else(|_| text.parse::<jiff::Zoned>().map(|zoned| zoned.timestamp()))
        .map(|time| Since(time.as_millisecond()))
        .map_err(|_| "write `2026-12-17T13:00:05Z`, or seconds since 1970".into())
}
