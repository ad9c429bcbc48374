//! SC03: what cannot be taken back stands below the line of no return.

use crate::diagnostic::{Class, Diagnostic, Edit, Proof, Rule, Severity};
use crate::rollout::Presence;
use crate::source::Span;

use super::proof::{help as remedied, id, is_hard, of_schema, what_fails, with_schema};
use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Reversible),
    check,
};

static RULE: Rule = Rule {
    name: "irreversible-above-no-return",
    code: "SC03",
    severity: Severity::Error,
    summary: "above the line of no return, the old version can come back at every point",
    why: "A rollback starts the old version again and leaves the schema where it is. Where the schema does not hold what the old version needs any more, there is no way back, and whoever runs the plan must know so before the step: the line `no return` says it, and nothing below it promises a way back.",
    failing: migrated!(
        "ALTER TABLE users DROP COLUMN email;\n",
        "",
        "    uses users.id, users.name\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  step contract {\n    retire 1\n    migrate shop to 0002\n  }\n}\n"
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
    for (refutation, version, schema, breaks) in
        of_schema(context, false, Presence::ComesBack, is_hard)
    {
        let id = id(context.model, version);
        let message = format!(
            "going back from here fails: {id} comes back to `{schema}`, and {}",
            what_fails(breaks)
        );
        let mut found = Diagnostic::new(&RULE, refutation.span, message)
            .here(format!("{id} cannot come back behind this"));
        let step = &context.plan.steps[refutation.step];
        found = match &context.plan.no_return {
            Some(line) => found.also(line.span, "the line stands here").help(remedied(
                refutation,
                format!("draw the line above step `{}`", step.name.value),
            )),
            None => {
                let reason = breaks.first().map_or("", |first| first.reason.as_str());
                let reason = reason.replace(['`', '"', '\\'], "");
                let line = format!("no return because \"{reason}\"\n\n");
                found
                    .help(remedied(
                        refutation,
                        format!(
                            "write `no return because \"...\"` above step `{}`",
                            step.name.value
                        ),
                    ))
                    .fix(
                        "draw the line of no return",
                        vec![Edit {
                            span: Span::new(
                                step.span.file,
                                step.span.start as usize,
                                step.span.start as usize,
                            ),
                            text: line,
                        }],
                    )
            }
        };
        out.push(with_schema(found, context, refutation));
    }
}
