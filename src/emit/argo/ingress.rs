//! Ingresses: that of the NGINX controller, beside which Argo Rollouts puts one for the new version,
//! and that of the AWS load balancer controller, whose action it writes.

use super::Job;
use super::setup::Setup;
use super::traffic::{first_port, object, ruled};
use super::yaml::{Yaml, map};
use crate::emit::metadata::namespace;
use crate::workload::Document;

/// The Ingress of the manifest, with the Service of the version that runs behind it.
pub fn nginx(job: &mut Job<'_>, setup: &Setup, name: &str) {
    let has_to = format!("let it lead to Service {}", setup.stable);
    let Some(found) = object(job, "Ingress", name, &has_to) else {
        return;
    };
    let mut document = taken_over(job, found);
    if annotation(&document, "nginx.ingress.kubernetes.io/canary").is_some() {
        let message = format!("Ingress `{name}` is a canary itself");
        let help = "name the Ingress that it stands beside: the one of the new version is made by Argo Rollouts";
        ruled(job, setup, found, message, help);
        return;
    }
    let led = replace(&mut document, setup, &|service| {
        let mut service = service.clone();
        service.set("name", Yaml::text(&*setup.stable));
        service
    });
    write(
        job,
        setup,
        name,
        led,
        document,
        "the Ingress of the version that runs; Argo Rollouts puts one for the new version beside it",
    );
}

/// The Ingress of the manifest, with an action of two weights behind it.
pub fn alb(job: &mut Job<'_>, setup: &Setup, name: &str) {
    let Some(base) = setup.base.clone() else {
        return;
    };
    let has_to = format!(
        "let it lead to Service {base} with the port name `use-annotation`, and give it the action of {base} with {} at weight 100 and {} at weight 0",
        setup.stable, setup.canary,
    );
    job.output.note(
        "the load balancer takes a while to follow its Ingress: start Argo Rollouts with --aws-verify-target-group, and give the pods readiness gates, so that it waits",
    );
    let Some(found) = object(job, "Ingress", name, &has_to) else {
        return;
    };
    let mut document = taken_over(job, found);
    let key = format!("alb.ingress.kubernetes.io/actions.{base}");
    if annotation(&document, &key).is_some() {
        let message = format!("Ingress `{name}` has an action for Service `{base}` already");
        let help = "take the annotation out: Argo Rollouts writes it with the plan's weights";
        ruled(job, setup, found, message, help);
        return;
    }
    let led = replace(&mut document, setup, &|_| {
        map([
            ("name", Yaml::text(&*base)),
            ("port", map([("name", Yaml::text("use-annotation"))])),
        ])
    });
    let port = first_port(job).to_string();
    let group = |name: &str, weight: u64| serde_json::json!({"serviceName": name, "servicePort": port, "weight": weight});
    let action = serde_json::json!({
        "type": "forward",
        "forwardConfig": {
            "targetGroups": [group(&setup.stable, 100), group(&setup.canary, 0)],
        },
    });
    document
        .map_at("metadata")
        .map_at("annotations")
        .set(&key, Yaml::text(action.to_string()));
    write(
        job,
        setup,
        name,
        led,
        document,
        "the Ingress with an action of two weights; Argo Rollouts writes the action from here on",
    );
}

fn taken_over(job: &Job<'_>, found: &Document) -> Yaml {
    let mut document = Yaml::from(&found.node);
    document.remove("status");
    if let Some(namespace) = namespace(job) {
        document
            .map_at("metadata")
            .set("namespace", Yaml::text(namespace));
    }
    document
}

fn annotation<'a>(document: &'a Yaml, key: &str) -> Option<&'a Yaml> {
    document.get("metadata")?.get("annotations")?.get(key)
}

/// Puts another Service in the place of the workload's; returns how often.
fn replace(document: &mut Yaml, setup: &Setup, of: &dyn Fn(&Yaml) -> Yaml) -> usize {
    let own = |service: &Yaml| match service.get("name") {
        Some(Yaml::Text(name)) => Some(name) == setup.base.as_ref() || *name == setup.stable,
        _ => false,
    };
    let swap = |backend: &mut Yaml| {
        let Some(service) = backend
            .get("service")
            .filter(|service| own(service))
            .cloned()
        else {
            return 0;
        };
        backend.set("service", of(&service));
        1
    };
    let mut led = 0;
    let spec = document.map_at("spec");
    if let Some(mut backend) = spec.get("defaultBackend").cloned() {
        led += swap(&mut backend);
        spec.set("defaultBackend", backend);
    }
    let mut rules = spec.get("rules").cloned().unwrap_or(Yaml::Null);
    for rule in rules.items_mut() {
        let Some(mut paths) = rule.get("http").and_then(|http| http.get("paths")).cloned() else {
            continue;
        };
        for path in paths.items_mut() {
            if let Some(mut backend) = path.get("backend").cloned() {
                led += swap(&mut backend);
                path.set("backend", backend);
            }
        }
        rule.map_at("http").set("paths", paths);
    }
    if rules != Yaml::Null {
        spec.set("rules", rules);
    }
    led
}

fn write(job: &mut Job<'_>, setup: &Setup, name: &str, led: usize, document: Yaml, what: &str) {
    if led == 0 {
        let message = format!("no path of Ingress `{name}` leads to the Service of this workload");
        let help = "name the Ingress whose backend is that Service";
        job.refuse(setup.router_span, message, help);
        return;
    }
    let mut head = job.head(what);
    head.push(job.places.says(setup.router_span));
    job.output
        .write("20-rollout/30-route.yaml", &[(head, document)]);
}
