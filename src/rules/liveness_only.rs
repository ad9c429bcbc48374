//! GA06: what users meet is judged, not only whether something runs.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::gates::gates;
use crate::model::Gate;

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Observed),
    check,
};

static RULE: Rule = Rule {
    name: "liveness-only",
    code: "GA06",
    severity: Severity::Error,
    summary: "a gate judges what users meet",
    why: "A version that answers every request with an error is up, its pods are ready, and its processor is idle. Whether something runs is what readiness says already; a rollout goes on because users are served.",
    failing: concat!(
        "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\n",
        "gate alive {\n  query \"\"\"min(up{app=\"$service\", version=\"$version\"})\"\"\"\n  expect value >= 1\n  every 1m for 10m\n}\n\n",
        service_with!("traffic 900/s"),
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch alive }\n  step all { weight 100%; hold 30m; watch alive }\n}\n"
    ),
    passing: project!(
        "gate alive {\n  query \"\"\"min(up{app=\"$service\", version=\"$version\"})\"\"\"\n  expect value >= 1\n  every 1m for 10m\n}\n\nplan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch alive, errors }\n  step all { weight 100%; hold 30m; watch alive, errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// Metrics that say whether something runs, and what that takes: of Prometheus itself, the
/// exporters of Kubernetes, nodes and containers, and the client libraries.
const WHOLE: [&str; 4] = [
    "up",
    "probe_success",
    "scrape_samples_scraped",
    "machine_cpu_cores",
];
const BEGINNINGS: [&str; 8] = [
    "kube_",
    "kubelet_",
    "container_",
    "node_",
    "process_",
    "go_",
    "jvm_",
    "python_gc_",
];

fn is_liveness(metric: &str) -> bool {
    WHOLE.contains(&metric) || BEGINNINGS.iter().any(|begins| metric.starts_with(begins))
}

/// Whether all that the gate measures is of that kind; false where it is not known.
fn says_only_that_it_runs(gate: &Gate) -> bool {
    gate.promql.as_ref().is_some_and(|query| {
        !query.metrics.is_empty() && query.metrics.iter().all(|metric| is_liveness(metric))
    })
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let exposes = context
        .plan
        .legs
        .iter()
        .any(|leg| leg.exposure.is_exposed());
    let all = gates(context.subject());
    // a gate that could not be read may be the one that is missed
    let watched = context.plan.steps.iter().flat_map(|step| &step.watch);
    let unread = watched.chain(&context.plan.throughout).any(|watched| {
        let gate = context.model.gates.get(watched.value);
        gate.is_none_or(|gate| gate.incomplete)
    });
    let Some((gate, at, step)) = all.first().filter(|_| exposes && !unread) else {
        return;
    };
    if !all.iter().all(|(gate, ..)| says_only_that_it_runs(gate)) {
        return;
    }
    let metrics: Vec<&str> = (all.iter())
        .filter_map(|(gate, ..)| gate.promql.as_ref())
        .flat_map(|query| query.metrics.iter().map(String::as_str))
        .collect();
    let metric = metrics.first().copied().unwrap_or_default();
    let query = gate
        .query
        .as_ref()
        .map_or(gate.name.span, |query| query.span);
    let diagnostic = Diagnostic::new(
        &RULE,
        *at,
        format!(
            "no gate of `{}` measures what users meet: a version that fails every request passes",
            context.plan.name.value
        ),
    )
    .here("this is all that is judged")
    .also(query, format!("`{metric}` says that something runs"))
    .help("add a gate that counts failed requests of the new version, `kind proportion` and `expect value < 1%`, and watch it here");
    out.push(Found {
        diagnostic,
        step: *step,
    });
}
