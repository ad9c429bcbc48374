//! How long an exposure lasts before more is exposed, and before the line of no return.

use crate::model::{Action, Leg};
use crate::units::{Duration, Percent};

use super::{Answer, Each, Measured, Quantity, Subject};

/// The shortest time that an exposure lasts. Legs that expose nothing more prolong the one before;
/// of batches each counts for itself.
pub(super) fn shortest(subject: Subject<'_>) -> Answer {
    let legs = &subject.plan.legs;
    let mut each: Vec<Each> = Vec::new();
    let mut current: Option<(usize, Duration)> = None;
    let time = |(leg, time): (usize, Duration)| Each {
        leg,
        gate: None,
        value: Quantity::Time(time),
        at: place(subject, &legs[leg]),
    };
    for (number, leg) in legs.iter().enumerate() {
        if leg.grows {
            each.extend(current.take().map(time));
            for batch in batches(subject, leg) {
                each.push(time((number, batch)));
            }
        }
        if leg.exposure.is_exposed() {
            let before = current.filter(|_| !leg.grows);
            let (first, held) = before.unwrap_or((number, Duration::ZERO));
            current = Some((first, held.plus(own_hold(subject, leg))));
        } else {
            // taken back before more was exposed
            each.extend(current.take().map(time));
        }
    }
    each.extend(current.map(time));
    Measured::of(each, false).map_or(Answer::Nothing, Answer::Known)
}

/// The time that everything is exposed, above the line of no return where that is above it; zero for
/// a plan that ends below 100 %.
pub(super) fn bake(subject: Subject<'_>) -> Answer {
    let legs = &subject.plan.legs;
    let Some(last) = legs.iter().rposition(|leg| leg.grows) else {
        return Answer::Nothing;
    };
    let Some(leg) = legs.get(last) else {
        return Answer::Nothing;
    };
    let line = subject.plan.no_return.as_ref().map(|line| line.above);
    let below = |step: usize| line.is_some_and(|line| step >= line);
    let mut held = Duration::ZERO;
    if is_whole(subject, leg) {
        for own in legs.iter().skip(last) {
            if below(leg.step) || !below(own.step) {
                held = held.plus(own_hold(subject, own));
            }
        }
    }
    let mut found = Measured::new(Quantity::Time(held), place(subject, leg));
    found.leg = Some(last);
    Answer::Known(found)
}

/// Whether everything is exposed that the leg exposes.
fn is_whole(subject: Subject<'_>, leg: &Leg) -> bool {
    let exposure = &leg.exposure;
    let whole = |share: &Percent| *share >= Percent::FULL;
    let traffic = subject.plan.rolls.is_empty()
        || (!exposure.weights.is_empty() && exposure.weights.values().all(whole));
    traffic && exposure.flags.values().all(whole)
}

/// The hold of the leg's step, without those between batches.
fn own_hold(subject: Subject<'_>, leg: &Leg) -> Duration {
    let step = subject.step(leg);
    step.and_then(|step| step.hold)
        .map_or(Duration::ZERO, |hold| hold.value)
}

/// The holds between the batches of a leg.
fn batches<'a>(subject: Subject<'a>, leg: &'a Leg) -> impl Iterator<Item = Duration> + 'a {
    let actions = subject.step(leg).into_iter();
    let actions = actions.flat_map(|step| step.actions.iter().skip(leg.first_change));
    actions.filter_map(|action| match action.value {
        Action::Rolling { hold, .. } => hold.map(|hold| hold.value),
        _ => None,
    })
}

/// Where the time of a leg stands: its `hold`, else the leg.
fn place(subject: Subject<'_>, leg: &Leg) -> crate::source::Span {
    let step = subject.step(leg);
    step.and_then(|step| step.hold)
        .map_or(leg.span, |hold| hold.span)
}
