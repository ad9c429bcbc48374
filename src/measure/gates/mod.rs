//! Which gate judges which leg before more is exposed, and what
//! it is given to see there.

mod alarm;
mod canary;
mod judges;
mod measured;
mod power;
mod watch;

use crate::model::{Action, Detect, Gate, GateKind, Limit, Model, Outcome, Plan, Then};
use crate::source::Span;

use super::{Answer, Each, Measured, Missing, Quantity, Subject};

pub(super) use alarm::false_alarm;
pub use judges::Judges;
pub(super) use power::at_once;
pub use power::{Caught, caught, hold_needed, stops};
pub use watch::{Watch, Watches, all_watches, share_of, traffic, watches, weight_of};

/// The power that a gate has to have where no policy says another.
const USUAL_POWER: f64 = 0.8;

/// The power that the plan's policies require of its gates, else the usual one.
pub fn power_wanted(subject: Subject<'_>) -> f64 {
    let policies = subject.plan.obeys.iter();
    let required = policies
        .filter_map(|policy| subject.model.policies.get(policy.value))
        .flat_map(|policy| &policy.requires)
        .filter(|require| require.measure.value == "power" && require.condition.is_none())
        .filter_map(|require| match require.bound {
            Some((_, limit)) => limit.value.as_number(),
            None => None,
        });
    let highest = required.fold(0.0_f64, f64::max);
    if highest > 0.0 && highest < 1.0 {
        highest
    } else {
        USUAL_POWER
    }
}

/// What is not known of how the plan is observed; empty where all of it is.
pub fn missing(subject: Subject<'_>) -> Vec<String> {
    let mut found = watches(subject);
    let facts = [canary::missing(subject), canary::idle(subject)];
    for fact in facts.into_iter().flatten() {
        found.miss(fact);
    }
    for action in subject.plan.steps.iter().flat_map(|step| &step.actions) {
        if matches!(action.value, Action::Rolling { .. }) {
            found.miss(
                "the exposure of the batches, which `rolling` leaves to readiness: `weight` has gates"
                    .into(),
            );
        }
    }
    let steps = subject.plan.steps.iter().flat_map(|step| &step.watch);
    for watched in steps.chain(&subject.plan.throughout) {
        if let Some(gate) = subject.model.gates.get(watched.value)
            && gate.incomplete
        {
            found.miss(measured::unreadable(gate));
        }
    }
    let wanted = power_wanted(subject);
    for watch in std::mem::take(&mut found.known) {
        let gate = watch.gate;
        for fact in measured::unusable(subject, gate) {
            found.miss(fact);
        }
        let seen = fault(gate).and_then(|bad| Ok((bad, caught(&watch, bad, watch.share)?)));
        match seen {
            Err(fact) => found.miss(fact),
            // of a quantile a bound is known, whatever the distribution
            Ok((bad, caught)) if quantile(gate).is_some() && caught.leg < wanted => {
                let step = &subject.plan.steps[watch.leg.step].name.value;
                let hold = hold_needed(&watch, bad, caught.round, wanted);
                let name = &gate.name.value;
                found.miss(match hold {
                    Some(hold) => format!(
                        "`hold {hold}` in step `{step}`: gate `{name}` then sees its fault however its values are spread"
                    ),
                    None => format!(
                        "how the values of gate `{name}` are spread: no hold of step `{step}` shows its fault whatever they are"
                    ),
                });
            }
            Ok(_) => {}
        }
        if gate.normally.is_none() {
            found.miss(fact_of(gate, "normally"));
        }
        // what is neither passed nor failed must not go on, or only `fail` stops the fault
        let step = &subject.plan.steps[watch.leg.step];
        let goes_on = step
            .edges
            .iter()
            .any(|edge| edge.outcome == Outcome::Inconclusive && edge.then == Then::Continue);
        if gate.fail.is_some() && goes_on {
            found.miss(format!(
                "`on inconclusive rollback` in step `{}`",
                step.name.value
            ));
        }
    }
    found.missing
}

/// The lowest probability with which a gate that judges an exposure catches its fault before more is
/// exposed.
pub(super) fn power(subject: Subject<'_>) -> Answer {
    let watches = watches(subject);
    let mut missing = Missing {
        facts: watches.missing.clone(),
    };
    let mut each = Vec::new();
    for watch in &watches.known {
        let seen = fault(watch.gate).and_then(|bad| caught(watch, bad, watch.share));
        match seen {
            Ok(seen) => each.push(Each {
                leg: watch.number,
                gate: Some(watch.index),
                value: Quantity::Share(seen.leg),
                at: watch.at,
            }),
            Err(fact) => missing.add(fact),
        }
    }
    if !missing.is_empty() {
        return Answer::Missing(missing);
    }
    let found = Measured::of(each, false).map(|found| found.assuming(assumptions()));
    found.map_or(Answer::Nothing, Answer::Known)
}

/// What all numbers of gates rest on.
pub fn assumptions() -> [String; 2] {
    [
        "requests are independent of one another".into(),
        "a gate counts the requests of `traffic`".into(),
    ]
}

/// A fact of a gate, as it is asked for.
pub fn fact_of(gate: &Gate, word: &str) -> String {
    format!("`{word}` of gate `{}`", gate.name.value)
}

/// The healthy value, in the unit that the query answers in.
pub fn healthy(gate: &Gate) -> Option<f64> {
    gate.normally.and_then(|value| value.value.as_number())
}

/// The value that must not slip through, in the unit that the query answers in, or what is missing.
pub fn fault(gate: &Gate) -> Result<f64, String> {
    let number = |limit: Limit| limit.as_number();
    let Some(detect) = gate.detect else {
        return Err(fact_of(gate, "detect"));
    };
    let base = || healthy(gate).ok_or_else(|| fact_of(gate, "normally"));
    match detect.value {
        Detect::Value(limit) => number(limit).ok_or_else(|| fact_of(gate, "detect")),
        Detect::Added(limit) => match number(limit) {
            Some(added) => Ok(base()? + added),
            None => Err(fact_of(gate, "detect")),
        },
        Detect::Multiple(factor) => Ok(base()? * factor),
    }
}

/// Whether a value passes, where it is known what it is compared with.
pub fn passes(gate: &Gate, value: f64) -> Option<bool> {
    let expect = gate.expect.as_ref()?;
    let limit = match expect.limit.value {
        Limit::Baseline(factor) => factor * healthy(gate)?,
        other => other.as_number()?,
    };
    Some(expect.op.holds(value, limit))
}

/// Whether a value fails for good: by `fail` where the gate has one, else by not passing.
pub fn fails(gate: &Gate, value: f64) -> Option<bool> {
    let Some(fail) = &gate.fail else {
        return passes(gate, value).map(|passes| !passes);
    };
    let limit = match fail.limit.value {
        Limit::Baseline(factor) => factor * healthy(gate)?,
        other => other.as_number()?,
    };
    Some(fail.op.holds(value, limit))
}

/// The gates of the plan, each once, with the place that names it first and its step.
pub fn gates<'a>(subject: Subject<'a>) -> Vec<(&'a Gate, Span, Option<usize>)> {
    let plan: &'a Plan = subject.plan;
    let model: &'a Model = subject.model;
    let mut found: Vec<(&Gate, Span, Option<usize>)> = Vec::new();
    let steps = plan.steps.iter().enumerate();
    let named = steps
        .flat_map(|(step, declared)| declared.watch.iter().map(move |gate| (gate, Some(step))))
        .chain(plan.throughout.iter().map(|gate| (gate, None)));
    for (watched, step) in named {
        if let Some(gate) = model.gates.get(watched.value)
            && !gate.incomplete
            && !found
                .iter()
                .any(|(known, ..)| known.name.span == gate.name.span)
        {
            found.push((gate, watched.span, step));
        }
    }
    found
}

/// Whether a gate measures the quantile that it says, and which.
pub fn quantile(gate: &Gate) -> Option<f64> {
    match gate.kind?.value {
        GateKind::Quantile(share) => Some(share.fraction()).filter(|q| *q > 0.0 && *q < 1.0),
        _ => None,
    }
}

/// A probability in words: whole percents, and never `0%` or `100%` for what is neither.
pub fn percent(share: f64) -> String {
    let whole = (share * 100.0).round();
    if whole < 1.0 && share > 0.0 {
        "less than 1%".into()
    } else if whole > 99.0 && share < 1.0 {
        "more than 99%".into()
    } else {
        format!("{whole}%")
    }
}

/// A count with separators: `12,693`.
pub fn grouped(count: f64) -> String {
    let digits = format!("{}", count.clamp(0.0, 1e15).floor() as u64);
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
