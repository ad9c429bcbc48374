//! SC11: a change of schema does not silently change what a live version's queries mean.

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
    name: "changed-meaning",
    code: "SC11",
    severity: Severity::Warning,
    summary: "no query of a live version works on and means something else",
    why: "The server refuses a query whose column is gone. It says nothing when a trigger that filled a column is gone, when rows alike are no longer refused, or when a column gives another type: the version works on, with wrong data.",
    failing: "--- main.swb\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n}\nservice web {\n  replicas 2\n  ready http \"/r\"\n  live http \"/l\"\n  drain 20s\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; schema shop 0001; queries \"sql/*.sql\" }\n  version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; schema shop 0001; queries \"sql/*.sql\" }\n}\nplan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step all { rolling }\n}\n--- sql/get.sql\nINSERT INTO users (id, name) VALUES ($1, $2);\n--- db/0001_users.up.sql\nCREATE TABLE users (id bigint PRIMARY KEY, name text);\n--- db/0001_users.down.sql\nDROP TABLE users;\n--- db/0002_key.up.sql\nSET lock_timeout = '2s';\nALTER TABLE users DROP CONSTRAINT users_pkey;\n--- db/0002_key.down.sql\nALTER TABLE users ADD PRIMARY KEY (id);\n",
    passing: "--- main.swb\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n}\nservice web {\n  replicas 2\n  ready http \"/r\"\n  live http \"/l\"\n  drain 20s\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; schema shop 0001; queries \"sql/*.sql\" }\n  version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; schema shop 0001; queries \"sql/*.sql\" }\n}\nplan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step all { rolling }\n}\n--- sql/get.sql\nINSERT INTO users (id, name) VALUES ($1, $2);\n--- db/0001_users.up.sql\nCREATE TABLE users (id bigint PRIMARY KEY, name text);\n--- db/0001_users.down.sql\nDROP TABLE users;\n--- db/0002_phone.up.sql\nSET lock_timeout = '2s';\nALTER TABLE users ADD COLUMN phone text;\n--- db/0002_phone.down.sql\nALTER TABLE users DROP COLUMN phone;\n",
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let takes = |found: &crate::schema::query::Break| found.when == When::Semantic;
    for (refutation, version, schema, breaks) in of_schema(context, false, Presence::Runs, takes) {
        let message = format!(
            "`{schema}` changes what queries of {} mean: {}",
            named(context.model, version),
            what_fails(breaks)
        );
        let found = Diagnostic::new(&RULE, refutation.span, message)
            .here("no error is told")
            .help("migrate where the version is gone, or show that it does not matter and say `allow changed-meaning because \"...\"`");
        out.push(with_schema(found, context, refutation));
    }
}
