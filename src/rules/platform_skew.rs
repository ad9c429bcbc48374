//! CM07: every version runs beside versions that it supports.

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
    name: "platform-skew",
    code: "CM07",
    severity: Severity::Error,
    summary: "every version runs beside versions that it supports",
    why: "A platform promises to work with its own parts, and with what runs on it, one or two versions apart and no further: a node agent that is newer than the control plane, a proxy that is older than the API which it reads. Upgrades go in the order in which each pair that can meet is supported.",
    failing: project!(
        "service kube-proxy {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  runs 1.26\n  version 1.26 { image \"r/p@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; supports kubelet 1.25, 1.26 }\n}\nservice kubelet {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1.26 { image \"r/k@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 1.27 { image \"r/k@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\n\nplan kubelet-27 {\n  roll kubelet from 1.26 to 1.27\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "service kube-proxy {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  runs 1.26\n  version 1.26 { image \"r/p@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; supports kubelet 1.26, 1.27 }\n}\nservice kubelet {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1.26 { image \"r/k@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 1.27 { image \"r/k@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\n\nplan kubelet-27 {\n  roll kubelet from 1.26 to 1.27\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for refutation in refutations(context) {
        let Subject::Platform {
            version,
            beside,
            presence,
        } = &refutation.subject
        else {
            continue;
        };
        let model = context.model;
        let when = match presence {
            Presence::Runs => "runs",
            Presence::ComesBack => "runs, once a plan goes back,",
        };
        let message = format!(
            "{} {when} beside {}, which it does not support",
            named(model, version.0),
            named(model, *beside)
        );
        let theirs = &model.services[beside.service].versions[beside.version];
        let found = Diagnostic::new(&RULE, refutation.span, message)
            .also(version.1, format!("{} supports only these", id(model, version.0)))
            .also(theirs.id.span, "not one of them")
            .help(remedied(
                refutation,
                format!(
                    "go to a version of `{}` in between, or first roll out a version of `{}` that supports {}",
                    model.services[beside.service].name.value,
                    model.services[version.0.service].name.value,
                    id(model, *beside)
                ),
            ));
        out.push(finish(found, context, refutation));
    }
}
