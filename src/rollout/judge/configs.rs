//! Every version that runs finds the keys of the configuration that it needs, and can load what is
//! out there.

use std::collections::BTreeSet;

use crate::diagnostic::Proof;
use crate::model::{Config, Index};
use crate::source::Spanned;
use crate::units::Bytes;

use super::super::lanes::Rollout;
use super::super::plan_lane::{Running, What};
use super::super::run;
use super::super::settings::{Out, outs, taken_back};
use super::presence::{Place, Presence, Versions};
use super::{Judgement, Missing, Refutation, Subject};

pub(super) fn judge(rollout: &Rollout<'_>, versions: &Versions, out: &mut Judgement) {
    for (running, places) in versions.iter() {
        let version = &rollout.model.services[running.service].versions[running.version];
        let needed = version.needs.iter().map(|(config, _)| config.value);
        let loaded = version.accepts.iter().map(|(config, _)| config.value);
        for config in needed.chain(loaded).collect::<BTreeSet<Index>>() {
            let Some(declared) = rollout.model.configs.get(config) else {
                continue;
            };
            let mut asked = Asked {
                rollout,
                running,
                places,
                config,
                declared,
                outs: outs(
                    rollout,
                    What::Config(config),
                    before(rollout, config).as_deref(),
                ),
                out,
            };
            for (own, keys) in &version.needs {
                if own.value == config {
                    asked.keys(keys);
                }
            }
            for (own, limit) in &version.accepts {
                if own.value == config {
                    asked.limit(limit);
                }
            }
        }
    }
}

/// What is out there of a configuration before the unit: what is declared, or the only version of
/// one that no plan pushes.
fn before(rollout: &Rollout<'_>, config: Index) -> Option<String> {
    let declared = rollout.model.configs.get(config)?;
    if let Some(at) = &declared.at {
        return Some(at.value.clone());
    }
    let puts = rollout.plans.iter().flat_map(|lane| &lane.puts);
    let pushed = puts.into_iter().any(|put| put.what == What::Config(config));
    match declared.versions.as_slice() {
        [only] if !pushed => Some(only.id.value.clone()),
        _ => None,
    }
}

/// A version of a service and a configuration that it reads.
struct Asked<'a, 'm> {
    rollout: &'a Rollout<'m>,
    running: Running,
    places: &'a [(Place, Presence)],
    config: Index,
    declared: &'a Config,
    outs: Vec<Out>,
    out: &'a mut Judgement,
}

impl Asked<'_, '_> {
    /// Every key is in every version of the configuration that is met.
    fn keys(&mut self, keys: &[Spanned<String>]) {
        let name = &self.declared.name.value;
        let mut told = BTreeSet::new();
        for at in self.values() {
            let Some(at) = at else {
                let fact = format!("`at VERSION` in config `{name}`");
                self.missing(None, fact);
                continue;
            };
            let Some(known) = self.declared.versions.iter().find(|own| own.id.value == at) else {
                continue;
            };
            if known.keys.is_empty() {
                let fact = format!("`keys ...` in version `{at}` of config `{name}`");
                self.missing(Some(&at), fact);
                continue;
            }
            for key in keys {
                let there = known.keys.iter().any(|own| own.value == key.value);
                if !there && told.insert((at.clone(), key.value.clone())) {
                    self.ask(&at, |version, presence, config| Subject::Config {
                        config,
                        at: at.clone(),
                        key: key.value.clone(),
                        version: (version, key.span),
                        presence,
                    });
                }
            }
        }
    }

    /// Every version of the configuration that is met is small enough.
    fn limit(&mut self, limit: &Spanned<Bytes>) {
        let name = &self.declared.name.value;
        for at in self.values() {
            let Some(at) = at else {
                let fact = format!("`at VERSION` in config `{name}`");
                self.missing(None, fact);
                continue;
            };
            let Some(known) = self.declared.versions.iter().find(|own| own.id.value == at) else {
                continue;
            };
            let Some(size) = known.size else {
                let fact = format!("`size ...` or `file ...` in version `{at}` of config `{name}`");
                self.missing(Some(&at), fact);
                continue;
            };
            if size.value > limit.value {
                self.ask(&at, |version, presence, config| Subject::Limit {
                    config,
                    at: at.clone(),
                    size,
                    limit: limit.value,
                    version: (version, limit.span),
                    presence,
                });
            }
        }
    }

    /// The versions of the configuration, each once.
    fn values(&self) -> BTreeSet<Option<String>> {
        self.outs.iter().map(|out| out.value.clone()).collect()
    }

    /// The shortest run in which the version meets that version of the configuration: where it runs,
    /// else where it comes back.
    fn ask(&mut self, at: &str, subject: impl Fn(Running, Presence, Index) -> Subject) {
        for wanted in [Presence::Runs, Presence::ComesBack] {
            let Some((place, met)) = self.meeting(Some(at), wanted) else {
                continue;
            };
            let rollout = self.rollout;
            let (plan, at) = told(place, met.put);
            let state = &rollout.plans[plan].states[at];
            let event: Vec<_> = met.event(rollout).into_iter().collect();
            let points: Vec<_> = place.points(rollout).collect();
            let back = place.state.filter(|_| wanted == Presence::ComesBack);
            let found = Refutation {
                way: None,
                remedy: None,
                plan,
                step: state.step,
                span: state.span,
                subject: subject(self.running, wanted, self.config),
                run: run::events_after(rollout, &event, &points, back),
                points,
            };
            self.out.refutations.push(found);
            return;
        }
    }

    /// Where the version meets a value with the fewest events before.
    fn meeting(&mut self, at: Option<&str>, wanted: Presence) -> Option<(Place, Out)> {
        let rollout = self.rollout;
        let mut best: Option<(usize, Place, &Out)> = None;
        for (place, presence) in self.places {
            if *presence != wanted {
                continue;
            }
            let points: Vec<_> = place.points(rollout).collect();
            let back = place.state.filter(|_| wanted == Presence::ComesBack);
            let back = taken_back(rollout, back);
            for out in self.outs.iter().filter(|out| out.value.as_deref() == at) {
                self.out.questions += 1;
                if !out.meets(rollout, &points, back) {
                    continue;
                }
                let event: Vec<_> = out.event(rollout).into_iter().collect();
                let length = rollout.run_length(&event, &points);
                if best.is_none_or(|(known, ..)| length < known) {
                    best = Some((length, *place, out));
                }
            }
        }
        best.map(|(_, place, out)| (place, out.clone()))
    }

    /// A fact without which it cannot be said what the version meets, if it meets that at all.
    fn missing(&mut self, at: Option<&str>, fact: String) {
        let met = [Presence::Runs, Presence::ComesBack]
            .into_iter()
            .any(|wanted| self.meeting(at, wanted).is_some());
        if !met {
            return;
        }
        let rollout = self.rollout;
        for (plan, lane) in rollout.plans.iter().enumerate() {
            let own = lane.from.contains(&self.running) || lane.to.contains(&self.running);
            if own || rollout.plans.len() == 1 {
                for proof in [Proof::Compatible, Proof::Reversible] {
                    self.out.missing.push(Missing {
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
}

/// Where it is told: at the version, unless that has run since the start.
fn told(place: Place, put: Option<(usize, usize)>) -> (usize, usize) {
    match (place.state, put) {
        (Some(own), None) => own,
        (Some((_, 0)) | None, Some(other)) => other,
        (Some(own), Some(other)) if own.0 == other.0 => (own.0, own.1.max(other.1)),
        (Some(own), Some(_)) => own,
        (None, None) => (0, 0),
    }
}
