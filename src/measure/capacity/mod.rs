//! Capacity: whether what is ready carries the load, and what is scheduled fits, in every state of a
//! plan and of what runs with it.
//!
//! Each service that a plan rolls has, in each state of the plan's lane, replicas of the version before
//! and after that are ready at least, the share of the load that they get, and replicas that are
//! scheduled at most ([`states`]). A service is carried by its own replicas, so the load is asked of each
//! state alone. What several services share (a quota, the connections of a database) is a sum over the
//! lanes: the largest over all states that can be reached together is one minimum cut
//! ([`crate::proof::Clocks::greatest_sum`], Picard 1976).
//!
//! | Question | Where |
//! | --- | --- |
//! | the load against what is ready | [`utilisation`], [`Capacity::overloads`] |
//! | replicas at most | [`peak_replicas`], [`Capacity::scheduled`] |
//! | sums against a limit | [`Capacity::excesses`] |
//! | what is not known | [`Capacity::missing`] |

mod answer;
mod fleet;
mod load;
mod states;
mod sums;

pub use answer::{peak_replicas, utilisation};
pub use fleet::{Demand, Fleet, Rolling, Size, rate, step_size, surge_that_fits};
pub use load::{Overload, Utilisation};
pub use states::{Held, Part, Sizing, Who};
pub use sums::{Excess, Share, Shared};

use std::collections::BTreeMap;

use crate::model::{Index, Model};
use crate::rollout::{PlanLane, Rollout};

use states::{Walked, walk};

/// A service that a plan rolls, over the states of its lane.
#[derive(Clone, Debug)]
pub struct Rolled {
    /// The service.
    pub service: Index,
    /// One for each state of the plan's lane.
    pub states: Vec<Held>,
    /// Facts without which the size of the new version is not known.
    pub missing: Vec<String>,
}

/// What a unit needs and has.
#[derive(Clone, Debug, Default)]
pub struct Capacity {
    /// The services that its plans roll, and those that share a database with them.
    fleets: BTreeMap<Index, Fleet>,
    /// For each plan of the unit, its rolls.
    plans: Vec<Vec<Rolled>>,
    /// Sums that are over their limit.
    excesses: Vec<Excess>,
    /// For each plan, the facts without which a sum is not known.
    unknown: Vec<Vec<String>>,
}

impl Capacity {
    /// Looks at every state of the plans of a unit. Linear in their states, but for the sums: one
    /// minimum cut for each quota and each database with a limit.
    pub fn of(rollout: &Rollout<'_>) -> Capacity {
        let mut capacity = Capacity::of_lanes(rollout.model, &rollout.plans);
        sums::add(rollout, &mut capacity);
        capacity
    }

    /// The same without what several services share: each plan by itself.
    pub fn of_lanes(model: &Model, lanes: &[PlanLane]) -> Capacity {
        let mut capacity = Capacity::default();
        for lane in lanes {
            let Some(plan) = model.plans.get(lane.plan) else {
                capacity.plans.push(Vec::new());
                continue;
            };
            let mut rolls = Vec::with_capacity(plan.rolls.len());
            for (number, roll) in plan.rolls.iter().enumerate() {
                if let std::collections::btree_map::Entry::Vacant(free) =
                    capacity.fleets.entry(roll.service)
                    && let Some(fleet) = Fleet::of(model, roll.service)
                {
                    free.insert(fleet);
                }
                let Some(fleet) = capacity.fleets.get(&roll.service) else {
                    continue;
                };
                let Walked { states, missing } = walk(model, lane, number, fleet);
                rolls.push(Rolled {
                    service: roll.service,
                    states,
                    missing,
                });
            }
            capacity.plans.push(rolls);
        }
        capacity.unknown = vec![Vec::new(); capacity.plans.len()];
        capacity
    }

    /// What is known of a service that a plan of the unit rolls.
    pub fn fleet(&self, service: Index) -> Option<&Fleet> {
        self.fleets.get(&service)
    }

    /// The services that a plan rolls, by its place in the unit.
    pub fn rolled(&self, place: usize) -> &[Rolled] {
        self.plans.get(place).map_or(&[], Vec::as_slice)
    }

    /// The sums that are over their limit.
    pub fn excesses(&self) -> &[Excess] {
        &self.excesses
    }

    /// The replicas that a plan schedules in each of its states at most, its services together.
    pub fn scheduled(&self, place: usize) -> Vec<u64> {
        let rolls = self.rolled(place);
        let states = rolls.iter().map(|rolled| rolled.states.len()).max();
        let of = |state: usize| {
            let held = rolls.iter().filter_map(|rolled| rolled.states.get(state));
            held.fold(0_u64, |sum, held| sum.saturating_add(held.most))
        };
        (0..states.unwrap_or(0)).map(of).collect()
    }

    /// What the numbers of a plan rest on: those of its replicas, and with `load` those of the load.
    pub fn assumptions(&self, place: usize, load: bool) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let rolls = self.rolled(place).iter();
        for fleet in rolls.filter_map(|rolled| self.fleets.get(&rolled.service)) {
            let first = fleet.load_assumption.iter().filter(|_| load);
            for text in first.chain(&fleet.assumptions) {
                if !all.contains(text) {
                    all.push(text.clone());
                }
            }
        }
        all
    }

    /// The facts without which nobody knows whether a plan has enough, as the statements to declare.
    /// Empty where all is known.
    pub fn missing(&self, place: usize) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let mut miss = |fact: &String| {
            if !all.contains(fact) {
                all.push(fact.clone());
            }
        };
        for rolled in self.rolled(place) {
            if let Some(fleet) = self.fleets.get(&rolled.service) {
                fleet.demand_missing.iter().for_each(&mut miss);
                fleet.size_missing.iter().for_each(&mut miss);
            }
            rolled.missing.iter().for_each(&mut miss);
        }
        self.unknown
            .get(place)
            .into_iter()
            .flatten()
            .for_each(&mut miss);
        all
    }
}
