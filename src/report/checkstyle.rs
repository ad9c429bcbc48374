//! The view for what reads Checkstyle's XML: Jenkins, reviewdog, and linters of linters.
//!
//! The form is that of Checkstyle's `XMLLogger`: `file` elements with `error` elements, whose severities
//! are `error`, `warning` and `info`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Report;
use super::place::Places;
use super::xml::escaped;
use crate::diagnostic::{Diagnostic, Severity};

/// Appends one `file` for each file with findings, by name, and one `error` for each finding.
pub fn checkstyle(report: &Report, out: &mut String) {
    let mut places = Places::new(report.sources);
    let mut files: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    for finding in report.findings {
        let name = report.sources.file(finding.span().file).name.as_str();
        files.entry(name).or_default().push(finding);
    }
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"10.0\">\n");
    for (name, found) in files {
        let _ = writeln!(out, "  <file name=\"{}\">", escaped(name));
        for finding in found {
            let point = places.start(finding.span());
            let mut message = finding.message.clone();
            if let Some(help) = &finding.help {
                let _ = write!(message, " (help: {help})");
            }
            let _ = writeln!(
                out,
                "    <error line=\"{}\" column=\"{}\" severity=\"{}\" message=\"{}\" source=\"switchback.{}\"/>",
                point.line,
                point.column,
                match finding.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                    Severity::Advice => "info",
                },
                escaped(&message),
                finding.rule.name
            );
        }
        out.push_str("  </file>\n");
    }
    out.push_str("</checkstyle>\n");
}
