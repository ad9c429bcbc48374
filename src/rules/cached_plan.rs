//! SC10: a change of schema does not break statements that connections have prepared before.

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::rollout::Presence;
use crate::schema::query::When;

use super::proof::{named, of_schema, what_fails, with_schema};
use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

static RULE: Rule = Rule {
    name: "cached-plan",
    code: "SC10",
    severity: Severity::Warning,
    summary: "no statement that is prepared on a live connection changes its result",
    why: "A driver or a pooler that keeps prepared statements has fixed the columns of `SELECT *` and `RETURNING *`. When a migration adds a column, or changes the type of one that is selected, the server answers the next run with `cached plan must not change result type` (0A000), on every old connection, until it is made anew. `DISCARD PLANS` does not help.",
    failing: "--- main.swb\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n}\nservice web {\n  replicas 2\n  ready http \"/r\"\n  live http \"/l\"\n  drain 20s\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; schema shop 0001; queries \"sql/*.sql\" }\n  version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; schema shop 0001; queries \"sql/*.sql\" }\n}\nplan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step all { rolling }\n}\n--- sql/get.sql\nSELECT * FROM users WHERE id = $1;\n--- db/0001_users.up.sql\nCREATE TABLE users (id bigint PRIMARY KEY, name text);\n--- db/0001_users.down.sql\nDROP TABLE users;\n--- db/0002_phone.up.sql\nSET lock_timeout = '2s';\nALTER TABLE users ADD COLUMN phone text;\n--- db/0002_phone.down.sql\nALTER TABLE users DROP COLUMN phone;\n",
    passing: "--- main.swb\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n}\nservice web {\n  replicas 2\n  ready http \"/r\"\n  live http \"/l\"\n  drain 20s\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; schema shop 0001; queries \"sql/*.sql\" }\n  version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; schema shop 0001; queries \"sql/*.sql\" }\n}\nplan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step all { rolling }\n}\n--- sql/get.sql\nSELECT id, name FROM users WHERE id = $1;\n--- db/0001_users.up.sql\nCREATE TABLE users (id bigint PRIMARY KEY, name text);\n--- db/0001_users.down.sql\nDROP TABLE users;\n--- db/0002_phone.up.sql\nSET lock_timeout = '2s';\nALTER TABLE users ADD COLUMN phone text;\n--- db/0002_phone.down.sql\nALTER TABLE users DROP COLUMN phone;\n",
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let takes = |found: &crate::schema::query::Break| found.when == When::Prepared;
    for (refutation, version, schema, breaks) in of_schema(context, false, Presence::Runs, takes) {
        let message = format!(
            "`{schema}` breaks what connections of {} have prepared: {}",
            named(context.model, version),
            what_fails(breaks)
        );
        let found = Diagnostic::new(&RULE, refutation.span, message)
            .here("live connections keep their plans over this")
            .help("name the columns instead of `*`, or let every connection be made anew behind the migration");
        out.push(with_schema(found, context, refutation));
    }
}
