//! CP09: replicas have the time that they need to become ready.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
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
