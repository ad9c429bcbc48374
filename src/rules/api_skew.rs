//! CM01: a caller reaches only versions that serve what it calls.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::rollout::{Presence, Subject};

use super::proof::{finish, help as remedied, id, named, refutations};
use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Compatible),
    check,
};

static RULE: Rule = Rule {
    name: "api-skew",
    code: "CM01",
    severity: Severity::Error,
    summary: "no version calls an API that a version it can reach does not serve",
    why: "While a service is rolled out, a request reaches its old or its new version by chance. A caller that needs what only the new one serves fails for the rest of the requests, and for all of them once the callee goes back.",
    failing: project!(
        "service api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; calls web-api 1 }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; calls web-api 2 }\n}\nservice back {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 5 { image \"r/b@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; serves web-api 1 }\n  version 6 { image \"r/b@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; serves web-api 1, 2 }\n  runs 5\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "service api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; calls web-api 1 }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; calls web-api 2 }\n}\nservice back {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 5 { image \"r/b@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; serves web-api 1, 2 }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for refutation in refutations(context) {
        let Subject::Api {
            api,
            number,
            caller,
            callee,
            presence,
        } = &refutation.subject
        else {
            continue;
        };
        let model = context.model;
        let when = match presence {
            Presence::Runs => "can reach",
            Presence::ComesBack => "can reach, once it goes back,",
        };
        let message = format!(
            "{} calls `{api} {number}` and {when} {}, which does not serve it",
            named(model, caller.0),
            named(model, callee.0)
        );
        let found = Diagnostic::new(&RULE, refutation.span, message)
            .also(caller.1, format!("{} calls {number}", id(model, caller.0)))
            .also(callee.1, format!("{} does not serve it", id(model, callee.0)))
            .help(remedied(refutation, format!(
                "put both plans into a `release` and let this one wait until {} is gone: `includes {} after PLAN.STEP`",
                id(model, callee.0),
                context.plan.name.value
            )));
        out.push(finish(found, context, refutation));
    }
}
