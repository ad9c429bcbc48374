//! SC02: what a version needs of the schema is there before the version runs.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::rollout::Presence;

use super::proof::{help as remedied, id, is_hard, named, of_schema, what_fails, with_schema};
use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Compatible),
    check,
};

static RULE: Rule = Rule {
    name: "expand-too-late",
    code: "SC02",
    severity: Severity::Error,
    summary: "a version runs only on a schema that holds what it needs",
    why: "The new version sends queries that name what its migrations add. Where it runs before they have been carried out, the server refuses those queries, at the first request of the canary. Expand first, in a step of its own above the first exposure.",
    failing: migrated!(
        "ALTER TABLE users ADD COLUMN phone text;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step expand { migrate shop to 0002 }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
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
    for (refutation, version, schema, breaks) in of_schema(context, true, Presence::Runs, is_hard) {
        let model = context.model;
        let declared = &model.services[version.service].versions[version.version];
        let needed = declared.schemas.iter().find(|(db, _)| {
            let name = &model.databases[db.value].name.value;
            schema.split(' ').next() == Some(name.as_str())
        });
        let message = format!(
            "{} runs on `{schema}`, which it was not built for: {}",
            named(model, version),
            what_fails(breaks)
        );
        let id = id(model, version);
        let mut found = Diagnostic::new(&RULE, refutation.span, message)
            .here(format!("{id} runs from here on"));
        if let Some((database, needed)) = needed {
            found = found.help(remedied(
                refutation,
                format!(
                    "`migrate {} to {}` in a step above this one",
                    model.databases[database.value].name.value, needed.value
                ),
            ));
        }
        out.push(with_schema(found, context, refutation));
    }
}
