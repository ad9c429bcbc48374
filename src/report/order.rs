//! The order in which findings are shown.

use std::cmp::{Ordering, Reverse};

use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;

/// Puts findings in order — file by name, then place, then weight (errors first), then rule — and
/// drops those that say exactly the same as another.
///
/// Names decide, not file ids: ids follow the order of reading, which is nothing to a reader.
pub fn sort(findings: &mut Vec<Diagnostic>, sources: &SourceMap) {
    findings.sort_by(|a, b| compare(a, b, sources));
    findings.dedup_by(|a, b| same(a, b));
}

fn compare(a: &Diagnostic, b: &Diagnostic, sources: &SourceMap) -> Ordering {
    let place =
        |finding: &Diagnostic| (finding.span(), Reverse(finding.severity), finding.rule.name);
    sources
        .file(a.span().file)
        .name
        .cmp(&sources.file(b.span().file).name)
        .then_with(|| place(a).cmp(&place(b)))
        .then_with(|| a.message.cmp(&b.message))
        // the rest only brings equal findings next to each other
        .then_with(|| {
            let texts = |finding: &Diagnostic| -> Vec<_> {
                finding
                    .labels
                    .iter()
                    .map(|label| (label.span, label.text.clone()))
                    .collect()
            };
            texts(a).cmp(&texts(b))
        })
        .then_with(|| (&a.help, &a.note, &a.missing).cmp(&(&b.help, &b.note, &b.missing)))
}

fn same(a: &Diagnostic, b: &Diagnostic) -> bool {
    a.rule == b.rule
        && a.severity == b.severity
        && a.message == b.message
        && a.labels == b.labels
        && a.help == b.help
        && a.note == b.note
        && a.run == b.run
        && a.fix == b.fix
        && a.missing == b.missing
}
