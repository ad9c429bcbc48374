//! CP09: replicas have the time that they need to become ready.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::{Answer, Measure, Quantity, measure};
use crate::model::Action;
use crate::units::Duration;

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Bounded),
    check,
};

static RULE: Rule = Rule {
    name: "progress-deadline-too-short",
    code: "CP09",
    severity: Severity::Error,
    summary: "the progress deadline is longer than a replica may take to become ready",
    why: "A rollout whose replicas take longer to become ready than the progress deadline allows is aborted though nothing is wrong with it, on the first day when an image is pulled slowly or a cache has to be filled. What a replica may take is its `startup`, or what its startup probe waits for.",
    failing: deployed!(
        "          startupProbe: {httpGet: {path: /health, port: 8080}, periodSeconds: 10, failureThreshold: 90}\n          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n",
        "      terminationGracePeriodSeconds: 45\n"
    ),
    passing: deployed!(
        "          startupProbe: {httpGet: {path: /health, port: 8080}, periodSeconds: 10, failureThreshold: 30}\n          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n",
        "      terminationGracePeriodSeconds: 45\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    whole_plan(context, out);
    for roll in &context.plan.rolls {
        let Some(service) = context.model.services.get(roll.service) else {
            continue;
        };
        let Some((startup, at)) = service.startup_at_worst() else {
            continue;
        };
        let facts = service.facts();
        let ready = facts.map_or(0, |facts| facts.min_ready());
        let needed = startup.plus(Duration::from_secs(u64::from(ready)));
        for step in &context.plan.steps {
            let starts = |action: &Action| {
                matches!(
                    action,
                    Action::Weight(_) | Action::Rolling { .. } | Action::Preview(true)
                )
            };
            let Some(limit) = step.deadline.filter(|limit| limit.value < needed) else {
                continue;
            };
            if step.actions.iter().any(|action| starts(&action.value)) {
                let name = &service.name.value;
                let found = Diagnostic::new(
                    &RULE,
                    limit.span,
                    format!(
                        "a replica of `{name}` may take {needed} to become ready, and the step fails after {}",
                        limit.value
                    ),
                )
                .also(at, format!("{startup} at worst"))
                .help(format!("give the step a `deadline` above {needed}"));
                out.push(Found {
                    diagnostic: found,
                    step: None,
                });
            }
        }
        let declared = facts.and_then(|facts| facts.progress_deadline_seconds.as_ref());
        let limit = facts.and_then(|facts| facts.progress_deadline());
        let limit = limit.map(|seconds| Duration::from_secs(u64::from(seconds)));
        let Some(limit) = limit.filter(|&limit| limit < needed) else {
            continue;
        };
        let name = &service.name.value;
        let place = declared.map_or(at, |declared| declared.span);
        let mut found = Diagnostic::new(
            &RULE,
            place,
            format!(
                "a replica of `{name}` may take {needed} to become ready, and the rollout is aborted after {limit}"
            ),
        );
        found = match declared {
            Some(_) => found
                .here(format!("{limit}"))
                .also(at, format!("{startup} at worst")),
            None => found
                .here(format!("{startup} at worst"))
                .note("the progress deadline is 600 seconds where a manifest names none"),
        };
        // a probe waits for longer than replicas usually take
        if service.startup.is_none() {
            found = found.severity(Severity::Warning);
        }
        // something to spare, in whole minutes
        let enough = needed.millis().saturating_mul(3).div_ceil(2 * 60_000) * 60;
        found = found.help(format!(
            "set `progressDeadlineSeconds: {enough}` in the manifest, which leaves half as much to spare"
        ));
        out.push(Found {
            diagnostic: found,
            step: None,
        });
    }
}

/// A plan whose holds alone take longer than it may.
fn whole_plan(context: &Context<'_>, out: &mut Vec<Found>) {
    let Some(limit) = context.plan.deadline else {
        return;
    };
    let Answer::Known(measured) = measure(context.subject(), Measure::Duration) else {
        return;
    };
    let Some(Quantity::Time(least)) = measured.least else {
        return;
    };
    // a last step that begins too late is told as one that never begins
    let legs = context.plan.legs.iter();
    let last = legs.filter(|leg| leg.step + 1 == context.plan.steps.len());
    let held: u64 = last.map(|leg| leg.hold.millis()).sum();
    let begins = least.millis().saturating_sub(held);
    if least <= limit.value || begins >= limit.value.millis() {
        return;
    }
    let name = &context.plan.name.value;
    let found = Diagnostic::new(
        &RULE,
        limit.span,
        format!(
            "`{name}` takes {least} at least, and fails after {}",
            limit.value
        ),
    )
    .help(format!(
        "give the plan a `deadline` above {least}, with the time that changes and approvals take, or hold for shorter"
    ));
    out.push(Found {
        diagnostic: found,
        step: None,
    });
}
