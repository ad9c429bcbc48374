//! The two measures of capacity.

use crate::measure::{Answer, Each, Measured, Missing, Part, Quantity, Subject};
use crate::rollout::{PlanLane, lane_of};

use super::Capacity;

/// A plan by itself, with its lane.
fn alone(subject: Subject<'_>) -> Option<(PlanLane, Capacity)> {
    let mut plans = subject.model.plans.iter();
    let index = plans.position(|plan| std::ptr::eq(plan, subject.plan))?;
    let lane = lane_of(subject.model, index)?;
    let capacity = Capacity::of_lanes(subject.model, std::slice::from_ref(&lane));
    Some((lane, capacity))
}

/// The values of the legs, each the worst over its states.
fn by_leg(lane: &PlanLane, subject: Subject<'_>, values: &[Option<Quantity>]) -> Vec<Each> {
    let mut legs: Vec<Each> = Vec::new();
    for (state, value) in lane.states.iter().zip(values) {
        let Some(value) = *value else { continue };
        match legs.last_mut().filter(|last| last.leg == state.leg) {
            Some(last) if last.value.number() >= value.number() => {}
            Some(last) => last.value = value,
            None => {
                let leg = subject.plan.legs.get(state.leg);
                legs.push(Each {
                    leg: state.leg,
                    gate: None,
                    value,
                    at: leg.map_or(state.span, |leg| leg.span),
                });
            }
        }
    }
    legs
}

/// The highest load of the ready replicas over all states of a plan, as a share of what they carry
/// ([`crate::numbers::capacity::utilisation`]): of the services that it rolls, each version by itself.
pub fn utilisation(subject: Subject<'_>) -> Answer {
    let Some((lane, capacity)) = alone(subject) else {
        return Answer::Nothing;
    };
    let facts = capacity.missing(0);
    if !facts.is_empty() {
        return Answer::Missing(Missing { facts });
    }
    let found = capacity.utilisations(0);
    // where nobody is ready, no share says how much too little that is
    let none = found.iter().flatten().find(|own| own.value.is_none());
    if let Some(none) = none {
        let service = subject.model.services.get(none.service);
        let name = service.map_or("", |service| &service.name.value);
        return Answer::Missing(Missing::one(format!(
            "`replicas` of service `{name}` that are ready in every state"
        )));
    }
    let values: Vec<Option<Quantity>> = found
        .iter()
        .map(|own| Some(Quantity::Share(own.as_ref()?.value?)))
        .collect();
    let legs = by_leg(&lane, subject, &values);
    let Some(mut measured) = Measured::of(legs, true) else {
        return Answer::Nothing;
    };
    // the part that it is met in
    let worst = found
        .iter()
        .flatten()
        .max_by(|a, b| a.size().total_cmp(&b.size()));
    if let Some(worst) = worst
        && let Some(fleet) = capacity.fleet(worst.service)
        && let Some(demand) = &fleet.demand
    {
        let (load, carried) = (
            demand.load * worst.part.share,
            demand.capacity * worst.part.ready as f64,
        );
        let part = |what: String, value: f64, at| Part {
            what,
            least: Quantity::Count(value),
            most: Quantity::Count(value),
            at: Some(at),
        };
        measured.parts = vec![
            part("requests a second".into(), load, demand.load_span),
            part(
                format!("carried a second by {} ready replicas", worst.part.ready),
                carried,
                demand.capacity_span,
            ),
        ];
    }
    Answer::Known(measured.assuming(capacity.assumptions(0, true)))
}

/// The most replicas that a plan schedules at any time, those that are being terminated and those
/// that going back starts counted: of the services that it rolls, together.
pub fn peak_replicas(subject: Subject<'_>) -> Answer {
    let Some((lane, capacity)) = alone(subject) else {
        return Answer::Nothing;
    };
    let mut facts: Vec<String> = Vec::new();
    for rolled in capacity.rolled(0) {
        let fleet = capacity.fleet(rolled.service);
        facts.extend(fleet.iter().flat_map(|fleet| fleet.size_missing.clone()));
        facts.extend(rolled.missing.iter().cloned());
    }
    facts.dedup();
    if !facts.is_empty() {
        return Answer::Missing(Missing { facts });
    }
    let scheduled = capacity.scheduled(0);
    let values: Vec<Option<Quantity>> = scheduled
        .iter()
        .map(|count| Some(Quantity::Count(*count as f64)))
        .collect();
    match Measured::of(by_leg(&lane, subject, &values), true) {
        Some(measured) => Answer::Known(measured.assuming(capacity.assumptions(0, false))),
        None => Answer::Nothing,
    }
}
