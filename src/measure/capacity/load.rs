//! The load of a service against what is ready of it.

use crate::model::Index;

use super::Capacity;
use super::fleet::Demand;
use super::states::{Part, Who};

/// Where the least is left over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Utilisation {
    /// The load as a share of what the ready replicas carry; above 1 is too much. `None` where none
    /// is ready.
    pub value: Option<f64>,
    /// The service.
    pub service: Index,
    /// Who carries it.
    pub part: Part,
}

impl Utilisation {
    /// What nobody carries is worse than any number.
    pub fn size(&self) -> f64 {
        self.value.unwrap_or(f64::MAX)
    }
}

/// A state in which the ready replicas do not carry their load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overload {
    /// The service.
    pub service: Index,
    /// Its place among the rolls of the plan.
    pub roll: usize,
    /// The first state in which it is so.
    pub state: usize,
    /// What is ready there, and what it gets.
    pub part: Part,
    /// The ready replicas that the worst of these states needs.
    pub needed: u64,
    /// Whether it is so before anything has happened.
    pub at_rest: bool,
}

impl Overload {
    /// The load that the ready replicas get, in requests a second.
    pub fn load(&self, demand: &Demand) -> f64 {
        demand.load * self.part.share
    }

    /// What they carry, in requests a second.
    pub fn carried(&self, demand: &Demand) -> f64 {
        demand.capacity * self.part.ready as f64
    }
}

impl Capacity {
    /// The highest utilisation of each state of a plan, over all that it rolls; `None` for a state in
    /// which nothing is asked of anybody.
    pub fn utilisations(&self, place: usize) -> Vec<Option<Utilisation>> {
        let rolls = self.rolled(place);
        let states = rolls.iter().map(|rolled| rolled.states.len()).max();
        let mut worst: Vec<Option<Utilisation>> = vec![None; states.unwrap_or(0)];
        for rolled in rolls {
            let fleet = self.fleets.get(&rolled.service);
            let Some(demand) = fleet.and_then(|fleet| fleet.demand.as_ref()) else {
                continue;
            };
            for (held, worst) in rolled.states.iter().zip(&mut worst) {
                for part in &held.parts {
                    let own = Utilisation {
                        value: demand.utilisation(part.share, part.ready),
                        service: rolled.service,
                        part: *part,
                    };
                    if worst.is_none_or(|worst| own.size() > worst.size()) {
                        *worst = Some(own);
                    }
                }
            }
        }
        worst
    }

    /// The states of a plan in which a service cannot carry its load: of each service and each of its
    /// versions the first one. Where even the replicas at rest are too few, that alone.
    pub fn overloads(&self, place: usize) -> Vec<Overload> {
        let mut found: Vec<Overload> = Vec::new();
        for (roll, rolled) in self.rolled(place).iter().enumerate() {
            let Some(demand) = self
                .fleets
                .get(&rolled.service)
                .and_then(|fleet| fleet.demand.as_ref())
            else {
                continue;
            };
            let mut own: Vec<Overload> = Vec::new();
            for (state, held) in rolled.states.iter().enumerate() {
                for part in &held.parts {
                    // where the share is open, it may be less: a missing fact, not a refutation
                    if part.open || demand.carries(part.share, part.ready) {
                        continue;
                    }
                    let needed = demand.replicas_for(part.share);
                    let same = |known: &&mut Overload| {
                        (known.part.who, known.part.sized_by) == (part.who, part.sized_by)
                    };
                    match own.iter_mut().find(same) {
                        Some(known) => known.needed = known.needed.max(needed),
                        None => own.push(Overload {
                            service: rolled.service,
                            roll,
                            state,
                            part: *part,
                            needed,
                            at_rest: state == 0,
                        }),
                    }
                }
            }
            // what is too little before anything happens is too little behind it
            match own.iter().position(|overload| overload.at_rest) {
                Some(at) => found.push(own.swap_remove(at)),
                None => found.extend(own),
            }
        }
        found
    }
}

impl Who {
    /// Which of the versions, for a message: `the new version`.
    pub fn words(self) -> &'static str {
        match self {
            Who::Old => "the old version",
            Who::New => "the new version",
            Who::Both => "both versions together",
        }
    }
}
