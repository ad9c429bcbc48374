//! Rules and findings as texts for an editor.

use std::fmt::Write;

use crate::diagnostic::{Diagnostic, Rule};

/// What a rule means, in Markdown: what holds, why it matters, what is reported and what is not.
pub fn rule_page(rule: &Rule) -> String {
    let mut out = format!(
        "## {} ({})\n\n{}; holds when {}.\n\n{}\n",
        rule.name,
        rule.code,
        rule.severity.word(),
        rule.summary,
        rule.why
    );
    if !rule.failing.is_empty() {
        let _ = write!(
            out,
            "\nThis is reported:\n\n```switchback\n{}```\n\nThis is not:\n\n```switchback\n{}```\n",
            ended(rule.failing),
            ended(rule.passing)
        );
    }
    out.push_str(&match rule.can_allow {
        true => format!(
            "\nAccept it in a plan or step: `allow {} because \"...\"`.\n",
            rule.name
        ),
        false => "\nIt cannot be accepted with `allow`.\n".to_string(),
    });
    out
}

fn ended(text: &str) -> String {
    if text.ends_with('\n') {
        text.to_string()
    } else {
        format!("{text}\n")
    }
}

/// A finding as one text: what is wrong, why it matters here, the run that shows it, what to write
/// instead. Editors show this one text, and some show nothing else.
pub fn finding_text(found: &Diagnostic) -> String {
    let mut out = found.message.clone();
    if let Some(label) = found.labels.first().filter(|label| !label.text.is_empty()) {
        let _ = write!(out, "\n{}", label.text);
    }
    if let Some(note) = &found.note {
        let _ = write!(out, "\nnote: {note}");
    }
    if !found.missing.is_empty() {
        let _ = write!(out, "\nto declare: {}", found.missing.join(", "));
    }
    if let Some(help) = &found.help {
        let _ = write!(out, "\nhelp: {help}");
    }
    out
}
