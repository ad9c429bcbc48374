//! Whether anything is seen of the change before everybody meets it.

use crate::measure::Subject;
use crate::model::Action;
use crate::units::Percent;

/// What is missing where the first exposure is everything: then no gate, however good, has judged
/// a part of it. Nothing where a job or a mirrored share was judged before.
pub(super) fn missing(subject: Subject<'_>) -> Option<String> {
    let plan = subject.plan;
    let first = plan.legs.iter().find(|leg| leg.exposure.is_exposed())?;
    if first.exposure.weight() < Percent::FULL {
        return None;
    }
    let before = plan.steps.get(..=first.step)?;
    // batches are left to readiness, and told as such
    let actions = before.iter().flat_map(|step| &step.actions);
    let rolls = actions
        .clone()
        .any(|action| matches!(action.value, Action::Rolling { .. }));
    let tried = before.iter().any(|step| !step.runs.is_empty());
    let mirrored = plan.legs.iter().any(|leg| {
        let step = plan.steps.get(leg.step);
        let watched =
            !plan.throughout.is_empty() || step.is_some_and(|step| !step.watch.is_empty());
        leg.step < first.step && leg.exposure.mirror > Percent::ZERO && watched
    });
    if rolls || tried || mirrored {
        return None;
    }
    let step = &before.last()?.name.value;
    Some(format!(
        "a `weight` above 0% and below 100% before step `{step}`, with a gate that judges it: step `{step}` is the first that exposes the change, and exposes it to all"
    ))
}
