//! Measures that only policies speak of.

use std::collections::BTreeSet;

use crate::measure::{Answer, Each, Measured, Missing, Quantity, Subject};
use crate::model::{Action, Leg, Plan};
use crate::units::{Duration, Percent};

/// How long the old version stays warm: from the moment when it has no traffic any more to its
/// `retire`, the time behind `after` included. The shortest of several.
pub(super) fn retire_after(subject: Subject<'_>) -> Answer {
    let plan = subject.plan;
    // since when nobody meets the old version
    let mut idle: Option<Duration> = None;
    let mut each = Vec::new();
    for (number, leg) in plan.legs.iter().enumerate() {
        let whole = is_whole(leg);
        idle = idle.filter(|_| whole);
        if whole && idle.is_none() {
            idle = Some(Duration::ZERO);
        }
        let step = plan.steps.get(leg.step);
        let actions = step.map_or(&[][..], |step| &step.actions);
        for action in actions.iter().skip(leg.first_change) {
            if let Action::Retire(_, after) = &action.value {
                let after = after.map_or(Duration::ZERO, |after| after.value);
                each.push(Each {
                    leg: number,
                    gate: None,
                    value: Quantity::Time(idle.unwrap_or(Duration::ZERO).plus(after)),
                    at: action.span,
                });
            }
        }
        idle = idle.map(|time| time.plus(leg.hold));
    }
    Measured::of(each, false).map_or(Answer::Nothing, Answer::Known)
}

/// Whether the new version has all traffic.
fn is_whole(leg: &Leg) -> bool {
    let weights = &leg.exposure.weights;
    !weights.is_empty() && weights.values().all(|share| *share >= Percent::FULL)
}

/// How many failure domains a leg changes at once. Without `in`, a change reaches all that the
/// services declare.
pub(super) fn domains_at_once(subject: Subject<'_>) -> Answer {
    let plan = subject.plan;
    let known = declared(subject);
    let mut missing = Missing::default();
    let mut each = Vec::new();
    for (number, leg) in plan.legs.iter().enumerate().filter(|(_, leg)| leg.grows) {
        let count = match leg.exposure.domains.len() {
            0 if known.is_empty() => {
                missing.add(fact(subject));
                continue;
            }
            0 => known.len(),
            set => set,
        };
        each.push(Each {
            leg: number,
            gate: None,
            value: Quantity::Count(count as f64),
            at: leg.span,
        });
    }
    if !missing.is_empty() {
        return Answer::Missing(missing);
    }
    Measured::of(each, true).map_or(Answer::Nothing, Answer::Known)
}

/// The failure domains of the services that are rolled, else of all that the plan sees.
fn declared<'a>(subject: Subject<'a>) -> BTreeSet<&'a str> {
    let services = services(subject.plan);
    let services = services
        .iter()
        .filter_map(|&at| subject.model.services.get(at));
    services
        .flat_map(|service| &service.domains)
        .map(|(name, _)| name.value.as_str())
        .collect()
}

fn services(plan: &Plan) -> Vec<usize> {
    match plan.rolls.is_empty() {
        true => plan.visible_services.to_vec(),
        false => plan.rolls.iter().map(|roll| roll.service).collect(),
    }
}

fn fact(subject: Subject<'_>) -> String {
    let first = services(subject.plan).first().copied();
    match first.and_then(|at| subject.model.services.get(at)) {
        Some(service) => format!("`domains` of service `{}`", service.name.value),
        None => "`domains` of the service".into(),
    }
}
