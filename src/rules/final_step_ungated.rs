//! TR07: the last step is watched.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::Action;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "final-step-ungated",
    code: "TR07",
    severity: Severity::Warning,
    summary: "what is exposed to everybody is watched too",
    why: "What load, connection pools and caches do at full traffic shows at full traffic only. A plan that watches every step but the last is done at the moment when most can go wrong, and nobody goes back by itself any more.",
    failing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100% }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    if !plan.throughout.is_empty() {
        return;
    }
    let Some(last) = plan.legs.iter().rposition(|leg| leg.grows) else {
        return;
    };
    let leg = &plan.legs[last];
    let Some(step) = plan.steps.get(leg.step) else {
        return;
    };
    let weighs = step
        .actions
        .iter()
        .any(|action| matches!(action.value, Action::Weight(_) | Action::Switch));
    // the hold may be a step of its own
    let held = plan.legs.iter().skip(last).any(|leg| {
        let step = plan.steps.get(leg.step);
        step.is_some_and(|step| step.hold.is_some() && !step.watch.is_empty())
    });
    let earlier = plan.steps.iter().flat_map(|step| &step.watch).next();
    let Some(gate) = earlier.filter(|_| weighs && !held) else {
        return;
    };
    let gate = context.model.gates.get(gate.value);
    let name = gate.map_or("errors", |gate| &gate.name.value);
    let longest = plan
        .steps
        .iter()
        .filter_map(|step| step.hold)
        .max_by_key(|hold| hold.value);
    let hold = longest.map_or_else(|| "30m".to_string(), |hold| hold.value.to_string());
    let found = Diagnostic::new(
        &RULE,
        leg.span,
        format!(
            "step `{}` exposes the change to {} and nobody looks at that",
            step.name.value,
            leg.exposure.weight()
        ),
    )
    .here("the last growth, without a gate")
    .help(format!("add `hold {hold}` and `watch {name}` to it"));
    out.push(Found {
        diagnostic: with_origin(found, step),
        step: Some(leg.step),
    });
}
