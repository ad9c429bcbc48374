//! MG03 for plans: the migrations that a plan runs can be taken back, or say why not.

use crate::diagnostic::Proof;
use crate::model::Action;
use crate::schema::rules::MISSING_DOWN;

use super::schema_backwards::starts_at;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &MISSING_DOWN,
    refutes: None::<Proof>,
    check,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
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
            let Some((_, migrations)) = &context.model.databases[*index].migrations else {
                continue;
            };
            let Some(end) = migrations.find(&to.value) else {
                continue;
            };
            let start = stands[*index].replace(end).map_or(end, |at| at + 1);
            for migration in migrations.migrations.iter().take(end + 1).skip(start) {
                if let Some(found) = migration.missing_down() {
                    let found = found.also(action.span, "the plan runs it here");
                    out.push(Found {
                        diagnostic: with_origin(found, step),
                        step: Some(number),
                    });
                }
            }
        }
    }
}
