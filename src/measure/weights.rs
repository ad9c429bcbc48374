//! How much is exposed at once: the shares that `weight` and `split` give to the new version.

use crate::model::{Action, Exposure, Leg, Outcome, Then};
use crate::source::Span;

use super::{Answer, Each, Measured, Quantity, Subject};

/// A share that grows.
#[derive(Clone, Copy, Debug)]
struct Growth {
    leg: usize,
    /// From 0 to 1, before and after.
    from: f64,
    to: f64,
    at: Span,
}

/// The first share that a weight gives to the new version; of failure domains the largest.
pub(super) fn first(subject: Subject<'_>) -> Answer {
    let growths = growths(subject);
    let Some(first) = growths.iter().min_by_key(|growth| growth.leg) else {
        return Answer::Nothing;
    };
    let each = growths.iter().filter(|growth| growth.leg == first.leg);
    worst(each.map(|growth| (growth, Quantity::Share(growth.to))))
}

/// The largest factor between two weights that follow one another, each above 0 %.
pub(super) fn ratio(subject: Subject<'_>) -> Answer {
    let growths = growths(subject);
    let each = growths.iter().filter(|growth| growth.from > 0.0);
    worst(each.map(|growth| (growth, Quantity::Ratio(growth.to / growth.from))))
}

/// The largest difference between two weights that follow one another, the first from 0 %.
pub(super) fn step(subject: Subject<'_>) -> Answer {
    let growths = growths(subject);
    worst(
        growths
            .iter()
            .map(|growth| (growth, Quantity::Share(growth.to - growth.from))),
    )
}

fn worst<'g>(each: impl Iterator<Item = (&'g Growth, Quantity)>) -> Answer {
    let each = each.map(|(growth, value)| Each {
        leg: growth.leg,
        gate: None,
        value,
        at: growth.at,
    });
    Measured::of(each.collect(), true).map_or(Answer::Nothing, Answer::Known)
}

/// All growths of weights, those that follow from an experiment included, in the order of the legs.
fn growths(subject: Subject<'_>) -> Vec<Growth> {
    let plan = subject.plan;
    let nothing = Exposure::default();
    let mut found = Vec::new();
    let mut before = nothing;
    for (number, leg) in plan.legs.iter().enumerate() {
        let after = &leg.exposure;
        if gives_weight(subject, leg) {
            for (domain, &share) in &after.weights {
                let from = share_in(&before, domain);
                let to = share.fraction();
                if to > from {
                    found.push(Growth {
                        leg: number,
                        from,
                        to,
                        at: leg.span,
                    });
                }
            }
        }
        before = after.clone();
        // an experiment goes on with the share that its outcome says
        let last = plan
            .legs
            .get(number + 1)
            .is_none_or(|next| next.step != leg.step);
        let step = subject.step(leg).filter(|_| last);
        for edge in step.iter().flat_map(|step| &step.edges) {
            let Then::Weight(share) = &edge.then else {
                continue;
            };
            let (from, to) = (after.weight().fraction(), share.value.fraction());
            if to > from {
                found.push(Growth {
                    leg: number,
                    from,
                    to,
                    at: share.span,
                });
            }
            if edge.outcome == Outcome::Success {
                before.decide(share.value);
            }
        }
    }
    found
}

/// Whether the leg's changes hold a `weight` or a `split`: other ways of rolling are not bound by the
/// measures of weights.
fn gives_weight(subject: Subject<'_>, leg: &Leg) -> bool {
    let actions = subject.step(leg).into_iter();
    actions
        .flat_map(|step| step.actions.iter().skip(leg.first_change))
        .any(|action| matches!(action.value, Action::Weight(_) | Action::Split(_)))
}

/// The share of a failure domain, from 0 to 1.
fn share_in(exposure: &Exposure, domain: &str) -> f64 {
    let own = exposure.weights.get(domain);
    let share = own.or_else(|| exposure.weights.get(""));
    // from all domains to everywhere: the smallest there was
    let least = || {
        let all = exposure.weights.values();
        all.filter(|_| domain.is_empty()).min()
    };
    share.or_else(least).map_or(0.0, |share| share.fraction())
}
