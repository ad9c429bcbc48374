//! CP06: what is in flight when a replica is taken out ends before the replica does.

use crate::diagnostic::{Class, Diagnostic, Edit, Proof, Rule, Severity};
use crate::units::Duration;

use super::capacity::is_number;
use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "drain-too-short",
    code: "CP06",
    severity: Severity::Error,
    summary: "a replica that is taken out lives until its last request has been answered",
    why: "A request that comes in just before the load balancer has heard of it, at the end of the `preStop` sleep, still takes its time. What is not answered when the grace period ends is cut off, on every replacement of every replica, going forward and going back. So the grace period holds the sleep and the longest request (`request-timeout`).",
    failing: timed!("      terminationGracePeriodSeconds: 30\n"),
    passing: timed!("      terminationGracePeriodSeconds: 75\n"),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for roll in &context.plan.rolls {
        let Some(service) = context.model.services.get(roll.service) else {
            continue;
        };
        let Some(timeout) = service.request_timeout else {
            continue;
        };
        let facts = service.facts().filter(|facts| !facts.kind.is_serverless());
        let Some(pod) = facts.and_then(|facts| facts.pod.as_ref()) else {
            continue;
        };
        let sleep = pod
            .main_container()
            .and_then(|container| container.pre_stop.as_ref())
            .and_then(|hook| hook.sleep_seconds.as_ref());
        // without a sleep it is taken out and stopped at the same moment
        let waits = sleep.map_or(Duration::ZERO, |sleep| {
            Duration::from_secs(u64::from(sleep.value))
        });
        let grace = Duration::from_secs(u64::from(pod.grace_period_seconds()));
        let needed = waits.plus(timeout.value);
        // that the sleep alone does not fit is told as such
        if grace >= needed || (grace <= waits && sleep.is_some()) {
            continue;
        }
        let left = Duration::from_millis(grace.millis().saturating_sub(waits.millis()));
        let name = &service.name.value;
        let said = pod.termination_grace_period_seconds.as_ref();
        let mut told = Diagnostic::new(
            &RULE,
            said.map_or(timeout.span, |said| said.span),
            format!(
                "a request to `{name}` may take {}, and is cut off after {left} when its replica is taken out",
                timeout.value
            ),
        )
        .here(match said {
            Some(_) => format!("killed after {grace}"),
            None => format!("killed after {grace}, the default, and {needed} are needed"),
        });
        if said.is_some() {
            told = told.also(timeout.span, "the longest request");
        }
        if let Some(sleep) = sleep {
            told = told.also(sleep.span, format!("{waits} of it pass in the sleep"));
        }
        let seconds = needed.millis().div_ceil(1000);
        told = told
            .note("rests on a request that arrives as the sleep ends and takes as long as it may")
            .help(format!(
                "set `terminationGracePeriodSeconds` to {seconds} or more"
            ));
        if let Some(said) = said.filter(|said| is_number(context.sources, said.span)) {
            let edit = Edit {
                span: said.span,
                text: seconds.to_string(),
            };
            told = told.fix(
                format!("set `terminationGracePeriodSeconds` to {seconds}"),
                vec![edit],
            );
        }
        out.push(Found {
            diagnostic: told,
            step: None,
        });
    }
}
