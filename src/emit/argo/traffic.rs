//! What leads traffic to a Rollout: a Service for each version, and the route between them.

use super::Job;
use super::rollout::Strategy;
use super::setup::{Router, Setup};
use super::workload_copy::find;
use super::yaml::{Yaml, map};
use super::{gateway, ingress, istio};
use crate::diagnostic::Diagnostic;
use crate::emit::metadata::metadata;
use crate::platform::TARGET_CANNOT_CARRY;
use crate::workload::Document;

/// The Services that a Rollout needs beside the one of the manifest. Argo Rollouts adds the
/// version's hash to their selectors.
pub fn services(job: &mut Job<'_>, setup: &Setup, strategy: &Strategy) {
    let Some(workload) = &job.service.workload else {
        return;
    };
    let base = workload.manifests.services_of(workload.facts()).next();
    let Some(base) = base else {
        let help = "write a `v1` Service that selects its pods beside it";
        let span = workload.path.span;
        job.refuse(
            span,
            "no Service of the manifest leads to this workload",
            help,
        );
        return;
    };
    let node = workload
        .manifests
        .documents
        .get(base.document)
        .map(|document| Yaml::from(&document.node));
    let node = node.unwrap_or(Yaml::Null);
    let wanted: Vec<(&String, &str)> = match strategy {
        Strategy::BlueGreen(_) => {
            let own = (Some(&setup.active) != setup.base.as_ref())
                .then_some((&setup.active, "the version that takes requests"));
            own.into_iter()
                .chain([(&setup.preview, "the second stack")])
                .collect()
        }
        Strategy::Canary(_) if setup.has_services() => vec![
            (&setup.stable, "the version that runs"),
            (&setup.canary, "the new version"),
        ],
        Strategy::Canary(_) => Vec::new(),
    };
    let mut documents = Vec::new();
    for (name, of) in wanted {
        let spec = node.get("spec");
        let mut service = map([]);
        // instances of an AWS target group are reached through the nodes
        let nodes = matches!(setup.router, Some(Router::Alb(_)));
        let keys: &[&str] = match nodes {
            true => &["type", "selector", "ports"],
            false => &["selector", "ports"],
        };
        for key in keys {
            if let Some(value) = spec.and_then(|spec| spec.get(key)) {
                let mut value = value.clone();
                // a node port can belong to one Service only
                for port in value.items_mut() {
                    port.remove("nodePort");
                }
                service.set(key, value);
            }
        }
        let document = map([
            ("apiVersion", Yaml::text("v1")),
            ("kind", Yaml::text("Service")),
            ("metadata", metadata(job, name)),
            ("spec", service),
        ]);
        documents.push((job.head(&format!("the Service of {of}")), document));
    }
    if documents.is_empty() {
        return;
    }
    job.output.write("20-rollout/10-services.yaml", &documents);
    if let (Some(base), Strategy::Canary(_)) = (&setup.base, strategy) {
        job.output.note(format!(
            "Service {base} still leads to the pods of both versions: who calls it, and not the route, meets the new one as often as it has pods",
        ));
    }
}

/// The route, with a backend for each version.
pub fn route(job: &mut Job<'_>, setup: &Setup) {
    match &setup.router {
        None => {}
        Some(Router::Gateway(name)) => gateway::route(job, setup, name),
        Some(Router::Istio(name, rule)) => istio::route(job, setup, name, rule.as_deref()),
        Some(Router::Nginx(name)) => ingress::nginx(job, setup, name),
        Some(Router::Alb(name)) => ingress::alb(job, setup, name),
    }
}

/// The object of the router in the manifest; where it is not there, what it has to hold is said.
pub fn object<'a>(job: &mut Job<'a>, kind: &str, name: &str, has_to: &str) -> Option<&'a Document> {
    let workload = job.service.workload.as_ref()?;
    let found = find(&workload.manifests, kind, name);
    if found.is_none() {
        job.output.note(format!(
            "{kind} {name} is not in {}: before the Rollout starts, {has_to}",
            workload.path.value,
        ));
    }
    found
}

/// Says that the manifest gives the traffic rules of its own already.
pub fn ruled(job: &mut Job<'_>, setup: &Setup, found: &Document, message: String, help: &str) {
    job.findings.push(
        Diagnostic::new(&TARGET_CANNOT_CARRY, found.head(), message)
            .also(setup.router_span, "the plan's weights are set there")
            .help(help),
    );
}

/// The first port of the Service of the manifest.
pub fn first_port(job: &Job<'_>) -> u16 {
    let workload = job.service.workload.as_ref();
    let port = workload.and_then(|workload| {
        let base = workload.manifests.services_of(workload.facts()).next()?;
        base.ports.first().map(|port| port.port.value)
    });
    port.unwrap_or(80)
}
