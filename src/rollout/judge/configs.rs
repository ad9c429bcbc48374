//! Every version that runs finds the keys of the configuration that it needs, and can load what is
//! out there.

use std::collections::BTreeSet;

use crate::diagnostic::Proof;
use crate::model::{Action, Config, Index};
use crate::source::{Span, Spanned};
use crate::units::Bytes;

use super::super::lanes::Rollout;
use super::super::plan_lane::{PlanState, Running, What};
use super::super::run;
use super::super::settings::{Found, Out, found_on_way, outs};
use super::presence::{Brought, Place, Presence, Versions};
use super::under_way_back::{Met, Question};
use super::{Judgement, Line, Missing, Refutation, Step, Subject};

/// Asks all versions; for each plan, the first state from which going back leaves a configuration
/// under a version that does not work with it, wherever its line of no return stands.
pub(super) fn judge(
    rollout: &Rollout<'_>,
    versions: &Versions,
    out: &mut Judgement,
) -> Vec<Option<(usize, Line)>> {
    let mut lines = vec![None; rollout.plans.len()];
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
                lines: &mut lines,
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
    lines
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
    /// For each plan, where its line of no return belongs because of configuration.
    lines: &'a mut [Option<(usize, Line)>],
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
        let lanes = self.rollout.plans.iter();
        let plans = lanes.map(|lane| &self.rollout.model.plans[lane.plan]);
        let bodies = plans
            .flat_map(|plan| &plan.rollbacks)
            .flat_map(|way| &way.body);
        let pushed = bodies.filter_map(|action| match &action.value {
            Action::Push(config, version) if *config == self.config => Some(version.value.clone()),
            _ => None,
        });
        let outs = self.outs.iter().map(|out| out.value.clone());
        outs.chain(pushed.map(Some)).collect()
    }

    /// The shortest run in which the version meets that version of the configuration: where it runs,
    /// else where it comes back, else where it runs on while a plan goes back.
    fn ask(&mut self, at: &str, subject: impl Fn(Running, Presence, Index) -> Subject) {
        let under = self.under_way_back(at);
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
            let run = match back.filter(|_| place.brought == Some(Brought::Goto)) {
                Some(back) => run::events_again(rollout, &event, &points, back),
                None => run::events_after(rollout, &event, &points, back),
            };
            let found = Refutation {
                way: None,
                remedy: None,
                plan,
                step: state.step,
                span: state.span,
                subject: subject(self.running, wanted, self.config),
                run,
                points,
            };
            self.out.refutations.push(found);
            return;
        }
        let Some(met) = under else { return };
        let rollout = self.rollout;
        let state = &rollout.plans[met.way.plan].states[met.way.state];
        let event: Vec<_> = met.event.into_iter().collect();
        let found = Refutation {
            plan: met.way.plan,
            step: state.step,
            span: spans(rollout, met.way),
            subject: subject(self.running, Presence::Runs, self.config),
            run: run::events_on_way(rollout, &event, &met.points, met.way, None),
            points: met.points,
            remedy: None,
            way: Some(met.way),
        };
        self.out.refutations.push(found);
    }

    /// Where the version runs on while a plan goes back, and meets that version of the configuration.
    fn under_way_back(&mut self, at: &str) -> Option<Met> {
        let rollout = self.rollout;
        let question = Question {
            rollout,
            what: What::Config(self.config),
            running: self.running,
            places: self.places,
            outs: &self.outs,
            value: at,
        };
        let answer = question.ask(self.out);
        for met in answer.first {
            let (plan, state) = (met.way.plan, met.way.state);
            let known = &self.lines[plan];
            if known.as_ref().is_some_and(|(known, _)| *known <= state) {
                continue;
            }
            let service = &rollout.model.services[self.running.service];
            let id = &service.versions[self.running.version].id.value;
            let event: Vec<_> = met.event.into_iter().collect();
            let line = Line {
                step: rollout.plans[plan].states[state].step,
                why: format!(
                    "`{id}` does not work with `{}` at `{at}`",
                    self.declared.name.value
                ),
                action: rollout.plans[plan].states[state].span,
                statement: None,
                run: run::events_on_way(rollout, &event, &met.points, met.way, None),
            };
            self.lines[plan] = Some((state, line));
        }
        answer.told
    }

    /// Where the version meets a value with the fewest events before.
    fn meeting(&mut self, at: Option<&str>, wanted: Presence) -> Option<(Place, Out)> {
        let rollout = self.rollout;
        let mut best: Option<(usize, Place, Out)> = None;
        for (place, presence) in self.places {
            if *presence != wanted {
                continue;
            }
            let points: Vec<_> = place.points(rollout).collect();
            let found = match place.state.filter(|_| wanted == Presence::ComesBack) {
                Some(state) => {
                    let runs = |own: &PlanState| own.live.contains(&self.running);
                    let what = What::Config(self.config);
                    found_on_way(rollout, state, place.brought, what, runs)
                }
                None => vec![Found::Left],
            };
            for found in found {
                let own;
                let outs = match &found {
                    Found::Put(value) => {
                        own = [Out::of_way_back(value)];
                        &own[..]
                    }
                    _ => &self.outs[..],
                };
                for out in outs.iter().filter(|out| out.value.as_deref() == at) {
                    self.out.questions += 1;
                    if !found.shows(rollout, What::Config(self.config), out)
                        || !out.meets(rollout, &points, found.taken_back())
                    {
                        continue;
                    }
                    let event: Vec<_> = out.event(rollout).into_iter().collect();
                    let length = rollout.run_length(&event, &points);
                    if best.as_ref().is_none_or(|(known, ..)| length < *known) {
                        best = Some((length, *place, out.clone()));
                    }
                }
            }
        }
        best.map(|(_, place, out)| (place, out))
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

/// Where a way back says what it does: at the change, else where it begins.
fn spans(rollout: &Rollout<'_>, way: Step) -> Span {
    let state = &rollout.plans[way.plan].states[way.state];
    let described = state.way_back.as_ref().zip(way.change);
    let change = described.and_then(|(own, change)| own.changes.get(change));
    change.map_or(state.span, |change| change.span)
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
