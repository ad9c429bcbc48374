//! A report for people who were not there: one page of HTML that needs nothing beside itself.
//!
//! No script, no font, no picture from elsewhere: the page's own policy forbids everything but its
//! one style, which it names by its hash. Every text of a plan goes through the template engine,
//! which escapes it, after what acts on readers (control characters, marks of direction) was taken
//! out.

mod findings;
mod legs;
mod numbers;
mod policies;
mod text;
mod verdicts;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::diagnostic::{Diagnostic, PlanVerdicts};
use crate::model::{Model, Plan};
use crate::picture::{self, Picture};
use crate::report::{Obligation, Report};
use crate::source::{SourceMap, Span};

use text::{base64, shown};

const STYLE: &str = include_str!("style.css");

/// What a page tells of.
pub struct Page<'a> {
    /// What is drawn.
    pub picture: &'a Picture,
    /// The plans of the picture, in its order, each with what was declared beside it.
    pub plans: &'a [(&'a Model, &'a Plan)],
    /// What the check found.
    pub report: &'a Report<'a>,
}

impl<'a> Page<'a> {
    fn sources(&self) -> &'a SourceMap {
        self.report.sources
    }

    /// Whether a place belongs to a plan that is not on the page.
    fn is_elsewhere(&self, span: Span) -> bool {
        let mut own = self.plans.iter();
        let mut declared = self.plans.iter();
        !own.any(|(_, plan)| is_within(plan, span))
            && declared.any(|(model, _)| model.plans.iter().any(|plan| is_within(plan, span)))
    }

    /// What was found that may concern these plans: all that does not stand in other plans alone.
    fn findings(&self) -> Vec<&'a Diagnostic> {
        let findings = self.report.findings.iter();
        findings.filter(|found| self.concerns(found)).collect()
    }

    /// Whether a finding has a place in these plans, or none in others.
    fn concerns(&self, found: &Diagnostic) -> bool {
        let within = |span: Span| {
            let mut plans = self.plans.iter();
            plans.any(|(_, plan)| is_within(plan, span))
        };
        found.labels.iter().any(|label| within(label.span))
            || !found
                .labels
                .iter()
                .any(|label| self.is_elsewhere(label.span))
    }

    /// The verdicts of these plans, of the base and of environments.
    fn verdicts(&self) -> Vec<&'a PlanVerdicts> {
        let own = |verdicts: &&PlanVerdicts| {
            let mut plans = self.plans.iter();
            plans.any(|(_, plan)| plan.name.span == verdicts.span)
        };
        self.report.plans.iter().filter(own).collect()
    }

    /// What is left to people, as far as it concerns these plans.
    fn obligations(&self) -> Vec<&'a Obligation> {
        let others: Vec<String> = self
            .plans
            .first()
            .map(|(model, _)| {
                let names = model.plans.iter().map(|plan| &plan.name);
                let own = |name: &crate::source::Spanned<String>| {
                    self.plans
                        .iter()
                        .any(|(_, plan)| plan.name.span == name.span)
                };
                names
                    .filter(|name| !own(name))
                    .map(|name| format!("`{}`", name.value))
                    .collect()
            })
            .unwrap_or_default();
        let concerns = |left: &&Obligation| {
            !self.is_elsewhere(left.span)
                && !others.iter().any(|name| left.text.contains(name.as_str()))
        };
        self.report.obligations.iter().filter(concerns).collect()
    }
}

/// Whether a place lies in the declaration of a plan.
fn is_within(plan: &Plan, span: Span) -> bool {
    plan.span.file == span.file && plan.span.start <= span.start && span.end <= plan.span.end
}

/// The page. The same plan gives the same bytes.
pub fn html(page: &Page<'_>) -> String {
    let style = format!("{STYLE}{}", picture::STYLE);
    let hash = base64(&Sha256::digest(style.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    );
    let name = &page.picture.name;
    let findings = page.findings();
    let verdicts = page.verdicts();
    let obligations = page.obligations();
    let policies = policies::section(page);
    let mut sections: Vec<(&str, &str, Markup)> = vec![(
        "proofs",
        "What is proved",
        verdicts::section(page, &verdicts),
    )];
    let told = findings::section(page, &findings);
    let drawn = [
        ("climb", "The way up", legs::section(page)),
        ("graph", "What follows what", graph(page)),
    ];
    // what is wrong comes before everything that one may want to look up
    if findings.is_empty() {
        sections.extend(drawn);
        sections.push(("findings", "Nothing found", told));
    } else {
        sections.push(("findings", "What was found", told));
        sections.extend(drawn);
    }
    sections.extend(numbers::sections(page));
    if let Some(policies) = policies {
        sections.push(("policies", "What the policies ask", policies));
    }
    if !obligations.is_empty() {
        sections.push(("left", "Left to you", left(page, &obligations)));
    }
    sections.push(("files", "What was read", files(page)));
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (name) " – rollout report" }
                style { (PreEscaped(&style)) }
            }
            body {
                header {
                    p class="brand" {
                        svg width="34" height="26" viewBox="0 0 34 26" aria-hidden="true" {
                            path d="M3 23H24a4 4 0 0 0 0 -8H11a4 4 0 0 1 0 -8H31" {}
                        }
                        "Switchback rollout report"
                    }
                    h1 { (name) }
                    @for plan in &page.picture.plans {
                        @if page.picture.release { p class="rolls" { strong { (plan.name) } " " (plan.rolls.join(", ")) } }
                        @else { p class="rolls" { (plan.rolls.join(", ")) } }
                    }
                    (about(page))
                    p class="lead" { (verdicts::sentence(&verdicts, &findings)) }
                }
                nav aria-label="Contents" {
                    ul {
                        @for (id, title, _) in &sections {
                            li { a href=(format!("#{id}")) { (title) } }
                        }
                    }
                }
                main {
                    @for (id, title, content) in &sections {
                        section id=(id) aria-labelledby=(format!("{id}-head")) {
                            h2 id=(format!("{id}-head")) { (title) }
                            (content)
                        }
                    }
                }
                footer {
                    p {
                        "Written by switchback " (env!("CARGO_PKG_VERSION"))
                        " from the files named above; the same files give the same page, to the byte. It loads nothing and runs nothing."
                    }
                }
            }
        }
    };
    let mut out = document.into_string();
    out.push('\n');
    out
}

/// Policies, targets and environment, in one line.
fn about(page: &Page<'_>) -> Markup {
    let mut parts: Vec<String> = Vec::new();
    let mut add = |word: &str, values: Vec<&String>| {
        let mut known: Vec<&str> = Vec::new();
        for value in values {
            if !known.contains(&value.as_str()) {
                known.push(value);
            }
        }
        if !known.is_empty() {
            parts.push(format!("{word} {}", known.join(", ")));
        }
    };
    let plans = &page.picture.plans;
    add("obeys", plans.iter().flat_map(|plan| &plan.obeys).collect());
    add("on", plans.iter().flat_map(|plan| &plan.targets).collect());
    if let Some(environment) = &page.picture.environment {
        parts.push(format!("in environment {environment}"));
    }
    html! {
        @if !parts.is_empty() { p class="muted" { (parts.join(" · ")) } }
        @for (_, plan) in page.plans {
            @if let Some(doc) = plan.doc { p { (text::documentation(page.sources().text(doc))) } }
        }
    }
}

/// The graph, once for each width.
fn graph(page: &Page<'_>) -> Markup {
    html! {
        figure {
            div class="wide" { (picture::drawing(page.picture, false, "wide-")) }
            div class="narrow" { (picture::drawing(page.picture, true, "narrow-")) }
            figcaption {
                "From top to bottom the way forward, at the right edge the way back. A filled bar is the share of the traffic on the new version. "
                "Each leg is left when its hold is over and its gates have passed."
            }
        }
    }
}

fn left(page: &Page<'_>, obligations: &[&Obligation]) -> Markup {
    html! {
        p class="muted" { "No check can do this: it is for people, or for the time of the start." }
        ul class="plain" {
            @for obligation in obligations {
                li { (text::prose(&obligation.text)) " " span class="muted small" { "(" (text::place(page.sources(), obligation.span)) ")" } }
            }
        }
    }
}

fn files(page: &Page<'_>) -> Markup {
    let mut names: Vec<String> = page
        .sources()
        .iter()
        .filter(|(_, file)| file.is_file())
        .map(|(_, file)| shown(&file.name))
        .collect();
    names.sort();
    html! {
        p class="muted" { "The verdicts are about these " (names.len()) " files, and about nothing else." }
        ul class="plain files" { @for name in &names { li { (name) } } }
    }
}
