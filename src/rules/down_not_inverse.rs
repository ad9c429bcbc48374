//! MG10: a down takes back what its up did, and nothing else.

use std::sync::Arc;

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::rollout::History;
use crate::schema::catalog::differences;
use crate::schema::postgres::replay_onto;
use crate::schema::{Down, Migration};

use super::run_migrations::each_run;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "down-not-inverse",
    code: "MG10",
    severity: Severity::Warning,
    summary: "the down of each migration that a plan runs takes it back",
    why: "A down that leaves something behind, or takes too much, gives a schema that no version was built against, and the next up meets what it does not expect. Nobody runs a down before the day on which it is needed.",
    failing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n  at 0001\n}\n\nplan notes {\n  step expand { migrate orders to 0002 }\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n--- db/0002_add_note.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text, ADD COLUMN author text;\n--- db/0002_add_note.down.sql\nALTER TABLE orders DROP COLUMN note;\n",
    passing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n  at 0001\n}\n\nplan notes {\n  step expand { migrate orders to 0002 }\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n--- db/0002_add_note.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text, ADD COLUMN author text;\n--- db/0002_add_note.down.sql\nALTER TABLE orders DROP COLUMN author, DROP COLUMN note;\n",
    can_allow: true,
    class: Class::Finding,
};

/// So many differences are told one by one.
const MAX_TOLD: usize = 2;

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    each_run(context, |database, migration, action, number| {
        let databases = &context.model.databases;
        let index = databases
            .iter()
            .position(|other| std::ptr::eq(other, database));
        let history = index.and_then(|index| context.schemas.of(index).ok());
        let Some(found) = history.and_then(|history| taken_back(context, history, migration))
        else {
            return;
        };
        let found = found.also(action, "the plan runs it here");
        out.push(Found {
            diagnostic: with_origin(found, &context.plan.steps[number]),
            step: Some(number),
        });
    });
}

/// What is wrong with a down; nothing where something about it is unknown, or where it says itself
/// that it does not take everything back.
fn taken_back(
    context: &Context<'_>,
    history: &History,
    migration: &Migration,
) -> Option<Diagnostic> {
    let (Some(up), Down::Script(down)) = (&migration.up, &migration.down) else {
        return None;
    };
    if migration.irreversible.is_some() {
        return None;
    }
    let position = history.position(&migration.id)?;
    let (before, after) = (history.before(position), history.after(position));
    if before.is_partly_unknown() || after.is_partly_unknown() {
        return None;
    }
    let server = history.server();
    let forth = replay_onto(context.sources, Arc::clone(&before), up, server);
    // an up without a statement has a finding of its own
    if forth.steps.is_empty() || forth.steps.iter().any(|step| !step.errors.is_empty()) {
        return None;
    }
    let back = replay_onto(context.sources, after, down, server);
    let place = back.steps.first()?.span;
    let name = format!(
        "the down of migration `{}`",
        migration.full_name.escape_debug()
    );
    let refused = back
        .steps
        .iter()
        .flat_map(|step| &step.errors)
        .find(|error| error.certain);
    if let Some(refused) = refused {
        let message = format!("{name} fails behind its own up: {refused}");
        return Some(
            Diagnostic::new(&RULE, refused.span, message)
                .here("the server refuses this")
                .help("write the statements that take back those of the up, the last one first"),
        );
    }
    if back.last.is_partly_unknown() {
        return None;
    }
    let all = differences(&before, &back.last);
    if all.is_empty() {
        return None;
    }
    let told: Vec<&str> = all
        .iter()
        .take(MAX_TOLD)
        .map(|difference| difference.what.as_str())
        .collect();
    let more = match all.len().saturating_sub(MAX_TOLD) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let message = format!(
        "{name} does not take it back: {}{more}",
        told.join(if more.is_empty() { "; and " } else { "; " })
    );
    let mut found = Diagnostic::new(&RULE, place, message)
        .here("this is run to go back")
        .help("take back every statement of the up, the last one first, or write `-- irreversible: reason` into the down");
    let mut places = Vec::new();
    for difference in all.iter().take(MAX_TOLD) {
        if difference.place != place && !places.contains(&difference.place) {
            places.push(difference.place);
            found = found.also(difference.place, "declared here");
        }
    }
    Some(found)
}
