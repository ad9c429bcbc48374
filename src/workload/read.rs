//! Trees to facts about workloads.

use std::collections::HashMap;
use std::sync::Arc;

use super::document::Document;
use super::facts::{Knative, Strategy, TrafficTarget, Update, Workload, WorkloadKind, WorkloadRef};
use super::fields::{At, Reader};
use super::pod::{self, Pairs};
use super::rules::MANIFEST_VALUE;
use super::selector;
use crate::diagnostic::Diagnostic;
use crate::source::Spanned;

/// The prefix of Cloud Run's own annotations and labels.
const CLOUD_RUN: &str = "run.googleapis.com/";

/// The kind of workload that a document describes, if it is one.
pub(super) fn kind_of(document: &Document) -> Option<WorkloadKind> {
    match (document.group(), document.kind()) {
        // `extensions/v1beta1` and a forgotten version are refused at apply time, not here
        ("apps" | "extensions" | "", "Deployment") => Some(WorkloadKind::Deployment),
        ("apps" | "", "StatefulSet") => Some(WorkloadKind::StatefulSet),
        ("argoproj.io" | "", "Rollout") => Some(WorkloadKind::Rollout),
        ("serving.knative.dev", "Service") => Some(if is_cloud_run(document) {
            WorkloadKind::CloudRunService
        } else {
            WorkloadKind::KnativeService
        }),
        _ => None,
    }
}

fn is_cloud_run(document: &Document) -> bool {
    let paths: [&[&str]; 4] = [
        &["metadata", "annotations"],
        &["metadata", "labels"],
        &["spec", "template", "metadata", "annotations"],
        &["spec", "template", "metadata", "labels"],
    ];
    paths
        .iter()
        .filter_map(|path| document.node.at(path))
        .flat_map(|node| node.entries())
        .any(|entry| {
            entry.key.starts_with(CLOUD_RUN) || &*entry.key == "cloud.googleapis.com/location"
        })
}

/// Reads the facts of `document`, which is a workload of `kind`.
pub(super) fn workload(
    reader: &mut Reader<'_>,
    index: usize,
    document: &Document,
    kind: WorkloadKind,
) -> Workload {
    let root = At::root(&document.node);
    let kind_span = document
        .kind
        .as_ref()
        .map_or(document.span, |kind| kind.span);
    let mut workload = Workload {
        document: index,
        kind,
        span: document.span,
        kind_span,
        name: None,
        namespace: None,
        labels: Vec::new(),
        annotations: Vec::new(),
        replicas: None,
        selector: None,
        pod: None,
        update: Update::default(),
        min_ready_seconds: None,
        progress_deadline_seconds: None,
        revision_history_limit: None,
        workload_ref: None,
        knative: None,
        referenced_by: None,
    };
    if let Some(metadata) = reader.map(&root, "metadata") {
        workload.name = reader.text(&metadata, "name");
        workload.namespace = reader.text(&metadata, "namespace");
        workload.labels = reader.texts(&metadata, "labels");
        workload.annotations = reader.texts(&metadata, "annotations");
    }
    if document.name.is_none() {
        let found = Diagnostic::new(
            &MANIFEST_VALUE,
            kind_span,
            format!(
                "this {} has no `metadata.name`, and nothing can refer to it",
                kind.word()
            ),
        )
        .help("write `metadata:` with `name: ...` below it");
        reader.report(found);
    }
    let Some(spec) = reader.map(&root, "spec") else {
        if root.field("spec").is_none() {
            let found = Diagnostic::new(
                &MANIFEST_VALUE,
                kind_span,
                format!("this {} has no `spec`, so it runs nothing", kind.word()),
            )
            .help("write `spec:` with `template:` below it");
            reader.report(found);
        }
        return workload;
    };
    workload.replicas = reader.count(&spec, "replicas");
    workload.min_ready_seconds = reader.count(&spec, "minReadySeconds");
    workload.revision_history_limit = reader.count(&spec, "revisionHistoryLimit");
    if !kind.is_serverless() {
        workload.progress_deadline_seconds = reader.count(&spec, "progressDeadlineSeconds");
        workload.selector = selector::read(reader, &spec, "selector").map(Arc::new);
        workload.update = update(reader, &spec, kind);
    }
    if kind == WorkloadKind::Rollout {
        workload.workload_ref = reader.map(&spec, "workloadRef").map(|at| WorkloadRef {
            key_span: at.key_span,
            kind: reader.text(&at, "kind"),
            name: reader.text(&at, "name"),
            resolved: None,
        });
    }
    if let Some(template) = reader.map(&spec, "template") {
        workload.pod = Some(Arc::new(pod::template(
            reader,
            &template,
            kind.is_serverless(),
        )));
        if kind.is_serverless() {
            workload.knative = Some(knative(reader, &workload, &spec, Some(&template)));
        }
    } else {
        if spec.field("template").is_none() && workload.workload_ref.is_none() {
            reader.lacks(
                &spec,
                "template",
                "and it says what runs",
                "template:` with `spec:` and `containers:` below",
            );
        }
        if kind.is_serverless() {
            workload.knative = Some(knative(reader, &workload, &spec, None));
        }
    }
    labels_match(reader, &workload);
    workload
}

/// A selector that does not match the template is refused by the API server.
fn labels_match(reader: &mut Reader<'_>, workload: &Workload) {
    let (Some(selector), Some(pod)) = (&workload.selector, &workload.pod) else {
        return;
    };
    for (key, wanted) in &selector.labels {
        let has = pod.label(&key.value);
        if has.is_some_and(|value| value.value == wanted.value) {
            continue;
        }
        let found = Diagnostic::new(
            &MANIFEST_VALUE,
            wanted.span,
            format!(
                "the selector asks for `{}: {}`, which the pods of the template do not have",
                key.value, wanted.value
            ),
        )
        .also(
            has.map_or(pod.span, |value| value.span),
            "the template's labels",
        )
        .help(format!(
            "write `{}: {}` below `spec.template.metadata.labels`",
            key.value, wanted.value
        ));
        reader.report(found);
    }
}

fn update(reader: &mut Reader<'_>, spec: &At<'_>, kind: WorkloadKind) -> Update {
    let mut update = Update::default();
    let key = if kind == WorkloadKind::StatefulSet {
        "updateStrategy"
    } else {
        "strategy"
    };
    let Some(at) = reader.map(spec, key) else {
        return update;
    };
    update.key_span = Some(at.key_span);
    if kind == WorkloadKind::Rollout {
        if let Some(canary) = at.field("canary") {
            update.strategy = Some(Spanned::new(Strategy::Canary, canary.key_span));
            update.max_surge = reader.amount(&canary, "maxSurge");
            update.max_unavailable = reader.amount(&canary, "maxUnavailable");
            update.steps = canary.field("steps").map(|steps| steps.node.span);
        } else if let Some(entry) = at.node.entry("canary") {
            // `canary:` with nothing below means a canary without steps
            update.strategy = Some(Spanned::new(Strategy::Canary, entry.key_span));
        } else if let Some(entry) = at.node.entry("blueGreen") {
            update.strategy = Some(Spanned::new(Strategy::BlueGreen, entry.key_span));
        }
        return update;
    }
    if let Some(name) = reader.text(&at, "type") {
        let strategy = match (name.value.as_str(), kind) {
            ("RollingUpdate", _) => Some(Strategy::RollingUpdate),
            ("Recreate", WorkloadKind::Deployment) => Some(Strategy::Recreate),
            ("OnDelete", WorkloadKind::StatefulSet) => Some(Strategy::OnDelete),
            _ => None,
        };
        if strategy.is_none() {
            let other = if kind == WorkloadKind::StatefulSet {
                "OnDelete"
            } else {
                "Recreate"
            };
            if let Some(field) = at.field("type") {
                reader.wrong(
                    &field,
                    &format!("`RollingUpdate` or `{other}`"),
                    "type: RollingUpdate",
                );
            }
        }
        update.strategy = strategy.map(|strategy| Spanned::new(strategy, name.span));
    }
    if let Some(rolling) = reader.map(&at, "rollingUpdate") {
        update.max_unavailable = reader.amount(&rolling, "maxUnavailable");
        if kind == WorkloadKind::StatefulSet {
            update.partition = reader.count(&rolling, "partition");
        } else {
            update.max_surge = reader.amount(&rolling, "maxSurge");
        }
    }
    update
}

fn knative(
    reader: &mut Reader<'_>,
    workload: &Workload,
    spec: &At<'_>,
    template: Option<&At<'_>>,
) -> Knative {
    let mut facts = Knative::default();
    if let Some(spec) = template.and_then(|template| template.field("spec")) {
        facts.container_concurrency = reader.count(&spec, "containerConcurrency");
        facts.timeout_seconds = reader.count(&spec, "timeoutSeconds");
    }
    facts.traffic_key = spec.field("traffic").map(|traffic| traffic.key_span);
    facts.traffic = reader.each(spec, "traffic", |reader, at| {
        Some(TrafficTarget {
            span: at.node.span,
            revision: reader.text(at, "revisionName"),
            latest: reader.flag(at, "latestRevision"),
            percent: percent(reader, at),
            tag: reader.text(at, "tag"),
        })
    });
    let own = &workload.annotations;
    let none = Vec::new();
    let revision = workload.pod.as_ref().map_or(&none, |pod| &pod.annotations);
    facts.service_min_scale = scale(reader, own, &["run.googleapis.com/minScale"]);
    facts.service_max_scale = scale(reader, own, &["run.googleapis.com/maxScale"]);
    let keys = |long: &'static str, short: &'static str| [long, short];
    facts.revision_min_scale = scale(
        reader,
        revision,
        &keys(
            "autoscaling.knative.dev/minScale",
            "autoscaling.knative.dev/min-scale",
        ),
    );
    facts.revision_max_scale = scale(
        reader,
        revision,
        &keys(
            "autoscaling.knative.dev/maxScale",
            "autoscaling.knative.dev/max-scale",
        ),
    );
    facts.session_affinity = find(revision, &["run.googleapis.com/sessionAffinity"])
        .map(|text| Spanned::new(text.value.eq_ignore_ascii_case("true"), text.span));
    facts.revision_name = workload.pod.as_ref().and_then(|pod| pod.name.clone());
    facts
}

/// A share of traffic, 0 to 100.
fn percent(reader: &mut Reader<'_>, at: &At<'_>) -> Option<Spanned<u32>> {
    let percent = reader.count(at, "percent")?;
    if percent.value <= 100 {
        return Some(percent);
    }
    if let Some(field) = at.field("percent") {
        reader.wrong(&field, "a whole number from 0 to 100", "percent: 100");
    }
    None
}

fn find<'a>(pairs: &'a Pairs, keys: &[&str]) -> Option<&'a Spanned<String>> {
    pairs
        .iter()
        .find(|(key, _)| keys.contains(&key.value.as_str()))
        .map(|(_, value)| value)
}

/// A number of instances in an annotation, which is always a text.
fn scale(reader: &mut Reader<'_>, pairs: &Pairs, keys: &[&str]) -> Option<Spanned<u32>> {
    let (key, text) = pairs
        .iter()
        .find(|(key, _)| keys.contains(&key.value.as_str()))?;
    match text.value.parse::<u32>() {
        Ok(number) => Some(Spanned::new(number, text.span)),
        Err(_) => {
            let found = Diagnostic::new(
                &MANIFEST_VALUE,
                text.span,
                format!(
                    "`{}` is `{}`, but must be a number of instances",
                    key.value,
                    super::node::shortened(&text.value)
                ),
            )
            .help(format!("write `{}: \"3\"`", key.value));
            reader.report(found);
            None
        }
    }
}

/// Gives every Rollout with a `workloadRef` the template and selector of the Deployment it names.
pub(super) fn resolve_references(workloads: &mut [Workload]) {
    let mut deployments: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, workload) in workloads.iter().enumerate() {
        if workload.kind == WorkloadKind::Deployment {
            deployments
                .entry(workload.name().to_string())
                .or_default()
                .push(index);
        }
    }
    for index in 0..workloads.len() {
        let Some(rollout) = workloads.get(index) else {
            continue;
        };
        let Some(target) = target_of(rollout, workloads, &deployments) else {
            continue;
        };
        let Some(deployment) = workloads.get_mut(target) else {
            continue;
        };
        deployment.referenced_by = Some(index);
        let (pod, selector) = (deployment.pod.clone(), deployment.selector.clone());
        let Some(rollout) = workloads.get_mut(index) else {
            continue;
        };
        if let Some(reference) = &mut rollout.workload_ref {
            reference.resolved = Some(target);
        }
        rollout.pod = rollout.pod.take().or(pod);
        rollout.selector = rollout.selector.take().or(selector);
    }
}

/// The Deployment that `rollout` refers to.
fn target_of(
    rollout: &Workload,
    workloads: &[Workload],
    deployments: &HashMap<String, Vec<usize>>,
) -> Option<usize> {
    let reference = rollout.workload_ref.as_ref()?;
    if reference
        .kind
        .as_ref()
        .is_some_and(|kind| kind.value != "Deployment")
    {
        return None;
    }
    let named = deployments.get(&reference.name.as_ref()?.value)?;
    let same_namespace = |&&at: &&usize| {
        let other = workloads
            .get(at)
            .and_then(|deployment| deployment.namespace.as_ref());
        match (other, &rollout.namespace) {
            (Some(a), Some(b)) => a.value == b.value,
            _ => true,
        }
    };
    // a file with thousands of namesakes is no manifest; the first ones are enough
    named.iter().take(64).find(same_namespace).copied()
}
