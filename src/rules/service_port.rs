//! PL08: a Service sends to a port that the pods have.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::workload::{PodTemplate, PortRef};

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "service-port",
    code: "PL08",
    severity: Severity::Error,
    summary: "a Service sends to ports that the pods behind it have",
    why: "A Service whose `targetPort` is a name that no container has, sends to nobody, without a word: the pods are ready, the rollout is done, and every request is refused.",
    failing: concat!(
        deployed!(
            "          ports: [{name: http, containerPort: 8080}]\n          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n",
            "      terminationGracePeriodSeconds: 45\n"
        ),
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports: [{port: 80, targetPort: web}]\n"
    ),
    passing: concat!(
        deployed!(
            "          ports: [{name: http, containerPort: 8080}]\n          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n",
            "      terminationGracePeriodSeconds: 45\n"
        ),
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports: [{port: 80, targetPort: http}]\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// The names of the ports that the pods have, those of sidecars too.
fn names(pod: &PodTemplate) -> Vec<&str> {
    let sidecars = pod.init_containers.iter().filter(|one| one.restarts_always);
    pod.containers
        .iter()
        .chain(sidecars)
        .flat_map(|container| &container.ports)
        .filter_map(|port| port.name.as_ref())
        .map(|name| name.value.as_str())
        .collect()
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for roll in &context.plan.rolls {
        let service = &context.model.services[roll.service];
        let Some(workload) = &service.workload else {
            continue;
        };
        let facts = workload.facts();
        let (Some(pod), false) = (facts.pod.as_ref(), facts.kind.is_serverless()) else {
            continue;
        };
        let known = names(pod);
        for sends in context.model.services_of(workload) {
            for port in &sends.ports {
                // a number need not be declared by the container
                let Some((PortRef::Name(wanted), place)) = port
                    .target
                    .as_ref()
                    .map(|target| (&target.value, target.span))
                else {
                    continue;
                };
                if known.contains(&wanted.as_str()) {
                    continue;
                }
                let name = sends.name.as_ref().map_or("", |name| &name.value);
                let place_of = pod.main_container().map_or(pod.span, |main| {
                    main.name.as_ref().map_or(main.span, |name| name.span)
                });
                let help = match known.as_slice() {
                    [] => format!(
                        "name a port of the container: `ports: [{{name: {wanted}, containerPort: 8080}}]`"
                    ),
                    known => format!("write one that is there: `{}`", known.join("`, `")),
                };
                let found = Diagnostic::new(
                    &RULE,
                    place,
                    format!(
                        "Service `{name}` sends to a port `{wanted}`, which no container of `{}` has",
                        service.name.value
                    ),
                )
                .here("sends to nobody")
                .also(place_of, "the pods behind it")
                .help(help);
                out.push(Found {
                    diagnostic: found,
                    step: None,
                });
            }
        }
    }
}
