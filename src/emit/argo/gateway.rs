//! The Gateway API: an HTTPRoute with a backend for each version.

use super::Job;
use super::setup::Setup;
use super::traffic::{object, ruled};
use super::yaml::Yaml;
use crate::emit::metadata::namespace;

/// The route of the manifest, with both Services behind the rules that led to the workload.
pub fn route(job: &mut Job<'_>, setup: &Setup, name: &str) {
    let has_to = format!(
        "give its rule both Services, {} with weight 100 and {} with weight 0",
        setup.stable, setup.canary,
    );
    let Some(found) = object(job, "HTTPRoute", name, &has_to) else {
        return;
    };
    let mut document = Yaml::from(&found.node);
    document.remove("status");
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
                Some(name) == setup.base.as_ref() || *name == setup.stable || *name == setup.canary
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
                    Yaml::Seq(vec![of(&setup.stable, 100), of(&setup.canary, 0)]),
                );
                led += 1;
            }
            several if several.iter().any(own) => split = Some(several.len()),
            _ => {}
        }
    }
    if let Some(count) = split {
        let message =
            format!("HTTPRoute `{name}` already splits its traffic over {count} backends");
        let help = "leave one backend in the rule: the weights are the plan's";
        ruled(job, setup, found, message, help);
        return;
    }
    if led == 0 {
        let message =
            format!("no rule of HTTPRoute `{name}` leads to the Service of this workload");
        job.refuse(
            setup.router_span,
            message,
            "name the route whose `backendRefs` hold that Service",
        );
        return;
    }
    document.map_at("spec").set("rules", rules);
    let mut head = job.head("the route with a backend for each version");
    head.push(job.places.says(setup.router_span));
    job.output
        .write("20-rollout/30-route.yaml", &[(head, document)]);
}
