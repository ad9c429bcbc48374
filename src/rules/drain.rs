//! PL07: draining lasts as long as the load balancer needs.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::units::Duration;

use crate::model::DEREGISTRATION;

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "drain-shorter-than-deregistration",
    code: "PL07",
    severity: Severity::Error,
    summary: "a replica answers until no load balancer sends to it any more",
    why: "A replica that stops before the load balancer has heard of it refuses requests, on every replacement. The `preStop` sleep must last at least as long as deregistration takes (10 s unless the service declares `deregistration`), and the grace period must hold the sleep and what is still in flight.",
    failing: deployed!(
        "          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 2}}}\n",
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
        let pod = service
            .facts()
            .filter(|facts| !facts.kind.is_serverless())
            .and_then(|facts| facts.pod.as_ref());
        let sleep = service.pre_stop_sleep();
        let drain = service.drain();
        let needed = service
            .deregistration
            .map_or(DEREGISTRATION, |time| time.value);
        if let Some((time, span)) = drain
            && time < needed
        {
            let mut found = Diagnostic::new(
                &RULE,
                span,
                format!(
                    "`{}` stops {time} after it is taken out; the load balancer needs {needed}",
                    service.name.value
                ),
            )
            .here(format!(
                "requests of the last {} are refused",
                Duration::from_millis(needed.millis() - time.millis())
            ))
            .help(format!("wait for {needed} or longer"));
            found = match service.deregistration {
                Some(declared) => found.also(declared.span, "declared here"),
                None => found.note(format!(
                    "{DEREGISTRATION} are assumed; say `deregistration` in the service if yours is faster or slower"
                )),
            };
            out.push(Found {
                diagnostic: found,
                step: None,
            });
            continue;
        }
        let (Some(pod), Some((time, span))) = (pod, sleep) else {
            continue;
        };
        let grace = Duration::from_secs(u64::from(pod.grace_period_seconds()));
        if grace <= time {
            let place = pod
                .termination_grace_period_seconds
                .as_ref()
                .map_or(span, |grace| grace.span);
            let found = Diagnostic::new(
                &RULE,
                place,
                format!("`{}` is killed after {grace}, while its `preStop` still sleeps", service.name.value),
            )
            .here(format!("the grace period is {grace}"))
            .also(span, format!("the sleep takes {time}"))
            .help(format!(
                "set `terminationGracePeriodSeconds` to more than {time} and what a request may take"
            ));
            out.push(Found {
                diagnostic: found,
                step: None,
            });
        }
    }
}
