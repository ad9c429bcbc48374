//! CP05: one hand sets the number of replicas.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

/// A Deployment with an autoscaler; what it says of its own replicas is given.
macro_rules! scaled {
    ($replicas:expr) => {
        concat!(
            "--- main.swb\n",
            "gate errors {\n  query \"sum(rate(errors_total{version=\\\"$version\\\"}[2m]))\"\n  expect value < 5\n  every 1m for 10m\n}\n\n",
            "service web {\n",
            "  workload \"web.yaml\"\n",
            "  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n",
            "  version 2\n",
            "}\n\n",
            "plan web-2 {\n  roll web from 1 to 2\n  step all {\n    rolling\n    hold 30m\n    watch errors\n  }\n}\n",
            "--- web.yaml\n",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n",
            $replicas,
            "  selector:\n    matchLabels: {app: web}\n",
            "  template:\n    metadata:\n      labels: {app: web}\n    spec:\n      terminationGracePeriodSeconds: 45\n",
            "      containers:\n        - name: web\n          image: registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\n",
            "          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n",
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 3\n  maxReplicas: 12\n"
        )
    };
}

static RULE: Rule = Rule {
    name: "hpa-fights-rollout",
    code: "CP05",
    severity: Severity::Warning,
    summary: "replicas are set by the manifest or by an autoscaler, not by both",
    why: "Each time the manifest is applied, so with each rollout, it sets the replicas back to its own number, whatever the autoscaler has made of them. At the busiest time most replicas are stopped at once, in the middle of a rollout, until the autoscaler has caught up.",
    failing: scaled!("  replicas: 3\n"),
    passing: scaled!(""),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for roll in &context.plan.rolls {
        let service = &context.model.services[roll.service];
        let Some(workload) = &service.workload else {
            continue;
        };
        let (Some(own), Some(scaler)) = (
            workload.facts().replicas,
            context.model.autoscaler_of(workload),
        ) else {
            continue;
        };
        let name = &service.name.value;
        let most = scaler
            .max_replicas
            .map_or(String::new(), |most| format!(" to {}", most.value));
        let place = scaler.name.as_ref().map_or(scaler.span, |name| name.span);
        let found = Diagnostic::new(
            &RULE,
            own.span,
            format!(
                "each rollout sets `{name}` back to {} replicas, whatever the autoscaler has made of them",
                own.value
            ),
        )
        .here("set when the manifest is applied")
        .also(place, format!("keeps {}{most}", scaler.min_or_default()))
        .help("leave `replicas` out of the manifest");
        out.push(Found {
            diagnostic: found,
            step: None,
        });
    }
}
