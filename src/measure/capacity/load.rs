//! The load of a service against what is ready of it.

use crate::model::Index;

use super::fleet::Demand;
use super::states::{Part, Who};
use super::{Capacity, Measured};

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
    /// The highest utilisation over all states of a plan, and all that it rolls. `None` where it is
    /// not known ([`Capacity::missing`] says why), or where the plan rolls nothing.
    pub fn utilisation(&self, place: usize) -> Option<Measured<Utilisation>> {
        let mut worst: Option<Measured<Utilisation>> = None;
        let mut assumptions: Vec<String> = Vec::new();
        for rolled in self.rolled(place) {
            let fleet = self.fleets.get(&rolled.service)?;
            let demand = fleet.demand.as_ref()?;
            fleet.size.as_ref()?;
            if !rolled.missing.is_empty() {
                return None;
            }
            assumptions.extend(fleet.assumptions.iter().cloned());
            for (state, held) in rolled.states.iter().enumerate() {
                for part in &held.parts {
                    let value = demand.utilisation(part.share, part.ready);
                    // what nobody carries is worse than any number
                    let size = |value: Option<f64>| value.unwrap_or(f64::MAX);
                    let worse = worst
                        .as_ref()
                        .is_none_or(|worst| size(value) > size(worst.value.value));
                    if worse {
                        worst = Some(Measured {
                            value: Utilisation {
                                value,
                                service: rolled.service,
                                part: *part,
                            },
                            state,
                            assumptions: Vec::new(),
                        });
                    }
                }
            }
        }
        let mut worst = worst?;
        worst.assumptions = assumptions;
        Some(worst)
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

    /// Whether a share of the load that nobody knows would be too much for what is ready.
    pub(super) fn open_parts(&self, place: usize) -> bool {
        self.rolled(place).iter().any(|rolled| {
            let fleet = self.fleets.get(&rolled.service);
            let demand = fleet.and_then(|fleet| fleet.demand.as_ref());
            demand.is_some_and(|demand| {
                let parts = rolled.states.iter().flat_map(|held| &held.parts);
                parts
                    .filter(|part| part.open)
                    .any(|part| !demand.carries(part.share, part.ready))
            })
        })
    }
}

/// Who, in words: `version 42 of `web``.
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
