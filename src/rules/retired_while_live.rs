//! RB11: the old version is scaled away only when nobody uses it any more.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Action, Edge, Leg, Plan, Step, Then};
use crate::units::Percent;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Sufficient),
    check,
};

static RULE: Rule = Rule {
    name: "retired-while-live",
    code: "RB11",
    severity: Severity::Error,
    summary: "only the old version is retired, and only when all traffic has left it",
    why: "`retire` scales a version away. While it still carries traffic, that traffic has nowhere to go; and a plan that retires the version that it has just rolled out leaves nothing behind.",
    failing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step some { weight 20%; hold 30m; watch errors }\n  step clean { retire 1 }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step some { weight 20%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n  step clean { retire 1 }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    for leg in &plan.legs {
        let step = &plan.steps[leg.step];
        for action in &step.actions {
            let Action::Retire(version, _) = &action.value else {
                continue;
            };
            let is_new = plan
                .rolls
                .iter()
                .any(|roll| roll.to_id.value == version.value)
                && plan
                    .rolls
                    .iter()
                    .all(|roll| roll.from_id.value != version.value);
            let found = if is_new {
                Diagnostic::new(
                    &RULE,
                    version.span,
                    format!(
                        "`{}` is what this plan rolls out, and it is retired here",
                        version.value
                    ),
                )
                .help("retire the version behind `from`")
            } else if leg.least < Percent::FULL {
                let left = Percent::from_ppm(Percent::FULL.ppm() - leg.least.ppm());
                let found = Diagnostic::new(
                    &RULE,
                    action.span,
                    format!(
                        "`{}` is scaled away while it carries {left} of the traffic",
                        version.value
                    ),
                )
                .here("nobody answers that traffic from here on");
                match outcome(plan, leg) {
                    Some((edge, step)) => found
                        .also(
                            edge.span,
                            format!("this outcome of `{}` leads on to here", step.name.value),
                        )
                        .help(format!(
                            "write `on {} rollback`, or bring the new version to `weight 100%` in a step between and watch it there",
                            edge.outcome.word()
                        )),
                    None => found
                        .help("bring the new version to `weight 100%` and watch it first"),
                }
            } else {
                continue;
            };
            out.push(Found {
                diagnostic: with_origin(found, step),
                step: Some(leg.step),
            });
        }
    }
}

/// The outcome of an experiment that leaves so little on the new version, where the plan as it goes on
/// after a success has brought everything to it.
fn outcome<'p>(plan: &'p Plan, leg: &Leg) -> Option<(&'p Edge, &'p Step)> {
    let own = leg.exposure.weights.values().copied().min();
    if own.unwrap_or(Percent::ZERO) == leg.least {
        return None;
    }
    let before = plan.steps.get(..leg.step)?.iter().rev();
    before.into_iter().find_map(|step| {
        let mut edges = step.edges.iter();
        let found = edges
            .find(|edge| matches!(&edge.then, Then::Weight(share) if share.value == leg.least))?;
        Some((found, step))
    })
}
