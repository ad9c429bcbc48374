//! MG12: the server takes every statement of the migrations that a plan runs.

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::schema::catalog::Name;

use super::run_migrations::run_migrations;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

static RULE: Rule = Rule {
    name: "migration-fails",
    code: "MG12",
    severity: Severity::Error,
    summary: "the server takes every statement of the migrations that a plan runs",
    why: "The folder is replayed statement by statement, in the transactions in which its tool runs it. A statement that names what is not there, makes what is there already, or cannot run in a transaction stops the rollout in the middle; what was committed before it stays.",
    failing: "--- main.swb\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n  at 0001\n}\nplan search {\n  step expand { migrate shop to 0002 }\n}\n--- db/0001_users.up.sql\nCREATE TABLE users (id bigint PRIMARY KEY, email text);\n--- db/0001_users.down.sql\nDROP TABLE users;\n--- db/0002_search.up.sql\nBEGIN;\nCREATE INDEX CONCURRENTLY users_email ON users (email);\nCOMMIT;\n--- db/0002_search.down.sql\nDROP INDEX CONCURRENTLY users_email;\n",
    passing: "--- main.swb\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n  at 0001\n}\nplan search {\n  step expand { migrate shop to 0002 }\n}\n--- db/0001_users.up.sql\nCREATE TABLE users (id bigint PRIMARY KEY, email text);\n--- db/0001_users.down.sql\nDROP TABLE users;\n--- db/0002_search.up.sql\nCREATE INDEX CONCURRENTLY users_email ON users (email);\n--- db/0002_search.down.sql\nDROP INDEX CONCURRENTLY users_email;\n",
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for run in run_migrations(context) {
        let Ok(history) = context.schemas.of(run.database) else {
            continue;
        };
        for error in history
            .statements(run.position)
            .iter()
            .filter(|statement| !history.is_told(statement.span))
            .flat_map(|statement| &statement.errors)
        {
            let (verb, severity) = match error.certain {
                true => ("fails", Severity::Error),
                false => ("may fail", Severity::Warning),
            };
            let help = match error.sqlstate {
                "25001" => {
                    "put it into a migration of its own that the tool runs outside of a transaction"
                }
                "55P04" => "use the label in a later migration",
                "25P01" => "end the script with `COMMIT`, or leave the transaction to the tool",
                // two names that begin with the same 63 bytes are one
                "42701" | "42710" | "42P07" if names_a_cut_one(&error.message) => {
                    "the server keeps 63 bytes of a name and cuts the rest off, so that two names are one here: give one of them a shorter name"
                }
                _ => {
                    "write what the schema takes at this place, where the migrations before have run"
                }
            };
            let id = history.id(run.position);
            let message = format!("migration `{id}` {verb} here: {error}");
            let found = Diagnostic::new(&RULE, error.span, message)
                .severity(severity)
                .here("the server refuses this")
                .also(run.action, "the plan runs it here")
                .help(help);
            let (step, _) = run.at;
            out.push(Found {
                diagnostic: with_origin(found, &context.plan.steps[step]),
                step: Some(step),
            });
        }
    }
}

/// Whether a message names something whose name is as long as one can be, and so perhaps was longer.
fn names_a_cut_one(message: &str) -> bool {
    let mut named = message.split('`').skip(1).step_by(2);
    let own = |name: &str| name.rsplit('.').next().map_or(0, str::len);
    named.any(|name| own(name) == Name::MAX_BYTES)
}
