//! SC07: a column refuses `NULL` only when nobody writes one any more.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::rollout::Presence;

use super::proof::{
    help as remedied, id, is_null_refused, named, of_schema, what_fails, with_schema,
};
use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Compatible),
    check,
};

static RULE: Rule = Rule {
    name: "not-null-before-dual-write",
    code: "SC07",
    severity: Severity::Error,
    summary: "a column refuses `NULL` only when no live version leaves it out or writes one",
    why: "The old version does not know the column, or may leave it empty: its inserts fail from the moment on that the column is `NOT NULL` without a default, however well the rows were filled before. A backfill does not help, because the old version goes on writing.",
    failing: migrated!(
        "ALTER TABLE users ALTER COLUMN name SET NOT NULL;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  allow lock-hazard because \"users holds a hundred rows\"\n  step require { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: migrated!(
        "ALTER TABLE users ADD COLUMN country text NOT NULL DEFAULT 'KR';\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for (refutation, version, schema, breaks) in
        of_schema(context, false, Presence::Runs, is_null_refused)
    {
        let message = format!(
            "`{schema}` refuses what {} writes: {}",
            named(context.model, version),
            what_fails(breaks)
        );
        let id = id(context.model, version);
        let found = Diagnostic::new(&RULE, refutation.span, message)
            .here(format!("{id} writes while this takes effect"))
            .help(remedied(refutation, format!(
                "give the column a `DEFAULT`, or set `NOT NULL` where {id} is gone and cannot come back: behind `retire`, below `no return`"
            )));
        out.push(with_schema(found, context, refutation));
    }
}
