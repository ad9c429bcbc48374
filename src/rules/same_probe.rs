//! PL10: liveness is more patient than readiness.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::workload::{Probe, ProbeCheck};

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "same-probe",
    code: "PL10",
    severity: Severity::Warning,
    summary: "what takes a replica out of service does not stop it at the same moment",
    why: "A replica that is slow for a while should get less traffic and recover. Where liveness asks what readiness asks and gives up as soon, it is killed instead, and its share goes to the others, which are slow next: while a rollout has fewer replicas than usual, that takes all of them.",
    failing: deployed!(
        "          readinessProbe: {httpGet: {path: /health, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n",
        "      terminationGracePeriodSeconds: 45\n"
    ),
    passing: deployed!(
        "          readinessProbe: {httpGet: {path: /health, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}, failureThreshold: 6}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n",
        "      terminationGracePeriodSeconds: 45\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// What a probe asks, in one text; `None` for what is not known.
fn asks(probe: &Probe) -> Option<String> {
    let port = |port: &Option<crate::source::Spanned<crate::workload::PortRef>>| {
        port.as_ref().map(|port| format!("{:?}", port.value))
    };
    match &probe.check {
        ProbeCheck::Http { path, port: at } => {
            let path = path.as_ref().map_or("/", |path| path.value.as_str());
            Some(format!("http {path} {:?}", port(at)))
        }
        ProbeCheck::Tcp { port: at } => Some(format!("tcp {:?}", port(at))),
        ProbeCheck::Grpc { port: at } => Some(format!("grpc {:?}", port(at))),
        ProbeCheck::Exec(words) => {
            let words: Vec<&str> = words.iter().map(|word| word.value.as_str()).collect();
            Some(format!("exec {}", words.join(" ")))
        }
        ProbeCheck::Unknown => None,
    }
}

/// Seconds of silence after which a running replica has failed: `period * failures`.
fn patience(probe: &Probe) -> u64 {
    u64::from(probe.period()) * u64::from(probe.failures())
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for roll in &context.plan.rolls {
        let service = &context.model.services[roll.service];
        let Some(facts) = service.facts().filter(|facts| !facts.kind.is_serverless()) else {
            continue;
        };
        let container = facts.pod.as_ref().and_then(|pod| pod.main_container());
        let Some((ready, live)) =
            container.and_then(|one| one.readiness.as_ref().zip(one.liveness.as_ref()))
        else {
            continue;
        };
        let same = asks(ready).is_some_and(|asked| asks(live) == Some(asked));
        let (soon, late) = (patience(live), patience(ready));
        if !same || soon > late {
            continue;
        }
        let failures = late / u64::from(live.period()).max(1) + 1;
        let found = Diagnostic::new(
            &RULE,
            live.key_span,
            format!(
                "the liveness probe of `{}` asks what its readiness probe asks, and gives up after {soon}s, when that one does after {late}s",
                service.name.value
            ),
        )
        .here("stops a replica that only needs less traffic")
        .also(ready.key_span, "takes it out of service")
        .help(format!(
            "ask for something that only a replica that hangs fails, or give it more time: `failureThreshold: {}`",
            failures.max(2 * u64::from(live.failures()))
        ));
        out.push(Found {
            diagnostic: found,
            step: None,
        });
    }
}
