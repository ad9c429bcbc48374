//! The autoscaler of a workload that a Rollout takes over.

use super::Job;
use super::setup::Setup;
use super::yaml::{Yaml, map};
use crate::emit::metadata::namespace;

/// The autoscaler of the Deployment, led to the Rollout: one that stays with the Deployment scales
/// what has no pods any more, and the Rollout keeps the number that it was started with.
pub fn emit(job: &mut Job<'_>, setup: &Setup) {
    let Some(workload) = &job.service.workload else {
        return;
    };
    let Some(scaler) = workload.manifests.autoscaler_of(workload.facts()) else {
        return;
    };
    let Some(found) = workload.manifests.documents.get(scaler.document) else {
        return;
    };
    let mut document = Yaml::from(&found.node);
    document.remove("status");
    if let Some(namespace) = namespace(job) {
        document
            .map_at("metadata")
            .set("namespace", Yaml::text(namespace));
    }
    let target = map([
        ("apiVersion", Yaml::text("argoproj.io/v1alpha1")),
        ("kind", Yaml::text("Rollout")),
        ("name", Yaml::text(&*setup.workload)),
    ]);
    document
        .map_at("spec")
        .set("scaleTargetRef", target.noted("was the Deployment"));
    let name = scaler
        .name
        .as_ref()
        .map_or("", |name| name.value.as_str())
        .to_string();
    let head = job.head("the autoscaler, which sets the replicas of the Rollout from here on");
    job.output
        .write("20-rollout/45-autoscaler.yaml", &[(head, document)]);
    if let Some(replicas) = job.service.replicas() {
        job.output.note(format!(
            "HorizontalPodAutoscaler {name} is led to the Rollout, which starts with {} replicas: where more run, write their number into 40-rollout.yaml",
            replicas.value,
        ));
    }
}
