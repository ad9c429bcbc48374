//! The legs that a requirement speaks of.

use crate::model::{Action, Condition, Leg, Plan, Requirement, Step};

/// Whether the condition of a requirement holds at a leg.
pub(super) fn counts(requirement: &Requirement, leg: &Leg) -> bool {
    match &requirement.condition {
        Some(Condition::When(_, op, bound)) => bound
            .value
            .as_number()
            .is_some_and(|bound| op.holds(leg.exposure.weight().fraction(), bound)),
        _ => true,
    }
}

/// The first leg that has the weight in front of which something must be.
pub(super) fn reaches(plan: &Plan, bound: f64) -> Option<(usize, &Leg)> {
    let mut legs = plan.legs.iter().enumerate();
    legs.find(|(_, leg)| leg.exposure.weight().fraction() >= bound && leg.exposure.is_exposed())
}

/// The step of a leg.
pub(super) fn step_of<'a>(plan: &'a Plan, leg: &Leg) -> Option<&'a Step> {
    plan.steps.get(leg.step)
}

/// The action by which a leg moves what is exposed, if one of that kind does.
pub(super) fn moves(plan: &Plan, leg: &Leg, is: impl Fn(&Action) -> bool) -> bool {
    let step = step_of(plan, leg);
    let actions = step.map_or(&[][..], |step| &step.actions);
    let mut own = actions.iter().skip(leg.first_change);
    own.any(|action| is(&action.value))
}
