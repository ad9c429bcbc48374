//! What is proved, and why not.

use maud::{Markup, html};

use crate::diagnostic::{Diagnostic, PlanVerdicts, Proof, Reason, Severity, Verdict};

use super::Page;
use super::text::{prose, shown};

/// What a proof asks.
fn asks(proof: Proof) -> &'static str {
    match proof {
        Proof::Compatible => {
            "Does every version that runs work with every schema, format, API and configuration that it can meet?"
        }
        Proof::Reversible => "Is there a way back from every state, until the line of no return?",
        Proof::Observed => {
            "Does a gate judge what is exposed before more is, with enough requests to see its fault?"
        }
        Proof::Sufficient => "Do the replicas that are ready carry the load, in every state?",
        Proof::Bounded => "Do users, requests, error budget and time stay within what is promised?",
    }
}

fn verdict_of(plan: &PlanVerdicts, proof: Proof) -> &Verdict {
    let mut all = plan.verdicts.iter();
    // what nobody speaks of must never look proved
    all.find(|(other, _)| *other == proof)
        .map_or(&Verdict::NotChecked, |(_, verdict)| verdict)
}

fn sign(verdict: &Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Proved => ("proved", "✓"),
        Verdict::Refuted => ("refuted", "✗"),
        Verdict::Unknown(_) => ("unknown", "?"),
        Verdict::NotChecked => ("not-checked", "–"),
    }
}

pub(super) fn section(page: &Page<'_>, plans: &[&PlanVerdicts]) -> Markup {
    let several = plans.len() > 1;
    html! {
        @for plan in plans {
            @if several {
                h3 {
                    (shown(&plan.plan))
                    @if let Some(environment) = &plan.environment { " in " (shown(environment)) }
                }
            }
            ul class="proofs" {
                @for proof in Proof::ALL {
                    @let verdict = verdict_of(plan, proof);
                    @let (class, sign) = sign(verdict);
                    li class=(class) {
                        strong { (capital(proof.word())) }
                        span class="verdict" { (sign) " " (verdict.word()) }
                        span class="small muted" { (asks(proof)) }
                    }
                }
            }
            (reasons(plan))
            @if let Some(covered) = plan.covered {
                p class="small muted" {
                    "The first two looked at " (covered.states) " states of " (covered.lanes)
                    " things that move, and asked of " (covered.questions) " pairs whether they can be met together."
                }
            }
        }
        @if plans.is_empty() && !page.plans.is_empty() {
            p { "Nothing could be judged: see what was found." }
        }
    }
}

/// Why proofs are unknown.
fn reasons(plan: &PlanVerdicts) -> Markup {
    let mut rows: Vec<(&Reason, Vec<&str>)> = Vec::new();
    for (proof, verdict) in &plan.verdicts {
        let Verdict::Unknown(reasons) = verdict else {
            continue;
        };
        for reason in reasons.iter() {
            match rows.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, proofs)) if proofs.contains(&proof.word()) => {}
                Some((_, proofs)) => proofs.push(proof.word()),
                None => rows.push((reason, vec![proof.word()])),
            }
        }
    }
    let accepted = |reason: &Reason| matches!(reason, Reason::Accepted(_));
    let missing: Vec<_> = rows
        .iter()
        .filter(|(reason, _)| !accepted(reason))
        .collect();
    let told: Vec<_> = rows.iter().filter(|(reason, _)| accepted(reason)).collect();
    html! {
        @for (title, rows) in [("Unknown until somebody declares", missing), ("Unknown, because it is accepted", told)] {
            @if !rows.is_empty() {
                p { strong { (title) ":" } }
                ul class="plain" {
                    @for (reason, proofs) in rows {
                        li { (prose(reason.text())) " " span class="muted small" { "(" (proofs.join(" and ")) ")" } }
                    }
                }
            }
        }
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// The whole page in a sentence.
pub(super) fn sentence(plans: &[&PlanVerdicts], findings: &[&Diagnostic]) -> Markup {
    let count = |class: &str| {
        let all = plans.iter().flat_map(|plan| {
            Proof::ALL
                .iter()
                .map(|proof| sign(verdict_of(plan, *proof)).0)
        });
        all.filter(|own| *own == class).count()
    };
    let (proved, refuted) = (count("proved"), count("refuted"));
    let (unknown, unchecked) = (count("unknown"), count("not-checked"));
    let of = |severity: Severity| {
        findings
            .iter()
            .filter(|found| found.severity == severity)
            .count()
    };
    let errors = of(Severity::Error);
    let mut parts: Vec<String> = Vec::new();
    for (count, word) in [
        (proved, "proved"),
        (refuted, "refuted"),
        (unknown, "unknown"),
        (unchecked, "not checked"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let all = plans.len() * Proof::ALL.len();
    let said = parts.join(", ");
    let verdict = match (refuted, errors) {
        (0, 0) if proved == all && all > 0 => ("kept", "Everything that is asked is proved."),
        (0, 0) => (
            "open",
            "Nothing speaks against this rollout, and not all of it is proved.",
        ),
        (0, _) => ("broken", "There are errors in it."),
        _ => ("broken", "This rollout breaks."),
    };
    let errors = match errors {
        0 => "no errors".to_string(),
        1 => "1 error".to_string(),
        several => format!("{several} errors"),
    };
    html! { strong class=(verdict.0.to_string() + " verdict-line") { (verdict.1) } " Of " (all) " proofs: " (said) "; " (errors) "." }
}
