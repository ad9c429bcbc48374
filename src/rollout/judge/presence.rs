//! When a version runs, and when it could only come back.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Index, Model, Service};
use crate::proof::Point;

use super::super::lanes::Rollout;
use super::super::plan_lane::{PlanLane, Running};

/// How a version can be met in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// It runs.
    Runs,
    /// It does not run, and going back from the state would bring it.
    ComesBack,
}

/// Where the versions of a unit can be met.
#[derive(Debug, Default)]
pub struct Versions {
    /// For each version, the states of plans in which it can be met, in the order of the states.
    at: BTreeMap<Running, Vec<(Place, Presence)>>,
}

/// What brings a version that does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// Going back all the way, at once.
    Rollback,
    /// Going back as the plan describes it, in this change of the way.
    Change(usize),
    /// A `goto` to an earlier step.
    Goto,
}

/// A state of a plan's lane, or `None` for a version that runs whatever the plans do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The plan, as its place in the unit, and the state of its lane.
    pub state: Option<(usize, usize)>,
    /// The plan that goes on with what this one has rolled, in the state before it does: the end of
    /// the first says what runs only until then.
    pub until: Option<(usize, usize)>,
    /// What brings the version there; `None` where it runs.
    pub brought: Option<Brought>,
}

/// The services that some version says beside which versions of them it runs.
fn supported(model: &Model) -> BTreeSet<Index> {
    let versions = model.services.iter().flat_map(|service| &service.versions);
    let named = versions.flat_map(|version| &version.supports);
    named.map(|(service, _)| service.value).collect()
}

/// Whether anything that a service declares can be met by others, or meets what they leave. A folder of
/// a thousand manifests has a thousand services that nobody needs to look at for each of them.
fn meets_others(service: &Service) -> bool {
    service.versions.iter().any(|version| {
        !(version.schemas.is_empty()
            && version.reads.is_empty()
            && version.writes.is_empty()
            && version.serves.is_empty()
            && version.calls.is_empty()
            && version.needs.is_empty()
            && version.accepts.is_empty()
            && version.evaluates.is_empty()
            && version.supports.is_empty())
    })
}

impl Versions {
    /// All versions that can be met while the unit is carried out: those that its plans roll, and
    /// of the services that no plan here rolls the one that `runs`, else each that is declared.
    pub fn of(rollout: &Rollout<'_>) -> Versions {
        let mut versions = Versions::default();
        let mut rolled: BTreeSet<Index> = BTreeSet::new();
        let movers = Movers::of(rollout);
        for plan in movers.in_order() {
            let lane = &rollout.plans[plan];
            for roll in &rollout.model.plans[lane.plan].rolls {
                rolled.insert(roll.service);
            }
            for running in lane.from.iter().chain(&lane.to).collect::<BTreeSet<_>>() {
                let continues = lane.from.contains(running)
                    && movers.leading_to(running, plan).next().is_some();
                let mut last = None;
                for (number, state) in lane.states.iter().enumerate() {
                    let lived = last;
                    if state.live.contains(running) {
                        last = Some(number);
                    }
                    // until a plan begins, those before it say what runs
                    if continues && number == 0 {
                        continue;
                    }
                    let until = match number + 1 == lane.states.len() {
                        true => movers.continued(plan, running.service),
                        false => None,
                    };
                    for brought in met(lane, number, *running, lived) {
                        let place = Place {
                            state: Some((plan, number)),
                            until,
                            brought,
                        };
                        let presence = match brought {
                            None => Presence::Runs,
                            Some(_) => Presence::ComesBack,
                        };
                        let places = versions.at.entry(*running).or_default();
                        places.push((place, presence));
                    }
                }
            }
        }
        // a plan only sees what its file does; a release is one view of all of them
        let supported = supported(rollout.model);
        let visible: BTreeSet<Index> = rollout
            .plans
            .iter()
            .flat_map(|lane| rollout.model.plans[lane.plan].visible_services.iter())
            .copied()
            .filter(|service| {
                let declared = rollout.model.services.get(*service);
                supported.contains(service) || declared.is_some_and(meets_others)
            })
            .collect();
        for service in visible.difference(&rolled) {
            let Some(declared) = rollout.model.services.get(*service) else {
                continue;
            };
            let runs = declared
                .runs
                .as_ref()
                .and_then(|runs| declared.version(&runs.value));
            for version in 0..declared.versions.len() {
                if runs.is_none_or(|runs| runs == version) {
                    let running = Running {
                        service: *service,
                        version,
                    };
                    let place = Place {
                        state: None,
                        until: None,
                        brought: None,
                    };
                    versions.at.insert(running, vec![(place, Presence::Runs)]);
                }
            }
        }
        versions
    }

    /// All versions, each with where it can be met.
    pub fn iter(&self) -> impl Iterator<Item = (Running, &[(Place, Presence)])> {
        self.at
            .iter()
            .map(|(running, places)| (*running, places.as_slice()))
    }

    /// Where one version can be met.
    pub fn places(&self, running: Running) -> &[(Place, Presence)] {
        self.at.get(&running).map_or(&[], Vec::as_slice)
    }

    /// The first state of a plan in which a version neither runs nor can come back, behind all in
    /// which it could.
    pub fn gone(&self, rollout: &Rollout<'_>, running: Running) -> Option<(usize, usize)> {
        let mut last: BTreeMap<usize, usize> = BTreeMap::new();
        for (place, _) in self.places(running) {
            let (plan, state) = place.state?;
            last.insert(plan, state);
        }
        // a version that several plans hold is gone when the last of them has let it go
        let (plan, state) = last.into_iter().next_back()?;
        (state + 1 < rollout.plans[plan].states.len()).then_some((plan, state + 1))
    }
}

impl Place {
    /// The points of the lanes that hold it; none for what always is.
    pub fn points(self, rollout: &Rollout<'_>) -> impl Iterator<Item = Point> {
        self.state
            .into_iter()
            .chain(self.until)
            .map(|(plan, state)| rollout.plan_point(plan, state))
    }

    /// Whether a version that comes back here meets the schema of a database as it stands: not where
    /// the way back has moved it before.
    pub fn meets_schema(self, rollout: &Rollout<'_>, database: Index) -> bool {
        let (Some((plan, state)), Some(Brought::Change(at))) = (self.state, self.brought) else {
            return true;
        };
        let way = rollout.plans[plan].states[state].way_back.as_ref();
        let moved = way.and_then(|way| way.migrates(database));
        moved.is_none_or(|(change, _)| at <= change)
    }

    /// Whether it can be met together with a point.
    pub fn meets(self, rollout: &Rollout<'_>, other: Point) -> bool {
        self.points(rollout)
            .all(|point| rollout.clocks.together(point, other))
    }
}

/// How a version is met in a state of a plan: `None` where it runs, else what would bring it.
/// `lived` is the last state before this one in which it runs.
fn met(
    lane: &PlanLane,
    number: usize,
    running: Running,
    lived: Option<usize>,
) -> Vec<Option<Brought>> {
    let state = &lane.states[number];
    if state.live.contains(&running) {
        return vec![None];
    }
    let mut all = Vec::new();
    if state.returnable {
        all.extend(match &state.way_back {
            Some(way) => way.runs(running).map(|at| Some(Brought::Change(at))),
            None => lane
                .from
                .contains(&running)
                .then_some(Some(Brought::Rollback)),
        });
    }
    // a `goto` walks once more through all states from the one that it leads to
    if state.goes_to.is_some_and(|to| lived >= Some(to)) {
        all.push(Some(Brought::Goto));
    }
    all
}

/// Which plans bring a version, and which go on from it.
struct Movers<'r, 'm> {
    rollout: &'r Rollout<'m>,
    to: BTreeMap<Running, Vec<usize>>,
    from: BTreeMap<Running, Vec<usize>>,
}

impl<'r, 'm> Movers<'r, 'm> {
    fn of(rollout: &'r Rollout<'m>) -> Self {
        let mut movers = Movers {
            rollout,
            to: BTreeMap::new(),
            from: BTreeMap::new(),
        };
        for (plan, lane) in rollout.plans.iter().enumerate() {
            for running in &lane.to {
                movers.to.entry(*running).or_default().push(plan);
            }
            for running in &lane.from {
                movers.from.entry(*running).or_default().push(plan);
            }
        }
        movers
    }

    /// The other plans that bring a version.
    fn leading_to(&self, running: &Running, plan: usize) -> impl Iterator<Item = usize> {
        let all = self.to.get(running).into_iter().flatten().copied();
        all.filter(move |other| *other != plan)
    }

    /// The plans of the unit, each behind those that it goes on from: the more must have happened
    /// before it begins, the later.
    fn in_order(&self) -> Vec<usize> {
        let all = self.rollout.plans.iter().enumerate();
        let mut plans: Vec<(usize, usize)> = all
            .map(|(plan, lane)| {
                let mut from = lane.from.iter();
                let goes_on = from.any(|from| self.leading_to(from, plan).next().is_some());
                let begins = self.rollout.plan_point(plan, 1);
                let needs = match goes_on {
                    true => self
                        .rollout
                        .clocks
                        .shortest_run(&[begins])
                        .map_or(0, |run| run.len()),
                    false => 0,
                };
                (needs, plan)
            })
            .collect();
        plans.sort_unstable();
        plans.into_iter().map(|(_, plan)| plan).collect()
    }

    /// The plan that rolls a service on from where this one ends, before it has begun.
    fn continued(&self, plan: usize, service: Index) -> Option<(usize, usize)> {
        let to = self.rollout.plans[plan].to.iter();
        let to = to.into_iter().find(|running| running.service == service)?;
        let next = self.from.get(to)?.iter().find(|other| **other != plan)?;
        Some((*next, 0))
    }
}
