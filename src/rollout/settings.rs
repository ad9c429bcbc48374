//! Configuration and flags: what plans put out, and what of it is out there in a state.
//!
//! Of all that was put out in a failure domain, the last counts. Which one that can be is a question
//! about the order of events: in a set of events that may have happened, one can be the last if none
//! of the others has to come after it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Index;
use crate::proof::{Event, LaneId, Point};

use super::judge::Brought;
use super::lanes::Rollout;
use super::plan_lane::{PlanLane, PlanState, Put, What};

/// A value that is out there in some states, in one failure domain.
#[derive(Clone, Debug)]
pub(super) struct Out {
    /// The version of a configuration, or `on` and `off`; `None` where nobody declared what was
    /// there before.
    pub value: Option<String>,
    /// The failure domain; `""` is everywhere.
    pub domain: String,
    /// The plan that put it out, as its place in the unit, and the state in which it does; `None`
    /// for what was there before.
    pub put: Option<(usize, usize)>,
    /// Plans, each with the last of its states in which the value is out there.
    until: Vec<(usize, usize)>,
}

impl Out {
    /// What a way back has put out, in the state in which it is walked.
    pub fn of_way_back(value: &str) -> Out {
        Out {
            value: Some(value.to_string()),
            domain: String::new(),
            put: None,
            until: Vec::new(),
        }
    }

    /// What must have happened before it is out there.
    pub fn event(&self, rollout: &Rollout<'_>) -> Option<Event> {
        let (plan, state) = self.put?;
        Some(event(rollout, plan, state))
    }

    /// Whether it is out there when these states are, with what `back` has taken back.
    pub fn meets(&self, rollout: &Rollout<'_>, points: &[Point], back: Option<&TakenBack>) -> bool {
        let taken = |put| back.is_some_and(|back| back.holds(put));
        if self.put.is_some_and(taken) {
            return false;
        }
        let event: Vec<Event> = self.event(rollout).into_iter().collect();
        if !rollout.clocks.all_together_after(&event, points) {
            return false;
        }
        let before = event.into_iter().map(Point::from);
        let all: Vec<Point> = before.chain(points.iter().copied()).collect();
        self.until
            .iter()
            .filter(|until| !taken(**until))
            .all(|&(plan, last)| {
                let lane = rollout.plan_point(plan, last).lane;
                all.iter().all(|&point| needs(rollout, point, lane) <= last)
            })
    }
}

/// The event that leads a plan to a state.
fn event(rollout: &Rollout<'_>, plan: usize, state: usize) -> Event {
    let point = rollout.plan_point(plan, state);
    Event {
        lane: point.lane,
        state: point.state,
    }
}

/// How far a lane must have come once a state is reached.
fn needs(rollout: &Rollout<'_>, point: Point, lane: LaneId) -> usize {
    match point.lane == lane {
        true => point.state as usize,
        false => rollout.clocks.clock(point, lane).unwrap_or(0) as usize,
    }
}

/// What a plan has put out in some of its states, and has taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TakenBack {
    /// The plan, as its place in the unit.
    pub plan: usize,
    /// The first of the states: 0 for all of them, and for a `goto` where it leads to.
    pub from: usize,
}

impl TakenBack {
    /// Whether it holds what a plan puts out in a state.
    fn holds(&self, (plan, state): (usize, usize)) -> bool {
        self.plan == plan && self.from <= state
    }
}

/// What a version that comes back finds of what its plan has put out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing of that: the plan has taken it back. Behind a `goto` it walks on to the state that is
    /// named second, and what it has put out again by then is asked of the way forward.
    TakenBack(TakenBack, usize),
    /// All of it.
    Left,
    /// The value that the way back has put out itself.
    Put(String),
}

impl Found {
    /// What has been taken back.
    pub fn taken_back(&self) -> Option<&TakenBack> {
        match self {
            Found::TakenBack(back, _) => Some(back),
            _ => None,
        }
    }

    /// Whether a value that is out there may be found so. With a `goto`, the plan walks on from where
    /// that leads, and what it puts out again there covers what was.
    pub fn shows(&self, rollout: &Rollout<'_>, what: What, out: &Out) -> bool {
        let Found::TakenBack(back, first) = self else {
            return true;
        };
        let puts = rollout.plans[back.plan].puts.iter();
        let mut again = puts.filter(|put| put.what == what && put.state < *first);
        !again.any(|put| {
            back.from <= put.state && (put.domains.is_empty() || put.domains.contains(&out.domain))
        })
    }
}

/// What a version finds that a plan, in a state, brings back: with the derived way everything was
/// taken back before, and by a `goto` what came behind the state that it leads to. The way that a plan
/// describes does what it says and nothing else: the version comes in its change, and from there on
/// meets what was there before each change and what is there after it.
pub(super) fn found_on_way(
    rollout: &Rollout<'_>,
    (plan, state): (usize, usize),
    brought: Option<Brought>,
    what: What,
    runs: impl Fn(&PlanState) -> bool,
) -> Vec<Found> {
    let lane = &rollout.plans[plan];
    if brought == Some(Brought::Goto) {
        return found_again(lane, (plan, state), runs).into_iter().collect();
    }
    let way = lane.states[state].way_back.as_ref();
    let (Some(way), Some(Brought::Change(at))) = (way, brought) else {
        return vec![Found::TakenBack(TakenBack { plan, from: 0 }, 0)];
    };
    let mut found = Vec::new();
    let mut now = Found::Left;
    for (number, change) in way.changes.iter().enumerate() {
        let before = now.clone();
        if let Some((_, value)) = change.puts.as_ref().filter(|(own, _)| *own == what) {
            now = Found::Put(value.clone());
        }
        for met in [before, now.clone()] {
            if number >= at && !found.contains(&met) {
                found.push(met);
            }
        }
    }
    found
}

/// What a version finds once a plan has gone to an earlier step from a state and walks on from there,
/// in the first state in which it `runs` then.
pub(super) fn found_again(
    lane: &PlanLane,
    (plan, state): (usize, usize),
    runs: impl Fn(&PlanState) -> bool,
) -> Option<Found> {
    let from = lane.states[state].goes_to?;
    let mut again = lane.walked_again(state);
    let first = again.find(|&own| runs(&lane.states[own]))?;
    Some(Found::TakenBack(TakenBack { plan, from }, first))
}

/// The values of a configuration or flag that are out there in some state. `before` is what was
/// there at the start.
pub(super) fn outs(rollout: &Rollout<'_>, what: What, before: Option<&str>) -> Vec<Out> {
    let puts: Vec<(usize, &Put)> = all_puts(&rollout.plans)
        .filter(|(_, put)| put.what == what)
        .collect();
    let mut found = Vec::new();
    for domain in domains(rollout, puts.iter().map(|(_, put)| *put)) {
        let covers = |put: &Put| put.domains.is_empty() || put.domains.contains(&domain);
        // by plan, the states in which it puts something out here, in order
        let mut here: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (plan, put) in puts.iter().filter(|(_, put)| covers(put)) {
            here.entry(*plan).or_default().push(put.state);
        }
        let first = |(plan, states): (&usize, &Vec<usize>)| Some((*plan, *states.first()?));
        found.push(Out {
            value: before.map(str::to_string),
            domain: domain.clone(),
            put: None,
            until: here.iter().filter_map(first).collect(),
        });
        for &(plan, put) in puts.iter().filter(|(_, put)| covers(put)) {
            let done = event(rollout, plan, put.state + 1);
            // of each plan the first that has to come later
            let until = here.iter().filter_map(|(&other, states)| {
                let earlier = |&theirs: &usize| match other == plan {
                    true => theirs <= put.state,
                    false => !rollout
                        .clocks
                        .happens_before(done, event(rollout, other, theirs)),
                };
                let later = states.get(states.partition_point(earlier))?;
                Some((other, *later))
            });
            found.push(Out {
                value: Some(put.value.clone()),
                domain: domain.clone(),
                put: Some((plan, put.state)),
                until: until.collect(),
            });
        }
    }
    found
}

fn all_puts(plans: &[PlanLane]) -> impl Iterator<Item = (usize, &Put)> {
    let plans = plans.iter().enumerate();
    plans.flat_map(|(plan, lane)| lane.puts.iter().map(move |put| (plan, put)))
}

/// The failure domains that a value may differ in: those of all services that the plans can see, and
/// those that are named; `""` alone where there are none.
fn domains<'p>(rollout: &Rollout<'_>, puts: impl Iterator<Item = &'p Put>) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = puts.flat_map(|put| put.domains.iter().cloned()).collect();
    for lane in &rollout.plans {
        let plan = &rollout.model.plans[lane.plan];
        let rolled = plan.rolls.iter().map(|roll| roll.service);
        for service in plan.visible_services.iter().copied().chain(rolled) {
            let declared = rollout.model.services.get(service);
            let names = declared.into_iter().flat_map(|service| &service.domains);
            found.extend(names.map(|(name, _)| name.value.clone()));
        }
    }
    if found.is_empty() {
        found.insert(String::new());
    }
    found
}

/// What is out there along a run, by failure domain.
#[derive(Clone, Debug, Default)]
pub(super) struct Along {
    configs: BTreeMap<Index, BTreeMap<String, Vec<String>>>,
}

impl Along {
    /// Before anything has happened: what is declared of each configuration that is pushed.
    pub fn new(rollout: &Rollout<'_>) -> Along {
        let mut configs = BTreeMap::new();
        for (_, put) in all_puts(&rollout.plans) {
            let What::Config(config) = put.what else {
                continue;
            };
            let declared = rollout.model.configs.get(config);
            let at = declared.and_then(|declared| declared.at.as_ref());
            let same = all_puts(&rollout.plans)
                .map(|(_, put)| put)
                .filter(|own| own.what == put.what);
            configs.entry(config).or_insert_with(|| {
                let all = domains(rollout, same).into_iter();
                all.map(|domain| (domain, at.map(|at| at.value.clone()).into_iter().collect()))
                    .collect()
            });
        }
        Along { configs }
    }

    /// A plan comes to the end of the state before this one, and goes no further.
    pub fn leave(&mut self, lane: &PlanLane, state: usize) {
        for put in lane.puts.iter().filter(|put| put.state + 1 == state) {
            let What::Config(config) = put.what else {
                continue;
            };
            for (domain, values) in self.configs.entry(config).or_default() {
                if put.domains.is_empty() || put.domains.contains(domain) {
                    *values = vec![put.value.clone()];
                }
            }
        }
    }

    /// A plan enters a state: what it has put out in the one before is done, and what it puts out in
    /// this one is out there beside what was.
    pub fn enter(&mut self, lane: &PlanLane, state: usize) {
        let first = lane.puts.partition_point(|put| put.state + 1 < state);
        let near = lane.puts.iter().skip(first);
        for put in near.take_while(|put| put.state <= state) {
            let What::Config(config) = put.what else {
                continue;
            };
            let (ends, begins) = (put.state + 1 == state, put.state == state);
            if !ends && !begins {
                continue;
            }
            for (domain, values) in self.configs.entry(config).or_default() {
                if !put.domains.is_empty() && !put.domains.contains(domain) {
                    continue;
                }
                if ends {
                    values.clear();
                }
                values.push(put.value.clone());
            }
        }
    }

    /// The versions of a configuration, in order.
    pub fn versions(&self, config: Index) -> Vec<&str> {
        let places = self.configs.get(&config).into_iter().flatten();
        let mut versions: Vec<&str> = places
            .flat_map(|(_, values)| values.iter().map(String::as_str))
            .collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    }
}
