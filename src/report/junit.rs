//! The view for test reports: JUnit's XML, as Jenkins, GitLab and others read it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::place::Places;
use super::xml::escaped;
use super::{Report, Tally};
use crate::diagnostic::Diagnostic;

/// Appends one test suite for each file that was read. A finding that fails the check is a failed test,
/// one below that a test that passed and says so; a file without findings is one test that passed.
pub fn junit(report: &Report, out: &mut String) {
    let mut places = Places::new(report.sources);
    let mut suites: BTreeMap<&str, Vec<&Diagnostic>> = report
        .sources
        .iter()
        .filter(|(_, file)| file.is_file() && !file.view)
        .map(|(_, file)| (file.name.as_str(), Vec::new()))
        .collect();
    for finding in report.findings {
        let name = report.sources.file(finding.span().file).name.as_str();
        suites.entry(name).or_default().push(finding);
    }
    let tally = Tally::of(report);
    let failures = tally.all() - tally.below;
    let tests: usize = suites.values().map(|found| found.len().max(1)).sum();
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"switchback\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">"
    );
    for (name, found) in suites {
        let failed = found
            .iter()
            .filter(|finding| report.fail_on.fails(finding.severity))
            .count();
        let name = escaped(name);
        let tests = found.len().max(1);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\">"
        );
        if found.is_empty() {
            let _ = writeln!(out, "    <testcase name=\"check\" classname=\"{name}\"/>");
        }
        for finding in found {
            let point = places.start(finding.span());
            let _ = writeln!(
                out,
                "    <testcase name=\"{} {}:{}\" classname=\"{name}\" file=\"{name}\" line=\"{}\">",
                finding.rule.name, point.line, point.column, point.line
            );
            let mut text = format!("{name}:{}:{}: ", point.line, point.column);
            text.push_str(&escaped(&finding.message));
            for (word, more) in [("help", &finding.help), ("note", &finding.note)] {
                if let Some(more) = more {
                    let _ = write!(text, "\n{word}: {}", escaped(more));
                }
            }
            if report.fail_on.fails(finding.severity) {
                let _ = writeln!(
                    out,
                    "      <failure type=\"{}\" message=\"{}\">{text}</failure>",
                    finding.severity.word(),
                    escaped(&finding.message)
                );
            } else {
                let word = finding.severity.word();
                let _ = writeln!(out, "      <system-out>{word}: {text}</system-out>");
            }
            out.push_str("    </testcase>\n");
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
}
