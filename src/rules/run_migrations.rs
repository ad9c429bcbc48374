//! The migrations that a plan runs, each with the action that runs it and who is there meanwhile.

use std::collections::BTreeSet;

use crate::model::{Action, Database, Index};
use crate::rollout::{Moment, Running};
use crate::schema::Migration;
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

/// The migrations that the plan runs, in their order, on databases of which it is known where their
/// schema stands before the plan.
pub(super) fn run_migrations(context: &Context<'_>) -> Vec<Run> {
    let starts = starts(context);
    let all = all(context, &starts).into_iter();
    all.filter_map(|(database, position, action, at)| {
        Some(Run {
            database,
            start: starts.get(database).copied().flatten()?,
            position,
            action,
            at,
        })
    })
    .collect()
}

/// Calls `visit` with each migration that the plan runs: its database, the migration, the statement
/// that runs it, and the step. Where the schema stands before the plan need not be known.
pub(super) fn each_run(
    context: &Context<'_>,
    mut visit: impl FnMut(&Database, &Migration, Span, usize),
) {
    for (index, position, action, (step, _)) in all(context, &starts(context)) {
        let database = &context.model.databases[index];
        let folder = database.migrations.as_ref();
        if let Some(migration) = folder.and_then(|(_, found)| found.migrations.get(position)) {
            visit(database, migration, action, step);
        }
    }
}

/// Where the schema of each database stands before the plan, as a place in its folder.
fn starts(context: &Context<'_>) -> Vec<Option<usize>> {
    (0..context.model.databases.len())
        .map(|index| {
            let (_, migrations) = context.model.databases[index].migrations.as_ref()?;
            migrations.find(&starts_at(context, index)?.value)
        })
        .collect()
}

/// The database, the place in its folder, the action, and the step and the action in it.
type Place = (Index, usize, Span, (usize, usize));

/// What the plan runs, in its order; of a database of which it is not known where it stands, the
/// first action surely runs the migration that it names.
fn all(context: &Context<'_>, starts: &[Option<usize>]) -> Vec<Place> {
    let mut stands = starts.to_vec();
    let mut all = Vec::new();
    for (number, step) in context.plan.steps.iter().enumerate() {
        for (place, action) in step.actions.iter().enumerate() {
            let Action::Migrate(index, to) = &action.value else {
                continue;
            };
            let Some((_, migrations)) = &context.model.databases[*index].migrations else {
                continue;
            };
            let Some(end) = migrations.find(&to.value) else {
                continue;
            };
            let first = stands[*index].replace(end).map_or(end, |at| at + 1);
            let positions = first..=end;
            all.extend(positions.map(|position| (*index, position, action.span, (number, place))));
        }
    }
    all
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
