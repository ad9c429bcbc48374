//! What stands beside a workload: Services, autoscalers, disruption budgets, routes.

use super::document::Document;
use super::facts::Workload;
use super::fields::{At, Reader};
use super::pod::Pairs;
use super::rules::MANIFEST_VALUE;
use super::selector::{self, Selector};
use super::value::{Amount, PortRef};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Span, Spanned};

/// A `v1` Service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its place in [`Manifests::documents`](super::Manifests::documents).
    pub document: usize,
    /// Its whole document.
    pub span: Span,
    /// `metadata.name`.
    pub name: Option<Spanned<String>>,
    /// `metadata.namespace`.
    pub namespace: Option<Spanned<String>>,
    /// `spec.selector`; a Service without one selects nothing.
    pub selector: Pairs,
    /// `spec.ports`.
    pub ports: Vec<ServicePort>,
    /// `spec.sessionAffinity`: `ClientIP`, or `None`, which is the default.
    pub session_affinity: Option<Spanned<String>>,
    /// `spec.type`; `ClusterIP` by default.
    pub service_type: Option<Spanned<String>>,
}

/// One entry of a Service's `ports`.
#[derive(Clone, Debug)]
pub struct ServicePort {
    /// `name`.
    pub name: Option<Spanned<String>>,
    /// `port`.
    pub port: Spanned<u16>,
    /// `targetPort`; the same as `port` where absent.
    pub target: Option<Spanned<PortRef>>,
    /// `protocol`; TCP where absent.
    pub protocol: Option<Spanned<String>>,
}

/// An `autoscaling` HorizontalPodAutoscaler.
#[derive(Clone, Debug)]
pub struct Autoscaler {
    /// Its place in [`Manifests::documents`](super::Manifests::documents).
    pub document: usize,
    /// Its whole document.
    pub span: Span,
    /// `metadata.name`.
    pub name: Option<Spanned<String>>,
    /// `metadata.namespace`.
    pub namespace: Option<Spanned<String>>,
    /// `spec.scaleTargetRef.kind`.
    pub target_kind: Option<Spanned<String>>,
    /// `spec.scaleTargetRef.name`.
    pub target_name: Option<Spanned<String>>,
    /// `spec.minReplicas`.
    pub min_replicas: Option<Spanned<u32>>,
    /// `spec.maxReplicas`.
    pub max_replicas: Option<Spanned<u32>>,
}

/// A `policy/v1` PodDisruptionBudget.
#[derive(Clone, Debug)]
pub struct DisruptionBudget {
    /// Its place in [`Manifests::documents`](super::Manifests::documents).
    pub document: usize,
    /// Its whole document.
    pub span: Span,
    /// `metadata.name`.
    pub name: Option<Spanned<String>>,
    /// `metadata.namespace`.
    pub namespace: Option<Spanned<String>>,
    /// `spec.selector`; an empty one selects all pods of the namespace, a missing one none.
    pub selector: Option<Selector>,
    /// `spec.minAvailable`.
    pub min_available: Option<Spanned<Amount>>,
    /// `spec.maxUnavailable`.
    pub max_unavailable: Option<Spanned<Amount>>,
}

/// An Ingress, HTTPRoute or other object that leads traffic to Services.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its place in [`Manifests::documents`](super::Manifests::documents).
    pub document: usize,
    /// Its whole document.
    pub span: Span,
    /// `kind`.
    pub kind: Spanned<String>,
    /// `metadata.name`.
    pub name: Option<Spanned<String>>,
}

/// Whether two objects may be in one namespace: a missing one is chosen when it is applied.
fn share(a: &Option<Spanned<String>>, b: &Option<Spanned<String>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.value == b.value,
        _ => true,
    }
}

impl Service {
    /// Whether it sends requests to the pods of `workload`.
    pub fn selects(&self, workload: &Workload) -> bool {
        let Some(pod) = &workload.pod else {
            return false;
        };
        !self.selector.is_empty()
            && share(&self.namespace, &workload.namespace)
            && self.selector.iter().all(|(key, wanted)| {
                pod.label(&key.value)
                    .is_some_and(|value| value.value == wanted.value)
            })
    }

    /// Whether one client's requests go to one pod (`sessionAffinity: ClientIP`).
    pub fn is_sticky(&self) -> bool {
        self.session_affinity
            .as_ref()
            .is_some_and(|affinity| affinity.value == "ClientIP")
    }
}

impl Autoscaler {
    /// Whether it sets the replicas of `workload`.
    pub fn targets(&self, workload: &Workload) -> bool {
        let is = |text: &Option<Spanned<String>>, wanted: &str| {
            text.as_ref().is_some_and(|t| t.value == wanted)
        };
        !workload.name().is_empty()
            && is(&self.target_name, workload.name())
            && is(&self.target_kind, workload.kind.manifest_kind())
            && !workload.kind.is_serverless()
            && share(&self.namespace, &workload.namespace)
    }

    /// The least replicas it keeps; 1 by default.
    pub fn min_or_default(&self) -> u32 {
        self.min_replicas.map_or(1, |min| min.value)
    }
}

impl DisruptionBudget {
    /// Whether it protects the pods of `workload`.
    pub fn covers(&self, workload: &Workload) -> bool {
        let (Some(pod), Some(selector)) = (&workload.pod, &self.selector) else {
            return false;
        };
        share(&self.namespace, &workload.namespace) && selector.matches(&pod.labels)
    }

    /// How many of `replicas` pods may be taken down at once by an eviction; percentages round up
    /// on both sides, as the disruption controller does.
    pub fn allows(&self, replicas: u32) -> Option<u32> {
        match (self.min_available, self.max_unavailable) {
            (_, Some(most)) => Some(most.value.rounded_up(replicas).min(replicas)),
            (Some(least), None) => Some(replicas.saturating_sub(least.value.rounded_up(replicas))),
            (None, None) => None,
        }
    }
}

pub(super) fn service(reader: &mut Reader<'_>, index: usize, document: &Document) -> Service {
    let root = At::root(&document.node);
    let mut service = Service {
        document: index,
        span: document.span,
        name: document.name.clone(),
        namespace: document.namespace.clone(),
        selector: Vec::new(),
        ports: Vec::new(),
        session_affinity: None,
        service_type: None,
    };
    if let Some(spec) = reader.map(&root, "spec") {
        service.selector = reader.texts(&spec, "selector");
        service.session_affinity = reader.text(&spec, "sessionAffinity");
        service.service_type = reader.text(&spec, "type");
        service.ports = reader.each(&spec, "ports", |reader, at| {
            if at.field("port").is_none() {
                reader.lacks(at, "port", "and a Service is reached by it", "port: 80");
            }
            Some(ServicePort {
                name: reader.text(at, "name"),
                target: reader.port(at, "targetPort"),
                protocol: reader.text(at, "protocol"),
                port: reader.port_number(at, "port")?,
            })
        });
    }
    service
}

pub(super) fn autoscaler(reader: &mut Reader<'_>, index: usize, document: &Document) -> Autoscaler {
    let root = At::root(&document.node);
    let mut scaler = Autoscaler {
        document: index,
        span: document.span,
        name: document.name.clone(),
        namespace: document.namespace.clone(),
        target_kind: None,
        target_name: None,
        min_replicas: None,
        max_replicas: None,
    };
    if let Some(spec) = reader.map(&root, "spec") {
        if let Some(target) = reader.map(&spec, "scaleTargetRef") {
            scaler.target_kind = reader.text(&target, "kind");
            scaler.target_name = reader.text(&target, "name");
        }
        scaler.min_replicas = reader.count(&spec, "minReplicas");
        scaler.max_replicas = reader.count(&spec, "maxReplicas");
        // 1 where it is not said
        let min = scaler.min_replicas.map_or(1, |min| min.value);
        if let Some(max) = scaler.max_replicas.filter(|max| max.value < min) {
            let mut found = Diagnostic::new(
                &MANIFEST_VALUE,
                max.span,
                format!(
                    "`maxReplicas` is {}, below `minReplicas`, which is {min}",
                    max.value
                ),
            )
            .here("less than the minimum");
            found = match scaler.min_replicas {
                Some(min) => found.also(min.span, "the minimum"),
                None => found.note("`minReplicas` is 1 where it is not said"),
            };
            // the rollout does not rest on it, but the API server will refuse it
            found.severity = Severity::Warning;
            reader.report(found.help(format!("write `maxReplicas: {min}` or more")));
        }
    }
    scaler
}

pub(super) fn disruption_budget(
    reader: &mut Reader<'_>,
    index: usize,
    document: &Document,
) -> DisruptionBudget {
    let root = At::root(&document.node);
    let mut budget = DisruptionBudget {
        document: index,
        span: document.span,
        name: document.name.clone(),
        namespace: document.namespace.clone(),
        selector: None,
        min_available: None,
        max_unavailable: None,
    };
    if let Some(spec) = reader.map(&root, "spec") {
        budget.selector = selector::read(reader, &spec, "selector");
        budget.min_available = reader.amount(&spec, "minAvailable");
        budget.max_unavailable = reader.amount(&spec, "maxUnavailable");
    }
    budget
}

/// Whether objects of this kind lead traffic.
pub(super) fn is_route(kind: &str) -> bool {
    matches!(
        kind,
        "Ingress"
            | "HTTPRoute"
            | "GRPCRoute"
            | "TLSRoute"
            | "TCPRoute"
            | "VirtualService"
            | "IngressRoute"
            | "Route"
    )
}
