//! GR01: every step can begin.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Model, Outcome, Plan, StepRef};
use crate::rollout::{LegGraph, Unit, is_too_late, passes};
use crate::source::Span;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Bounded),
    check,
};

static RULE: Rule = Rule {
    name: "unreachable-step",
    code: "GR01",
    severity: Severity::Error,
    summary: "every step can begin",
    why: "A step that no run ever comes to is one that somebody relies on in vain: the check that should have been made, the contract that should have cleaned up. A step never begins when the holds before it alone take longer than the `deadline` of the plan, when the step above it goes back even where it succeeds, or when it waits for a step that never passes.",
    failing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  deadline 2h\n  step canary { weight 5%; hold 3h; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  deadline 5h\n  step canary { weight 5%; hold 3h; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// Why a step never begins.
enum Why {
    /// The holds before it are longer than this.
    Deadline(Span),
    /// The step above goes back, whatever comes of it.
    GoesBack(Span),
    /// It waits for a step that never passes.
    Waits(StepRef),
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    let alone = Unit::default();
    let unit = context.judged.map_or(&alone, |judged| &judged.rollout.unit);
    let ends = never_passed(context.model, unit);
    let place = unit
        .plans
        .iter()
        .position(|&own| std::ptr::eq(&context.model.plans[own], plan));
    let after = place.and_then(|place| unit.after.get(place));
    let Some((step, why)) = first(context.model, unit, plan, after, &ends) else {
        return;
    };
    let declared = &plan.steps[step];
    let name = &declared.name.value;
    let mut found = Diagnostic::new(
        &RULE,
        declared.name.span,
        format!("step `{name}` can never begin"),
    );
    found = match why {
        Why::Deadline(span) => {
            let starts = plan
                .legs
                .iter()
                .find(|leg| leg.step == step)
                .map(|leg| leg.start.after);
            let starts = starts.map_or_else(String::new, |time| time.to_string());
            found
                .here(format!("the holds above it take {starts}"))
                .also(span, "and the whole plan may take no longer than this")
                .help(format!(
                    "raise the `deadline` of the plan above {starts}, or shorten the holds"
                ))
        }
        Why::GoesBack(span) => found
            .here("nothing leads here")
            .also(span, "the step above goes back even when it succeeds")
            .help(
                "let `on success` go on, with the weight that follows, or leave it out: on success the plan goes on",
            ),
        Why::Waits(reference) => {
            let other = reference.plan.as_deref().unwrap_or(&plan.name.value);
            found
                .here("this never begins")
                .also(
                    reference.span,
                    format!("`{other}.{}` never passes", reference.step),
                )
                .help("wait for a step that passes, or put right what keeps that one from it")
        }
    };
    let below = plan.steps.len() - step - 1;
    if below > 0 {
        found = found.note(match below {
            1 => "neither can the step below it".to_string(),
            more => format!("neither can the {more} steps below it"),
        });
    }
    out.push(Found {
        diagnostic: with_origin(found, declared),
        step: Some(step),
    });
}

/// The first step of a plan that never begins, and why.
fn first(
    model: &Model,
    unit: &Unit,
    plan: &Plan,
    after: Option<&Vec<StepRef>>,
    ends: &[Option<usize>],
) -> Option<(usize, Why)> {
    let never = |reference: &&StepRef| {
        let wanted = reference.plan.as_ref().unwrap_or(&plan.name.value);
        let mut plans = unit.plans.iter().zip(ends);
        plans.any(|(&other, end)| {
            let other = &model.plans[other];
            let steps = &other.steps;
            other.name.value == *wanted
                && steps
                    .iter()
                    .position(|step| step.name.value == reference.step)
                    .is_some_and(|step| end.is_some_and(|end| end <= step))
        })
    };
    let inside = LegGraph::new(plan).and_then(|graph| graph.unreachable().into_iter().next());
    let inside = inside.map(|leg| plan.legs[leg].step);
    let whole = plan.after.iter().chain(after.into_iter().flatten());
    if let Some(reference) = whole.into_iter().find(never) {
        return Some((0, Why::Waits(reference.clone())));
    }
    for (number, step) in plan.steps.iter().enumerate() {
        if inside == Some(number) {
            let leg = plan.legs.iter().position(|leg| leg.step == number)?;
            let late = is_too_late(plan, u32::try_from(leg).ok()?);
            let edge = number.checked_sub(1).and_then(|above| {
                let mut edges = plan.steps[above].edges.iter();
                edges.find(|edge| edge.outcome == Outcome::Success)
            });
            return match (late, plan.deadline, edge) {
                (true, Some(deadline), _) => Some((number, Why::Deadline(deadline.span))),
                (_, _, Some(edge)) => Some((number, Why::GoesBack(edge.span))),
                _ => None,
            };
        }
        if let Some(reference) = step.after.iter().find(never) {
            return Some((number, Why::Waits(reference.clone())));
        }
    }
    None
}

/// For each plan of the unit, the first step that never passes. As many rounds as there are plans,
/// each linear in the steps: what never passes in one keeps those from beginning that wait for it.
fn never_passed(model: &Model, unit: &Unit) -> Vec<Option<usize>> {
    let mut ends: Vec<Option<usize>> = unit
        .plans
        .iter()
        .map(|&plan| {
            let plan = &model.plans[plan];
            let longer = |leg: &crate::model::Leg| {
                plan.deadline
                    .is_some_and(|most| leg.start.after.plus(leg.hold) > most.value)
            };
            plan.legs
                .iter()
                .find(|leg| longer(leg) || !plan.steps.get(leg.step).is_some_and(passes))
                .map(|leg| leg.step)
        })
        .collect();
    if ends.iter().all(Option::is_none) {
        return ends;
    }
    for _ in 0..unit.plans.len() {
        let known = ends.clone();
        for (place, &plan) in unit.plans.iter().enumerate() {
            let plan = &model.plans[plan];
            let own = first(model, unit, plan, unit.after.get(place), &known);
            ends[place] = match (known[place], own) {
                (Some(known), Some((step, _))) => Some(known.min(step)),
                (known, own) => known.or(own.map(|(step, _)| step)),
            };
        }
        if ends == known {
            break;
        }
    }
    ends
}
