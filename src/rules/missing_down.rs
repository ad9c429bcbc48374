//! MG03 for plans: the migrations that a plan runs can be taken back, or say why not.

use crate::diagnostic::Proof;
use crate::schema::rules::MISSING_DOWN;

use super::no_rollback_path::needs_down;
use super::run_migrations::each_run;
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
        // a way back that needs it says so
        if needs_down(context, migration) {
            return;
        }
        let found = found.also(action, "the plan runs it here");
        out.push(Found {
            diagnostic: with_origin(found, &context.plan.steps[number]),
            step: Some(number),
        });
    });
}
