//! GR02: whatever waits can start at some time.

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::model::Model;
use crate::rollout::{Unit, Waiting};

/// The rule; a cycle belongs to a release, not to one plan, so it is told for the release.
pub static ORDERING_CYCLE: Rule = Rule {
    name: "ordering-cycle",
    code: "GR02",
    severity: Severity::Error,
    summary: "no step waits for itself, however many others stand between",
    why: "A step that waits for a step that waits for it never starts. The rollout stops with two versions live, and no gate fails, because nothing happens.",
    failing: concat!(
        "service web { replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s; version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }; version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\" } }\n",
        "service api { replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s; version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }; version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\" } }\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step all { rolling }\n}\nplan api-2 {\n  roll api from 1 to 2\n  step all { rolling }\n}\n",
        "release both {\n  includes web-2 after api-2.all\n  includes api-2 after web-2.all\n}\n"
    ),
    passing: concat!(
        "service web { replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s; version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }; version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\" } }\n",
        "service api { replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s; version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }; version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\" } }\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step all { rolling }\n}\nplan api-2 {\n  roll api from 1 to 2\n  step all { rolling }\n}\n",
        "release both {\n  includes web-2\n  includes api-2 after web-2.all\n}\n"
    ),
    can_allow: false,
    class: Class::Finding,
};

/// The finding for events that wait for each other.
pub fn ordering_cycle(model: &Model, unit: &Unit, cycle: &[Waiting]) -> Option<Diagnostic> {
    let named = |waiting: &Waiting| {
        let plan = waiting.plan.and_then(|place| unit.plans.get(place));
        match plan {
            Some(&plan) => format!("{} ({})", waiting.event, model.plans[plan].name.value),
            None => waiting.event.clone(),
        }
    };
    let first = cycle.first()?;
    let mut path: Vec<String> = cycle.iter().map(named).collect();
    path.push(named(first));
    let mut found = Diagnostic::new(
        &ORDERING_CYCLE,
        first.span,
        "these events wait for each other, so none of them ever happens",
    )
    .here("waits")
    .note(path.join(" → "))
    .help("take one `after` out");
    for waiting in cycle.iter().skip(1) {
        if found.labels.iter().all(|label| label.span != waiting.span) {
            found = found.also(waiting.span, "waits");
        }
    }
    Some(found)
}
