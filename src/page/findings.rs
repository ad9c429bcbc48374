//! What was found, with its places and the run that shows it.

use maud::{Markup, html};

use crate::diagnostic::{Diagnostic, Label, RunEvent, Severity};
use crate::units::Duration;

use super::Page;
use super::text::{place, prose, shown};

/// So many findings are told one by one.
const MOST: usize = 50;
/// The longest line of a file that is shown whole, in characters.
const LONGEST: usize = 240;

pub(super) fn section(page: &Page<'_>, findings: &[&Diagnostic]) -> Markup {
    let mut sorted: Vec<&Diagnostic> = findings.to_vec();
    sorted.sort_by_key(|found| std::cmp::Reverse(found.severity));
    html! {
        @if sorted.is_empty() {
            p { "No rule had anything to say about these plans. What is not proved above stays so." }
        }
        @for found in sorted.iter().take(MOST) { (finding(page, found)) }
        @if sorted.len() > MOST {
            p { (sorted.len() - MOST) " more are not shown here; " code { "switchback check" } " tells them." }
        }
        (accepted(page))
    }
}

/// What somebody has accepted, with the reason.
fn accepted(page: &Page<'_>) -> Markup {
    let all: Vec<_> = page
        .report
        .accepted
        .iter()
        .filter(|accepted| page.concerns(&accepted.finding))
        .take(MOST)
        .collect();
    html! {
        @if !all.is_empty() {
            h3 { "Accepted" }
            ul class="plain" {
                @for accepted in all {
                    li {
                        (prose(&accepted.finding.message)) " "
                        span class="muted small" { (accepted.finding.rule.name) " (" (place(page.sources(), accepted.finding.span())) ")" }
                        div { "because: " (shown(&accepted.reason)) }
                    }
                }
            }
        }
    }
}

fn finding(page: &Page<'_>, found: &Diagnostic) -> Markup {
    let severity = found.severity.word();
    html! {
        article class=(format!("finding {severity}")) {
            h3 { (prose(&found.message)) }
            p class="small" {
                span class="weight" { (sign(found.severity)) " " (severity) } " "
                span class="muted" { (found.rule.name) " (" (found.rule.code) ")" }
            }
            ul class="places" { @for label in &found.labels { (labelled(page, label)) } }
            @if !found.run.is_empty() { (run(&found.run)) }
            @if let Some(note) = &found.note { p { (prose(note)) } }
            @if let Some(help) = &found.help { p { strong { "Instead: " } (prose(help)) } }
        }
    }
}

fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "×",
        Severity::Warning => "⚠",
        Severity::Advice => "☞",
    }
}

/// A place with its line, what is meant in it marked.
fn labelled(page: &Page<'_>, label: &Label) -> Markup {
    let sources = page.sources();
    let file = sources.file(label.span.file);
    let line = sources.start(label.span).line;
    let range = file.lines().line_range(&file.text, line);
    let text = file.text.get(range.clone()).unwrap_or("").trim_end();
    let within = |at: u32| {
        let at = (at as usize).clamp(range.start, range.start + text.len());
        at - range.start
    };
    let (start, end) = (within(label.span.start), within(label.span.end));
    let parts = (text.get(..start), text.get(start..end), text.get(end..));
    let short = text.chars().count() <= LONGEST;
    html! {
        li {
            span class="small muted" { (place(sources, label.span)) }
            @if let (Some(before), Some(meant), Some(behind)) = parts {
                @if short {
                    pre { (shown(before.trim_start())) mark { (shown(meant)) } (shown(behind)) }
                }
            }
            @if !label.text.is_empty() { div { (prose(&label.text)) } }
        }
    }
}

/// The run that breaks the plan, one row for each event.
fn run(events: &[RunEvent]) -> Markup {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in events.iter().flat_map(|event| &event.state) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let value = |event: &RunEvent, name: &str| {
        let mut state = event.state.iter();
        let found = state.find(|(other, _)| other == name);
        found.map_or(String::new(), |(_, value)| shown(value))
    };
    html! {
        div class="scroll" tabindex="0" role="region" aria-label="The run that breaks it" {
            table {
                caption { "The shortest run that breaks it" }
                thead { tr {
                    th scope="col" { "time" }
                    th scope="col" { "event" }
                    @for name in &names { th scope="col" { (shown(name)) } }
                } }
                tbody {
                    @for (number, event) in events.iter().enumerate() {
                        @let last = number + 1 == events.len();
                        tr class=(if last { "breaks" } else { "" }) {
                            td class="now" {
                                @match event.at {
                                    Some(at) => { (Duration::from_secs(at)) }
                                    None => { "–" }
                                }
                            }
                            th scope="row" { (prose(&event.event)) @if last { " ← breaks here" } }
                            @for name in &names {
                                @let now = value(event, name);
                                @let changed = number > 0 && value(&events[number - 1], name) != now;
                                td class=(if changed { "changed" } else { "" }) { (now) }
                            }
                        }
                    }
                }
            }
        }
    }
}
