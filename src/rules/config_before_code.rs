//! CF01: the keys that a version needs are there wherever it runs.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::rollout::{Presence, Subject};

use super::proof::{finish, help as remedied, named, refutations, under_way_back};
use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Compatible),
    check,
};

static RULE: Rule = Rule {
    name: "config-before-code",
    code: "CF01",
    severity: Severity::Error,
    summary: "a version runs only where the configuration holds the keys that it needs",
    why: "A key that code asks for and that is not there ends in a crash at start, or in a default that nobody chose. Push the configuration that holds it first; take a key away only when no version that needs it runs or can come back.",
    failing: project!(
        "config limits {\n  at 1\n  version 1 { keys burst }\n  version 2 { keys burst, rate }\n}\n\nservice api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; needs limits burst }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; needs limits burst, rate }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "config limits {\n  at 2\n  version 1 { keys burst }\n  version 2 { keys burst, rate }\n}\n\nservice api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; needs limits burst }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; needs limits burst, rate }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for refutation in refutations(context) {
        let Subject::Config {
            config,
            at,
            key,
            version,
            presence,
        } = &refutation.subject
        else {
            continue;
        };
        let model = context.model;
        let name = &model.configs[*config].name.value;
        let who = named(model, version.0);
        let declared = &model.configs[*config].versions;
        let holds = declared
            .iter()
            .find(|known| known.keys.iter().any(|own| own.value == *key));
        let wanted = match holds {
            Some(holds) => format!("`{name}` at `{}`, which holds `{key}`", holds.id.value),
            None => format!("a version of `{name}` that holds `{key}`"),
        };
        let under = under_way_back(context, refutation, (version.0, &wanted));
        let message = match presence {
            _ if under.is_some() => {
                format!(
                    "going back leaves {who} with `{name}` at `{at}`, which does not hold `{key}`"
                )
            }
            Presence::Runs => {
                format!("{who} runs with `{name}` at `{at}`, which does not hold `{key}`")
            }
            Presence::ComesBack => format!(
                "going back brings {who} to `{name}` at `{at}`, which does not hold `{key}`"
            ),
        };
        let mut found =
            Diagnostic::new(&RULE, refutation.span, message).also(version.1, "needed here");
        if let Some(known) = declared.iter().find(|known| known.id.value == *at) {
            found = found.also(known.id.span, format!("`{at}` does not hold it"));
        }
        if let Some((how, help)) = under {
            found = found.here(how).help(remedied(refutation, help));
            out.push(finish(found, context, refutation));
            continue;
        }
        found = match holds {
            Some(holds) => found.help(format!(
                "`push {name} to {}` in a step before the version runs",
                holds.id.value
            )),
            None => found.help(format!(
                "add `{key}` to a version of `{name}` and push it first"
            )),
        };
        out.push(finish(found, context, refutation));
    }
}
