//! PL00: readiness and liveness are probed.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};

use crate::model::Service;
use crate::source::Span;

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "missing-probe",
    code: "PL00",
    severity: Severity::Error,
    summary: "what is rolled out has a readiness and a liveness probe",
    why: "Without a readiness probe a replica gets traffic the moment its process starts, and a rolling update goes on over replicas that never worked. Without a liveness probe a replica that hangs is never replaced.",
    failing: deployed!(
        "          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n",
        "      terminationGracePeriodSeconds: 45\n"
    ),
    passing: deployed!(
        "          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n",
        "      terminationGracePeriodSeconds: 45\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for roll in &context.plan.rolls {
        let service = &context.model.services[roll.service];
        let name = &service.name.value;
        let (place, ready, live) = match service.facts() {
            Some(facts) => {
                // Cloud Run and Knative probe the start by themselves
                if facts.kind.is_serverless() {
                    continue;
                }
                let Some(container) = facts.pod.as_ref().and_then(|pod| pod.main_container())
                else {
                    continue;
                };
                let place = container
                    .name
                    .as_ref()
                    .map_or(container.span, |name| name.span);
                (
                    place,
                    container.readiness.is_some(),
                    container.liveness.is_some(),
                )
            }
            None if service.image.is_some() || service.declared_replicas.is_some() => {
                (service.name.span, false, false)
            }
            // nothing is known of how it is deployed
            None => continue,
        };
        let workload = service.workload.as_ref();
        let idle =
            workload.and_then(|workload| context.model.gets_requests(workload)) == Some(false);
        if !ready && service.ready.is_none() && idle {
            unseen(service, place, roll.span, out);
        } else if !ready && service.ready.is_none() {
            let found = Diagnostic::new(&RULE, place, format!("`{name}` has no readiness probe"))
                .here("gets traffic as soon as its process starts")
                .also(roll.span, "it is rolled out here")
                .help(match service.facts() {
                    Some(_) => "add a `readinessProbe` to this container, or `ready http \"/ready\"` to the service",
                    None => "add `ready http \"/ready\"` to the service",
                });
            out.push(Found {
                diagnostic: found,
                step: None,
            });
        }
        if !live && service.live.is_none() {
            let found = Diagnostic::new(&RULE, place, format!("`{name}` has no liveness probe"))
                .severity(if context.model.beside.is_known() {
                    // no rollout waits for it, and one that asks too much restarts what works
                    Severity::Advice
                } else {
                    Severity::Warning
                })
                .here("is never replaced when it hangs")
                .also(roll.span, "it is rolled out here")
                .help(match service.facts() {
                    Some(_) => "add a `livenessProbe` to this container, or `live http \"/health\"` to the service",
                    None => "add `live http \"/health\"` to the service",
                });
            out.push(Found {
                diagnostic: found,
                step: None,
            });
        }
    }
}

/// What nobody sends requests to, a worker, loses none; but its update does not see whether it works.
fn unseen(service: &Service, place: Span, rolled: Span, out: &mut Vec<Found>) {
    let waits = service
        .facts()
        .and_then(|facts| facts.min_ready_seconds.as_ref());
    if waits.is_some_and(|waits| waits.value > 0) {
        return;
    }
    let name = &service.name.value;
    let found = Diagnostic::new(
        &RULE,
        place,
        format!("the update of `{name}` goes on as soon as a process starts, whether it works or not"),
    )
    .severity(Severity::Warning)
    .here("has no readiness probe")
    .also(rolled, "it is rolled out here")
    .help("add a `readinessProbe`, or `minReadySeconds: 15` to the workload: what crashes at its start then stops the update");
    out.push(Found {
        diagnostic: found,
        step: None,
    });
}
