//! MG08: a plan moves its schema forward.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Action, Database};
use crate::source::Spanned;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Compatible),
    check,
};

static RULE: Rule = Rule {
    name: "schema-backwards",
    code: "MG08",
    severity: Severity::Error,
    summary: "`migrate` moves a schema forward",
    why: "Going back in a schema runs down migrations, which drop what the up migrations added, data included. A plan that walks forward never needs it: a rollback leaves the schema where it is when that is compatible with the old version.",
    failing: "--- main.swb\nservice web {\n  version 1 { image \"r/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; schema shop 0002 }\n}\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n  at 0002\n}\nplan back {\n  step down { migrate shop to 0001 }\n}\n--- db/0001_a.up.sql\nCREATE TABLE a (id int);\n--- db/0001_a.down.sql\nDROP TABLE a;\n--- db/0002_b.up.sql\nCREATE TABLE b (id int);\n--- db/0002_b.down.sql\nDROP TABLE b;\n",
    passing: "--- main.swb\nservice web {\n  version 1 { image \"r/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; schema shop 0001 }\n}\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n  at 0001\n}\nplan forward {\n  step up { migrate shop to 0002 }\n}\n--- db/0001_a.up.sql\nCREATE TABLE a (id int);\n--- db/0001_a.down.sql\nDROP TABLE a;\n--- db/0002_b.up.sql\nCREATE TABLE b (id int);\n--- db/0002_b.down.sql\nDROP TABLE b;\n",
    can_allow: true,
    class: Class::Finding,
};

/// Where a schema stands before the plan: as declared, else what the `from` version was built
/// against.
pub(super) fn starts_at(context: &Context<'_>, index: usize) -> Option<Spanned<String>> {
    let database = &context.model.databases[index];
    database.at.clone().or_else(|| {
        context.plan.rolls.iter().find_map(|roll| {
            let version = context.model.from_version(roll)?;
            version
                .schemas
                .iter()
                .find(|(db, _)| db.value == index)
                .map(|(_, id)| id.clone())
        })
    })
}

fn position(database: &Database, id: &str) -> Option<usize> {
    database
        .migrations
        .as_ref()
        .and_then(|(_, migrations)| migrations.find(id))
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let mut stands: Vec<Option<Spanned<String>>> = (0..context.model.databases.len())
        .map(|index| starts_at(context, index))
        .collect();
    for (number, step) in context.plan.steps.iter().enumerate() {
        for action in &step.actions {
            let Action::Migrate(index, to) = &action.value else {
                continue;
            };
            let database = &context.model.databases[*index];
            let before = stands[*index].replace(to.clone());
            let Some(before) = before else { continue };
            let (Some(from_at), Some(to_at)) = (
                position(database, &before.value),
                position(database, &to.value),
            ) else {
                continue;
            };
            if to_at >= from_at {
                continue;
            }
            let found = Diagnostic::new(
                &RULE,
                action.span,
                format!("`{}` is moved back from `{}` to `{}`", database.name.value, before.value, to.value),
            )
            .here("runs down migrations")
            .also(before.span, format!("the schema stands at `{}`", before.value))
            .help("leave the schema where it is; to remove something, write a migration that does, and run it below `no return`");
            out.push(Found {
                diagnostic: with_origin(found, step),
                step: Some(number),
            });
        }
    }
}
