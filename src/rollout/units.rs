//! What is judged together: the plans of one release, or a plan that is in none.

use crate::model::{Index, Model, StepRef};

/// Plans that run together. Plans of different units never meet.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// The release, as an index into the model; `None` for a plan alone.
    pub release: Option<Index>,
    /// The plans.
    pub plans: Vec<Index>,
    /// For each plan, what the release makes it wait for.
    pub after: Vec<Vec<StepRef>>,
}

/// The units of a model: its releases, then each plan that is in none. What could not be read whole
/// is left out: nothing may be concluded from what is missing in it.
pub fn units(model: &Model) -> Vec<Unit> {
    let mut included = vec![false; model.plans.len()];
    let mut units = Vec::new();
    for (release, declared) in model.releases.iter().enumerate() {
        let mut unit = Unit {
            release: Some(release),
            ..Unit::default()
        };
        let mut whole = !declared.incomplete;
        for plan in &declared.plans {
            let Some(known) = included.get_mut(plan.plan.value) else {
                continue;
            };
            *known = true;
            whole &= model
                .plans
                .get(plan.plan.value)
                .is_some_and(|plan| !plan.incomplete);
            // a plan that is included twice is one plan that waits for both
            match unit.plans.iter().position(|&own| own == plan.plan.value) {
                Some(at) => unit.after[at].extend(plan.after.iter().cloned()),
                None => {
                    unit.plans.push(plan.plan.value);
                    unit.after.push(plan.after.clone());
                }
            }
        }
        if whole && !unit.plans.is_empty() {
            units.push(unit);
        }
    }
    for (index, plan) in model.plans.iter().enumerate() {
        if !included[index] && !plan.incomplete {
            units.push(Unit {
                release: None,
                plans: vec![index],
                after: vec![Vec::new()],
            });
        }
    }
    units
}
