//! Requirements with a bound: what is measured is compared with what the policy allows.

use crate::measure::{self, Answer, Each, Measure, Measured, Quantity, Subject};
use crate::model::{Plan, Requirement};
use crate::vocabulary::Compare;

use super::legs::counts;
use super::{Found, State, own};

/// The answer to a requirement with a bound.
///
/// What is measured leg by leg has to keep the bound at each leg, with `when` at each leg where the
/// condition holds. What is measured of the plan as a whole counts as soon as a leg meets the
/// condition.
pub(super) fn measured(subject: Subject<'_>, requirement: &Requirement) -> Found {
    let plan = subject.plan;
    let Some((op, bound)) = requirement
        .bound
        .and_then(|(op, bound)| Some((op, bound.value.as_number()?)))
    else {
        return Found::of(State::Idle);
    };
    if !plan.legs.iter().any(|leg| counts(requirement, leg)) {
        return Found::of(State::Idle);
    }
    let answer = match requirement.measure.value.as_str() {
        "retire-after" => own::retire_after(subject),
        "domains-at-once" => own::domains_at_once(subject),
        word => match Measure::of(word) {
            Some(measure) => measure::measure(subject, measure),
            None => return Found::of(State::Idle),
        },
    };
    match answer {
        Answer::Nothing => Found::of(State::Idle),
        Answer::Missing(missing) => Found::of(State::Unknown(missing.facts)),
        Answer::Known(known) => compared(plan, requirement, &known, op, bound),
    }
}

fn compared(
    plan: &Plan,
    requirement: &Requirement,
    known: &Measured,
    op: Compare,
    bound: f64,
) -> Found {
    let mut each: Vec<Each> = known.each.clone();
    each.retain(|each| {
        let leg = plan.legs.get(each.leg);
        leg.is_none_or(|leg| counts(requirement, leg))
    });
    if !known.each.is_empty() && each.is_empty() {
        return Found::of(State::Idle);
    }
    if each.is_empty() {
        let value = end(known, op);
        let found = Found::of(kept(op, value, bound));
        let step = known.leg.and_then(|leg| plan.legs.get(leg));
        return filled(found, value, known).at(known.at, "", step.map(|leg| leg.step));
    }
    // the one that is furthest on the wrong side, or nearest to it
    let distance = |value: Quantity| match op {
        Compare::Less | Compare::LessEqual => value.number(),
        Compare::Greater | Compare::GreaterEqual => -value.number(),
        Compare::Equal => (value.number() - bound).abs(),
    };
    let mut worst = each[0];
    for one in &each[1..] {
        if distance(one.value) > distance(worst.value) {
            worst = *one;
        }
    }
    let step = |leg: usize| plan.legs.get(leg).map(|leg| leg.step);
    let found = Found::of(kept(op, worst.value, bound));
    let found = filled(found, worst.value, known);
    let mut found = found.at(worst.at, "", step(worst.leg));
    let broken = each
        .iter()
        .filter(|one| kept(op, one.value, bound) == State::Broken);
    found.steps = broken.filter_map(|one| step(one.leg)).collect();
    found.steps.dedup();
    found
}

/// The end of an interval that decides: the upper one, but for what must be more than the bound.
fn end(known: &Measured, op: Compare) -> Quantity {
    match op {
        Compare::Greater | Compare::GreaterEqual => known.least.unwrap_or(known.value),
        _ => known.value,
    }
}

/// Differences of shares are not exact in binary: what is that near to the bound is the bound.
const NEAR: f64 = 1e-9;

fn kept(op: Compare, value: Quantity, bound: f64) -> State {
    let value = value.number();
    let is_bound = (value - bound).abs() <= NEAR * bound.abs().max(1.0);
    match op.holds(if is_bound { bound } else { value }, bound) {
        true => State::Kept,
        false => State::Broken,
    }
}

fn filled(mut found: Found, value: Quantity, known: &Measured) -> Found {
    found.value = Some(value);
    found.rests_on.clone_from(&known.assumptions);
    found.parts.clone_from(&known.parts);
    found
}
