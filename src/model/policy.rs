//! Policies and targets.

use crate::source::{Span, Spanned};
use crate::vocabulary::{Compare, Date};

use super::{Limit, Plan};

/// What plans must satisfy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name.
    pub name: Spanned<String>,
    /// Something in its block could not be read.
    pub incomplete: bool,
    /// `require`
    pub requires: Vec<Requirement>,
    /// `forbid`: rule names.
    pub forbids: Vec<Spanned<String>>,
    /// `never-allow`: rule names.
    pub never_allows: Vec<Spanned<String>>,
    /// `allow-strategy`
    pub strategies: Vec<Spanned<String>>,
    /// `freeze`: first day, last day, time zone.
    pub freezes: Vec<(Spanned<Date>, Spanned<Date>, Spanned<String>)>,
    /// `applies to all`
    pub applies_to_all: Option<Span>,
    /// `accepts` and `rejects`
    pub examples: Vec<PolicyExample>,
}

/// Steps that a policy accepts or rejects, so that whoever changes it sees what that changes.
#[derive(Clone, Debug)]
pub struct PolicyExample {
    /// Its name.
    pub name: Spanned<String>,
    /// Whether the policy accepts it; else it rejects it.
    pub is_accepted: bool,
    /// The steps, as a plan that obeys the policy and is in no release.
    pub plan: Plan,
}

/// One `require`.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// The statement.
    pub span: Span,
    /// The measure, or what must be present.
    pub measure: Spanned<String>,
    /// The bound of a measure.
    pub bound: Option<(Compare, Spanned<Limit>)>,
    /// When it counts.
    pub condition: Option<Condition>,
    /// The proofs of `require proved`.
    pub proofs: Vec<Spanned<String>>,
}

/// When a requirement counts.
#[derive(Clone, Debug)]
pub enum Condition {
    /// `when weight >= 50%`
    When(Spanned<String>, Compare, Spanned<Limit>),
    /// `before weight 50%`
    Before(Spanned<String>, Spanned<Limit>),
}

/// A platform.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name.
    pub name: Spanned<String>,
    /// Something in its block could not be read.
    pub incomplete: bool,
    /// What it is.
    pub kind: Option<Spanned<TargetKind>>,
    /// The Kubernetes namespace.
    pub namespace: Option<Spanned<String>>,
    /// What splits the traffic: kind and name of its route.
    pub router: Option<(Spanned<String>, Spanned<String>)>,
    /// The DestinationRule of Istio whose subsets tell the versions apart.
    pub destination_rule: Option<Spanned<String>>,
    /// Replicas that may be scheduled there at once.
    pub quota: Option<Spanned<u64>>,
    /// Who judges where the platform cannot: `pipeline` or `hand`.
    pub gates_by: Option<Spanned<String>>,
    /// The cloud project.
    pub project: Option<Spanned<String>>,
    /// The cloud region.
    pub region: Option<Spanned<String>>,
    /// Kubernetes Services by role.
    pub services: Vec<(Spanned<String>, Spanned<String>)>,
    /// Where each version answers, for a proxy.
    pub upstreams: Vec<Upstream>,
    /// Where a proxy takes requests.
    pub listen: Option<Spanned<String>>,
    /// Where a proxy says which leg it has taken over.
    pub admin: Option<Spanned<String>>,
    /// The folder of a proxy that files are put into.
    pub folder: Option<Spanned<String>>,
}

impl Target {
    /// Whether a pipeline walks the legs and judges the gates.
    pub fn is_judged_by_pipeline(&self) -> bool {
        let judge = self.gates_by.as_ref();
        judge.is_some_and(|judge| judge.value == "pipeline")
    }
}

/// `upstream 41 "10.0.0.5:8080", "10.0.0.6:8080"`
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The version.
    pub version: Spanned<String>,
    /// Its servers, at least one.
    pub addresses: Vec<Spanned<String>>,
}

/// The platforms that are known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the platforms' own")]
pub enum TargetKind {
    ArgoRollouts,
    CloudRun,
    GatewayApi,
    Envoy,
    Nginx,
    Flagger,
    Istio,
    Kubernetes,
    CloudDeploy,
    Haproxy,
    Traefik,
    KruiseRollouts,
    Knative,
}

impl TargetKind {
    /// All kinds with their words.
    pub const ALL: [(TargetKind, &'static str); 13] = [
        (TargetKind::ArgoRollouts, "argo-rollouts"),
        (TargetKind::CloudRun, "cloud-run"),
        (TargetKind::GatewayApi, "gateway-api"),
        (TargetKind::Envoy, "envoy"),
        (TargetKind::Nginx, "nginx"),
        (TargetKind::Flagger, "flagger"),
        (TargetKind::Istio, "istio"),
        (TargetKind::Kubernetes, "kubernetes"),
        (TargetKind::CloudDeploy, "cloud-deploy"),
        (TargetKind::Haproxy, "haproxy"),
        (TargetKind::Traefik, "traefik"),
        (TargetKind::KruiseRollouts, "kruise-rollouts"),
        (TargetKind::Knative, "knative"),
    ];

    /// The word in the language.
    pub fn word(self) -> &'static str {
        TargetKind::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, word)| word)
    }

    /// The kind of that word.
    pub fn of(word: &str) -> Option<TargetKind> {
        TargetKind::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(kind, _)| *kind)
    }
}
