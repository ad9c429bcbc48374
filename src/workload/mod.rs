//! Kubernetes manifests as sources: YAML text to trees with places, trees to facts.
//!
//! [`read`] takes a file with any number of documents and gives [`Manifests`]: every document as a
//! generic tree ([`Node`]), and what a rollout rests on as typed facts ([`Workload`] and what stands
//! beside it), each value with the bytes it was read from. A broken document costs that document:
//! the others of the file are still read.
//!
//! The text is untrusted. Reading takes time and memory in proportion to its length, aliases
//! included; limits are [`MAX_DEPTH`] and [`MAX_NODES`].

mod builder;
mod companions;
mod document;
mod facts;
mod fields;
mod keys;
mod lenient;
mod node;
mod pod;
mod problem;
mod read;
pub mod rules;
mod selector;
mod template;
#[cfg(test)]
mod tests;
mod tree;
mod value;

pub use companions::{Autoscaler, DisruptionBudget, Route, Service, ServicePort};
pub use document::Document;
pub use facts::{Knative, Strategy, TrafficTarget, Update, Workload, WorkloadKind, WorkloadRef};
pub use keys::keys;
pub use node::{Entry, Kind, Node, Scalar, Value};
pub use pod::{
    Container, ContainerPort, DEFAULT_GRACE_PERIOD_SECONDS, EnvVar, Pairs, PodTemplate, PreStop,
    Probe, ProbeCheck,
};
pub use selector::{Expression, Selector};
pub use template::{FILL_IN, is_placeholder};
pub use tree::{MAX_DEPTH, MAX_FINDINGS, MAX_NODES};
pub use value::{Amount, PortRef, Quantity};

use crate::diagnostic::Findings;
use crate::source::{FileId, Span};

/// The kinds that a service may name, as messages say them.
pub const WORKLOAD_KINDS: &str =
    "a Deployment, StatefulSet, Argo Rollout, or Knative or Cloud Run Service";

/// What a file says. Everything is in the order of the text.
#[derive(Clone, Debug)]
pub struct Manifests {
    /// The file.
    pub file: FileId,
    /// Every object, of whatever kind.
    pub documents: Vec<Document>,
    /// Deployments, StatefulSets, Rollouts, Knative and Cloud Run services.
    pub workloads: Vec<Workload>,
    /// `v1` Services.
    pub services: Vec<Service>,
    /// HorizontalPodAutoscalers.
    pub autoscalers: Vec<Autoscaler>,
    /// PodDisruptionBudgets.
    pub disruption_budgets: Vec<DisruptionBudget>,
    /// Objects that lead traffic: Ingress, HTTPRoute and the like.
    pub routes: Vec<Route>,
    /// Whether a document could not be read, so that facts may be missing; a finding says why.
    pub broken: bool,
}

/// Reads the manifests in `text`, the text of `file`. What is wrong goes to `findings`: first what is
/// wrong with the text as YAML, then with its values, each from top to bottom.
/// An empty text, or one of nothing but comments, gives no documents and no finding.
pub fn read(file: FileId, text: &str, findings: &mut Findings) -> Manifests {
    let trees = tree::read(file, text, findings);
    let documents = document::objects(trees.roots);
    let mut manifests = Manifests {
        file,
        documents,
        workloads: Vec::new(),
        services: Vec::new(),
        autoscalers: Vec::new(),
        disruption_budgets: Vec::new(),
        routes: Vec::new(),
        broken: trees.broken,
    };
    let mut reader = fields::Reader::new(findings);
    for (index, document) in manifests.documents.iter().enumerate() {
        if let Some(kind) = read::kind_of(document) {
            manifests
                .workloads
                .push(read::workload(&mut reader, index, document, kind));
            continue;
        }
        match (document.group(), document.kind()) {
            ("", "Service") => {
                manifests
                    .services
                    .push(companions::service(&mut reader, index, document))
            }
            ("autoscaling", "HorizontalPodAutoscaler") => {
                manifests
                    .autoscalers
                    .push(companions::autoscaler(&mut reader, index, document));
            }
            ("policy", "PodDisruptionBudget") => {
                manifests
                    .disruption_budgets
                    .push(companions::disruption_budget(&mut reader, index, document));
            }
            (_, kind) if companions::is_route(kind) => {
                if let Some(kind) = document.kind.clone() {
                    let name = document.name.clone();
                    manifests.routes.push(Route {
                        document: index,
                        span: document.span,
                        kind,
                        name,
                    });
                }
            }
            _ => {}
        }
    }
    if reader.end_of_template() {
        return Manifests {
            workloads: Vec::new(),
            services: Vec::new(),
            autoscalers: Vec::new(),
            disruption_budgets: Vec::new(),
            routes: Vec::new(),
            broken: true,
            ..manifests
        };
    }
    read::resolve_references(&mut manifests.workloads);
    manifests
}

impl Manifests {
    /// The workloads that run pods of their own: all but the Deployments that a Rollout refers to.
    pub fn running(&self) -> impl Iterator<Item = &Workload> {
        self.workloads
            .iter()
            .filter(|workload| workload.referenced_by.is_none())
    }

    /// The running workload of that name; of several with one name, the first.
    pub fn workload_named(&self, name: &str) -> Option<&Workload> {
        self.running().find(|workload| workload.name() == name)
    }

    /// The Services that send requests to the pods of `workload`.
    pub fn services_of<'a>(&'a self, workload: &'a Workload) -> impl Iterator<Item = &'a Service> {
        self.services
            .iter()
            .filter(|service| service.selects(workload))
    }

    /// The autoscaler that sets the replicas of `workload`.
    pub fn autoscaler_of(&self, workload: &Workload) -> Option<&Autoscaler> {
        self.autoscalers
            .iter()
            .find(|scaler| scaler.targets(workload))
    }

    /// The disruption budgets that protect the pods of `workload`; Kubernetes wants at most one.
    pub fn disruption_budgets_of<'a>(
        &'a self,
        workload: &'a Workload,
    ) -> impl Iterator<Item = &'a DisruptionBudget> {
        self.disruption_budgets
            .iter()
            .filter(|budget| budget.covers(workload))
    }

    /// The document that `workload` was read from.
    pub fn document(&self, workload: &Workload) -> Option<&Document> {
        self.documents.get(workload.document)
    }

    /// What the file holds, in words: "a ConfigMap and a CronJob"; at most four kinds, each once.
    /// `None` when it holds no manifest.
    pub fn kinds_in_words(&self) -> Option<String> {
        let mut kinds: Vec<&str> = Vec::new();
        for (kind, _) in self.kinds().filter(|(kind, _)| !kind.is_empty()) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
            if kinds.len() == 4 {
                break;
            }
        }
        let mut words: Vec<String> = kinds
            .iter()
            .map(|kind| {
                let vowel = kind.starts_with(['A', 'E', 'I', 'O', 'U']);
                format!(
                    "{} {}",
                    if vowel { "an" } else { "a" },
                    node::shortened(kind)
                )
            })
            .collect();
        let last = words.pop()?;
        Some(if words.is_empty() {
            last
        } else {
            format!("{} and {last}", words.join(", "))
        })
    }

    /// The kinds of the documents with the places to point at, to say "a manifest of another kind".
    pub fn kinds(&self) -> impl Iterator<Item = (&str, Span)> {
        self.documents
            .iter()
            .map(|document| (document.kind(), document.head()))
    }
}
