//! What policies ask of the plans, and what these answer.

use maud::{Markup, html};

use crate::measure::Subject;
use crate::policy::{self, State};

use super::Page;
use super::text::{place, prose, shown};

/// The statements of the policies that the plans obey; `None` where they obey none.
pub(super) fn section(page: &Page<'_>) -> Option<Markup> {
    let mut parts = Vec::new();
    for (model, plan) in page.plans {
        let subject = Subject::new(model, plan);
        let answers = match plan.incomplete {
            true => Vec::new(),
            false => policy::answers(subject),
        };
        for policy in policy::policies(model, plan) {
            let name = shown(&policy.name.value);
            let own = answers
                .iter()
                .filter(|answer| answer.policy.name.span == policy.name.span);
            let forbids = policy.forbids.iter().map(|rule| ("forbid", rule));
            let never = policy.never_allows.iter().map(|rule| ("never-allow", rule));
            let strategies = policy
                .strategies
                .iter()
                .map(|name| ("allow-strategy", name));
            let others: Vec<_> = forbids.chain(never).chain(strategies).collect();
            let proofs: Vec<_> = policy
                .requires
                .iter()
                .filter(|asked| !asked.proofs.is_empty())
                .collect();
            parts.push(html! {
                h3 { "Policy " (name) @if page.picture.release { " for " (shown(&plan.name.value)) } }
                div class="scroll" tabindex="0" role="region" aria-label=(format!("Policy {name}")) {
                table {
                    caption { "What " (name) " asks of " (shown(&plan.name.value)) ", and what is there" }
                    thead { tr { th scope="col" { "it asks" } th scope="col" { "answer" } th scope="col" { "measured" } th scope="col" { "place" } } }
                    tbody {
                        @for answer in own {
                            tr {
                                th scope="row" { span class="code" { (shown(page.sources().text(answer.requirement.span))) } }
                                td { (state(&answer.state)) }
                                td {
                                    @if let Some(value) = answer.value { (value) }
                                    @if !answer.here.is_empty() { div class="small muted" { (prose(&answer.here)) } }
                                    @if let State::Unknown(facts) = &answer.state {
                                        ul class="plain small" { @for fact in facts { li { "missing: " (prose(fact)) } } }
                                    }
                                }
                                td class="small muted" { (place(page.sources(), answer.requirement.span)) }
                            }
                        }
                        @for asked in &proofs {
                            tr {
                                th scope="row" { span class="code" { (shown(page.sources().text(asked.span))) } }
                                td { a href="#proofs" { "see the proofs" } } td {}
                                td class="small muted" { (place(page.sources(), asked.span)) }
                            }
                        }
                        @for (word, rule) in &others {
                            tr {
                                th scope="row" { span class="code" { (word) " " (shown(&rule.value)) } }
                                td { a href="#findings" { "see what was found" } } td {}
                                td class="small muted" { (place(page.sources(), rule.span)) }
                            }
                        }
                        @for (from, to, zone) in &policy.freezes {
                            tr {
                                th scope="row" { span class="code" { "freeze " (from.value) " .. " (to.value) " in " (shown(&zone.value)) } }
                                td { "at the start" } td {}
                                td class="small muted" { (place(page.sources(), from.span)) }
                            }
                        }
                    }
                }
                }
            });
        }
    }
    if parts.is_empty() {
        return None;
    }
    Some(html! { @for part in &parts { (part) } })
}

fn state(state: &State) -> Markup {
    html! {
        @match state {
            State::Kept => span class="kept" { "✓ kept" },
            State::Broken => span class="broken" { "✗ broken" },
            State::Unknown(_) => span class="open" { "? unknown" },
            State::Idle => span class="muted" { "– does not apply" },
        }
    }
}
