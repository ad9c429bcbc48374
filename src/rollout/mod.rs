//! What moves in a rollout, as lanes: plans, and the databases that their migrations move.
//!
//! A plan is a chain of states, one for each action and each hold of each leg. A database is a
//! chain of the schemas that others can see, one for each statement that commits. Conditions tie
//! them: a migration's statements wait for the action that runs it, what follows the action waits
//! for its last statement, and `after` waits for a step of another plan. [`crate::proof`] answers
//! which of these states can be met together, and [`judge`] asks it what must not be.

mod database_lane;
mod declared;
mod downs;
pub mod judge;
mod lanes;
mod leg_graph;
mod plan_lane;
mod run;
mod schemas;
mod settings;
mod units;

pub use database_lane::{DatabaseLane, SchemaState};
pub use downs::{Chain, DownState, Downs};
pub use judge::{
    Judgement, Line, Missing, Presence, QUERY, Refutation, Remedy, Step, Subject, find_remedies,
    judge,
};
pub use lanes::{Rollout, Stuck, Unordered, Waiting};
pub use leg_graph::{LegGraph, goes_back, is_too_late, passes};
pub use plan_lane::{Change, Migrate, Moment, PlanLane, PlanState, Put, Running, WayBack, What};
pub use run::{run_back, run_to};
pub use schemas::{History, Replayed, Schemas, Statement};
pub use units::{Unit, units};

use std::collections::BTreeSet;

use crate::model::{Index, Model};

/// The lane of a plan by itself, for what is asked of one plan whatever runs with it.
pub fn lane_of(model: &Model, plan: Index) -> Option<PlanLane> {
    let declared = model.plans.get(plan)?;
    Some(plan_lane::lane(model, plan, declared, &BTreeSet::new()))
}
