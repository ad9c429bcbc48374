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
    failing: migrated!(
        "ALTER TABLE users DROP CONSTRAINT users_pkey;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: migrated!(
        "ALTER TABLE users ADD COLUMN phone text;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
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
