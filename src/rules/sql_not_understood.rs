//! MG06 for plans: the SQL that a plan runs is understood.

use crate::diagnostic::Proof;
use crate::schema::rules::SQL_NOT_UNDERSTOOD;
use crate::schema::understood;

use super::run_migrations::each_run;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &SQL_NOT_UNDERSTOOD,
    refutes: None::<Proof>,
    check,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    each_run(context, |database, migration, action, number| {
        let engine = database.engine.map(|engine| engine.value);
        // where the plan says what the up does, nobody has to understand it
        let declared = database.declared.iter().any(|declared| {
            let folder = database.migrations.as_ref();
            let found = folder
                .and_then(|(_, folder)| folder.migrations.get(folder.find(&declared.id.value)?));
            found.is_some_and(|found| found.id == migration.id)
        });
        let up = migration.up.filter(|_| declared).map(|up| up.span);
        for found in understood(context.sources, migration, engine) {
            let place = found.span();
            let in_up = up.is_some_and(|up| {
                up.file == place.file && up.start <= place.start && place.end <= up.end
            });
            if in_up && found.rule == &SQL_NOT_UNDERSTOOD {
                continue;
            }
            let found = found.also(action, "the plan runs it here");
            out.push(Found {
                diagnostic: with_origin(found, &context.plan.steps[number]),
                step: Some(number),
            });
        }
    });
}
