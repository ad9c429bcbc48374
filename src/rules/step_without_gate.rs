//! GA01: every exposure is judged before it grows.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Leg, Plan};

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Observed),
    check,
};

static RULE: Rule = Rule {
    name: "step-without-gate",
    code: "GA01",
    severity: Severity::Error,
    summary: "no exposure grows before a gate has judged the one before",
    why: "A canary that nobody watches is a slow big bang: the fault is there from the first leg, and everyone meets it at the last. The first exposure of any kind is judged by readiness, by `run`, or by `watch` under `mirror`; every later growth needs a gate that judged the exposure before it.",
    failing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// Whether gates judge this leg.
fn judged(plan: &Plan, leg: &Leg) -> bool {
    let watched = !plan.steps[leg.step].watch.is_empty() || !plan.throughout.is_empty();
    watched && leg.hold.millis() > 0
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    // the leg whose exposure nobody has judged yet
    let mut unjudged: Option<&Leg> = None;
    let mut reported = Vec::new();
    for leg in &plan.legs {
        if leg.grows
            && let Some(before) = unjudged.take()
            && !reported.contains(&before.step)
        {
            reported.push(before.step);
            let step = &plan.steps[before.step];
            let visible = plan
                .visible_gates
                .first()
                .and_then(|&gate| context.model.gates.get(gate));
            let gate = visible.map_or("errors", |gate| gate.name.value.as_str());
            let found = Diagnostic::new(
                &RULE,
                before.span,
                format!(
                    "step `{}` exposes the change, and nobody looks before it grows",
                    step.name.value
                ),
            )
            .here("exposed here, without a gate that judges it");
            let found = if leg.step == before.step {
                found.note("every leg of this chain grows without a look at the one before")
            } else {
                found.also(leg.span, "and grows here")
            };
            let found = match (step.hold, step.watch.is_empty()) {
                (Some(_), true) => found.help(format!(
                    "add `watch {gate}` below the `hold` of `{}`",
                    step.name.value
                )),
                _ => found.help(format!(
                    "add `hold 30m` and `watch {gate}` to `{}`",
                    step.name.value
                )),
            };
            out.push(Found {
                diagnostic: with_origin(found, step),
                step: Some(before.step),
            });
        }
        if leg.grows {
            unjudged = Some(leg);
        }
        if judged(plan, leg) {
            unjudged = None;
        }
    }
}
