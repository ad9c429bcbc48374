//! The view for people at a terminal.

use super::frame::frames;
use super::paint::{Brush, Ink};
use super::place::Places;
use super::run_table::run_table;
use super::summary::summary;
use super::visible::{self, wrap};
use super::{Options, Report};
use crate::diagnostic::{Diagnostic, Severity};

/// Appends every finding with its source, then what is proved of each plan, then one line that
/// counts.
pub fn full(report: &Report, options: Options, out: &mut String) {
    full_findings(report, options, out);
    let brush = Brush::new(options);
    summary(report, &mut Places::new(report.sources), brush, out);
}

/// The findings alone, without verdicts and counts.
pub fn full_findings(report: &Report, options: Options, out: &mut String) {
    let brush = Brush::new(options);
    let mut places = Places::new(report.sources);
    for finding in report.findings {
        head(finding, brush, out);
        frames(finding, &mut places, report.sources, options, out);
        run_table(finding, &mut places, brush, out);
        foot(finding, brush, out);
        out.push('\n');
    }
}

/// Weight, rule and message.
fn head(finding: &Diagnostic, brush: Brush, out: &mut String) {
    let ink = Ink::of(finding.severity);
    out.push_str(&format!(
        "{} {} {}\n",
        brush.paint(ink, &format!("{}:", finding.severity.word())),
        brush.paint(Ink::Strong, finding.rule.name),
        brush.paint(Ink::Faint, &format!("({})", finding.rule.code)),
    ));
    let message = visible::block(&finding.message, brush.unicode);
    for (index, line) in wrap(&message, brush.width - 4).iter().enumerate() {
        let sign = if index == 0 {
            brush.icon(finding.severity)
        } else {
            brush.sign("│", "|")
        };
        out.push_str(&format!(
            "  {} {}\n",
            brush.paint(ink, sign),
            brush.paint(Ink::Strong, line)
        ));
    }
}

/// What to do, why, what was missing, and whether it can be done for you.
fn foot(finding: &Diagnostic, brush: Brush, out: &mut String) {
    let advice = Ink::of(Severity::Advice);
    if let Some(help) = &finding.help {
        paragraph("help", advice, help, brush, out);
    }
    // a fix that only repeats the help is not said twice
    if let Some(fix) = finding
        .fix
        .as_ref()
        .filter(|fix| finding.help.as_ref() != Some(&fix.title))
    {
        let risk = if fix.safe {
            ""
        } else {
            " (changes what the plan means)"
        };
        paragraph(
            "fix",
            Ink::Good,
            &format!("{}{risk}", fix.title),
            brush,
            out,
        );
    }
    if let Some(note) = &finding.note {
        paragraph("note", Ink::Strong, note, brush, out);
    }
    for fact in &finding.missing {
        paragraph("missing", Ink::Warning, fact, brush, out);
    }
}

fn paragraph(word: &str, ink: Ink, text: &str, brush: Brush, out: &mut String) {
    let indent = word.len() + 4;
    let text = visible::block(text, brush.unicode);
    for (index, line) in wrap(&text, brush.width - indent).iter().enumerate() {
        if index == 0 {
            out.push_str(&format!(
                "  {} {line}\n",
                brush.paint(ink, &format!("{word}:"))
            ));
        } else {
            out.push_str(format!("{}{line}", " ".repeat(indent)).trim_end());
            out.push('\n');
        }
    }
}
