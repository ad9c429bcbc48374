//! GR07 and CF02: a flag is on only where the whole fleet asks for it, and means one thing to all.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::rollout::{Presence, Subject};

use super::proof::{finish, help as remedied, id, named, refutations};
use super::{Context, Found, Hazard};

pub(super) const FLEET: Hazard = Hazard {
    rule: &BEFORE_FLEET,
    refutes: Some(Proof::Compatible),
    check: before_fleet,
};

pub(super) const MEANING: Hazard = Hazard {
    rule: &REUSED,
    refutes: Some(Proof::Compatible),
    check: reused,
};

static BEFORE_FLEET: Rule = Rule {
    name: "activate-before-fleet-converged",
    code: "GR07",
    severity: Severity::Error,
    summary: "a flag is opened only once every version that gets requests asks for it",
    why: "A flag that is open while a part of the fleet does not know it gives one user two services in turn, and where replicas have to agree, some act and some do not. Take the code that asks for the flag everywhere first, with the flag closed; then open it.",
    failing: project!(
        "flag one-click { default off }\n\nservice api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; evaluates one-click }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step most { weight 25%; hold 30m; watch errors }\n  step some-users { flag one-click 10%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "flag one-click { default off }\n\nservice api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; evaluates one-click }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step most { weight 25%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  step some-users { flag one-click 10%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

static REUSED: Rule = Rule {
    name: "flag-meaning-reused",
    code: "CF02",
    severity: Severity::Error,
    summary: "a flag means one thing to all versions that run together",
    why: "A name that is used again for something new still means the old thing to every replica that was not replaced. When the flag is opened these do what nobody has wanted for years. A new thing gets a new flag, and the old one is deleted with the code that asked for it.",
    failing: project!(
        "flag fast-path { default off }\n\nservice api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; evaluates fast-path as \"skip the queue\" }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; evaluates fast-path as \"new router\" }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "flag fast-path { default off }\nflag new-router { default off }\n\nservice api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; evaluates fast-path as \"skip the queue\" }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; evaluates new-router as \"new router\" }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn before_fleet(context: &Context<'_>, out: &mut Vec<Found>) {
    for refutation in refutations(context) {
        let Subject::Flag {
            flag,
            version,
            asked,
            presence,
        } = &refutation.subject
        else {
            continue;
        };
        let model = context.model;
        let name = &model.flags[*flag].name.value;
        let who = named(model, *version);
        let message = match presence {
            Presence::Runs => {
                format!(
                    "flag `{name}` is open while {who}, which does not ask for it, gets requests"
                )
            }
            Presence::ComesBack => {
                format!(
                    "going back brings {who}, which does not ask for flag `{name}`, while it is open"
                )
            }
        };
        let declared = &model.services[version.service].versions[version.version];
        let found = Diagnostic::new(&BEFORE_FLEET, refutation.span, message)
            .also(declared.id.span, "does not ask for it")
            .also(*asked, "another version of the service does")
            .help(remedied(
                refutation,
                format!(
                    "open `{name}` in a step behind the one in which {} gets its last request",
                    id(model, *version)
                ),
            ));
        out.push(finish(found, context, refutation));
    }
}

fn reused(context: &Context<'_>, out: &mut Vec<Found>) {
    for refutation in refutations(context) {
        let Subject::Meaning { flag, versions } = &refutation.subject else {
            continue;
        };
        let model = context.model;
        let name = &model.flags[*flag].name.value;
        let [one, other] = versions;
        let message = format!(
            "flag `{name}` means \"{}\" to {} and \"{}\" to {}, which run together",
            one.1.value,
            named(model, one.0),
            other.1.value,
            named(model, other.0)
        );
        let found = Diagnostic::new(&REUSED, refutation.span, message)
            .also(one.1.span, format!("what {} does", id(model, one.0)))
            .also(other.1.span, format!("what {} does", id(model, other.0)))
            .help("give the new meaning a flag of its own");
        out.push(finish(found, context, refutation));
    }
}
