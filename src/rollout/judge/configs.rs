//! Every version that runs finds the keys of the configuration that it needs.

use std::collections::BTreeSet;

use crate::diagnostic::Proof;
use crate::model::{Config, Index};

use super::super::lanes::Rollout;
use super::super::plan_lane::Running;
use super::super::run;
use super::presence::{Presence, Versions};
use super::{Judgement, Missing, Refutation, Subject};

pub(super) fn judge(rollout: &Rollout<'_>, versions: &Versions, out: &mut Judgement) {
    for (running, _) in versions.iter() {
        let version = &rollout.model.services[running.service].versions[running.version];
        for (config, keys) in &version.needs {
            let Some(declared) = rollout.model.configs.get(config.value) else {
                continue;
            };
            let mut told = BTreeSet::new();
            for (at, _) in places(rollout, config.value, declared) {
                let Some(at) = at else {
                    missing(
                        rollout,
                        running,
                        format!("`at VERSION` in config `{}`", declared.name.value),
                        out,
                    );
                    continue;
                };
                let Some(known) = declared.versions.iter().find(|known| known.id.value == at)
                else {
                    continue;
                };
                if known.keys.is_empty() {
                    missing(
                        rollout,
                        running,
                        format!(
                            "`keys ...` in version `{at}` of config `{}`",
                            declared.name.value
                        ),
                        out,
                    );
                    continue;
                }
                for key in keys {
                    let there = known.keys.iter().any(|own| own.value == key.value);
                    if there || !told.insert((at.clone(), key.value.clone())) {
                        continue;
                    }
                    let lack = Lack {
                        config: config.value,
                        at: &at,
                        key,
                        running,
                    };
                    lack.ask(rollout, versions, out);
                }
            }
        }
    }
}

/// A version of a configuration, where it is known, and the state of a plan in which it is there.
type OutThere = (Option<String>, Option<(usize, usize)>);

/// The versions of a configuration that can be met, each with the place of each state of a plan in
/// which it is out there; a configuration that no plan pushes is as it was declared.
fn places(rollout: &Rollout<'_>, config: Index, declared: &Config) -> Vec<OutThere> {
    let mut found = Vec::new();
    for (plan, lane) in rollout.plans.iter().enumerate() {
        for (number, state) in lane.states.iter().enumerate() {
            let Some(versions) = state.configs.get(&config) else {
                continue;
            };
            if versions.is_empty() {
                found.push((None, Some((plan, number))));
            }
            for version in versions {
                found.push((Some(version.clone()), Some((plan, number))));
            }
        }
    }
    if found.is_empty() {
        let only = match declared.versions.as_slice() {
            [only] => Some(only.id.value.clone()),
            _ => None,
        };
        let at = declared.at.as_ref().map(|at| at.value.clone()).or(only);
        found.push((at, None));
    }
    found
}

struct Lack<'a> {
    config: Index,
    at: &'a str,
    key: &'a crate::source::Spanned<String>,
    running: Running,
}

impl Lack<'_> {
    /// The first state in which the version is there and the key is not.
    fn ask(&self, rollout: &Rollout<'_>, versions: &Versions, out: &mut Judgement) {
        let declared = &rollout.model.configs[self.config];
        let out_there: Vec<Option<(usize, usize)>> = places(rollout, self.config, declared)
            .into_iter()
            .filter(|(at, _)| at.as_deref() == Some(self.at))
            .map(|(_, place)| place)
            .collect();
        for (place, presence) in versions.places(self.running) {
            for config in &out_there {
                if !place.meets_config(rollout, self.config, *config) {
                    continue;
                }
                out.questions += 1;
                let points: Vec<_> = place
                    .points(rollout)
                    .chain(config.map(|(plan, state)| rollout.plan_point(plan, state)))
                    .collect();
                if !rollout.clocks.all_together(&points) {
                    continue;
                }
                let (plan, at) = match (place.state, config) {
                    (Some(own), Some((_, 0)) | None) => own,
                    (Some((_, 0)) | None, Some(other)) => *other,
                    (Some(own), Some(other)) if own.0 == other.0 => (own.0, own.1.max(other.1)),
                    (Some(own), _) => own,
                    (None, None) => (0, 0),
                };
                let state = &rollout.plans[plan].states[at];
                let mut points = points;
                points.dedup();
                out.refutations.push(Refutation {
                    remedy: None,
                    way: None,
                    plan,
                    step: state.step,
                    span: state.span,
                    subject: Subject::Config {
                        config: self.config,
                        at: self.at.to_string(),
                        key: self.key.value.clone(),
                        version: (self.running, self.key.span),
                        presence: *presence,
                    },
                    run: run::events(
                        rollout,
                        &points,
                        place.state.filter(|_| *presence == Presence::ComesBack),
                    ),
                    points,
                });
                return;
            }
        }
    }
}

fn missing(rollout: &Rollout<'_>, running: Running, fact: String, out: &mut Judgement) {
    for (plan, lane) in rollout.plans.iter().enumerate() {
        let own = lane.from.contains(&running) || lane.to.contains(&running);
        if own || rollout.plans.len() == 1 {
            for proof in [Proof::Compatible, Proof::Reversible] {
                out.missing.push(Missing {
                    plan,
                    proof,
                    fact: fact.clone(),
                    told: false,
                    place: None,
                });
            }
        }
    }
}
