//! The advice to let plans run one behind the other, tried: with it, what they share is judged again.

use crate::measure::capacity::{Capacity, Excess, Shared};
use crate::model::{Action, Index, Model, NoReturn, Plan, Step, StepRef};
use crate::rollout::{Rollout, Unit};
use crate::source::Spanned;

use super::{Context, Judged};

/// More plans than these are not put in an order for a finding.
const MAX_MOVED: usize = 8;
/// In larger releases nothing is tried.
const MAX_PLANS: usize = 64;

/// The plans of the sum one after the other, where that is enough; with a step that retires the old
/// version where it is not without.
pub(super) fn one_by_one(context: &Context<'_>, excess: &Excess) -> Option<String> {
    let judged = context.judged?;
    let (model, unit) = (context.model, &judged.rollout.unit);
    if excess.one_by_one > excess.limit.0 || unit.plans.len() > MAX_PLANS {
        return None;
    }
    let cut = excess.cut.iter().filter(|(_, state)| *state > 0);
    let mut moved: Vec<usize> = cut.map(|(place, _)| *place).collect();
    if moved.len() < 2 || moved.len() > MAX_MOVED {
        return None;
    }
    let name = |place: &usize| {
        let plan = unit.plans.get(*place).and_then(|&at| model.plans.get(at));
        plan.map_or("", |plan| plan.name.value.as_str())
    };
    moved.sort_by(|one, other| name(one).cmp(name(other)));
    let mut backwards = moved.clone();
    backwards.reverse();
    // what waits already keeps its place: the other order would be a cycle
    for retires in [false, true] {
        for order in [&moved, &backwards] {
            let Some((model, unit, said)) = ordered(model, unit, order, retires) else {
                continue;
            };
            if fits(context, judged, &model, unit, excess.shared) {
                return Some(format!(
                    "let no two of these plans be under way at once: {said}; that was tried, and fits"
                ));
            }
        }
    }
    None
}

/// Whether the changed release stays within what is shared, and nothing else is over its limit that
/// was not before.
fn fits(
    context: &Context<'_>,
    judged: Judged<'_>,
    model: &Model,
    unit: Unit,
    shared: Shared,
) -> bool {
    let Ok(rollout) = Rollout::new(model, unit, context.schemas) else {
        return false;
    };
    let capacity = Capacity::of(&rollout);
    let known = judged.capacity.excesses();
    capacity.excesses().iter().all(|found| {
        let before = known.iter().find(|own| own.shared == found.shared);
        found.shared != shared && before.is_some_and(|own| own.total >= found.total)
    })
}

/// The plans at these places, each behind the one before, with the words that say it.
fn ordered(
    model: &Model,
    unit: &Unit,
    order: &[usize],
    retires: bool,
) -> Option<(Model, Unit, String)> {
    let (mut model, mut unit) = (model.clone(), unit.clone());
    let mut said = Vec::new();
    for pair in order.windows(2) {
        let (first, then) = (*pair.first()?, *pair.get(1)?);
        let earlier: Index = *unit.plans.get(first)?;
        if retires && let Some(words) = retired(&mut model, earlier) {
            said.push(words);
        }
        let plan = model.plans.get(earlier)?;
        let (name, last) = (plan.name.value.clone(), plan.steps.last()?);
        let later = &model.plans.get(*unit.plans.get(then)?)?.name.value;
        said.push(format!(
            "`includes {later} after {name}.{}`",
            last.name.value
        ));
        let reference = StepRef {
            plan: Some(name),
            step: last.name.value.clone(),
            span: last.name.span,
        };
        unit.after.get_mut(then)?.push(reference);
    }
    Some((model, unit, said.join(" and ")))
}

/// Gives a plan a last step that takes away what ran before, where it has none.
fn retired(model: &mut Model, plan: Index) -> Option<String> {
    let declared = model.plans.get(plan)?;
    let actions = declared.steps.iter().flat_map(|step| &step.actions);
    let done = |action: &Action| matches!(action, Action::Retire(..) | Action::Rolling { .. });
    if actions.into_iter().any(|action| done(&action.value)) {
        return None;
    }
    let from = declared.rolls.first()?.from_id.value.clone();
    let last = declared.steps.last()?;
    let name = free_name(declared);
    let span = last.name.span;
    let mut step = Step::empty(Spanned::new(name.clone(), span), last.line, last.span);
    let version = Spanned::new(from.clone(), span);
    step.actions = vec![Spanned::new(Action::Retire(version, None), span)];
    let words = format!(
        "`no return` with `step {name} {{ retire {from} }}` at the end of `{}`",
        declared.name.value
    );
    let plan = model.plans.get_mut(plan)?;
    if plan.no_return.is_none() {
        plan.no_return = Some(NoReturn {
            above: plan.steps.len(),
            reason: Spanned::new(String::new(), span),
            span,
        });
    }
    plan.steps.push(step);
    plan.walk_again();
    Some(words)
}

fn free_name(plan: &Plan) -> String {
    let taken = |name: &str| plan.steps.iter().any(|step| step.name.value == name);
    let plain = "retire-old".to_string();
    match taken(&plain) {
        false => plain,
        true => (2..)
            .map(|number| format!("{plain}-{number}"))
            .find(|name| !taken(name))
            .unwrap_or(plain),
    }
}
