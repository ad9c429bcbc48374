//! PL06: a replica that is taken out goes on answering for a moment.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "missing-pre-stop",
    code: "PL06",
    severity: Severity::Warning,
    summary: "what is rolled out waits before it stops",
    why: "Kubernetes takes a pod out of its Service and stops it at the same moment; the load balancer hears of it later. Requests that it still sends in between are refused. A `preStop` that sleeps lets them through.",
    failing: deployed!(
        "          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n",
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
        let Some(facts) = service.facts() else {
            continue;
        };
        if facts.kind.is_serverless() || service.declared_drain.is_some() {
            continue;
        }
        let Some(container) = facts.pod.as_ref().and_then(|pod| pod.main_container()) else {
            continue;
        };
        if container.pre_stop.is_some() {
            continue;
        }
        // nobody sends requests to it, so none are refused
        let workload = service.workload.as_ref();
        if workload.and_then(|workload| context.model.gets_requests(workload)) == Some(false) {
            continue;
        }
        let place = container
            .name
            .as_ref()
            .map_or(container.span, |name| name.span);
        let found = Diagnostic::new(
            &RULE,
            place,
            format!("`{}` stops at once when a replica is taken out", service.name.value),
        )
        .here("has no `preStop`")
        .also(roll.span, "every replica is replaced here")
        .help("add `lifecycle: {preStop: {sleep: {seconds: 15}}}`, or `drain 15s` to the service when it waits by itself");
        out.push(Found {
            diagnostic: found,
            step: None,
        });
    }
}
