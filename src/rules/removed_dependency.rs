//! CM08: whatever is called is still served by somebody.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::source::Span;

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Compatible),
    check,
};

static RULE: Rule = Rule {
    name: "removed-dependency",
    code: "CM08",
    severity: Severity::Error,
    summary: "no version calls what no version of any service serves",
    why: "An API version that was removed, or that nobody has built yet, is missing in every state of the rollout, so no order of steps helps.",
    failing: project!(
        "service back {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 5 { image \"r/b@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; serves back-api 1 }\n}\nservice front {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/f@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; calls back-api 1 }\n  version 2 { image \"r/f@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; calls back-api 3 }\n}\nplan front-2 {\n  roll front from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "service back {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 5 { image \"r/b@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; serves back-api 1, 3 }\n}\nservice front {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/f@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; calls back-api 1 }\n  version 2 { image \"r/f@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; calls back-api 3 }\n}\nplan front-2 {\n  roll front from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let model = context.model;
    for roll in &context.plan.rolls {
        let Some(version) = model.to_version(roll) else {
            continue;
        };
        for (api, numbers) in &version.calls {
            let mut somebody: Option<Span> = None;
            let mut known: Vec<&str> = Vec::new();
            for service in &model.services {
                for (own, all) in service.versions.iter().flat_map(|version| &version.serves) {
                    if own.value == api.value {
                        somebody.get_or_insert(own.span);
                        known.extend(all.iter().map(|number| number.value.as_str()));
                    }
                }
            }
            // an API that nobody here serves is somebody else's
            let Some(somebody) = somebody else { continue };
            for number in numbers {
                if known.contains(&number.value.as_str()) {
                    continue;
                }
                let service = &model.services[roll.service].name.value;
                let found = Diagnostic::new(
                    &RULE,
                    number.span,
                    format!(
                        "version `{}` of `{service}` calls `{} {}`, which no version of any service serves",
                        version.id.value, api.value, number.value
                    ),
                )
                .here("called here")
                .also(somebody, "the API is served here, in other versions")
                .help(format!(
                    "call {}, or roll out a version that serves it first",
                    known
                        .iter()
                        .map(|number| format!("`{number}`"))
                        .collect::<Vec<_>>()
                        .join(" or ")
                ));
                out.push(Found {
                    diagnostic: found,
                    step: None,
                });
            }
        }
    }
}
