//! GA01: every exposure is judged before it grows.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Leg, Outcome, Plan, Then};

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

/// Whether gates judge this leg: after its last change, for as long as the step holds.
fn judged(plan: &Plan, leg: &Leg) -> bool {
    let step = &plan.steps[leg.step];
    let watched = !step.watch.is_empty() || !plan.throughout.is_empty();
    watched && step.hold.is_some_and(|hold| hold.value.millis() > 0)
}

/// What an edge sends on to more than there is now, although nobody judged it or nobody could
/// decide.
fn edges(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    for leg in plan.legs.iter().filter(|leg| leg.number + 1 == leg.of) {
        let step = &plan.steps[leg.step];
        for edge in &step.edges {
            let Then::Weight(share) = &edge.then else {
                continue;
            };
            if share.value <= leg.exposure.weight() {
                continue;
            }
            let (what, help) = match edge.outcome {
                Outcome::Success if judged(plan, leg) => continue,
                Outcome::Success => (
                    "nobody judges this experiment",
                    "add `hold` and `watch` with the gates that decide it",
                ),
                _ => (
                    "an experiment that could not be decided goes on to more",
                    "write `on inconclusive rollback`, or a longer `hold`",
                ),
            };
            let found = Diagnostic::new(
                &RULE,
                edge.span,
                format!(
                    "step `{}` grows to {} and {what}",
                    step.name.value, share.value
                ),
            )
            .here("grows here")
            .also(leg.span, format!("from {} here", leg.exposure.weight()))
            .help(help);
            out.push(Found {
                diagnostic: with_origin(found, step),
                step: Some(leg.step),
            });
        }
    }
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    edges(context, out);
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
