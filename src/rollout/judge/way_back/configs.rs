//! The configuration on the way back: what a body pushes, what a `goto` takes back, and what a plan
//! takes back that goes back without those that wait for it.

use std::collections::BTreeMap;

use crate::diagnostic::Proof;
use crate::model::Index;
use crate::source::Span;

use super::super::super::lanes::Rollout;
use super::super::super::plan_lane::Running;
use super::super::super::run;
use super::super::presence::{Presence, Versions};
use super::super::{Judgement, Missing, Refutation, Step, Subject};
use crate::proof::Point;

/// What is met after the fewest events.
struct Met {
    rows: usize,
    presence: Presence,
    points: Vec<Point>,
    way: Step,
    span: Span,
}

/// By version, configuration, its version and the key that it lacks.
type Best = BTreeMap<(Running, Index, String, String), (Met, Span)>;

/// What is out there on a way back.
struct OutThere<'a> {
    config: Index,
    /// The versions of it.
    versions: &'a [String],
    /// The versions of the plan's own services that run meanwhile; others are asked for.
    own: &'a [Running],
    way: Step,
    span: Span,
    /// Whether plans that wait for this one have been taken back before.
    in_order: bool,
}

pub(super) fn judge(rollout: &Rollout<'_>, versions: &Versions, out: &mut Judgement) {
    let mut best = Best::new();
    for (plan, lane) in rollout.plans.iter().enumerate() {
        for (number, state) in lane.states.iter().enumerate() {
            let step = |change: Option<usize>| Step {
                plan,
                state: number,
                change,
            };
            if let (Some(way), true) = (&state.way_back, state.returnable) {
                for (at, change) in way.changes.iter().enumerate() {
                    for (config, there) in &change.configs {
                        if state.configs.get(config) == Some(there) {
                            continue;
                        }
                        let met = OutThere {
                            config: *config,
                            versions: there,
                            own: &change.live,
                            way: step(Some(at)),
                            span: change.span,
                            in_order: true,
                        };
                        ask(rollout, versions, &met, &mut best, out);
                    }
                }
            }
            let start = &lane.states[0];
            if state.way_back.is_none() && state.returnable {
                let back = OutThere {
                    config: 0,
                    versions: &[],
                    own: &[],
                    way: step(None),
                    span: state.span,
                    in_order: true,
                };
                taken_back(rollout, versions, state, start, back, &mut best, out);
            }
            for again in &lane.states[lane.walked_again(number)] {
                let back = OutThere {
                    config: 0,
                    versions: &[],
                    own: &[],
                    way: step(None),
                    span: state.span,
                    in_order: false,
                };
                taken_back(rollout, versions, state, again, back, &mut best, out);
            }
        }
    }
    tell(rollout, best, out);
}

/// The configurations of a plan as they were in an earlier state of it.
fn taken_back(
    rollout: &Rollout<'_>,
    versions: &Versions,
    state: &super::super::super::plan_lane::PlanState,
    earlier: &super::super::super::plan_lane::PlanState,
    back: OutThere<'_>,
    best: &mut Best,
    out: &mut Judgement,
) {
    for (config, there) in &earlier.configs {
        if state.configs.get(config) != Some(there) {
            let met = OutThere {
                config: *config,
                versions: there,
                ..back
            };
            ask(rollout, versions, &met, best, out);
        }
    }
}

fn ask(
    rollout: &Rollout<'_>,
    versions: &Versions,
    there: &OutThere<'_>,
    best: &mut Best,
    out: &mut Judgement,
) {
    let Some(declared) = rollout.model.configs.get(there.config) else {
        return;
    };
    let here = rollout.plan_point(there.way.plan, there.way.state);
    let state = &rollout.plans[there.way.plan].states[there.way.state];
    for at in there.versions {
        let mut known = declared.versions.iter();
        let Some(known) = known.find(|known| known.id.value == *at) else {
            continue;
        };
        for (running, places) in versions.iter() {
            let version = &rollout.model.services[running.service].versions[running.version];
            let needs = version
                .needs
                .iter()
                .filter(|(own, _)| own.value == there.config)
                .flat_map(|(_, keys)| keys);
            for key in needs {
                if known.keys.iter().any(|own| own.value == key.value) {
                    continue;
                }
                let mut met: Vec<(Presence, Vec<Point>)> = Vec::new();
                if there.own.contains(&running) {
                    let presence = match state.live.contains(&running) {
                        true => Presence::Runs,
                        false => Presence::ComesBack,
                    };
                    met.push((presence, vec![here]));
                }
                for (place, presence) in places {
                    let Some((other, number)) = place.state else {
                        met.push((*presence, vec![here]));
                        continue;
                    };
                    let before = there.in_order
                        && *presence == Presence::Runs
                        && !rollout.plans[other].from.contains(&running)
                        && rollout.goes_back_first(other, number, there.way.plan);
                    if other == there.way.plan || before {
                        continue;
                    }
                    let points: Vec<Point> =
                        std::iter::once(here).chain(place.points(rollout)).collect();
                    met.push((*presence, points));
                }
                for (presence, mut points) in met {
                    out.questions += 1;
                    points.sort_unstable();
                    points.dedup();
                    if !rollout.clocks.all_together(&points) {
                        continue;
                    }
                    // keys that nobody has declared may be there
                    if known.keys.is_empty() {
                        missing(there.way.plan, at, &declared.name.value, out);
                        continue;
                    }
                    let run = rollout.clocks.shortest_run(&points).unwrap_or_default();
                    let rows = run.len().max(1) + there.way.change.unwrap_or(0) + 1;
                    let id = (running, there.config, at.clone(), key.value.clone());
                    let least = best.get(&id);
                    if least.is_none_or(|(own, _)| (rows, presence) < (own.rows, own.presence)) {
                        let met = Met {
                            rows,
                            presence,
                            points,
                            way: there.way,
                            span: there.span,
                        };
                        best.insert(id, (met, key.span));
                    }
                }
            }
        }
    }
}

fn missing(plan: usize, at: &str, name: &str, out: &mut Judgement) {
    for proof in [Proof::Compatible, Proof::Reversible] {
        out.missing.push(Missing {
            plan,
            proof,
            fact: format!("`keys ...` in version `{at}` of config `{name}`"),
            told: false,
            place: None,
        });
    }
}

/// What was found and was not told of the way forward.
fn tell(rollout: &Rollout<'_>, best: Best, out: &mut Judgement) {
    for ((running, config, at, key), (met, needed)) in best {
        let told = out.refutations.iter().any(|known| {
            matches!(
                &known.subject,
                Subject::Config { config: own, at: there, key: lacks, version, .. }
                    if *own == config && *there == at && *lacks == key && version.0 == running
            )
        });
        if told {
            continue;
        }
        let state = &rollout.plans[met.way.plan].states[met.way.state];
        out.refutations.push(Refutation {
            plan: met.way.plan,
            step: state.step,
            span: met.span,
            subject: Subject::Config {
                config,
                at,
                key,
                version: (running, needed),
                presence: met.presence,
            },
            run: run::events_on_way(rollout, &met.points, met.way, None),
            points: met.points,
            remedy: None,
            way: Some(met.way),
        });
    }
}
