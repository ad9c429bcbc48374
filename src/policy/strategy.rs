//! `allow-strategy`: the ways of rolling beside weights.

use crate::model::{Action, Plan, Policy};
use crate::source::Span;

use super::policies;
use crate::measure::Subject;

/// A way of rolling that a policy of the plan does not allow.
#[derive(Clone, Debug)]
pub struct Unallowed<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// What says so: its `allow-strategy`, or the limit of weights that it would go round.
    pub by: Span,
    /// Whether the policy says which strategies it allows; else it limits weights, and this moves
    /// traffic without one.
    pub is_listed: bool,
    /// The word of the strategy.
    pub strategy: &'static str,
    /// The change that takes it.
    pub at: Span,
    /// Its step, as an index.
    pub step: usize,
}

/// The strategies that a plan takes and its policies do not allow, each at its first change.
///
/// A policy that says `allow-strategy` allows weights and what it names. One that limits weights and
/// says nothing of strategies is not gone round: `rolling` and `switch` move traffic by no weight that
/// it could limit.
pub fn strategies<'a>(subject: Subject<'a>) -> Vec<Unallowed<'a>> {
    let taken = taken(subject.plan);
    let mut found = Vec::new();
    for policy in policies(subject.model, subject.plan) {
        let limits = policy.requires.iter().find(|require| {
            let measure = require.measure.value.as_str();
            matches!(measure, "first-weight" | "weight-ratio" | "weight-step")
        });
        let is_listed = !policy.strategies.is_empty();
        let by = match (policy.strategies.first(), limits) {
            (Some(first), _) => {
                let last = policy
                    .strategies
                    .iter()
                    .filter(|own| own.span.file == first.span.file);
                last.fold(first.span, |all, own| all.join(own.span))
            }
            (None, Some(limits)) => limits.span,
            (None, None) => continue,
        };
        for &(strategy, at, step) in &taken {
            let is_allowed = match is_listed {
                true => policy.strategies.iter().any(|own| own.value == strategy),
                false => !matches!(strategy, "rolling" | "blue-green"),
            };
            if !is_allowed {
                found.push(Unallowed {
                    policy,
                    by,
                    is_listed,
                    strategy,
                    at,
                    step,
                });
            }
        }
    }
    found
}

/// The strategies of a plan beside weights, each with its first change and the step of it.
fn taken(plan: &Plan) -> Vec<(&'static str, Span, usize)> {
    let mut found: Vec<(&'static str, Span, usize)> = Vec::new();
    for (number, step) in plan.steps.iter().enumerate() {
        for action in &step.actions {
            let word = match &action.value {
                Action::Rolling { .. } => "rolling",
                Action::Preview(true) | Action::Switch => "blue-green",
                Action::Mirror(Some(_)) => "mirror",
                Action::RouteCohorts(_) | Action::RouteHeader(..) => "route",
                Action::Split(_) => "split",
                Action::Flag(..) => "flag",
                Action::Push(..) => "push",
                _ => continue,
            };
            if found.iter().all(|(known, ..)| *known != word) {
                found.push((word, action.span, number));
            }
        }
    }
    found
}
