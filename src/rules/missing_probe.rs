//! PL00: readiness and liveness are probed.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};

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
        if !ready && service.ready.is_none() {
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
                .severity(Severity::Warning)
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
