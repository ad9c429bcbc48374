//! SC01: nothing is removed or restricted that a live version relies on.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::rollout::{Presence, Subject};

use super::proof::{
    help as remedied, id, is_hard, is_null_refused, named, of_schema, what_fails, with_schema,
};
use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Compatible),
    check,
};

static RULE: Rule = Rule {
    name: "contract-too-early",
    code: "SC01",
    severity: Severity::Error,
    summary: "no migration removes or restricts what a live version relies on",
    why: "A column that is dropped, a name that changes or a constraint that is added takes effect at once, for every version that runs. The old version goes on sending the queries that it was built with, and the server refuses them. Contract only where the old version is gone and cannot come back: behind `retire`, below `no return`.",
    failing: migrated!(
        "ALTER TABLE users DROP COLUMN email;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step contract { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: migrated!(
        "ALTER TABLE users DROP COLUMN email;\n",
        "",
        "    uses users.id, users.name\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  no return because \"0002 drops users.email, which 1 reads\"\n  step contract {\n    retire 1\n    migrate shop to 0002\n  }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let takes = |found: &crate::schema::query::Break| is_hard(found) && !is_null_refused(found);
    for (refutation, version, schema, breaks) in of_schema(context, false, Presence::Runs, takes) {
        let model = context.model;
        let when = match refutation.way {
            Some(_) => "going back, ",
            None => "",
        };
        let message = format!(
            "{when}`{schema}` breaks {}, which still runs: {}",
            named(model, version),
            what_fails(breaks)
        );
        let gone = matches!(
            &refutation.subject,
            Subject::Schema {
                gone_after: Some(_),
                ..
            }
        );
        let id = id(model, version);
        let rolled = context
            .plan
            .rolls
            .iter()
            .any(|roll| roll.service == version.service);
        let help = if refutation.way.is_some() {
            format!(
                "take the traffic back from {id} before its schema, or leave the schema where it is"
            )
        } else if !rolled {
            format!(
                "roll `{}` to a version that does not rely on it first, in a plan of its own, and migrate behind that",
                model.services[version.service].name.value
            )
        } else if gone {
            format!(
                "migrate behind the step that retires {id}, where nothing relies on it any more"
            )
        } else {
            format!(
                "draw `no return because \"...\"` below the last watched step, `retire {}` below it, and migrate there",
                id.trim_matches('`')
            )
        };
        let found = Diagnostic::new(&RULE, refutation.span, message)
            .here(match refutation.way {
                Some(_) => format!("{id} runs while this is taken back"),
                None => format!("{id} runs while this takes effect"),
            })
            .help(remedied(refutation, help));
        out.push(with_schema(found, context, refutation));
    }
}
