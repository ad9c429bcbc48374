//! What leads traffic to a Rollout: a Service for each version, and the route between them.

use super::Job;
use super::argo_rollouts::{Names, metadata, namespace};
use super::workload_copy::find;
use super::yaml::{Yaml, map};

/// A Service for each version. Argo Rollouts adds the version's hash to their selectors.
pub fn services(job: &mut Job<'_>, names: &Names) {
    let Some(workload) = &job.service.workload else {
        return;
    };
    let base = workload.manifests.services_of(workload.facts()).next();
    let Some(base) = base else {
        let help = "write a `v1` Service that selects its pods beside the Deployment";
        let span = workload.path.span;
        job.refuse(
            span,
            "no Service of the manifest leads to this Deployment",
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
    let spec = node.get("spec");
    let mut documents = Vec::new();
    for (name, of) in [
        (&names.stable, "the version that runs"),
        (&names.canary, "the new version"),
    ] {
        let mut service = map([]);
        for key in ["selector", "ports"] {
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
    job.output.write("20-rollout/10-services.yaml", &documents);
    if let Some(base) = &names.base {
        job.output.note(format!(
            "Service {base} still leads to the pods of both versions: who calls it, and not the route, meets the new one as often as it has pods",
        ));
    }
}

/// The route of the manifest, with both Services behind the rules that led to the workload.
pub fn route(job: &mut Job<'_>, names: &Names) {
    let Some(workload) = &job.service.workload else {
        return;
    };
    let router = job
        .target
        .router
        .as_ref()
        .map_or(job.target.name.span, |(_, name)| name.span);
    let Some(found) = find(&workload.manifests, "HTTPRoute", &names.route) else {
        job.output.note(format!(
            "HTTPRoute {} is not in {}: give its rule both Services before the Rollout starts, {} with weight 100 and {} with weight 0",
            names.route, workload.path.value, names.stable, names.canary,
        ));
        return;
    };
    let mut document = Yaml::from(&found.node);
    if let Some(namespace) = namespace(job) {
        document
            .map_at("metadata")
            .set("namespace", Yaml::text(namespace));
    }
    let mut rules = document
        .get("spec")
        .and_then(|spec| spec.get("rules"))
        .cloned()
        .unwrap_or(Yaml::Null);
    let mut led = 0;
    let mut split = None;
    for rule in rules.items_mut() {
        let Some(Yaml::Seq(refs)) = rule.get("backendRefs").cloned() else {
            continue;
        };
        let own = |backend: &Yaml| match backend.get("name") {
            Some(Yaml::Text(name)) => {
                Some(name) == names.base.as_ref() || *name == names.stable || *name == names.canary
            }
            _ => false,
        };
        match refs.as_slice() {
            [only] if own(only) => {
                let of = |name: &str, weight: i64| {
                    let mut backend = only.clone();
                    backend.set("name", Yaml::text(name));
                    backend.set("weight", Yaml::Int(weight));
                    backend
                };
                rule.set(
                    "backendRefs",
                    Yaml::Seq(vec![of(&names.stable, 100), of(&names.canary, 0)]),
                );
                led += 1;
            }
            several if several.iter().any(own) => split = Some(several.len()),
            _ => {}
        }
    }
    if let Some(count) = split {
        let message = format!(
            "HTTPRoute `{}` already splits its traffic over {count} backends",
            names.route
        );
        let help = "leave one backend in the rule: the weights are the plan's";
        job.findings.push(
            crate::diagnostic::Diagnostic::new(
                &crate::platform::TARGET_CANNOT_CARRY,
                found.head(),
                message,
            )
            .also(router, "the plan's weights are set there")
            .help(help),
        );
        return;
    }
    if led == 0 {
        let message = format!(
            "no rule of HTTPRoute `{}` leads to the Service of this workload",
            names.route
        );
        job.refuse(
            router,
            message,
            "name the route whose `backendRefs` hold that Service",
        );
        return;
    }
    document.map_at("spec").set("rules", rules);
    let mut head = job.head("the route with a backend for each version");
    head.push(job.places.says(router));
    job.output
        .write("20-rollout/30-route.yaml", &[(head, document)]);
}
