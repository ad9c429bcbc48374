//! The resolved, typed plan: every value has its unit and its place.
//!
//! [`load`] reads files and what they import, [`Project::build`] turns them into a [`Model`]: names
//! resolved, strategies expanded, environments applied, manifests and migrations read. What cannot
//! be understood is reported once and marked incomplete, so that no rule judges it any further.

mod beside;
mod data;
mod environment;
mod files;
mod gate;
mod imports;
mod legs;
mod limits;
mod load;
mod lower;
mod names;
mod node;
mod plan;
mod policy;
mod scope;
mod service;
mod shape;
mod strategies;

pub use beside::Beside;
pub(crate) use beside::stands_for_pods;
pub use data::{
    Cohort, CohortTest, Config, ConfigVersion, Database, DeclaredEffect, DeclaredMigration,
    EffectKind, Flag, Format, FormatKind, Runs, Table,
};
pub use environment::{Override, Overrides, parse_set, twice};
pub use files::RULES as FILE_RULES;
pub use gate::{Detect, Gate, GateKind, Limit, Provider, ProviderKind, Rule as GateRule};
pub use legs::{Exposure, Leg, Legs, Start};
pub(crate) use limits::TOO_LARGE;
pub use limits::{
    MAX_FILES, MAX_FINDINGS, MAX_LEGS, MAX_LIKE, MAX_STATEMENTS, MAX_STATEMENTS_IN_ALL, MAX_STEPS,
    MAX_VISIBLE,
};
pub use load::{Project, ProjectFile, load};
pub use names::RULES as NAME_RULES;
pub(crate) use names::{DUPLICATE_NAME, UNKNOWN_NAME};
pub use node::{Node, Origin};
pub use plan::{
    Action, Allow, Approval, Chain, Edge, NoReturn, Outcome, Plan, Release, ReleasePlan, Roll,
    Rollback, RunJob, Step, StepRef, Sticky, Then,
};
pub use policy::{Condition, Policy, PolicyExample, Requirement, Target, TargetKind, Upstream};
pub use scope::{Decl, DeclId};
pub use service::{Amount, DEREGISTRATION, Objective, Probe, Service, Traffic, Version, Workload};
pub use shape::RULES as SHAPE_RULES;

use std::sync::Arc;

use crate::diagnostic::Findings;

/// Everything that one check sees, for the base or for one environment.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The environment, or `None` for the base.
    pub environment: Option<String>,
    /// `service`
    pub services: Vec<Service>,
    /// `database`
    pub databases: Vec<Database>,
    /// `config`
    pub configs: Vec<Config>,
    /// `flag`
    pub flags: Vec<Flag>,
    /// `format`
    pub formats: Vec<Format>,
    /// `cohort`
    pub cohorts: Vec<Cohort>,
    /// `provider`
    pub providers: Vec<Provider>,
    /// `gate`
    pub gates: Vec<Gate>,
    /// `plan`
    pub plans: Vec<Plan>,
    /// `release`
    pub releases: Vec<Release>,
    /// `policy`
    pub policies: Vec<Policy>,
    /// `target`
    pub targets: Vec<Target>,
    /// Manifests beside those that services name, where they are known.
    pub beside: Arc<Beside>,
}

/// The index of a declaration in its list of the [`Model`].
pub type Index = usize;

impl Model {
    /// The plan of that name; the first when several files have one.
    pub fn plan(&self, name: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.name.value == name)
    }

    /// The version of a roll's `from` side.
    pub fn from_version(&self, roll: &Roll) -> Option<&Version> {
        self.services.get(roll.service)?.versions.get(roll.from?)
    }

    /// The version of a roll's `to` side.
    pub fn to_version(&self, roll: &Roll) -> Option<&Version> {
        self.services.get(roll.service)?.versions.get(roll.to?)
    }
}

/// Adds a finding unless the very same one is already there: several environments and several
/// importing files lead to the same place.
pub fn push_once(findings: &mut Findings, found: crate::diagnostic::Diagnostic) {
    // looking at all of them would be quadratic; the same finding comes again soon or not at all
    let last = findings.iter().rev().take(2_000);
    if last.into_iter().all(|other| !same(other, &found)) {
        findings.push(found);
    }
}

/// Whether two findings say the same of the same places.
pub fn same(one: &crate::diagnostic::Diagnostic, other: &crate::diagnostic::Diagnostic) -> bool {
    one.rule == other.rule && one.labels == other.labels && one.message == other.message
}
