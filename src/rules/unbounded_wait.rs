//! GR06: no wait is open-ended while two versions run.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Plan, Step, Then};
use crate::platform;
use crate::rollout::PlanState;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "unbounded-wait",
    code: "GR06",
    severity: Severity::Warning,
    summary: "no wait is open-ended while two versions run",
    why: "Two versions side by side are a state to pass through: every deploy of a neighbour, every migration and every write meets both, and nobody tested them together for a week. A wait without a limit is forgotten. With `within`, silence becomes a failure and the plan goes back.",
    failing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary {\n    weight 5%\n    hold 30m\n    watch errors\n    on inconclusive pause\n  }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary {\n    weight 5%\n    hold 30m\n    watch errors\n    on inconclusive pause within 4h\n  }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let Some(judged) = context.judged else { return };
    let lane = &judged.rollout.plans[judged.place];
    for (number, step) in context.plan.steps.iter().enumerate() {
        let holds = lane
            .step_ends
            .get(number)
            .and_then(|&at| lane.states.get(at));
        for edge in &step.edges {
            if let (Then::Pause(None), Some(state)) = (&edge.then, holds)
                && let Some(both) = two_versions(context, state)
            {
                let found = Diagnostic::new(
                    &RULE,
                    edge.span,
                    format!(
                        "step `{}` may pause for ever, with {both} live",
                        step.name.value
                    ),
                )
                .here("no limit")
                .help("write `pause within 4h`, or `rollback` where the platform knows no limit");
                out.push(told(found, step, number));
            }
        }
        if let Some(approval) = unlimited(context, number) {
            let found = Diagnostic::new(
                &RULE,
                approval.0,
                format!(
                    "step `{}` may wait for an approval for ever, with {} live",
                    step.name.value, approval.1
                ),
            )
            .here("no limit")
            .help("write `approve by \"team\" within 4h`: silence is then a failure, and the plan goes back");
            out.push(told(found, step, number));
        }
    }
}

fn told(found: Diagnostic, step: &Step, number: usize) -> Found {
    Found {
        diagnostic: with_origin(found, step),
        step: Some(number),
    }
}

/// The approval of a step that has no limit and could have one, and what is live meanwhile.
fn unlimited(context: &Context<'_>, number: usize) -> Option<(crate::source::Span, String)> {
    let judged = context.judged?;
    let approval = context.plan.steps[number].approval.as_ref()?;
    if approval.limit.is_some() || !may_limit(context, number) {
        return None;
    }
    let lane = &judged.rollout.plans[judged.place];
    // the approval comes before the first change
    let before = lane.step_starts.get(number)?.checked_sub(1)?;
    Some((
        approval.span,
        two_versions(context, lane.states.get(before)?)?,
    ))
}

/// Whether all platforms of the plan can end a wait for an approval; on those that cannot, the
/// summary says that the duration is open.
fn may_limit(context: &Context<'_>, number: usize) -> bool {
    let plan: &Plan = context.plan;
    plan.targets
        .iter()
        .filter_map(|target| context.model.targets.get(target.value))
        .all(|target| platform::limits_approvals(plan, target, number))
}

/// Whether an approval without a limit has a finding of its own.
pub fn is_told(context: &Context<'_>, number: usize) -> bool {
    unlimited(context, number).is_some()
}

/// Two versions of one service that are live, in words.
fn two_versions(context: &Context<'_>, state: &PlanState) -> Option<String> {
    let plan = context.plan;
    plan.rolls.iter().find_map(|roll| {
        let service = &context.model.services[roll.service];
        let live: Vec<&str> = state
            .live
            .iter()
            .filter(|running| running.service == roll.service)
            .map(|running| service.versions[running.version].id.value.as_str())
            .collect();
        match live.as_slice() {
            [one, other, ..] => Some(format!("`{one}` and `{other}` of `{}`", service.name.value)),
            _ => None,
        }
    })
}
