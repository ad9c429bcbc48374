//! The Services of both versions, and the Deployment of the new one.
//!
//! Versions are told by a label of their pods that holds the version's name, so that a plan finds
//! its old version where the plan before left it.

use crate::workload::{Service as KubernetesService, WorkloadKind};

use super::Job;
use super::gateway_api::Gateway;
use super::metadata::metadata;
use super::workload_copy::{document, set_version};
use super::yaml::{Yaml, map};

/// How the versions of a Deployment are told.
pub struct Stack<'a> {
    /// The label of the pods that holds the version.
    key: &'a str,
    base: &'a KubernetesService,
}

impl Stack<'_> {
    /// The label of a version: `version=5`.
    pub fn label(&self, version: &str) -> String {
        format!("{}={version}", self.key)
    }

    /// The Service that both versions are behind without the route.
    pub fn base_name(&self) -> &str {
        self.base.name.as_ref().map_or("", |name| &name.value)
    }

    /// All labels that the pods of a version are found by, as `kubectl` takes them.
    pub fn labels(&self, version: &str) -> String {
        let own = self
            .base
            .selector
            .iter()
            .filter(|(key, _)| key.value != self.key)
            .map(|(key, value)| format!("{}={}", key.value, value.value));
        own.chain([self.label(version)])
            .collect::<Vec<_>>()
            .join(",")
    }
}

/// How the versions are told, where the manifest says so.
pub fn stack<'a>(job: &mut Job<'a>) -> Option<Stack<'a>> {
    let workload = job.service.workload.as_ref()?;
    let facts = workload.facts();
    let (old, new) = (&job.roll.from_id.value, &job.roll.to_id.value);
    let upstreams = format!(
        "say where the versions answer: `upstream {old} \"{0}-{old}:80\"` and `upstream {new} \"{0}-{new}:80\"` in the target",
        job.service.name.value
    );
    if facts.kind != WorkloadKind::Deployment {
        let message = format!(
            "a second {} cannot be made for the new version",
            facts.kind.word()
        );
        job.refuse(workload.path.span, message, &upstreams);
        return None;
    }
    let Some(base) = workload.manifests.services_of(facts).next() else {
        let message = "no Service of the manifest leads to this Deployment";
        let help = "write a `v1` Service that selects its pods beside the Deployment";
        job.refuse(workload.path.span, message, help);
        return None;
    };
    let labels = facts.pod.as_ref().map(|pod| &pod.labels);
    let key = labels
        .into_iter()
        .flatten()
        .find(|(_, value)| value.value == *new)
        .map(|(key, _)| key.value.as_str());
    let Some(key) = key else {
        let message = format!(
            "no label of the pods says that they are version `{new}`, so nothing could tell the versions apart"
        );
        let help = format!("label the pods of each version, `version: \"{new}\"`; or {upstreams}");
        job.refuse(workload.path.span, message, &help);
        return None;
    };
    Some(Stack { key, base })
}

/// Writes the Services and the Deployment into the folder; returns the files' names.
pub fn write(
    job: &mut Job<'_>,
    gateway: &Gateway<'_>,
    stack: &Stack<'_>,
    path: &str,
) -> Vec<String> {
    let mut files = Vec::new();
    let (old, new) = (&job.roll.from_id.value, &job.roll.to_id.value);
    let documents: Vec<(Vec<String>, Yaml)> = [(&gateway.old, old), (&gateway.new, new)]
        .map(|(backend, version)| {
            let head = job.head(&format!("the Service of version {version}"));
            (head, service(job, stack, &backend.service, version))
        })
        .into();
    files.push("10-services.yaml".to_string());
    job.output
        .write(format!("{path}/10-services.yaml"), &documents);
    if let Some(deployment) = deployment(job, gateway, stack) {
        let head = job.head("the Deployment of the new version, beside the one that runs");
        let mut documents = vec![(head, deployment)];
        if let Some(scaler) = autoscaler(job, gateway) {
            documents.push((job.head("its autoscaler"), scaler));
        }
        files.push("20-workload.yaml".to_string());
        job.output
            .write(format!("{path}/20-workload.yaml"), &documents);
    }
    files
}

fn service(job: &Job<'_>, stack: &Stack<'_>, name: &str, version: &str) -> Yaml {
    let workload = job.service.workload.as_ref();
    let base = workload
        .and_then(|workload| workload.manifests.documents.get(stack.base.document))
        .map_or(Yaml::Null, |document| Yaml::from(&document.node));
    let mut spec = map([]);
    for key in ["selector", "ports"] {
        let Some(mut value) = base.get("spec").and_then(|spec| spec.get(key)).cloned() else {
            continue;
        };
        // a node port can belong to one Service only
        for port in value.items_mut() {
            port.remove("nodePort");
        }
        spec.set(key, value);
    }
    spec.map_at("selector").set(stack.key, Yaml::text(version));
    map([
        ("apiVersion", Yaml::text("v1")),
        ("kind", Yaml::text("Service")),
        ("metadata", metadata(job, name)),
        ("spec", spec),
    ])
}

fn deployment(job: &Job<'_>, gateway: &Gateway<'_>, stack: &Stack<'_>) -> Option<Yaml> {
    let mut document = document(job.service)?;
    document.remove("status");
    set_version(&mut document, job.service, job.to);
    let version = &job.roll.to_id.value;
    let mut metadata = metadata(job, &gateway.new.service);
    for key in ["labels", "annotations"] {
        let own = document
            .get("metadata")
            .and_then(|old| old.get(key))
            .cloned();
        if let Some(own) = own {
            metadata.set(key, own);
        }
    }
    document.set("metadata", metadata);
    let spec = document.map_at("spec");
    if let Some(replicas) = job.service.replicas() {
        spec.set("replicas", Yaml::count(replicas.value));
    }
    // its own pods alone: the Deployment that runs is found by the same labels without this one
    spec.map_at("selector")
        .map_at("matchLabels")
        .set(stack.key, Yaml::text(&**version));
    Some(document)
}

fn autoscaler(job: &Job<'_>, gateway: &Gateway<'_>) -> Option<Yaml> {
    let workload = job.service.workload.as_ref()?;
    let scaler = workload.manifests.autoscaler_of(workload.facts())?;
    let found = workload.manifests.documents.get(scaler.document)?;
    let mut document = Yaml::from(&found.node);
    document.remove("status");
    document.set("metadata", metadata(job, &gateway.new.service));
    document
        .map_at("spec")
        .map_at("scaleTargetRef")
        .set("name", Yaml::text(&*gateway.new.service));
    Some(document)
}

/// Writes the patch that keeps callers who do not use the route with one version; returns its name.
pub fn keep_others(job: &mut Job<'_>, stack: &Stack<'_>, full: bool, path: &str) -> String {
    let version = if full {
        &job.roll.to_id
    } else {
        &job.roll.from_id
    };
    let version = &version.value;
    let base = stack.base_name();
    let document = map([
        ("apiVersion", Yaml::text("v1")),
        ("kind", Yaml::text("Service")),
        ("metadata", metadata(job, base)),
        (
            "spec",
            map([("selector", map([(stack.key, Yaml::text(&**version))]))]),
        ),
    ]);
    let head = job.head(&format!(
        "callers of Service {base} itself, not of the route, meet {version} alone"
    ));
    job.output
        .write(format!("{path}/50-service.yaml"), &[(head, document)]);
    "50-service.yaml".into()
}

/// What to know about both Deployments.
pub fn notes(job: &mut Job<'_>, gateway: &Gateway<'_>, stack: &Stack<'_>) {
    let (old, new) = (&job.roll.from_id.value, &job.roll.to_id.value);
    let base = stack.base_name();
    job.output.note(format!(
        "Service {base} is led to the pods of {old} alone, and at 100% to those of {new}: a whole manifest of it that is applied meanwhile must not take the label {} out of its selector",
        stack.key
    ));
    job.output.note(format!(
        "the Deployment of {old} is stopped by you, when nobody needs the way back any more; its pods are those with {}",
        stack.labels(old)
    ));
    let workload = job.service.workload.as_ref();
    let scaled = workload.is_some_and(|workload| {
        let scaler = workload.manifests.autoscaler_of(workload.facts());
        scaler.is_some()
    });
    if scaled {
        job.output.note(format!(
            "an autoscaler that finds the pods of {old} by labels which those of {new} carry too counts both: the Deployment of {old} needs {} in its selector, as the one that is written here has its own",
            stack.label(old)
        ));
    }
    let _ = gateway;
}
