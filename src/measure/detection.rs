//! The time from the end of a change until a gate speaks, for the fault that it detects.

use crate::units::Duration;

use super::gates::{self, Judges, Watch};
use super::{Answer, Each, Measured, Missing, Quantity, Subject, time};

/// The longest time over the legs that expose more, each with the gates that look at it: the time
/// after which a gate has spoken with the probability that the plan's policies want of it.
pub(super) fn time(subject: Subject<'_>) -> Answer {
    let watches = gates::all_watches(subject);
    let mut missing = Missing {
        facts: watches.missing.clone(),
    };
    if !watches.known.is_empty()
        && let Some(fact) = Judges::missing(subject)
    {
        missing.add(fact);
    }
    let wanted = gates::power_wanted(subject);
    let mut each = Vec::new();
    for watch in watches.known.iter().filter(|watch| watch.leg.grows) {
        match from(subject, &watches.known, watch, wanted) {
            Ok(time) => each.push(Each {
                leg: watch.number,
                gate: Some(watch.index),
                value: Quantity::Time(time),
                at: watch.at,
            }),
            Err(facts) => facts.facts.into_iter().for_each(|fact| missing.add(fact)),
        }
    }
    let exposes = |leg: &crate::model::Leg| leg.grows && leg.exposure.is_exposed();
    if missing.is_empty() && each.is_empty() && subject.plan.legs.iter().any(exposes) {
        missing.add("a gate that looks at what is exposed: `watch`".into());
    }
    if !missing.is_empty() {
        return Answer::Missing(missing);
    }
    let Some(mut found) = Measured::of(each, true) else {
        return Answer::Nothing;
    };
    found = found.assuming(gates::assumptions());
    found = found.assuming([format!(
        "a gate has spoken when it has caught the fault with a probability of {}",
        Quantity::Share(wanted)
    )]);
    Answer::Known(found)
}

/// The time from the change of a leg until its gate has caught the fault, in this leg or a later one
/// that it looks at.
fn from(
    subject: Subject<'_>,
    all: &[Watch<'_>],
    first: &Watch<'_>,
    wanted: f64,
) -> Result<Duration, Missing> {
    let fault = gates::fault(first.gate).map_err(Missing::one)?;
    let times = time::legs(subject);
    let mut spent = Duration::ZERO;
    let mut escapes = 1.0;
    for (number, leg) in subject.plan.legs.iter().enumerate().skip(first.number) {
        let timed = times.iter().find(|times| times.leg == number);
        if number > first.number
            && let Some(timed) = timed
        {
            for stretch in [&timed.entry, &timed.changes] {
                spent = spent.plus(upper(subject, stretch)?);
            }
        }
        let own = all
            .iter()
            .find(|own| own.number == number && own.index == first.index);
        if let Some(watch) = own {
            let (seen, when) = gates::at_once(watch, fault).map_err(Missing::one)?;
            if 1.0 - escapes * (1.0 - seen) >= wanted {
                return Ok(spent.plus(when));
            }
            let caught = gates::caught(watch, fault, watch.share).map_err(Missing::one)?;
            let length = watch.window.max(watch.round);
            for round in 1..=caught.apart_rounds.min(MOST_ROUNDS) {
                escapes *= 1.0 - caught.round;
                if 1.0 - escapes >= wanted {
                    let looked = watch.settle.plus(length.times(round)).min(leg.hold);
                    return Ok(spent.plus(looked.max(watch.settle)));
                }
                if caught.round <= 0.0 {
                    break;
                }
            }
        }
        spent = spent.plus(leg.hold);
        if let Some(timed) = timed {
            spent = spent.plus(upper(subject, &timed.pauses)?);
        }
    }
    Err(Missing::one(format!(
        "a `hold`, a weight or a gate with which `{}` catches its fault before the plan ends",
        first.gate.name.value
    )))
}

/// The most that a stretch takes; what is open ends with the plan.
fn upper(subject: Subject<'_>, stretch: &time::Stretch) -> Result<Duration, Missing> {
    let limit = subject.plan.deadline.map(|limit| limit.value);
    match (stretch.upper(), limit) {
        (Ok(most), Some(limit)) => Ok(most.min(limit)),
        (Ok(most), None) => Ok(most),
        (Err(_), Some(limit)) => Ok(limit),
        (Err(facts), None) => Err(facts.clone()),
    }
}

/// So many rounds of one hold are counted.
const MOST_ROUNDS: u64 = 100_000;
