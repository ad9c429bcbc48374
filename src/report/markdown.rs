//! The view for a page: the summary of a step, a comment on a merge request.

use std::fmt::Write as _;

use super::place::Places;
use super::{Report, Tally};
use crate::diagnostic::{Proof, Severity, Verdict};

/// So many findings are told one by one; GitHub takes a summary of at most 1 MiB.
const MOST: usize = 200;

/// Appends what was counted, the verdicts, and a table of the findings, most severe first.
pub fn markdown(report: &Report, out: &mut String) {
    let mut places = Places::new(report.sources);
    let tally = Tally::of(report);
    let count = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    let files = count(report.checked.files, "file");
    if tally.all() == 0 {
        let _ = writeln!(out, "### switchback: no findings in {files}\n");
    } else {
        let mut parts = Vec::new();
        if tally.errors > 0 {
            parts.push(count(tally.errors, "error"));
        }
        if tally.warnings > 0 {
            parts.push(count(tally.warnings, "warning"));
        }
        if tally.advice > 0 {
            parts.push(format!("{} advice", tally.advice));
        }
        let parts = parts.join(", ");
        let _ = writeln!(out, "### switchback: {parts} in {files}\n");
        if tally.below > 0 {
            let word = report.fail_on.word();
            let _ = writeln!(out, "{} below `--fail-on {word}`.\n", tally.below);
        }
    }
    if !report.plans.is_empty() {
        let words: Vec<&str> = Proof::ALL.iter().map(|proof| proof.word()).collect();
        let _ = writeln!(out, "| plan | {} |", words.join(" | "));
        let _ = writeln!(out, "|---|{}", "---|".repeat(words.len()));
        for plan in report.plans {
            let mut name = cell(&plan.plan);
            if let Some(environment) = &plan.environment {
                let _ = write!(name, " ({})", cell(environment));
            }
            let verdicts = Proof::ALL.map(|proof| {
                let known = plan.verdicts.iter().find(|(other, _)| *other == proof);
                known.map_or(Verdict::NotChecked.word(), |(_, verdict)| verdict.word())
            });
            let _ = writeln!(out, "| {name} | {} |", verdicts.join(" | "));
        }
        out.push('\n');
    }
    if report.findings.is_empty() {
        return;
    }
    out.push_str("| weight | place | finding | rule |\n|---|---|---|---|\n");
    let mut told = 0;
    for severity in [Severity::Error, Severity::Warning, Severity::Advice] {
        let of_weight = report
            .findings
            .iter()
            .filter(|found| found.severity == severity);
        for finding in of_weight.take(MOST - told) {
            told += 1;
            let point = places.start(finding.span());
            let name = cell(&places.file(finding.span()).name);
            let mut text = cell(&finding.message);
            if let Some(help) = &finding.help {
                let _ = write!(text, "<br>help: {}", cell(help));
            }
            let word = severity.word();
            let (line, rule) = (point.line, finding.rule.name);
            let _ = writeln!(out, "| {word} | {name}:{line} | {text} | `{rule}` |");
        }
    }
    if report.findings.len() > told {
        let more = report.findings.len() - told;
        let _ = writeln!(out, "\n{more} more findings are not shown here.");
    }
}

/// A text that stays within its cell and is no markup, apart from names in single backticks.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let ticks = text.matches('`').count();
    let paired = ticks.is_multiple_of(2) && !text.contains("``");
    let mut code = false;
    for c in text.chars() {
        match c {
            '`' if paired => {
                code = !code;
                out.push(c);
            }
            // a table takes this out before anything else is read
            '|' => out.push_str("\\|"),
            c if c.is_control() => out.push(' '),
            c if code => out.push(c),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '`' | '\\' | '[' | ']' | '*' | '_' | '@' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_cell_holds_no_markup_but_names() {
        assert_eq!(cell("`a_b` | <b>"), "`a_b` \\| &lt;b&gt;");
        assert_eq!(cell("odd ` <b>"), "odd \\` &lt;b&gt;");
        assert_eq!(cell("``<b>`` x"), "\\`\\`&lt;b&gt;\\`\\` x");
        assert_eq!(cell("a\n@b"), "a \\@b");
    }
}
