//! Manifests that stand beside those that services name: Services, autoscalers, disruption budgets.
//!
//! Every workload asks for its own among all of them, so they are found by what they select: a Service
//! by a label that it wants, an autoscaler by the name that it scales.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::Findings;
use crate::source::{FileId, Loader, Spanned, parallel};
use crate::workload::{
    self, Autoscaler, DisruptionBudget, Document, Manifests, Service, ServicePort,
    Workload as Facts,
};

use super::Model;
use super::load::Project;
use super::service::Workload;

impl Project {
    /// Reads manifests that no service may name. What is wrong with them goes to `findings`; one that
    /// cannot be read is passed over, because whoever listed it has told so.
    pub(crate) fn read_beside(
        &mut self,
        loader: &dyn Loader,
        paths: &[PathBuf],
        findings: &mut Findings,
    ) -> Vec<Arc<Manifests>> {
        // texts first, in order, so that their places do not depend on who is done first
        let mut files: Vec<(FileId, &PathBuf)> = Vec::new();
        for path in paths {
            if self.manifests.contains_key(path) {
                continue;
            }
            let Ok(text) = loader.read(path) else {
                continue;
            };
            let shown = self.shown(path);
            files.push((self.sources.add(shown, path.clone(), text), path));
        }
        let sources = &self.sources;
        let parsed = parallel::each(&files, |(id, _)| {
            let mut findings = Findings::new();
            let manifests = workload::read(*id, &sources.file(*id).text, &mut findings);
            (Arc::new(manifests), findings)
        });
        for ((_, path), (manifests, found)) in files.into_iter().zip(parsed) {
            self.manifests.insert(path.clone(), Some(manifests));
            findings.extend(found);
        }
        let known = paths
            .iter()
            .filter_map(|path| self.manifests.get(path)?.clone());

        known.collect()
    }
}

/// A label that pods have, or are wanted to have.
type Label = (String, String);

/// An object of [`Beside`]: the place of its manifests, and its place in the list of its kind there.
type Place = (usize, usize);

/// Manifests that no service names, with what their objects select.
#[derive(Debug, Default)]
pub struct Beside {
    manifests: Vec<Arc<Manifests>>,
    /// Services by the first label that they select.
    services: HashMap<Label, Vec<Place>>,
    /// Autoscalers by the name of what they scale.
    autoscalers: HashMap<String, Vec<Place>>,
    /// Disruption budgets by the first label that they select.
    budgets: HashMap<Label, Vec<Place>>,
    /// Those that select by conditions only, or everything.
    other_budgets: Vec<Place>,
    /// The labels of all pods; none where a workload has pods that are not read.
    labels: HashMap<Label, Vec<Place>>,
    unread_pods: bool,
    /// Labels of pods that are no workload's that is rolled out here: of DaemonSets, Jobs and their like.
    other_pods: HashMap<Label, Vec<usize>>,
    /// Names of objects of kinds that a controller of somebody else's reads: it may make pods of them.
    custom: HashSet<String>,
    /// Names of workloads that a Canary of Flagger leads, which makes their Services by itself.
    led: HashSet<String>,
    /// Workloads by name.
    workloads: HashMap<String, Vec<Place>>,
}

/// Where a kind that runs pods, and is not rolled out by a workload here, has their labels.
fn labels_of_other_pods(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" | "DeploymentConfig" => {
            Some(&["spec", "template", "metadata", "labels"])
        }
        "CronJob" => Some(&[
            "spec",
            "jobTemplate",
            "spec",
            "template",
            "metadata",
            "labels",
        ]),
        "Pod" => Some(&["metadata", "labels"]),
        _ => None,
    }
}

/// Whether a Service is there for requests, and not only for somebody who reads measurements: those are
/// asked for again.
fn sends_requests(service: &Service) -> bool {
    let measures = |port: &ServicePort| {
        let name = port.name.as_ref().map_or("", |name| &name.value);
        name.contains("metrics") || name.contains("prometheus")
    };
    service.ports.is_empty() || !service.ports.iter().all(measures)
}

/// Whether an object is of a kind that Kubernetes does not bring by itself.
fn is_custom(document: &Document) -> bool {
    let group = document.group();
    group.contains('.') && !group.ends_with(".k8s.io")
}

/// Whether an object bears on which pods there are, beside the workloads.
pub(crate) fn stands_for_pods(document: &Document) -> bool {
    labels_of_other_pods(document.kind()).is_some() || is_custom(document)
}

fn label((key, value): &(Spanned<String>, Spanned<String>)) -> Label {
    (key.value.clone(), value.value.clone())
}

impl Beside {
    /// Linear in the objects of the manifests.
    pub(crate) fn new(manifests: Vec<Arc<Manifests>>) -> Beside {
        let mut found = Beside::default();
        for (file, one) in manifests.iter().enumerate() {
            for (at, service) in one.services.iter().enumerate() {
                if let Some(first) = service.selector.first() {
                    found
                        .services
                        .entry(label(first))
                        .or_default()
                        .push((file, at));
                }
            }
            for (at, scaler) in one.autoscalers.iter().enumerate() {
                if let Some(name) = &scaler.target_name {
                    let places = found.autoscalers.entry(name.value.clone());
                    places.or_default().push((file, at));
                }
            }
            for (at, budget) in one.disruption_budgets.iter().enumerate() {
                let first = budget.selector.as_ref().map(|by| by.labels.first());
                match first {
                    Some(Some(first)) => {
                        found
                            .budgets
                            .entry(label(first))
                            .or_default()
                            .push((file, at));
                    }
                    // one without a selector protects nothing
                    Some(None) => found.other_budgets.push((file, at)),
                    None => {}
                }
            }
            for (at, workload) in one.workloads.iter().enumerate() {
                let named = found.workloads.entry(workload.name().to_string());
                named.or_default().push((file, at));
                match &workload.pod {
                    Some(pod) => {
                        for own in &pod.labels {
                            found.labels.entry(label(own)).or_default().push((file, at));
                        }
                    }
                    None => found.unread_pods = true,
                }
            }
            for document in &one.documents {
                found.document(document);
            }
        }
        found.manifests = manifests;
        found
    }

    fn document(&mut self, document: &Document) {
        if let Some(path) = labels_of_other_pods(document.kind()) {
            let number = self.other_pods.len();
            let labels = document.node.at(path).into_iter();
            for entry in labels.flat_map(|labels| labels.entries()) {
                if let Some(value) = entry.value.text() {
                    let own = (entry.key.to_string(), value.to_string());
                    self.other_pods.entry(own).or_default().push(number);
                }
            }
        }
        if is_custom(document)
            && let Some(name) = &document.name
        {
            self.custom.insert(name.value.clone());
            if document.kind() == "Canary"
                && let Some(target) = document.node.at(&["spec", "targetRef", "name"])
                && let Some(target) = target.text()
            {
                self.led.insert(target.to_string());
            }
        }
    }

    /// Whether all manifests of a folder are known: that is so where no plan names the ones it means.
    pub fn is_known(&self) -> bool {
        !self.manifests.is_empty()
    }

    /// The manifests.
    pub fn manifests(&self) -> &[Arc<Manifests>] {
        &self.manifests
    }

    /// The workloads of that name.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Facts> {
        let places = self.workloads.get(name).into_iter().flatten();
        places.map(|&(file, at)| &self.manifests[file].workloads[at])
    }

    /// Whether a Service selects the pods of some workload; `None` where that cannot be known, because
    /// the pods of one are not read.
    pub fn is_selected(&self, service: &Service) -> Option<bool> {
        let first = service.selector.first()?;
        let places = self.labels.get(&label(first)).into_iter().flatten();
        let mut workloads = places.map(|&(file, at)| &self.manifests[file].workloads[at]);
        let selected =
            workloads.any(|workload| service.selects(workload)) || self.is_other(service);
        // an operator names the pods that it makes after the object that asks for them
        let made = (service.selector.iter()).any(|(_, value)| self.custom.contains(&value.value));
        (selected || !(self.unread_pods || made)).then_some(selected)
    }

    /// Whether a Service selects pods that are rolled out by other means than a workload here.
    fn is_other(&self, service: &Service) -> bool {
        let mut wanted = service.selector.iter();
        let mut with = |wanted: &(Spanned<String>, Spanned<String>)| {
            let places = self.other_pods.get(&label(wanted)).into_iter().flatten();
            places.copied().collect::<BTreeSet<usize>>()
        };
        let Some(mut all) = wanted.next().map(&mut with) else {
            return false;
        };
        for one in wanted {
            let these = with(one);
            all.retain(|place| these.contains(place));
        }
        !all.is_empty()
    }

    /// The places that any of these labels leads to, each once and in order.
    fn by_labels(map: &HashMap<Label, Vec<Place>>, workload: &Facts) -> BTreeSet<Place> {
        let labels = workload.pod.iter().flat_map(|pod| &pod.labels);
        labels
            .filter_map(|own| map.get(&label(own)))
            .flatten()
            .copied()
            .collect()
    }
}

impl Model {
    /// Objects beside the workload, but for those of its own file, which come first anyway.
    fn other<'a>(
        &'a self,
        workload: &'a Workload,
        places: BTreeSet<Place>,
    ) -> impl Iterator<Item = (&'a Manifests, usize)> {
        let own = workload.manifests.file;
        let beside = places.into_iter();
        beside
            .filter_map(|(file, at)| Some((self.beside.manifests.get(file)?.as_ref(), at)))
            .filter(move |(manifests, _)| manifests.file != own)
    }

    /// The Services that send requests to a workload.
    pub fn services_of<'a>(&'a self, workload: &'a Workload) -> impl Iterator<Item = &'a Service> {
        let facts = workload.facts();
        let places = Beside::by_labels(&self.beside.services, facts);
        let beside = self.other(workload, places);
        let beside = beside.filter_map(|(manifests, at)| manifests.services.get(at));
        let own = workload.manifests.services_of(facts);
        own.chain(beside.filter(move |service| service.selects(facts)))
    }

    /// Whether a workload is sent requests. `None` where that is not known: the manifests that a plan
    /// names do not have to hold its Service, and neither does a folder without any.
    pub fn gets_requests(&self, workload: &Workload) -> Option<bool> {
        if !self.beside.is_known() {
            return None;
        }
        let facts = workload.facts();
        let mut services = self.services_of(workload);
        if services.any(sends_requests) || self.beside.led.contains(facts.name()) {
            return Some(true);
        }
        let pod = facts.pod.as_ref()?;
        let listens = (pod.containers.iter()).any(|container| !container.ports.is_empty());
        let mut manifests = self.beside.manifests.iter();
        let known = manifests.any(|manifests| !manifests.services.is_empty());
        (known || !listens).then_some(false)
    }

    /// The autoscaler that sets the replicas of a workload.
    pub fn autoscaler_of<'a>(&'a self, workload: &'a Workload) -> Option<&'a Autoscaler> {
        let facts = workload.facts();
        workload.manifests.autoscaler_of(facts).or_else(|| {
            let places = self.beside.autoscalers.get(facts.name());
            let places = places.into_iter().flatten().copied().collect();
            self.other(workload, places)
                .filter_map(|(manifests, at)| manifests.autoscalers.get(at))
                .find(|scaler| scaler.targets(facts))
        })
    }

    /// The disruption budgets that protect the pods of a workload.
    pub fn disruption_budgets_of<'a>(
        &'a self,
        workload: &'a Workload,
    ) -> impl Iterator<Item = &'a DisruptionBudget> {
        let facts = workload.facts();
        let mut places = Beside::by_labels(&self.beside.budgets, facts);
        places.extend(&self.beside.other_budgets);
        let beside = self.other(workload, places);
        let beside = beside.filter_map(|(manifests, at)| manifests.disruption_budgets.get(at));
        let own = workload.manifests.disruption_budgets_of(facts);
        own.chain(beside.filter(move |budget| budget.covers(facts)))
    }
}
