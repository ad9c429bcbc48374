//! Which leg of a plan is meant.

use crate::diagnostic::nearest;
use crate::model::Plan;

/// The leg that `text` names, as an index: its number in the plan from 1 (`3`), its step where that
/// has one leg (`canary`), or its step and its number in that (`canary/2`).
///
/// # Errors
///
/// What there is instead.
pub fn find_leg(plan: &Plan, text: &str) -> Result<usize, String> {
    let name = &plan.name.value;
    if let Ok(number) = text.parse::<usize>() {
        let last = plan.legs.len();
        return match number.checked_sub(1) {
            Some(index) if index < last => Ok(index),
            _ => Err(format!(
                "plan `{name}` has no leg {number}; it has 1 to {last}"
            )),
        };
    }
    let (step, number) = match text.split_once('/') {
        Some((step, number)) => (step, Some(number)),
        None => (text, None),
    };
    let of_step: Vec<usize> = (plan.legs.iter().enumerate())
        .filter(|(_, leg)| {
            let own = plan.steps.get(leg.step);
            own.is_some_and(|own| own.name.value == step)
        })
        .map(|(index, _)| index)
        .collect();
    let Some(&first) = of_step.first() else {
        let names = || plan.steps.iter().map(|step| step.name.value.as_str());
        let known = match nearest(step, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("there is {}", names().collect::<Vec<_>>().join(", ")),
        };
        return Err(format!("plan `{name}` has no step `{step}`; {known}"));
    };
    let legs = of_step.len();
    match number {
        None if legs == 1 => Ok(first),
        None => Err(format!(
            "step `{step}` has {legs} legs; name one of them: `{step}/1` to `{step}/{legs}`"
        )),
        Some(number) => number
            .parse::<usize>()
            .ok()
            .and_then(|number| of_step.get(number.checked_sub(1)?).copied())
            .ok_or_else(|| {
                format!("step `{step}` has no leg `{number}`; it has `{step}/1` to `{step}/{legs}`")
            }),
    }
}
