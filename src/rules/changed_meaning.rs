//! SC11: a change of schema does not silently change what a live version's queries mean.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::Model;
use crate::rollout::{Presence, Refutation, Subject};
use crate::schema::query::{Break, BreakKind, Element, When};

use super::proof::{named, of_schema, what_fails, with_schema};
use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Compatible),
    check,
};

static RULE: Rule = Rule {
    name: "changed-meaning",
    code: "SC11",
    severity: Severity::Warning,
    summary: "no query of a live version works on and means something else",
    why: "The server refuses a query whose column is gone. It says nothing when a trigger that filled a column is gone, when rows alike are no longer refused, or when a column gives another type: the version works on, with wrong data. It is an error where what is declared shows it: the queries of a version beside it say in their text what they write, or an index is gone from a table that is declared to have a million rows.",
    failing: "--- main.swb\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n}\nservice web {\n  replicas 2\n  ready http \"/r\"\n  live http \"/l\"\n  drain 20s\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; schema shop 0001; queries \"sql/*.sql\" }\n  version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; schema shop 0001; queries \"sql/*.sql\" }\n}\nplan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step all { rolling }\n}\n--- sql/get.sql\nINSERT INTO users (id, name) VALUES ($1, $2);\n--- db/0001_users.up.sql\nCREATE TABLE users (id bigint PRIMARY KEY, name text);\n--- db/0001_users.down.sql\nDROP TABLE users;\n--- db/0002_key.up.sql\nSET lock_timeout = '2s';\nALTER TABLE users DROP CONSTRAINT users_pkey;\n--- db/0002_key.down.sql\nALTER TABLE users ADD PRIMARY KEY (id);\n",
    passing: "--- main.swb\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n}\nservice web {\n  replicas 2\n  ready http \"/r\"\n  live http \"/l\"\n  drain 20s\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; schema shop 0001; queries \"sql/*.sql\" }\n  version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; schema shop 0001; queries \"sql/*.sql\" }\n}\nplan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step all { rolling }\n}\n--- sql/get.sql\nINSERT INTO users (id, name) VALUES ($1, $2);\n--- db/0001_users.up.sql\nCREATE TABLE users (id bigint PRIMARY KEY, name text);\n--- db/0001_users.down.sql\nDROP TABLE users;\n--- db/0002_phone.up.sql\nSET lock_timeout = '2s';\nALTER TABLE users ADD COLUMN phone text;\n--- db/0002_phone.down.sql\nALTER TABLE users DROP COLUMN phone;\n",
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let takes = |found: &Break| found.when == When::Semantic;
    for (refutation, version, schema, breaks) in of_schema(context, false, Presence::Runs, takes) {
        let message = format!(
            "`{schema}` changes what queries of {} mean: {}",
            named(context.model, version),
            what_fails(breaks)
        );
        // what is declared is no guess
        let severity = match is_shown(context.model, refutation) {
            true => Severity::Error,
            false => Severity::Warning,
        };
        let found = Diagnostic::new(&RULE, refutation.span, message)
            .severity(severity)
            .here("no error is told")
            .help("migrate where the version is gone, or show that it does not matter and say `allow changed-meaning because \"...\"`");
        out.push(with_schema(found, context, refutation));
    }
}

/// A table of so many rows takes longer to be read than any request waits.
const LARGE: u64 = 1_000_000;

/// Whether what is declared shows that something breaks: the queries of another version say in their
/// text that they write what this one does not expect, or the index that is gone led to the rows of a
/// table that is declared to be large.
pub(super) fn is_shown(model: &Model, refutation: &Refutation) -> bool {
    let Subject::Schema {
        database, breaks, ..
    } = &refutation.subject
    else {
        return false;
    };
    let large = |name: &str| {
        let database = model.databases.get(*database);
        let mut tables = database.into_iter().flat_map(|own| &own.tables);
        tables.any(|table| {
            let own = table.name.value.rsplit('.').next();
            own == Some(name) && table.rows.is_some_and(|rows| rows.value >= LARGE)
        })
    };
    breaks
        .iter()
        .any(|found| match (&found.kind, &found.element) {
            (BreakKind::NullRead | BreakKind::NewLabel | BreakKind::TriggerGone, _) => {
                found.certain
            }
            (BreakKind::IndexGone, Element::Index(relation, _)) => large(&relation.name),
            _ => false,
        })
}
