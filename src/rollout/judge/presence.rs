//! When a version runs, and when it could only come back.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Index;
use crate::proof::Point;

use super::super::lanes::Rollout;
use super::super::plan_lane::Running;

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

/// A state of a plan's lane, or `None` for a version that runs whatever the plans do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The plan, as its place in the unit, and the state of its lane.
    pub state: Option<(usize, usize)>,
}

impl Versions {
    /// All versions that can be met while the unit is carried out: those that its plans roll, and
    /// of the services that no plan here rolls the one that `runs`, else each that is declared.
    pub fn of(rollout: &Rollout<'_>) -> Versions {
        let mut versions = Versions::default();
        let mut rolled: BTreeSet<Index> = BTreeSet::new();
        for (plan, lane) in rollout.plans.iter().enumerate() {
            for roll in &rollout.model.plans[lane.plan].rolls {
                rolled.insert(roll.service);
            }
            for running in lane.from.iter().chain(&lane.to).collect::<BTreeSet<_>>() {
                for (number, state) in lane.states.iter().enumerate() {
                    let presence = if state.live.contains(running) {
                        Presence::Runs
                    } else if state.returnable && lane.from.contains(running) {
                        Presence::ComesBack
                    } else {
                        continue;
                    };
                    let place = Place {
                        state: Some((plan, number)),
                    };
                    versions
                        .at
                        .entry(*running)
                        .or_default()
                        .push((place, presence));
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
                    let place = Place { state: None };
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
    /// The point of the lanes, if it is one.
    pub fn point(self, rollout: &Rollout<'_>) -> Option<Point> {
        let (plan, state) = self.state?;
        Some(rollout.plan_point(plan, state))
    }
}
