//! What every Kubernetes object carries: its name and its namespace.

use super::Job;
use super::yaml::{Yaml, map};

/// The namespace of everything: the target's, else the manifest's.
pub(super) fn namespace(job: &Job<'_>) -> Option<String> {
    let own = job.target.namespace.as_ref();
    own.or_else(|| job.service.facts()?.namespace.as_ref())
        .map(|name| name.value.clone())
}

/// `metadata` with name and namespace.
pub(super) fn metadata(job: &Job<'_>, name: &str) -> Yaml {
    let mut metadata = map([("name", Yaml::text(name))]);
    if let Some(namespace) = namespace(job) {
        metadata.set("namespace", Yaml::text(namespace));
    }
    metadata
}
