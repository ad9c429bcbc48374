//! CF05: what is pushed is not larger than what its readers can load.

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
    name: "consumer-limit",
    code: "CF05",
    severity: Severity::Error,
    summary: "no version of a configuration is larger than what a version that reads it can load",
    why: "A list or a table that is generated grows by itself until it passes the room that its readers have set aside. They then fail together, wherever it has been pushed, and code that nobody has touched is to blame. Say the limit where it is known, with the code, and it is held against the file that is pushed.",
    failing: project!(
        "config features {\n  at 1\n  version 1 { size 700KiB }\n  version 2 { size 1400KiB }\n}\n\nservice api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  domains seoul 40%, tokyo 60%\n  runs 1\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; accepts features up to 1MiB }\n}\n\nplan features-2 {\n  step first { in seoul; push features to 2; hold 1h; watch errors }\n  step second { in tokyo; push features to 2; hold 1h; watch errors }\n}\n"
    ),
    passing: project!(
        "config features {\n  at 1\n  version 1 { size 700KiB }\n  version 2 { size 900KiB }\n}\n\nservice api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  domains seoul 40%, tokyo 60%\n  runs 1\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; accepts features up to 1MiB }\n}\n\nplan features-2 {\n  step first { in seoul; push features to 2; hold 1h; watch errors }\n  step second { in tokyo; push features to 2; hold 1h; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for refutation in refutations(context) {
        let Subject::Limit {
            config,
            at,
            size,
            limit,
            version,
            presence,
        } = &refutation.subject
        else {
            continue;
        };
        let model = context.model;
        let name = &model.configs[*config].name.value;
        let who = named(model, version.0);
        let size_said = size.value;
        let wanted = format!("a version of `{name}` of at most {limit}");
        let under = under_way_back(context, refutation, (version.0, &wanted));
        let message = match presence {
            _ if under.is_some() => format!(
                "going back leaves {who} with `{name}` at `{at}` of {size_said}, and it loads at most {limit}"
            ),
            Presence::Runs => {
                format!("{who} meets `{name}` at `{at}` of {size_said}, and loads at most {limit}")
            }
            Presence::ComesBack => format!(
                "going back brings {who} to `{name}` at `{at}` of {size_said}, and it loads at most {limit}"
            ),
        };
        let found = Diagnostic::new(&RULE, refutation.span, message)
            .also(version.1, "the most that it loads")
            .also(size.span, format!("`{at}` is this large"))
            .help(format!(
                "roll out a version that `accepts {name} up to` more first, or push less"
            ));
        let found = match under {
            Some((how, help)) => found.here(how).help(remedied(refutation, help)),
            None => found,
        };
        out.push(finish(found, context, refutation));
    }
}
