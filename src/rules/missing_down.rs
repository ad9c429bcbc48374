//! MG03 for plans: the migrations that a plan runs can be taken back, or say why not.

use crate::diagnostic::Proof;
use crate::model::{Action, Database};
use crate::schema::Migration;
use crate::schema::rules::MISSING_DOWN;
use crate::source::Span;

use super::schema_backwards::starts_at;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &MISSING_DOWN,
    refutes: None::<Proof>,
    check,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    each_run(context, |database, migration, action, number| {
        let layout = database.migrations.as_ref().and_then(|(_, all)| all.layout);
        let Some(found) = migration.missing_down(layout) else {
            return;
        };
        let found = found.also(action, "the plan runs it here");
        out.push(Found {
            diagnostic: with_origin(found, &context.plan.steps[number]),
            step: Some(number),
        });
    });
}

/// Calls `visit` with each migration that the plan runs: its database, the migration, the statement
/// that runs it, and the step.
pub(super) fn each_run(
    context: &Context<'_>,
    mut visit: impl FnMut(&Database, &Migration, Span, usize),
) {
    let mut stands: Vec<Option<usize>> = (0..context.model.databases.len())
        .map(|index| {
            let (_, migrations) = context.model.databases[index].migrations.as_ref()?;
            migrations.find(&starts_at(context, index)?.value)
        })
        .collect();
    for (number, step) in context.plan.steps.iter().enumerate() {
        for action in &step.actions {
            let Action::Migrate(index, to) = &action.value else {
                continue;
            };
            let database = &context.model.databases[*index];
            let Some((_, migrations)) = &database.migrations else {
                continue;
            };
            let Some(end) = migrations.find(&to.value) else {
                continue;
            };
            let start = stands[*index].replace(end).map_or(end, |at| at + 1);
            for migration in migrations.migrations.iter().take(end + 1).skip(start) {
                visit(database, migration, action.span, number);
            }
        }
    }
}
