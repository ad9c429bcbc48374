//! PR01: no step is under way during a freeze.

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::policy::{Freeze, Meets, freezes};
use crate::source::Span;

use super::super::{Context, Found, Hazard, with_origin};
use super::subject;

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

pub(super) static RULE: Rule = Rule {
    name: "freeze-window",
    code: "PR01",
    severity: Severity::Error,
    summary: "no step is under way while a policy freezes changes",
    why: "A freeze protects days on which a fault costs most and fewest people are there to take it back. A plan is under way from its start to its end, its holds and its waits for approvals included. The start is given with `check --start 2026-12-17T09:00+09:00`; without it, the last start that is early enough stands in the summary. Days begin and end when the clocks of the freeze's time zone say so, with their changes between summer and winter time.",
    failing: "",
    passing: "",
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    let Some(start) = context.start else { return };
    for freeze in freezes(subject(context), Some(start)) {
        let zone = freeze.zone;
        let name = &plan.name.value;
        let (message, leg, here) = match freeze.meets {
            Meets::NoStart | Meets::Never | Meets::Open => continue,
            Meets::Always(leg) if start >= freeze.from => (
                format!("`{name}` starts at {}, within a freeze", start.shown(zone)),
                leg,
                "starts here".to_string(),
            ),
            Meets::Always(leg) => {
                let leg = leg.or(plan.legs.len().checked_sub(1));
                let step = leg.and_then(|leg| plan.steps.get(plan.legs.get(leg)?.step));
                let step = step.map_or("its last step", |step| &step.name.value);
                (
                    format!(
                        "`{name}` is under way when the freeze begins at {}: `{step}` has not ended by then",
                        freeze.from.shown(zone)
                    ),
                    leg,
                    format!("still here, if it starts at {}", start.shown(zone)),
                )
            }
            Meets::Late(end) => (
                format!(
                    "`{name}` may be under way when the freeze begins at {}: it ends by {} at the latest",
                    freeze.from.shown(zone),
                    end.shown(zone)
                ),
                plan.legs.len().checked_sub(1),
                format!("may still be here, if it starts at {}", start.shown(zone)),
            ),
        };
        let leg = leg.and_then(|leg| plan.legs.get(leg));
        let at = leg.map_or(plan.name.span, |leg| leg.span);
        let mut found = Diagnostic::new(&RULE, at, message)
            .here(here)
            .also(freeze.span, days(&freeze))
            .help(when(&freeze));
        let step = leg.and_then(|leg| plan.steps.get(leg.step));
        if let Some(step) = step {
            found = with_origin(found, step);
        }
        out.push(Found {
            diagnostic: found,
            step: leg.map(|leg| leg.step),
        });
    }
}

fn days(freeze: &Freeze<'_>) -> String {
    format!(
        "policy `{}` freezes from {} up to {}",
        freeze.policy.name.value,
        freeze.from.shown(freeze.zone),
        freeze.to.shown(freeze.zone)
    )
}

/// When to start, so that they do not meet.
fn when(freeze: &Freeze<'_>) -> String {
    let behind = freeze.earliest.shown(freeze.zone);
    match freeze.latest {
        Some(latest) => format!(
            "start it by {}, or from {behind} on",
            latest.shown(freeze.zone)
        ),
        None => format!(
            "start it from {behind} on; nothing bounds how long it takes, so that no earlier start is sure"
        ),
    }
}

/// What a freeze leaves to whoever starts the plan: where no start was given, or nothing bounds the
/// end.
pub(crate) fn left_to_do(context: &Context<'_>) -> Vec<(String, Span)> {
    let name = &context.plan.name.value;
    let mut left = Vec::new();
    for freeze in freezes(subject(context), context.start) {
        let (first, last) = freeze.days;
        let of = format!(
            "policy `{}` freezes from {first} to {last} ({})",
            freeze.policy.name.value, freeze.zone
        );
        let text = match freeze.meets {
            Meets::NoStart => format!("{of}: {}; `--start TIME` checks it", starts(&freeze, name)),
            Meets::Open => format!(
                "{of}: see to it that `{name}` has ended before; nothing bounds how long it takes"
            ),
            _ => continue,
        };
        left.push((text, freeze.span));
    }
    left
}

fn starts(freeze: &Freeze<'_>, name: &str) -> String {
    let behind = freeze.earliest.shown(freeze.zone);
    match freeze.latest {
        Some(latest) => format!(
            "start `{name}` by {}, or from {behind} on",
            latest.shown(freeze.zone)
        ),
        None => format!("start `{name}` so that it has ended before, or from {behind} on"),
    }
}
