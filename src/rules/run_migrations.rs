//! The migrations that a plan runs, each with the action that runs it and who is there meanwhile.

use std::collections::BTreeSet;

use crate::model::{Action, Index};
use crate::rollout::{Moment, Running};
use crate::source::Span;

use super::Context;
use super::schema_backwards::starts_at;

/// A migration that a plan runs.
pub(super) struct Run {
    /// The database, as an index into the model.
    pub(super) database: Index,
    /// Where the schema stands before the plan, as a place in the folder.
    pub(super) start: usize,
    /// The migration, as a place in the folder.
    pub(super) position: usize,
    /// The action.
    pub(super) action: Span,
    /// The step, and the action in it.
    pub(super) at: (usize, usize),
}

/// The migrations that the plan runs, in their order.
pub(super) fn run_migrations(context: &Context<'_>) -> Vec<Run> {
    let starts: Vec<Option<usize>> = (0..context.model.databases.len())
        .map(|index| {
            let (_, migrations) = context.model.databases[index].migrations.as_ref()?;
            migrations.find(&starts_at(context, index)?.value)
        })
        .collect();
    let mut stands = starts.clone();
    let mut runs = Vec::new();
    for (number, step) in context.plan.steps.iter().enumerate() {
        for (place, action) in step.actions.iter().enumerate() {
            let Action::Migrate(index, to) = &action.value else {
                continue;
            };
            let Some((_, migrations)) = &context.model.databases[*index].migrations else {
                continue;
            };
            let (Some(end), Some(start)) = (migrations.find(&to.value), starts[*index]) else {
                continue;
            };
            let first = stands[*index].replace(end).map_or(end, |at| at + 1);
            runs.extend((first..=end).map(|position| Run {
                database: *index,
                start,
                position,
                action: action.span,
                at: (number, place),
            }));
        }
    }
    runs
}

/// The versions that run while an action (a step, and the action in it) is carried out; with
/// `before`, also those that ran at any time before. Versions of services that the plans do not roll
/// always run.
pub(super) fn running(
    context: &Context<'_>,
    (step, action): (usize, usize),
    before: bool,
) -> BTreeSet<Running> {
    let mut found = BTreeSet::new();
    let Some(judged) = context.judged else {
        return found;
    };
    let lane = &judged.rollout.plans[judged.place];
    let at = lane
        .states
        .iter()
        .rposition(|state| state.step == step && state.moment == Moment::Action(action));
    let Some(at) = at else {
        return found;
    };
    let first = if before { 0 } else { at };
    for state in lane.states.iter().take(at + 1).skip(first) {
        found.extend(state.live.iter().copied());
    }
    let rolled: BTreeSet<Index> = judged
        .rollout
        .plans
        .iter()
        .flat_map(|lane| &context.model.plans[lane.plan].rolls)
        .map(|roll| roll.service)
        .collect();
    for &service in context.plan.visible_services.iter() {
        if rolled.contains(&service) {
            continue;
        }
        let declared = &context.model.services[service];
        let runs = declared
            .runs
            .as_ref()
            .and_then(|runs| declared.version(&runs.value));
        found.extend(
            (0..declared.versions.len())
                .filter(|version| runs.is_none_or(|runs| runs == *version))
                .map(|version| Running { service, version }),
        );
    }
    found
}
