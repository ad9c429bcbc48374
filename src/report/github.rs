//! The view for GitHub's log: workflow commands that become annotations.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>

use super::place::Places;
use super::visible::block;
use super::{Options, Report, concise};
use crate::diagnostic::{Diagnostic, Severity};

/// So many annotations of one weight GitHub shows for one step; it drops the others without a word.
const MOST: usize = 10;

/// Appends one workflow command for each finding, most severe first and at most ten of each weight,
/// which is what GitHub shows. Those beyond are counted in a notice, and follow as plain lines of the
/// log.
pub fn github(report: &Report, out: &mut String) {
    let mut places = Places::new(report.sources);
    let mut beyond: Vec<Diagnostic> = Vec::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Advice] {
        // the notice that counts the others takes a place of its own
        let most = match severity {
            Severity::Advice => MOST - 1,
            _ => MOST,
        };
        let of_weight = |finding: &&Diagnostic| finding.severity == severity;
        for (number, finding) in report.findings.iter().filter(of_weight).enumerate() {
            if number < most {
                command(finding, &mut places, out);
            } else {
                beyond.push(finding.clone());
            }
        }
    }
    if beyond.is_empty() {
        return;
    }
    let text = format!(
        "{} more findings are in the log of this step: GitHub shows ten of each weight",
        beyond.len()
    );
    out.push_str(&format!("::notice title=switchback::{}\n", data(&text)));
    let report = Report {
        findings: &beyond,
        ..*report
    };
    concise(&report, Options::default(), out);
}

fn command(finding: &Diagnostic, places: &mut Places, out: &mut String) {
    let word = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    };
    let span = finding.span();
    let mut properties = Vec::new();
    let file = places.file(span);
    if file.is_file() {
        let (start, end) = (places.start(span), places.end(span));
        properties.push(format!("file={}", property(&file.name)));
        properties.push(format!("line={}", start.line));
        properties.push(format!("endLine={}", end.line));
        // columns are taken only where one line is meant
        if start.line == end.line {
            properties.push(format!("col={}", start.column));
            properties.push(format!("endColumn={}", end.column));
        }
    }
    let title = format!("{} ({})", finding.rule.name, finding.rule.code);
    properties.push(format!("title={}", property(&title)));
    let mut text = finding.message.clone();
    for (label, more) in [("help", &finding.help), ("note", &finding.note)] {
        if let Some(more) = more {
            text.push_str(&format!("\n{label}: {more}"));
        }
    }
    let properties = properties.join(",");
    out.push_str(&format!("::{word} {properties}::{}\n", data(&text)));
}

/// A message as a workflow command takes it. Names from files may hold what a terminal obeys; the log
/// of a step is one.
fn data(text: &str) -> String {
    block(text, true)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property's value as a workflow command takes it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
