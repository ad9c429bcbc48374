//! When a version runs, and when it could only come back.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Index;
use crate::proof::Point;

use super::super::lanes::Rollout;
use super::super::plan_lane::{Change, PlanLane, Running};

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

impl Versions {
    /// All versions that can be met while the unit is carried out: those that its plans roll, and
    /// of the services that no plan here rolls the one that `runs`, else each that is declared.
    pub fn of(rollout: &Rollout<'_>) -> Versions {
        let mut versions = Versions::default();
        let mut rolled: BTreeSet<Index> = BTreeSet::new();
        for plan in in_order(rollout) {
            let lane = &rollout.plans[plan];
            for roll in &rollout.model.plans[lane.plan].rolls {
                rolled.insert(roll.service);
            }
            for running in lane.from.iter().chain(&lane.to).collect::<BTreeSet<_>>() {
                let continues = lane.from.contains(running)
                    && others(rollout, plan).any(|(_, other)| other.to.contains(running));
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
                        true => continued(rollout, plan, running.service),
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
        let visible: BTreeSet<Index> = rollout
            .plans
            .iter()
            .flat_map(|lane| {
                rollout.model.plans[lane.plan]
                    .visible_services
                    .iter()
                    .copied()
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

    /// Whether a version that comes back here meets a configuration as it is out there in `other`:
    /// not where the same way back has pushed it before, and not where plans that wait for others are
    /// taken back first.
    pub fn meets_config(
        self,
        rollout: &Rollout<'_>,
        config: Index,
        other: Option<(usize, usize)>,
    ) -> bool {
        let (Some((plan, state)), Some(brought), Some((pushes, there))) =
            (self.state, self.brought, other)
        else {
            return true;
        };
        if pushes != plan {
            return brought == Brought::Goto || !rollout.goes_back_first(pushes, there, plan);
        }
        let own = &rollout.plans[plan].states[state];
        match (brought, &own.way_back) {
            (Brought::Goto, _) => false,
            (Brought::Change(at), Some(way)) => way.changes.get(..=at).is_none_or(|changes| {
                let same =
                    |change: &Change| change.configs.get(&config) == own.configs.get(&config);
                changes.iter().all(same)
            }),
            _ => true,
        }
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

/// The plans of a unit, each behind those that it goes on from: the more must have happened before
/// it begins, the later.
fn in_order(rollout: &Rollout<'_>) -> Vec<usize> {
    let mut plans: Vec<(usize, usize)> = (0..rollout.plans.len())
        .map(|plan| {
            let goes_on = rollout.plans[plan]
                .from
                .iter()
                .any(|from| others(rollout, plan).any(|(_, other)| other.to.contains(from)));
            let begins = rollout.plan_point(plan, 1);
            let needs = match goes_on {
                true => rollout
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

/// The other plans of the unit.
fn others<'a>(
    rollout: &'a Rollout<'_>,
    plan: usize,
) -> impl Iterator<Item = (usize, &'a PlanLane)> {
    let all = rollout.plans.iter().enumerate();
    all.filter(move |(other, _)| *other != plan)
}

/// The plan that rolls a service on from where this one ends, before it has begun.
fn continued(rollout: &Rollout<'_>, plan: usize, service: Index) -> Option<(usize, usize)> {
    let to = rollout.plans[plan]
        .to
        .iter()
        .find(|running| running.service == service)?;
    let next = others(rollout, plan).find(|(_, other)| other.from.contains(to))?;
    Some((next.0, 0))
}
