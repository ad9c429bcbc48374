//! Whether anything is seen of the change before everybody meets it.

use super::{all_watches, caught, fault, power_wanted, share_of};
use crate::measure::Subject;
use crate::model::Action;
use crate::units::{Duration, Percent};

/// What is missing where the first exposure is everything: then no gate, however good, has judged
/// a part of it. Nothing where a job or a mirrored share was judged before.
pub(super) fn missing(subject: Subject<'_>) -> Option<String> {
    let plan = subject.plan;
    let first = plan.legs.iter().find(|leg| leg.exposure.is_exposed())?;
    let part = |share: f64| share < 1.0;
    if first.exposure.weight() < Percent::FULL && share_of(subject, first).is_none_or(part) {
        return None;
    }
    let before = plan.steps.get(..=first.step)?;
    // batches are left to readiness, and told as such
    let actions = before.iter().flat_map(|step| &step.actions);
    let rolls = actions
        .clone()
        .any(|action| matches!(action.value, Action::Rolling { .. }));
    let tried = before.iter().any(|step| !step.runs.is_empty());
    // copies judge it where there are enough of them to see the fault
    let wanted = power_wanted(subject);
    let mirrored = all_watches(subject).known.into_iter().any(|watch| {
        let copies = watch.leg.step < first.step && watch.leg.exposure.mirror > Percent::ZERO;
        let sees = |bad| caught(&watch, bad, watch.share).is_ok_and(|seen| seen.leg >= wanted);
        copies && fault(watch.gate).is_ok_and(sees)
    });
    if rolls || tried || mirrored {
        return None;
    }
    let step = &before.last()?.name.value;
    Some(format!(
        "a `weight` above 0% and below 100% before step `{step}`, with a gate that judges it: step `{step}` is the first that exposes the change, and exposes it to all"
    ))
}

/// What is missing where a step watches a change that nobody meets: its gates have no data.
pub(super) fn idle(subject: Subject<'_>) -> Option<String> {
    let plan = subject.plan;
    let idle = plan.legs.iter().find(|leg| {
        let watched = plan
            .steps
            .get(leg.step)
            .is_some_and(|step| !step.watch.is_empty());
        let copies = leg.exposure.mirror > Percent::ZERO;
        watched && !leg.exposure.is_exposed() && !copies && leg.hold > Duration::ZERO
    })?;
    let step = &plan.steps.get(idle.step)?.name.value;
    Some(format!(
        "a `weight` above 0% in step `{step}`, whose gates measure a version without requests"
    ))
}
