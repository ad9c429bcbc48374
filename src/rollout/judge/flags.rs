//! A flag is on only where every version that gets requests asks for it.

use std::collections::BTreeMap;

use crate::model::Index;
use crate::source::Span;

use super::super::lanes::Rollout;
use super::super::plan_lane::{PlanState, Running, What};
use super::super::run;
use super::super::settings::{Found, Out, found_on_way, outs};
use super::apis::gets_traffic;
use super::presence::{Brought, Place, Presence, Versions};
use super::{Judgement, Refutation, Subject};

pub(super) fn judge(rollout: &Rollout<'_>, versions: &Versions, out: &mut Judgement) {
    let opened = rollout.plans.iter().flat_map(|lane| &lane.puts);
    let opened: BTreeMap<Index, Span> = opened
        .filter_map(|put| match put.what {
            What::Flag(flag) if put.value == "on" => Some((flag, put.span)),
            _ => None,
        })
        .collect();
    for &flag in opened.keys() {
        let on: Vec<Out> = outs(rollout, What::Flag(flag), None)
            .into_iter()
            .filter(|out| out.value.as_deref() == Some("on"))
            .collect();
        for (running, places) in versions.iter() {
            let service = &rollout.model.services[running.service];
            let asks = |version: Index| {
                let known = service.versions[version].evaluates.iter();
                known
                    .filter(|(own, _)| own.value == flag)
                    .map(|(own, _)| own.span)
                    .next()
            };
            // a service none of whose versions says that it asks for the flag is not asked about
            let asked = (0..service.versions.len()).find_map(asks);
            let (Some(asked), None) = (asked, asks(running.version)) else {
                continue;
            };
            let pair = Pair {
                flag,
                running,
                asked,
            };
            pair.ask(rollout, places, &on, out);
        }
    }
}

/// A flag, and a version that does not ask for it while others of its service do.
struct Pair {
    flag: Index,
    running: Running,
    asked: Span,
}

impl Pair {
    /// The shortest run to a state in which the flag is on and the version gets requests, else to
    /// one in which it could come back.
    fn ask(
        &self,
        rollout: &Rollout<'_>,
        places: &[(Place, Presence)],
        on: &[Out],
        out: &mut Judgement,
    ) {
        for wanted in [Presence::Runs, Presence::ComesBack] {
            let mut best: Option<(usize, Place, &Out)> = None;
            for (place, presence) in places {
                let (presence, domains) = match presence {
                    Presence::Runs => self.serves(rollout, *place),
                    Presence::ComesBack => {
                        let back = gets_traffic(rollout, *place, self.running).contains(&true);
                        (back.then_some(Presence::ComesBack), None)
                    }
                };
                if presence != Some(wanted) {
                    continue;
                }
                let points: Vec<_> = place.points(rollout).collect();
                let back = place.state.filter(|_| wanted == Presence::ComesBack);
                let found =
                    back.map_or(vec![Found::Left], |back| self.found(rollout, back, *place));
                for (one, found) in on
                    .iter()
                    .flat_map(|one| found.iter().map(move |own| (one, own)))
                {
                    // what a way back leaves there is off, or stood there before
                    let off = matches!(found, Found::Put(value) if value == "off");
                    if off || !found.shows(rollout, What::Flag(self.flag), one) {
                        continue;
                    }
                    let apart = domains.as_ref().is_some_and(|domains| {
                        !one.domain.is_empty()
                            && !domains
                                .iter()
                                .any(|own| own.is_empty() || *own == one.domain)
                    });
                    out.questions += 1;
                    if apart || !one.meets(rollout, &points, found.taken_back()) {
                        continue;
                    }
                    let event: Vec<_> = one.event(rollout).into_iter().collect();
                    let length = rollout.run_length(&event, &points);
                    if best.is_none_or(|(known, ..)| length < known) {
                        best = Some((length, *place, one));
                    }
                }
            }
            let Some((_, place, one)) = best else {
                continue;
            };
            // who opens the flag too early is told
            let (plan, at) = one.put.or(place.state).unwrap_or((0, 0));
            let state = &rollout.plans[plan].states[at];
            let event: Vec<_> = one.event(rollout).into_iter().collect();
            let points: Vec<_> = place.points(rollout).collect();
            let back = place.state.filter(|_| wanted == Presence::ComesBack);
            out.refutations.push(Refutation {
                way: None,
                remedy: None,
                plan,
                step: state.step,
                span: state.span,
                subject: Subject::Flag {
                    flag: self.flag,
                    version: self.running,
                    asked: self.asked,
                    presence: wanted,
                },
                run: run::events_after(rollout, &event, &points, back),
                points,
            });
            return;
        }
    }

    /// What it finds of the flag when it gets requests again.
    fn found(&self, rollout: &Rollout<'_>, back: (usize, usize), place: Place) -> Vec<Found> {
        let what = What::Flag(self.flag);
        let serves = |state: &PlanState| state.serving.contains(&self.running);
        let [rollback, goto] = gets_traffic(rollout, place, self.running);
        let mut all = Vec::new();
        if rollback && place.brought != Some(Brought::Goto) {
            let way = rollout.plans[back.0].states[back.1].way_back.as_ref();
            let change = way.and_then(|way| {
                let mut changes = way.changes.iter();
                changes.position(|change| change.serving.contains(&self.running))
            });
            let brought = change.map(Brought::Change);
            all.extend(found_on_way(rollout, back, brought, what, serves));
        }
        if goto && matches!(place.brought, None | Some(Brought::Goto)) {
            all.extend(found_on_way(
                rollout,
                back,
                Some(Brought::Goto),
                what,
                serves,
            ));
        }
        all
    }

    /// How a version that runs can meet requests, and in which failure domains: it gets some, or it
    /// would once the plan goes back.
    fn serves<'r>(
        &self,
        rollout: &'r Rollout<'_>,
        place: Place,
    ) -> (
        Option<Presence>,
        Option<&'r std::collections::BTreeSet<String>>,
    ) {
        let Some((plan, at)) = place.state else {
            return (Some(Presence::Runs), None);
        };
        let lane = &rollout.plans[plan];
        let state = &lane.states[at];
        if state.serving.contains(&self.running) {
            return (Some(Presence::Runs), state.serving_in.get(&self.running));
        }
        let back = gets_traffic(rollout, place, self.running).contains(&true);
        (back.then_some(Presence::ComesBack), None)
    }
}
