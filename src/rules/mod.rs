//! The hazards, one file each: documentation, check, fix, and the examples that test it.

#[macro_use]
mod examples;

mod alternating_sessions;
mod api_skew;
mod autoscaler_scales_nothing;
mod backfill_before_dual_write;
mod bake_masked;
mod bake_too_short;
mod below_capacity;
mod cached_plan;
mod capacity;
mod changed_meaning;
mod cohort_overlap;
mod cold_start;
mod cold_switch;
mod config_before_code;
mod connection_limit;
mod consumer_limit;
mod contract_too_early;
mod data_before_step;
mod data_loss;
mod dead_rollback_edge;
mod destructive_batch;
mod down_not_inverse;
mod drain;
mod expand_too_late;
mod final_step_ungated;
mod first_step_too_big;
mod flags;
mod formats;
mod gate_cannot_fail;
mod gate_cannot_pass;
mod global_push;
mod hpa_fights_rollout;
mod in_flight;
mod insufficient_power;
mod irreversible_above_no_return;
mod jump_too_large;
mod key_width_mismatch;
mod last_good;
mod liveness_only;
mod lock_hazard;
mod migration_fails;
mod missing_down;
mod missing_pre_stop;
mod missing_probe;
mod mutable_configuration;
mod mutable_tag;
mod no_attestation;
mod no_concurrent_baseline;
mod no_data_passes;
mod no_return_line;
mod no_rollback_path;
mod no_terminal;
mod non_monotone;
mod not_canary_scoped;
mod not_null_before_dual_write;
mod not_proved;
mod one_by_one;
mod ordering_cycle;
mod outcome_overlap;
mod overlapping_rollouts;
mod overlapping_windows;
mod pdb_deadlock;
mod peeking_inflation;
mod platform_skew;
mod policy;
mod progress_deadline;
mod proof;
mod quantile_undersampled;
mod rebuilt_between_stages;
mod registry;
mod removed_dependency;
mod retired_while_live;
mod rollback_depends;
mod rollback_order;
mod rollback_slower_than_budget;
mod rollback_target_cold;
mod rolls_out_of_order;
mod run_migrations;
mod same_probe;
mod same_users_first;
mod schema_backwards;
mod service_port;
mod service_selects_nothing;
mod sql_not_understood;
mod step_without_gate;
mod sticky_changes;
mod suppress;
mod surge_over_quota;
mod target_not_available;
mod threshold_off_bucket;
mod unbounded_wait;
mod unindexed_foreign_key;
mod unknown;
mod unmanaged_mutation;
mod unordered_migrations;
mod unreachable_step;
mod unrepresentative_cohort;
mod unvetted_mix;
mod wave_order;
mod zone_loss;

pub use autoscaler_scales_nothing::autoscaler_scales_nothing;
pub use examples::files_of;
pub use mutable_configuration::mutable_configuration;
pub use ordering_cycle::ordering_cycle;
pub(crate) use policy::{left_to_do, policy_examples};
pub use rebuilt_between_stages::rebuilt_between_stages;
pub use registry::{all, find, suggest};
pub use service_selects_nothing::service_selects_nothing;
pub use suppress::{Applied, RULES as SUPPRESS_RULES, apply, is_unused_allow, policy_names};
pub use unbounded_wait::is_told as is_unbounded;
pub(crate) use unknown::{leaves_open, not_told, open, refutes_way_back};

use crate::diagnostic::{Diagnostic, Proof, Rule};
use crate::measure::Subject;
use crate::measure::capacity::Capacity;
use crate::model::{Model, Plan, Step};
use crate::rollout::{Judgement, Rollout, Schemas};
use crate::source::SourceMap;
use crate::units::Moment;

/// What a check sees.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Everything that was declared.
    pub model: &'a Model,
    /// The plan that is judged; it is complete.
    pub plan: &'a Plan,
    /// The texts.
    pub sources: &'a SourceMap,
    /// What each database looked like after each migration.
    pub schemas: &'a Schemas,
    /// What the proofs found of the plan and of those that run with it; `None` where no order of
    /// their events exists.
    pub judged: Option<Judged<'a>>,
    /// When the plan starts, where somebody said so.
    pub start: Option<Moment>,
}

impl<'a> Context<'a> {
    /// The plan, as it is measured.
    pub fn subject(&self) -> Subject<'a> {
        Subject::new(self.model, self.plan)
    }
}

/// What the proofs found.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The plans as lanes.
    pub rollout: &'a Rollout<'a>,
    /// The answers.
    pub judgement: &'a Judgement,
    /// What its plans need of replicas, and have.
    pub capacity: &'a Capacity,
    /// The plan, as its place among those that run together.
    pub place: usize,
}

/// A finding about a plan, and the step that an `allow` must stand in to accept it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The finding.
    pub diagnostic: Diagnostic,
    /// The step, as an index.
    pub step: Option<usize>,
}

/// A rule with its check.
#[derive(Debug)]
pub struct Hazard {
    /// What it is called, and why it matters.
    pub rule: &'static Rule,
    /// The proof that a finding refutes, if it refutes one.
    pub refutes: Option<Proof>,
    /// Judges one plan.
    pub check: fn(&Context<'_>, &mut Vec<Found>),
}

/// The hazards that are checked for each plan.
pub static HAZARDS: &[Hazard] = &[
    non_monotone::HAZARD,
    step_without_gate::HAZARD,
    no_data_passes::HAZARD,
    bake_too_short::HAZARD,
    insufficient_power::HAZARD,
    gate_cannot_fail::HAZARD,
    gate_cannot_pass::HAZARD,
    not_canary_scoped::HAZARD,
    quantile_undersampled::HAZARD,
    no_concurrent_baseline::HAZARD,
    liveness_only::HAZARD,
    data_before_step::HAZARD,
    peeking_inflation::HAZARD,
    overlapping_windows::HAZARD,
    threshold_off_bucket::HAZARD,
    target_not_available::HAZARD,
    retired_while_live::HAZARD,
    mutable_tag::HAZARD,
    no_attestation::HAZARD,
    global_push::HAZARD,
    missing_probe::HAZARD,
    same_probe::HAZARD,
    missing_pre_stop::HAZARD,
    drain::HAZARD,
    service_port::HAZARD,
    pdb_deadlock::HAZARD,
    hpa_fights_rollout::HAZARD,
    contract_too_early::HAZARD,
    lock_hazard::HAZARD,
    backfill_before_dual_write::HAZARD,
    not_null_before_dual_write::HAZARD,
    expand_too_late::HAZARD,
    irreversible_above_no_return::HAZARD,
    no_return_line::HAZARD,
    cached_plan::HAZARD,
    changed_meaning::HAZARD,
    formats::LIVE,
    formats::MESSAGES,
    formats::STORED,
    formats::ASSETS,
    formats::BACK,
    api_skew::HAZARD,
    config_before_code::HAZARD,
    consumer_limit::HAZARD,
    flags::FLEET,
    flags::MEANING,
    platform_skew::HAZARD,
    removed_dependency::HAZARD,
    rolls_out_of_order::HAZARD,
    overlapping_rollouts::THREE,
    overlapping_rollouts::CANARIES,
    outcome_overlap::HAZARD,
    unordered_migrations::HAZARD,
    unindexed_foreign_key::HAZARD,
    not_proved::HAZARD,
    schema_backwards::HAZARD,
    missing_down::HAZARD,
    down_not_inverse::HAZARD,
    sql_not_understood::HAZARD,
    migration_fails::HAZARD,
    data_loss::HAZARD,
    unreachable_step::HAZARD,
    no_terminal::HAZARD,
    dead_rollback_edge::HAZARD,
    unbounded_wait::HAZARD,
    no_rollback_path::HAZARD,
    unvetted_mix::HAZARD,
    rollback_order::HAZARD,
    rollback_depends::HAZARD,
    destructive_batch::HAZARD,
    key_width_mismatch::HAZARD,
    wave_order::HAZARD,
    policy::FREEZE,
    policy::APPROVAL,
    policy::BLAST_RADIUS,
    policy::REQUIREMENT,
    policy::TIMES,
    policy::CAPACITY,
    policy::STRATEGY,
    rollback_slower_than_budget::HAZARD,
    rollback_target_cold::HAZARD,
    progress_deadline::HAZARD,
    first_step_too_big::HAZARD,
    final_step_ungated::HAZARD,
    jump_too_large::HAZARD,
    last_good::HAZARD,
    unrepresentative_cohort::HAZARD,
    bake_masked::HAZARD,
    below_capacity::HAZARD,
    surge_over_quota::HAZARD,
    connection_limit::HAZARD,
    zone_loss::HAZARD,
    in_flight::HAZARD,
    cold_switch::HAZARD,
    sticky_changes::HAZARD,
    cohort_overlap::HAZARD,
    alternating_sessions::HAZARD,
    same_users_first::HAZARD,
    unmanaged_mutation::HAZARD,
    cold_start::HAZARD,
];

/// Adds the place of the `use` to a finding about an expanded step.
fn with_origin(found: Diagnostic, step: &Step) -> Diagnostic {
    match &step.origin {
        Some(origin) => found.also(
            origin.used,
            format!("taken over from `{}` here", origin.strategy),
        ),
        None => found,
    }
}

/// Judges one plan by every hazard. A plan that could not be read whole is not judged: what seems to
/// be missing in it may stand in the part that could not be read.
pub fn judge(context: &Context<'_>) -> Vec<(&'static Hazard, Found)> {
    let mut all = Vec::new();
    if context.plan.incomplete {
        return all;
    }
    for hazard in HAZARDS {
        let mut found = Vec::new();
        (hazard.check)(context, &mut found);
        all.extend(found.into_iter().map(|found| (hazard, found)));
    }
    all
}
