//! MG06 for plans: the SQL that a plan runs is understood.

use crate::diagnostic::Proof;
use crate::schema::rules::SQL_NOT_UNDERSTOOD;
use crate::schema::understood;

use super::missing_down::each_run;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &SQL_NOT_UNDERSTOOD,
    refutes: None::<Proof>,
    check,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    each_run(context, |database, migration, action, number| {
        let engine = database.engine.map(|engine| engine.value);
        for found in understood(context.sources, migration, engine) {
            let found = found.also(action, "the plan runs it here");
            out.push(Found {
                diagnostic: with_origin(found, &context.plan.steps[number]),
                step: Some(number),
            });
        }
    });
}
