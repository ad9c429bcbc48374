//! TR04: a hold holds at least one whole round of its gates.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::Action;
use crate::platform::looks;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Observed),
    check,
};

static RULE: Rule = Rule {
    name: "bake-too-short",
    code: "TR04",
    severity: Severity::Error,
    summary: "every hold lasts for at least one whole round of its gates",
    why: "The first look comes when the query's window, the scrape interval and the provider's delay have passed; before that a gate reads what the old version did. A hold that ends before one whole round has been looked at was not judged.",
    failing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 5m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 15m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    for (number, step) in plan.steps.iter().enumerate() {
        let exposes = plan
            .legs
            .iter()
            .any(|leg| leg.step == number && leg.exposure.is_exposed());
        // a gate that watches throughout judges every hold that exposes
        let throughout = plan.throughout.iter().filter(|_| exposes);
        let worst = step
            .watch
            .iter()
            .chain(throughout)
            .filter_map(|watched| {
                let gate = context.model.gates.get(watched.value)?;
                let wait = looks::first_look(context.model, gate);
                let round = gate.round?;
                Some((wait.plus(round.value), wait, round, watched, gate))
            })
            .max_by_key(|&(needed, ..)| needed);
        let Some((needed, wait, round, watched, gate)) = worst else {
            continue;
        };
        let batches = step.actions.iter().filter_map(|action| match action.value {
            Action::Rolling { hold, .. } => hold,
            _ => None,
        });
        for hold in step.hold.into_iter().chain(batches) {
            if hold.value >= needed {
                continue;
            }
            let found = Diagnostic::new(
                &RULE,
                hold.span,
                format!(
                    "`hold {}` ends before one round of `{}` has been looked at",
                    hold.value, gate.name.value
                ),
            )
            .here(format!("{needed} are needed"))
            .also(watched.span, format!("the first look comes after {wait}"))
            .also(round.span, format!("and a round takes {}", round.value))
            .help(format!("hold for {needed} or longer"));
            out.push(Found {
                diagnostic: with_origin(found, step),
                step: Some(number),
            });
        }
    }
}
