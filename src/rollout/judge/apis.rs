//! Every version that calls an API reaches only versions that serve what it calls.

use std::collections::BTreeSet;

use crate::diagnostic::Proof;
use crate::model::Index;
use crate::source::{Span, Spanned};

use super::super::lanes::Rollout;
use super::super::plan_lane::Running;
use super::super::run;
use super::presence::{Brought, Place, Presence, Versions};
use super::{Judgement, Missing, Refutation, Subject};

pub(super) fn judge(rollout: &Rollout<'_>, versions: &Versions, out: &mut Judgement) {
    let model = rollout.model;
    let mut states = rollout.plans.iter().flat_map(|plan| &plan.states);
    let gotos = states.any(|state| state.goes_to.is_some());
    for (caller, _) in versions.iter() {
        let version = &model.services[caller.service].versions[caller.version];
        for (api, numbers) in &version.calls {
            unserved(rollout, caller, (&api.value, numbers), out);
            let serving: BTreeSet<Index> = versions
                .iter()
                .map(|(running, _)| running.service)
                .filter(|&service| {
                    model.services[service]
                        .versions
                        .iter()
                        .any(|version| version.serves.iter().any(|(own, _)| own.value == api.value))
                })
                .collect();
            // what no version of them serves is missing in every state, and told as that
            let known = |number: &str| {
                serving.iter().any(|&service| {
                    model.services[service]
                        .versions
                        .iter()
                        .flat_map(|version| &version.serves)
                        .filter(|(own, _)| own.value == api.value)
                        .any(|(_, all)| all.iter().any(|one| one.value == number))
                })
            };
            for (callee, _) in versions
                .iter()
                .filter(|(callee, _)| serving.contains(&callee.service))
            {
                let called = &model.services[callee.service].versions[callee.version];
                let own: Vec<_> = called
                    .serves
                    .iter()
                    .filter(|(own, _)| own.value == api.value)
                    .collect();
                let place = own.first().map_or(called.id.span, |(api, _)| api.span);
                for number in numbers {
                    let serves = own
                        .iter()
                        .any(|(_, all)| all.iter().any(|one| one.value == number.value));
                    if !serves && known(&number.value) {
                        let pair = Pair {
                            gotos,
                            api: &api.value,
                            number: &number.value,
                            caller: (caller, number.span),
                            callee: (callee, place),
                        };
                        pair.ask(rollout, versions, out);
                    }
                }
            }
        }
    }
}

/// An API that nobody declares to serve: whether what is called is there is not known to any plan that
/// rolls the caller.
fn unserved(
    rollout: &Rollout<'_>,
    caller: Running,
    (api, numbers): (&str, &[Spanned<String>]),
    out: &mut Judgement,
) {
    let model = rollout.model;
    let versions = model.services.iter().flat_map(|service| &service.versions);
    let mut served = versions.flat_map(|version| &version.serves);
    // that a number of it is missing has a rule of its own
    if served.any(|(own, _)| own.value == *api) {
        return;
    }
    let name = &model.services[caller.service].name.value;
    for (plan, lane) in rollout.plans.iter().enumerate() {
        if !(lane.from.contains(&caller) || lane.to.contains(&caller)) {
            continue;
        }
        for number in numbers {
            for proof in [Proof::Compatible, Proof::Reversible] {
                out.missing.push(Missing {
                    plan,
                    proof,
                    fact: format!(
                        "`serves {api} {}` in a version of the service that `{name}` calls",
                        number.value
                    ),
                    told: false,
                    place: None,
                });
            }
        }
    }
}

/// A caller and a callee that do not fit.
struct Pair<'a> {
    /// Whether any plan of the unit goes to an earlier step.
    gotos: bool,
    api: &'a str,
    number: &'a str,
    caller: (Running, Span),
    callee: (Running, Span),
}

impl Pair<'_> {
    /// The first states in which they meet: both there, and the callee with traffic.
    fn ask(&self, rollout: &Rollout<'_>, versions: &Versions, out: &mut Judgement) {
        for wanted in [Presence::Runs, Presence::ComesBack] {
            // going back all the way and a `goto` are each met first somewhere else
            let mut firsts: [Option<(Place, Place)>; 4] = [None; 4];
            'pairs: for (caller, calls) in versions.places(self.caller.0) {
                for (callee, called) in versions.places(self.callee.0) {
                    // an old version without traffic is not reached, but going back gives it some
                    let (called, brought) = match called {
                        Presence::Runs if !serves(rollout, *callee, self.callee.0) => {
                            match gets_traffic(rollout, *callee, self.callee.0) {
                                [false, false] => continue,
                                [_, goto] => (Presence::ComesBack, goto.then_some(Brought::Goto)),
                            }
                        }
                        Presence::ComesBack if callee.brought == Some(Brought::Goto) => {
                            match gets_traffic(rollout, *callee, self.callee.0) {
                                [_, true] => (Presence::ComesBack, callee.brought),
                                _ => continue,
                            }
                        }
                        other => (*other, callee.brought),
                    };
                    if (*calls).max(called) != wanted {
                        continue;
                    }
                    // a `goto` waits for nobody
                    let goes_back = [
                        *calls == Presence::ComesBack && caller.brought != Some(Brought::Goto),
                        called == Presence::ComesBack && brought != Some(Brought::Goto),
                    ];
                    if before(rollout, goes_back, caller.state, callee.state) {
                        continue;
                    }
                    let kind = usize::from(caller.brought == Some(Brought::Goto))
                        + 2 * usize::from(brought == Some(Brought::Goto));
                    if firsts[kind].is_some() {
                        continue;
                    }
                    out.questions += 1;
                    if met(rollout, *caller, *callee) {
                        firsts[kind] = Some((*caller, *callee));
                        if !self.gotos {
                            break 'pairs;
                        }
                    }
                }
            }
            let least = firsts.into_iter().flatten().min_by_key(|(caller, callee)| {
                let points: Vec<_> = caller
                    .points(rollout)
                    .chain(callee.points(rollout))
                    .collect();
                rollout.clocks.shortest_run(&points).map(|run| run.len())
            });
            if let Some((caller, callee)) = least {
                self.refute(rollout, caller, callee, wanted, out);
                return;
            }
        }
    }

    fn refute(
        &self,
        rollout: &Rollout<'_>,
        caller: Place,
        callee: Place,
        presence: Presence,
        out: &mut Judgement,
    ) {
        let mut points: Vec<_> = caller.points(rollout).collect();
        for point in callee.points(rollout) {
            if !points.contains(&point) {
                points.push(point);
            }
        }
        // who calls too early is told; what has always run is not what leads there
        let (plan, at) = match (caller.state, callee.state) {
            (Some(own), Some((_, 0)) | None) => own,
            (Some((_, 0)) | None, Some(other)) => other,
            (Some(own), _) => own,
            (None, None) => (0, 0),
        };
        let state = &rollout.plans[plan].states[at];
        let back = if presence == Presence::ComesBack {
            callee.state.or(caller.state)
        } else {
            None
        };
        out.refutations.push(Refutation {
            remedy: None,
            way: None,
            plan,
            step: state.step,
            span: state.span,
            subject: Subject::Api {
                api: self.api.to_string(),
                number: self.number.to_string(),
                caller: self.caller,
                callee: self.callee,
                presence,
            },
            run: run::events(rollout, &points, back),
            points,
        });
    }
}

fn serves(rollout: &Rollout<'_>, place: Place, running: Running) -> bool {
    place
        .state
        .is_none_or(|(plan, state)| rollout.plans[plan].states[state].serving.contains(&running))
}

/// Whether going forward could have reached the state, too, since plans that wait for others are
/// taken back before them; `goes_back` says which of the two goes back.
fn before(
    rollout: &Rollout<'_>,
    goes_back: [bool; 2],
    one: Option<(usize, usize)>,
    other: Option<(usize, usize)>,
) -> bool {
    let (Some(one), Some(other)) = (one, other) else {
        return false;
    };
    one.0 != other.0
        && match goes_back {
            [false, false] => false,
            [true, true] => rollout.in_order(one.0, other.0),
            [true, false] => rollout.goes_back_first(other.0, other.1, one.0),
            [false, true] => rollout.goes_back_first(one.0, one.1, other.0),
        }
}

/// Whether going back, and whether a `goto`, gives traffic to a version that runs without.
pub(super) fn gets_traffic(rollout: &Rollout<'_>, place: Place, running: Running) -> [bool; 2] {
    let Some((plan, number)) = place.state else {
        return [false; 2];
    };
    let lane = &rollout.plans[plan];
    let state = &lane.states[number];
    let back = state.returnable
        && match &state.way_back {
            Some(way) => {
                let mut changes = way.changes.iter();
                changes.any(|change| change.serving.contains(&running))
            }
            None => lane.from.contains(&running),
        };
    let again = &lane.states[lane.walked_again(number)];
    let goto = again.iter().any(|state| state.serving.contains(&running));
    [back, goto]
}

/// Whether two places can be met together: two of one lane only when they are the same state.
fn met(rollout: &Rollout<'_>, one: Place, other: Place) -> bool {
    one.points(rollout).all(|point| other.meets(rollout, point))
}
