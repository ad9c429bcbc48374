//! What a manifest says of a workload.

use std::sync::Arc;

use super::pod::{Pairs, PodTemplate};
use super::selector::Selector;
use super::value::Amount;
use crate::source::{Span, Spanned};

/// The kinds of workload that a service may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkloadKind {
    /// `apps/v1` Deployment.
    Deployment,
    /// `apps/v1` StatefulSet.
    StatefulSet,
    /// `argoproj.io/v1alpha1` Rollout.
    Rollout,
    /// `serving.knative.dev/v1` Service without a sign of Cloud Run.
    KnativeService,
    /// `serving.knative.dev/v1` Service with annotations or labels of `run.googleapis.com`.
    CloudRunService,
}

impl WorkloadKind {
    /// What people call it.
    pub fn word(self) -> &'static str {
        match self {
            WorkloadKind::Deployment => "Deployment",
            WorkloadKind::StatefulSet => "StatefulSet",
            WorkloadKind::Rollout => "Argo Rollout",
            WorkloadKind::KnativeService => "Knative Service",
            WorkloadKind::CloudRunService => "Cloud Run service",
        }
    }

    /// The value of `kind` in a manifest.
    pub fn manifest_kind(self) -> &'static str {
        match self {
            WorkloadKind::Deployment => "Deployment",
            WorkloadKind::StatefulSet => "StatefulSet",
            WorkloadKind::Rollout => "Rollout",
            WorkloadKind::KnativeService | WorkloadKind::CloudRunService => "Service",
        }
    }

    /// Whether the platform starts and stops instances by load, so that `replicas` says nothing.
    pub fn is_serverless(self) -> bool {
        matches!(
            self,
            WorkloadKind::KnativeService | WorkloadKind::CloudRunService
        )
    }
}

/// One workload. What is absent in the text is `None`; the methods give Kubernetes' defaults.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its place in [`Manifests::documents`](super::Manifests::documents).
    pub document: usize,
    /// What it is.
    pub kind: WorkloadKind,
    /// Its whole document.
    pub span: Span,
    /// Where the value of `kind` stands, the place to speak of the workload as a whole.
    pub kind_span: Span,
    /// `metadata.name`.
    pub name: Option<Spanned<String>>,
    /// `metadata.namespace`.
    pub namespace: Option<Spanned<String>>,
    /// `metadata.labels`.
    pub labels: Pairs,
    /// `metadata.annotations`.
    pub annotations: Pairs,
    /// `spec.replicas`.
    pub replicas: Option<Spanned<u32>>,
    /// `spec.selector`; a Rollout with `workloadRef` takes that of its Deployment.
    pub selector: Option<Arc<Selector>>,
    /// `spec.template`; a Rollout with `workloadRef` takes that of its Deployment, and has none when
    /// the Deployment is not in the same file.
    pub pod: Option<Arc<PodTemplate>>,
    /// How old pods are replaced by new ones.
    pub update: Update,
    /// `spec.minReadySeconds`.
    pub min_ready_seconds: Option<Spanned<u32>>,
    /// `spec.progressDeadlineSeconds`.
    pub progress_deadline_seconds: Option<Spanned<u32>>,
    /// `spec.revisionHistoryLimit`.
    pub revision_history_limit: Option<Spanned<u32>>,
    /// `spec.workloadRef` of a Rollout.
    pub workload_ref: Option<WorkloadRef>,
    /// What only Knative and Cloud Run have.
    pub knative: Option<Knative>,
    /// The workload (in [`Manifests::workloads`](super::Manifests::workloads)) whose `workloadRef`
    /// names this one; it, not this one, runs the pods.
    pub referenced_by: Option<usize>,
}

/// `spec.strategy` of a Deployment or Rollout, `spec.updateStrategy` of a StatefulSet.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// Its key, where it is written.
    pub key_span: Option<Span>,
    /// The kind of strategy that is written.
    pub strategy: Option<Spanned<Strategy>>,
    /// `maxSurge`.
    pub max_surge: Option<Spanned<Amount>>,
    /// `maxUnavailable`.
    pub max_unavailable: Option<Spanned<Amount>>,
    /// `rollingUpdate.partition` of a StatefulSet.
    pub partition: Option<Spanned<u32>>,
    /// Where the list of `steps` of an Argo canary stands.
    pub steps: Option<Span>,
}

/// How pods are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// `RollingUpdate`.
    RollingUpdate,
    /// `Recreate`: all old pods stop before the first new one starts.
    Recreate,
    /// `OnDelete` of a StatefulSet: nothing happens until somebody deletes a pod.
    OnDelete,
    /// `canary` of a Rollout.
    Canary,
    /// `blueGreen` of a Rollout.
    BlueGreen,
}

/// `spec.workloadRef` of a Rollout.
#[derive(Clone, Debug)]
pub struct WorkloadRef {
    /// Its key.
    pub key_span: Span,
    /// `kind`; only a Deployment is resolved.
    pub kind: Option<Spanned<String>>,
    /// `name`.
    pub name: Option<Spanned<String>>,
    /// The Deployment in [`Manifests::workloads`](super::Manifests::workloads), if it is there.
    pub resolved: Option<usize>,
}

/// What only Knative and Cloud Run say.
#[derive(Clone, Debug, Default)]
pub struct Knative {
    /// Where `spec.traffic` stands (its key).
    pub traffic_key: Option<Span>,
    /// `spec.traffic`.
    pub traffic: Vec<TrafficTarget>,
    /// `spec.template.spec.containerConcurrency`; 0 means no limit.
    pub container_concurrency: Option<Spanned<u32>>,
    /// `spec.template.spec.timeoutSeconds`.
    pub timeout_seconds: Option<Spanned<u32>>,
    /// The least instances of a revision.
    pub revision_min_scale: Option<Spanned<u32>>,
    /// The most instances of a revision.
    pub revision_max_scale: Option<Spanned<u32>>,
    /// The least instances of the service over all revisions (Cloud Run).
    pub service_min_scale: Option<Spanned<u32>>,
    /// The most instances of the service over all revisions (Cloud Run).
    pub service_max_scale: Option<Spanned<u32>>,
    /// `run.googleapis.com/sessionAffinity` of the revision.
    pub session_affinity: Option<Spanned<bool>>,
    /// `spec.template.metadata.name`, the name that the next revision gets.
    pub revision_name: Option<Spanned<String>>,
}

/// One entry of `spec.traffic`.
#[derive(Clone, Debug)]
pub struct TrafficTarget {
    /// Its whole map.
    pub span: Span,
    /// `revisionName`.
    pub revision: Option<Spanned<String>>,
    /// `latestRevision`.
    pub latest: Option<Spanned<bool>>,
    /// `percent`, 0 to 100; none means 0.
    pub percent: Option<Spanned<u32>>,
    /// `tag`, which gives the revision a URL of its own.
    pub tag: Option<Spanned<String>>,
}

impl Workload {
    /// `metadata.name`, or an empty text where it is missing, which was reported.
    pub fn name(&self) -> &str {
        self.name.as_ref().map_or("", |name| &name.value)
    }

    /// The value of an annotation of the workload itself.
    pub fn annotation(&self, key: &str) -> Option<&Spanned<String>> {
        self.annotations
            .iter()
            .find(|(name, _)| name.value == key)
            .map(|(_, value)| value)
    }

    /// Pods that are kept; 1 where the manifest names no number. Serverless workloads have none.
    pub fn replicas_or_default(&self) -> Option<u32> {
        (!self.kind.is_serverless()).then(|| self.replicas.map_or(1, |replicas| replicas.value))
    }

    /// Seconds for which a pod has to be ready before it counts; 0 by default.
    pub fn min_ready(&self) -> u32 {
        self.min_ready_seconds.map_or(0, |seconds| seconds.value)
    }

    /// Seconds without progress after which a rollout has failed: 600 by default for a Deployment
    /// and a Rollout; nothing else has such a deadline.
    pub fn progress_deadline(&self) -> Option<u32> {
        match self.kind {
            WorkloadKind::Deployment | WorkloadKind::Rollout => Some(
                self.progress_deadline_seconds
                    .map_or(600, |seconds| seconds.value),
            ),
            _ => None,
        }
    }

    /// Old revisions that are kept to go back to: 10 by default; `None` for serverless workloads,
    /// whose platform decides.
    pub fn revisions_kept(&self) -> Option<u32> {
        (!self.kind.is_serverless())
            .then(|| self.revision_history_limit.map_or(10, |limit| limit.value))
    }

    /// The strategy, with the default of the kind; `None` for a Rollout that names none, and for
    /// serverless workloads, which move traffic instead.
    pub fn strategy(&self) -> Option<Strategy> {
        match self.kind {
            WorkloadKind::Deployment | WorkloadKind::StatefulSet => Some(
                self.update
                    .strategy
                    .map_or(Strategy::RollingUpdate, |strategy| strategy.value),
            ),
            WorkloadKind::Rollout => self.update.strategy.map(|strategy| strategy.value),
            _ => None,
        }
    }

    /// `(surge, unavailable)` in pods when `replicas` are kept: how many above and how many below
    /// that number an update may go.
    ///
    /// Deployments and Rollouts default to 25% each; surge rounds up, unavailable rounds down, and
    /// if both come to nothing one pod may be unavailable, as the Deployment controller resolves
    /// them. A StatefulSet has no surge and one unavailable; `Recreate` stops all of them.
    pub fn step_size(&self, replicas: u32) -> Option<(u32, u32)> {
        match (self.kind, self.strategy()) {
            (WorkloadKind::StatefulSet, Some(Strategy::RollingUpdate)) => {
                let unavailable = self
                    .update
                    .max_unavailable
                    .map_or(1, |a| a.value.rounded_up(replicas));
                Some((0, unavailable.max(1)))
            }
            (_, Some(Strategy::Recreate)) => Some((0, replicas)),
            (
                WorkloadKind::Deployment | WorkloadKind::Rollout,
                Some(Strategy::RollingUpdate | Strategy::Canary),
            ) => {
                let quarter = Amount::Percent(25);
                let surge = self
                    .update
                    .max_surge
                    .map_or(quarter, |a| a.value)
                    .rounded_up(replicas);
                let down = self
                    .update
                    .max_unavailable
                    .map_or(quarter, |a| a.value)
                    .rounded_down(replicas);
                Some(if surge == 0 && down == 0 {
                    (0, 1)
                } else {
                    (surge, down.min(replicas))
                })
            }
            _ => None,
        }
    }
}
