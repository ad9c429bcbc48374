//! GR04: what is said of the way back can come about.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Action, Outcome, Plan, Step};

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "dead-rollback-edge",
    code: "GR04",
    severity: Severity::Warning,
    summary: "every edge and every way back can be taken",
    why: "A way back that no run ever takes looks like a safeguard and is none. Nothing goes back from below `no return`; a gate that nobody watches has no outcome; and a `rollback` without steps is for those that no `rollback from` names.",
    failing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  no return because \"the old version is gone\"\n  step settle { retire 1 }\n  rollback from settle within 2m { weight 0% }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  no return because \"the old version is gone\"\n  step settle { retire 1 }\n  rollback from canary, full within 2m { weight 0% }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    let line = plan
        .no_return
        .as_ref()
        .map_or(plan.steps.len(), |line| line.above);
    for rollback in &plan.rollbacks {
        for named in &rollback.from {
            let at = plan
                .steps
                .iter()
                .position(|step| step.name.value == named.value);
            let (Some(at), Some(no_return)) = (at, &plan.no_return) else {
                continue;
            };
            if at < line {
                continue;
            }
            let found = Diagnostic::new(
                &RULE,
                named.span,
                format!("nothing goes back from step `{}`", named.value),
            )
            .here("this way is never taken")
            .also(no_return.span, "the step stands below this line")
            .help(format!("leave `{}` out", named.value));
            out.push(Found {
                diagnostic: found,
                step: None,
            });
        }
        if rollback.from.is_empty()
            && !rollback.body.is_empty()
            && let Some(found) = shadowed(plan, line, rollback.span)
        {
            out.push(Found {
                diagnostic: found,
                step: None,
            });
        }
    }
    for (number, step) in plan.steps.iter().enumerate() {
        for edge in &step.edges {
            // a failure may also be a change that does not become ready; these need a gate
            let needs_gate = matches!(edge.outcome, Outcome::Inconclusive | Outcome::NoData);
            if !needs_gate || is_judged(plan, step) {
                continue;
            }
            let outcome = edge.outcome.word();
            let found = Diagnostic::new(
                &RULE,
                edge.span,
                format!(
                    "step `{}` watches no gate, so nothing in it is ever `{outcome}`",
                    step.name.value
                ),
            )
            .here("this is never taken")
            .help("add `hold` and `watch GATE` above it, or leave it out");
            out.push(Found {
                diagnostic: with_origin(found, step),
                step: Some(number),
            });
        }
    }
}

/// A way back for the whole plan, where each step above the line has one of its own.
fn shadowed(plan: &Plan, line: usize, span: crate::source::Span) -> Option<Diagnostic> {
    let own = |step: &Step| {
        plan.rollbacks
            .iter()
            .flat_map(|rollback| &rollback.from)
            .find(|named| named.value == step.name.value)
    };
    let above = plan.steps.get(..line)?;
    let first = own(above.first()?)?;
    above.iter().all(|step| own(step).is_some()).then(|| {
        Diagnostic::new(
            &RULE,
            span,
            "each step above the line has a way back of its own",
        )
        .here("this way is never taken")
        .also(first.span, "this one is, for instance")
        .help(
            "leave the body out, or take the steps that it should count for out of `rollback from`",
        )
    })
}

/// Whether a gate judges a step.
fn is_judged(plan: &Plan, step: &Step) -> bool {
    !step.watch.is_empty()
        || !plan.throughout.is_empty()
        || step
            .actions
            .iter()
            .any(|action| matches!(action.value, Action::Split(_)))
}
