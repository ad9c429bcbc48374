//! Views of findings: for people (`full`, `concise`, `markdown`), for programs (`json`, `jsonl`,
//! `sarif`), and for the pages of others (`github`, `gitlab`, `junit`,
//! `checkstyle`).
//!
//! Every view takes the same [`Report`] and appends to a `String`; nothing here prints. Put the
//! findings in order with [`sort`] first: the views keep the order that they are given.

mod checkstyle;
mod concise;
mod fingerprint;
mod frame;
mod full;
mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod order;
pub(crate) mod paint;
mod place;
mod run_table;
mod sarif;
pub mod simulation;
pub mod statements;
mod summary;
pub(crate) mod visible;
mod window;
mod xml;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use checkstyle::checkstyle;
pub use concise::concise;
pub use full::{full, full_findings};
pub use github::github;
pub use gitlab::gitlab;
pub use json::{json, json_schema, jsonl};
pub use junit::junit;
pub use markdown::markdown;
pub use order::sort;
pub use sarif::sarif;

use crate::diagnostic::{Accepted, Class, Diagnostic, PlanVerdicts, Severity};
use crate::source::{SourceMap, Span};

/// What a check found, and what it looked at.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The files that the spans point into.
    pub sources: &'a SourceMap,
    /// The findings, in the order in which they are to be shown.
    pub findings: &'a [Diagnostic],
    /// Findings that were accepted; a view that can tell them apart may show them.
    pub accepted: &'a [Accepted],
    /// What is proved of each plan.
    pub plans: &'a [PlanVerdicts],
    /// What is left to a person or to the time of the start.
    pub obligations: &'a [Obligation],
    /// How much was looked at.
    pub checked: Checked,
    /// The weight from which on a finding fails the check.
    pub fail_on: FailOn,
}

/// Something that no check can do: it is left to a person or to the time of the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obligation {
    /// A plain sentence: lower case start, no full stop at its end.
    pub text: String,
    /// Where the plan asks for it.
    pub span: Span,
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Files read.
    pub files: usize,
    /// Plans checked.
    pub plans: usize,
}

/// The weight from which on a finding fails the check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// Only errors.
    #[default]
    Error,
    /// Warnings and errors.
    Warning,
    /// Every finding.
    Advice,
    /// Nothing, apart from input that cannot be read.
    Never,
}

impl FailOn {
    /// The word of the option: `error`, `warning`, `advice`, `never`.
    pub fn word(self) -> &'static str {
        match self {
            FailOn::Error => "error",
            FailOn::Warning => "warning",
            FailOn::Advice => "advice",
            FailOn::Never => "never",
        }
    }

    /// Whether a finding of this weight fails the check.
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            FailOn::Error => severity >= Severity::Error,
            FailOn::Warning => severity >= Severity::Warning,
            FailOn::Advice => true,
            FailOn::Never => false,
        }
    }
}

/// What the terminal can show. The default is what a file or a pipe gets: no colour, no links,
/// Unicode, 100 columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Write ANSI colours.
    pub color: bool,
    /// Draw with Unicode; otherwise with ASCII.
    pub unicode: bool,
    /// Columns of the terminal; taken as at least 40.
    pub width: usize,
    /// Make places links (OSC 8) to files that were read from an absolute path.
    pub links: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            color: false,
            unicode: true,
            width: 100,
            links: false,
        }
    }
}

/// The exit code of a check: 2 when an error says that input could not be read, else 1 when a
/// finding is at or above [`Report::fail_on`], else 0.
pub fn exit_code(report: &Report) -> u8 {
    let unreadable = |finding: &Diagnostic| {
        finding.rule.class == Class::Unreadable && finding.severity == Severity::Error
    };
    if report.findings.iter().any(unreadable) {
        2
    } else if report
        .findings
        .iter()
        .any(|finding| report.fail_on.fails(finding.severity))
    {
        1
    } else {
        0
    }
}

/// How many findings there are of each weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    errors: usize,
    warnings: usize,
    advice: usize,
    /// Those that do not fail the check.
    below: usize,
}

impl Tally {
    fn of(report: &Report) -> Self {
        let mut tally = Tally::default();
        for finding in report.findings {
            match finding.severity {
                Severity::Error => tally.errors += 1,
                Severity::Warning => tally.warnings += 1,
                Severity::Advice => tally.advice += 1,
            }
            tally.below += usize::from(!report.fail_on.fails(finding.severity));
        }
        tally
    }

    fn all(self) -> usize {
        self.errors + self.warnings + self.advice
    }
}
