//! The way back: from a state of the plan until the old version has all traffic again.

use crate::model::{Action, Leg, Rollback, Service};
use crate::units::{Duration, Percent};

use super::super::{Answer, Each, Measured, Subject};
use super::{Stretch, pods_give_weight, scales_to_zero, stays_ready, waves};

/// The longest way back over the legs above the line of no return.
pub fn duration_back(subject: Subject<'_>) -> Answer {
    let mut each = Vec::new();
    let mut whole: Vec<(usize, Stretch)> = Vec::new();
    let mut missing = super::super::Missing::default();
    for (number, leg) in subject.returnable() {
        let live = &leg.exposure;
        if !live.is_exposed() && !live.preview && live.mirror.ppm() == 0 {
            continue;
        }
        let way = way_back(subject, leg);
        match way.upper() {
            Ok(most) => each.push(Each {
                leg: number,
                gate: None,
                value: super::time(most),
                at: leg.span,
            }),
            Err(facts) => facts
                .facts
                .iter()
                .for_each(|fact| missing.add(fact.clone())),
        }
        whole.push((number, way));
    }
    if !missing.is_empty() {
        return Answer::Missing(missing);
    }
    let Some(mut found) = Measured::of(each, true) else {
        return Answer::Nothing;
    };
    if let Some((_, way)) = whole.into_iter().find(|(leg, _)| Some(*leg) == found.leg) {
        found.least = Some(super::time(way.least));
        found.parts = way.parts;
    }
    let mut assumptions = Vec::new();
    for roll in &subject.plan.rolls {
        let service = subject.model.services.get(roll.service);
        if let Some(service) = service.filter(|service| service.deregistration.is_none()) {
            assumptions.push(format!(
                "a load balancer follows within {} (`deregistration` of service `{}`)",
                service.deregistration(),
                service.name.value
            ));
        }
    }
    assumptions.push("what is in flight may end on the new version".into());
    assumptions.push("the target begins to go back as soon as a gate has failed".into());
    Answer::Known(found.assuming(assumptions))
}

/// The way back from a leg: by the body of `rollback` that counts there, else the derived one.
pub fn way_back(subject: Subject<'_>, leg: &Leg) -> Stretch {
    let body = subject.plan.rollback_of(leg.step);
    match body.filter(|rollback| !rollback.body.is_empty()) {
        Some(rollback) => described(subject, leg, rollback),
        None => {
            let mut found = Stretch::default();
            traffic_back(subject, leg, &mut found);
            found
        }
    }
}

/// A way back that the plan describes: its changes one after the other, its jobs and its holds.
fn described(subject: Subject<'_>, leg: &Leg, rollback: &Rollback) -> Stretch {
    let mut found = Stretch::default();
    for action in &rollback.body {
        match &action.value {
            Action::Weight(chain) => {
                // each value is a change of its own, the holds come on top
                for _ in &chain.values {
                    traffic_back(subject, leg, &mut found);
                }
            }
            Action::Migrate(index, to) => {
                let Some(database) = subject.model.databases.get(*index) else {
                    continue;
                };
                let name = &database.name.value;
                let folder = database.migrations.as_ref().map(|(_, folder)| folder);
                let place = |id: &str| folder.and_then(|folder| folder.find(id));
                let steps = subject.plan.steps.iter().take(leg.step + 1);
                let reached =
                    steps
                        .flat_map(|step| &step.actions)
                        .filter_map(|own| match &own.value {
                            Action::Migrate(own, id) if own == index => place(&id.value),
                            _ => None,
                        });
                let downs = match (reached.max(), place(&to.value)) {
                    (Some(from), Some(to)) => from.saturating_sub(to) as u64,
                    _ => 1,
                };
                match database.deadline {
                    Some(limit) => found.part(
                        format!("`deadline` of the downs of `{name}`"),
                        (Duration::ZERO, limit.value.times(downs)),
                        Some(action.span),
                    ),
                    None => found
                        .missing
                        .add(format!("`deadline` of database `{name}`")),
                }
            }
            // the other changes of a body take effect at once
            _ => {}
        }
    }
    for hold in &rollback.holds {
        found.part(
            "`hold` of the way back".into(),
            (hold.value, hold.value),
            Some(hold.span),
        );
    }
    for run in &rollback.runs {
        found.missing.add(format!(
            "how long `run \"{}\"` of the way back takes: leave it out, or run it once the way back is complete",
            run.name.value
        ));
    }
    found
}

/// All traffic back onto the old version.
fn traffic_back(subject: Subject<'_>, leg: &Leg, found: &mut Stretch) {
    for roll in &subject.plan.rolls {
        let Some(service) = subject.model.services.get(roll.service) else {
            continue;
        };
        let name = &service.name.value;
        let retired = leg.exposure.retired.contains(&roll.from_id.value);
        if let Some(waves) = cold_waves(subject, leg, service, retired) {
            match service.startup_at_worst() {
                Some((startup, at)) => {
                    let each = startup.plus(stays_ready(service));
                    let what = match waves {
                        1 => format!("startup of the old version of `{name}`"),
                        _ => format!("startup of the old version of `{name}`, {waves} times"),
                    };
                    found.part(what, (Duration::ZERO, each.times(waves)), Some(at));
                }
                None => found.missing.add(format!("`startup` of service `{name}`")),
            }
        }
        let at = service.deregistration.map(|time| time.span);
        let what = format!("deregistration at the load balancer of `{name}`");
        found.part(what, (Duration::ZERO, service.deregistration()), at);
    }
}

/// Why the old version has to start again on the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cold {
    /// `retire` has scaled it away.
    Retired,
    /// `rolling` has replaced its replicas.
    Replaced,
    /// Without a router the weight is a number of pods.
    Shrunk,
    /// The platform ends instances that have no requests.
    Idle,
}

/// Why the old version of a service has to start again on the way back from a leg; `None` where it is
/// warm. `from` is its id.
pub fn is_cold(subject: Subject<'_>, leg: &Leg, service: &Service, from: &str) -> Option<Cold> {
    let live = &leg.exposure;
    if live.retired.iter().any(|retired| retired == from) {
        return Some(Cold::Retired);
    }
    if replaced_in_place(subject, leg) {
        return Some(Cold::Replaced);
    }
    if !live.is_exposed() {
        return None;
    }
    if pods_give_weight(subject) && !stands_beside(subject, leg) {
        return Some(Cold::Shrunk);
    }
    let everywhere = live.weight() >= Percent::FULL;
    (everywhere && scales_to_zero(subject, service)).then_some(Cold::Idle)
}

/// Whether the new version has been put beside the old one by `preview`, whose stack keeps its size.
fn stands_beside(subject: Subject<'_>, leg: &Leg) -> bool {
    let steps = subject.plan.steps.iter().take(leg.step + 1);
    let mut actions = steps.flat_map(|step| &step.actions);
    actions.any(|action| matches!(action.value, Action::Preview(true)))
}

/// Rounds in which the old version starts again; `None` where it is warm.
fn cold_waves(subject: Subject<'_>, leg: &Leg, service: &Service, retired: bool) -> Option<u64> {
    let rolls = subject.plan.rolls.iter();
    let mut own = rolls.filter(|roll| {
        let rolled = subject.model.services.get(roll.service);
        rolled.is_some_and(|rolled| rolled.name.span == service.name.span)
    });
    let from = &own.next()?.from_id.value;
    is_cold(subject, leg, service, from)?;
    if retired || !replaced_in_place(subject, leg) {
        return Some(1);
    }
    let all = service.replicas().map_or(1, |count| count.value);
    Some(waves(service, all))
}

/// Whether a leg, or one before it, replaces replicas in place.
fn replaced_in_place(subject: Subject<'_>, leg: &Leg) -> bool {
    let steps = subject.plan.steps.iter().take(leg.step + 1);
    let mut actions = steps.flat_map(|step| &step.actions);
    actions.any(|action| matches!(action.value, Action::Rolling { .. }))
}
