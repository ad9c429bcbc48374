//! What a policy asks, told: requirements, strategies, freezes, and the examples of the policy itself.

mod example;
mod freeze;
mod requirement;
mod strategy;

pub(crate) use example::policy_examples;
pub(crate) use freeze::left_to_do;

use crate::diagnostic::Rule;
use crate::measure::Subject;

use super::{Context, Hazard};

pub(super) const APPROVAL: Hazard = requirement::APPROVAL;
pub(super) const BLAST_RADIUS: Hazard = requirement::BLAST_RADIUS;
pub(super) const REQUIREMENT: Hazard = requirement::REQUIREMENT;
pub(super) const TIMES: Hazard = requirement::TIMES;
pub(super) const CAPACITY: Hazard = requirement::CAPACITY;
pub(super) const STRATEGY: Hazard = strategy::HAZARD;
pub(super) const FREEZE: Hazard = freeze::HAZARD;

/// The rules of policies that are no rules of plans.
pub static RULES: &[&Rule] = &[&example::RULE];

/// The plan as it is measured.
fn subject<'a>(context: &Context<'a>) -> Subject<'a> {
    Subject::new(context.model, context.plan)
}
