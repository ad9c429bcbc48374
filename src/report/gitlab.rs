//! The view for GitLab's merge requests: a Code Quality report.
//!
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use serde::Serialize;

use super::Report;
use super::fingerprint::Fingerprints;
use super::place::Places;
use crate::diagnostic::Severity;

/// Appends the report as one JSON list, with a line end behind it.
pub fn gitlab(report: &Report, out: &mut String) {
    let mut places = Places::new(report.sources);
    let mut fingerprints = Fingerprints::default();
    let issues: Vec<Issue> = report
        .findings
        .iter()
        .map(|finding| {
            let span = finding.span();
            let (start, end) = (places.start(span), places.end(span));
            let mut description = finding.message.clone();
            if let Some(help) = &finding.help {
                description.push_str(&format!(" (help: {help})"));
            }
            Issue {
                description,
                check_name: finding.rule.name,
                fingerprint: fingerprints.of(finding, report.sources),
                severity: match finding.severity {
                    Severity::Error => "major",
                    Severity::Warning => "minor",
                    Severity::Advice => "info",
                },
                location: Location {
                    path: places.file(span).name.clone(),
                    lines: Lines {
                        begin: start.line,
                        end: end.line,
                    },
                },
            }
        })
        .collect();
    // strings, numbers and lists only: there is no map key or number that JSON cannot hold
    out.push_str(&serde_json::to_string_pretty(&issues).unwrap_or_default());
    out.push('\n');
}

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}
