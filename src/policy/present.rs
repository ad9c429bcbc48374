//! What must be there: gates that watch, a human who says yes, a job that succeeds.

use crate::model::{Condition, Leg, Limit, Plan, Requirement};

use super::legs::{counts, moves, reaches, step_of};
use super::{Found, State};
use crate::measure::Subject;

/// The answer to `require watch`, `require approval` and `require run`.
///
/// `watch` is asked of every leg that exposes more; `approval` and `run` of the plan. With `when`, each
/// step that exposes more while the condition holds needs its own; with `before weight W`, one must
/// have been there when the first leg of that weight begins.
pub(super) fn present(subject: Subject<'_>, requirement: &Requirement) -> Found {
    let plan = subject.plan;
    match &requirement.condition {
        Some(Condition::Before(_, bound)) => before(plan, requirement, bound.value),
        Some(Condition::When(..)) => each(plan, requirement),
        None if requirement.measure.value == "watch" => each(plan, requirement),
        None => anywhere(plan, requirement),
    }
}

fn what(requirement: &Requirement) -> &'static str {
    match requirement.measure.value.as_str() {
        "watch" => "nothing watches this",
        "approval" => "nobody approves this",
        _ => "no job has run for this",
    }
}

/// Whether a step has it. What is watched `throughout` is watched in every step.
fn has(plan: &Plan, requirement: &Requirement, step: usize) -> bool {
    let Some(step) = plan.steps.get(step) else {
        return false;
    };
    match requirement.measure.value.as_str() {
        "watch" => !step.watch.is_empty() || !plan.throughout.is_empty(),
        "approval" => step.approval.is_some(),
        _ => !step.runs.is_empty(),
    }
}

/// Every step that exposes more while the condition holds.
fn each(plan: &Plan, requirement: &Requirement) -> Found {
    let mut asked = plan
        .legs
        .iter()
        .filter(|leg| leg.grows && counts(requirement, leg))
        .peekable();
    if asked.peek().is_none() {
        return Found::of(State::Idle);
    }
    match asked
        .find(|leg| !has(plan, requirement, leg.step) && !watched_behind(plan, requirement, leg))
    {
        Some(leg) => Found::of(State::Broken).at(leg.span, what(requirement), Some(leg.step)),
        None => Found::of(State::Kept),
    }
}

/// Whether the exposure of a leg is watched in a step behind it that exposes nothing more.
fn watched_behind(plan: &Plan, requirement: &Requirement, leg: &Leg) -> bool {
    if requirement.measure.value != "watch" {
        return false;
    }
    let after = plan.legs.iter().skip_while(|other| other.step <= leg.step);
    let mut same = after.take_while(|other| !other.grows);
    let last = plan.legs.iter().rfind(|other| other.step == leg.step);
    // a leg inside of a chain grows before a later step looks
    last.is_some_and(|last| last.number == leg.number)
        && same.any(|other| has(plan, requirement, other.step))
}

/// Once, in front of the first leg of that weight.
fn before(plan: &Plan, requirement: &Requirement, bound: Limit) -> Found {
    let Some(bound) = bound.as_number() else {
        return Found::of(State::Idle);
    };
    let Some((index, leg)) = reaches(plan, bound) else {
        return Found::of(State::Idle);
    };
    let is_there = match requirement.measure.value.as_str() {
        // an approval is the entry of its step; `run` comes behind its changes
        "approval" => (0..=leg.step).any(|step| has(plan, requirement, step)),
        "run" => (0..leg.step).any(|step| has(plan, requirement, step)),
        _ => plan.legs[..index]
            .iter()
            .any(|leg| leg.exposure.is_exposed() && has(plan, requirement, leg.step)),
    };
    if is_there {
        return Found::of(State::Kept);
    }
    Found::of(State::Broken).at(
        leg.span,
        format!("{} here", leg.exposure.weight()),
        Some(leg.step),
    )
}

/// Once, anywhere in the plan.
fn anywhere(plan: &Plan, requirement: &Requirement) -> Found {
    if (0..plan.steps.len()).any(|step| has(plan, requirement, step)) {
        return Found::of(State::Kept);
    }
    // the step that exposes the most is the one that would need it
    let most = plan.legs.iter().filter(|leg| leg.grows).max_by_key(|leg| {
        let first = usize::MAX - leg.step;
        (leg.exposure.weight(), first)
    });
    match most {
        Some(leg) => {
            let by = moves(plan, leg, |_| true).then_some(leg.span);
            let at = by.or_else(|| step_of(plan, leg).map(|step| step.line));
            Found::of(State::Broken).at(at.unwrap_or(leg.span), what(requirement), Some(leg.step))
        }
        None => Found::of(State::Broken),
    }
}
