//! Freezes: days on which no step may be under way.

use crate::measure::{self, Answer, Measure, Quantity, Subject};
use crate::model::{Plan, Policy};
use crate::source::Span;
use crate::units::{Duration, Moment};
use crate::vocabulary::Date;

use super::policies;

/// A freeze of a policy, and whether the plan meets it.
#[derive(Clone, Debug)]
pub struct Freeze<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its line, as far as the days go.
    pub span: Span,
    /// The first day and the last.
    pub days: (Date, Date),
    /// The time zone.
    pub zone: &'a str,
    /// The first moment, and the first one behind it.
    pub from: Moment,
    /// The first moment behind the freeze.
    pub to: Moment,
    /// The last start from which the plan has certainly ended before the freeze, and meets no other one;
    /// `None` where nothing bounds how long it takes.
    pub latest: Option<Moment>,
    /// The first start behind it at which no other freeze is met, as far as it is known how long the
    /// plan takes.
    pub earliest: Moment,
    /// Whether they meet.
    pub meets: Meets,
}

/// Whether a plan is under way while nothing may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meets {
    /// Nobody said when it starts.
    NoStart,
    /// It has ended before, or starts behind it.
    Never,
    /// It is under way then even if everything but its holds takes no time: the leg that is held when
    /// the freeze begins, or that the start falls into.
    Always(Option<usize>),
    /// It is under way then if everything takes as long as it may: when it ends.
    Late(Moment),
    /// Nothing bounds how long it takes.
    Open,
}

/// The freezes of the policies of a plan that starts at `start`. Those whose days or zones do not exist
/// are told elsewhere, and left out.
///
/// A plan is under way from its start to its end: a wait for an approval belongs to the step that
/// waits. What waits for steps of other plans begins when they are done, which no clock bounds.
pub fn freezes<'a>(subject: Subject<'a>, start: Option<Moment>) -> Vec<Freeze<'a>> {
    let plan = subject.plan;
    let all: Vec<(&Policy, _)> = policies(subject.model, plan)
        .flat_map(|policy| policy.freezes.iter().map(move |freeze| (policy, freeze)))
        .collect();
    if all.is_empty() {
        return Vec::new();
    }
    let (least, most) = takes(subject);
    let mut found = Vec::new();
    for (policy, (first, last, zone)) in all {
        let day = |date: Date| (date.year, date.month, date.day);
        let from = Moment::of_day(day(first.value), false, &zone.value);
        let to = Moment::of_day(day(last.value), true, &zone.value);
        let (Some(from), Some(to)) = (from, to) else {
            continue;
        };
        if to <= from {
            continue;
        }
        found.push(Freeze {
            policy,
            span: first.span.join(last.span),
            days: (first.value, last.value),
            zone: &zone.value,
            from,
            to,
            latest: most.map(|most| from.minus(most)),
            earliest: to,
            meets: start.map_or(Meets::NoStart, |start| {
                meets(plan, start, (from, to), (least, most))
            }),
        });
    }
    let all: Vec<(Moment, Moment)> = found
        .iter()
        .map(|freeze| (freeze.from, freeze.to))
        .collect();
    for freeze in &mut found {
        (freeze.latest, freeze.earliest) = starts((freeze.latest, freeze.earliest), &all, most);
    }
    found
}

/// Moves two starts, the one before a freeze to earlier times and the one behind it to later ones,
/// until a plan that begins there meets none of `all`.
fn starts(
    (mut latest, mut earliest): (Option<Moment>, Moment),
    all: &[(Moment, Moment)],
    most: Option<Duration>,
) -> (Option<Moment>, Moment) {
    let takes = most.unwrap_or(Duration::ZERO);
    let met = |start: Moment| {
        all.iter()
            .find(|(from, to)| start < *to && (start >= *from || start.plus(takes) > *from))
    };
    // each freeze moves a start once
    for _ in all {
        if let Some((from, _)) = latest.and_then(met) {
            latest = Some(from.minus(takes));
        }
        if let Some((_, to)) = met(earliest) {
            earliest = *to;
        }
    }
    (latest, earliest)
}

fn meets(
    plan: &Plan,
    start: Moment,
    (from, to): (Moment, Moment),
    (least, most): (Duration, Option<Duration>),
) -> Meets {
    if start >= to {
        return Meets::Never;
    }
    if start >= from {
        return Meets::Always(Some(0));
    }
    if start.plus(least) > from && !waits(plan) {
        let mut legs = plan.legs.iter();
        return Meets::Always(
            legs.position(|leg| start.plus(leg.start.after).plus(leg.hold) > from),
        );
    }
    match most.map(|most| start.plus(most)) {
        None => Meets::Open,
        Some(end) if end > from => Meets::Late(end),
        Some(_) => Meets::Never,
    }
}

/// Whether it begins, or goes on, when steps of other plans are done.
fn waits(plan: &Plan) -> bool {
    !plan.after.is_empty() || plan.steps.iter().any(|step| !step.after.is_empty())
}

/// How long a plan takes: the holds alone, and all that it may take where something bounds it.
pub(super) fn takes(subject: Subject<'_>) -> (Duration, Option<Duration>) {
    let plan = subject.plan;
    let holds = plan.legs.last();
    let holds = holds.map_or(Duration::ZERO, |leg| leg.start.after.plus(leg.hold));
    let time = |quantity: Quantity| match quantity {
        Quantity::Time(time) => Some(time),
        _ => None,
    };
    match measure::measure(subject, Measure::Duration) {
        Answer::Known(known) if !waits(plan) => {
            let least = known.least.and_then(time).unwrap_or(holds);
            (least.max(holds), time(known.value))
        }
        _ => (holds, None),
    }
}
