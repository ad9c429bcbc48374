//! The legs, as a climb and as a table.

use maud::{Markup, html};

use crate::picture::{self, LegPicture, PlanPicture};

use super::Page;

pub(super) fn section(page: &Page<'_>) -> Markup {
    html! {
        @for (number, plan) in page.picture.plans.iter().enumerate() {
            @if page.picture.release { h3 { (plan.name) } }
            figure {
                div class="wide" { (picture::climb(plan, false, &format!("climb-{number}-wide"))) }
                div class="narrow" { (picture::climb(plan, true, &format!("climb-{number}-narrow"))) }
                figcaption {
                    "The share of the traffic on the new version. Every leg is drawn equally wide; below its name stands when it starts, holds counted and nothing else."
                    @if plan.legs.iter().any(|leg| leg.start.ends_with('+')) {
                        " A + says that an approval without a limit stands before it."
                    }
                    @if plan.legs.iter().any(|leg| leg.approval.is_some()) { " A diamond is an approval." }
                    @if plan.legs.iter().any(|leg| leg.changes.iter().any(|change| change.moves == picture::Moves::Data)) {
                        " A barrel is a migration."
                    }
                }
            }
            (table(page, number, plan))
            @if let Some(within) = &plan.back_within {
                p { "The way back is promised within " strong { (within) } "." }
            }
        }
    }
}

fn table(page: &Page<'_>, number: usize, plan: &PlanPicture) -> Markup {
    let schema = plan.legs.iter().any(|leg| !leg.schema.is_empty());
    let columns = if schema { 7 } else { 6 };
    html! {
        div class="scroll" tabindex="0" role="region" aria-label=(format!("The legs of {}", plan.name)) {
            table class="legs" role="table" {
                caption { "The legs of " (plan.name) }
                thead role="rowgroup" {
                    tr role="row" {
                        @for head in ["start", "step"] { th role="columnheader" scope="col" { (head) } }
                        th role="columnheader" scope="col" colspan="2" { "traffic on the new version" }
                        th role="columnheader" scope="col" { "live" }
                        @if schema { th role="columnheader" scope="col" { "schema" } }
                        th role="columnheader" scope="col" { "hold and gates" }
                    }
                }
                tbody role="rowgroup" {
                    @for (at, leg) in plan.legs.iter().enumerate() {
                        (no_return(plan, at, columns))
                        (row(page, (number, at), plan, leg, schema))
                    }
                    (no_return(plan, plan.legs.len(), columns))
                }
            }
        }
    }
}

fn no_return(plan: &PlanPicture, at: usize, columns: usize) -> Markup {
    let line = plan.no_return.as_ref().filter(|line| line.above == at);
    html! {
        @if let Some(line) = line {
            tr class="no-return" role="row" { th role="rowheader" colspan=(columns) { "no return: " (line.reason) } }
        }
    }
}

fn row(
    page: &Page<'_>,
    at: (usize, usize),
    plan: &PlanPicture,
    leg: &LegPicture,
    schema: bool,
) -> Markup {
    let mut first: Vec<String> = page
        .picture
        .waits_of(at.0, at.1)
        .map(|wait| format!("after {}", wait.name))
        .collect();
    first.extend(leg.approval.clone());
    first.extend(leg.changes.iter().map(|change| change.text.clone()));
    first.extend(leg.runs.iter().map(|run| format!("runs {run}")));
    let edges: Vec<String> = leg
        .edges
        .iter()
        .filter_map(|edge| edge.text(&plan.legs))
        .collect();
    html! {
        tr role="row" {
            td class="now" role="cell" data-label="start" { (leg.start) }
            th role="rowheader" scope="row" { (leg.name) }
            td class="bar" role="cell" { (bar(leg)) }
            td role="cell" data-label="traffic" { (leg.traffic_text()) }
            td role="cell" data-label="live" {
                @for live in &leg.live {
                    span class=(if live.new { "version new" } else { "version" }) { (live.name) }
                }
            }
            @if schema { td role="cell" data-label="schema" { (leg.schema.join(", ")) } }
            td role="cell" {
                @for text in &first { div { (text) } }
                @if let Some(hold) = leg.hold_text() { div { (hold) } }
                @for text in &edges { div class="muted small" { (text) } }
            }
        }
    }
}

fn bar(leg: &LegPicture) -> Markup {
    let Some(share) = leg.share else {
        return html! {};
    };
    let text = format!("{share} of the traffic");
    // a thousand units are the whole; what is there at all is seen
    let wide = match share.ppm() {
        0 => 0,
        ppm => (ppm.min(1_000_000) / 1_000).max(8),
    };
    html! {
        svg viewBox="0 0 1000 60" preserveAspectRatio="none" role="img" aria-label=(text) {
            rect class="track" width="1000" height="60" {}
            rect class="fill" width=(wide) height="60" {}
        }
    }
}
