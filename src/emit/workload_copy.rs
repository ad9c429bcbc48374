//! Documents of the project's own manifests, taken over with as little changed as possible.

use crate::model::{Service, Version};
use crate::workload::{Document, Manifests};

use super::yaml::{Yaml, map};

/// The document of a service's workload.
pub fn document(service: &Service) -> Option<Yaml> {
    let workload = service.workload.as_ref()?;
    let document = workload.manifests.document(workload.facts())?;
    Some(Yaml::from(&document.node))
}

/// The object of that kind and name in the manifest.
pub fn find<'a>(manifests: &'a Manifests, kind: &str, name: &str) -> Option<&'a Document> {
    manifests.documents.iter().find(|document| {
        document.kind() == kind && document.name.as_ref().is_some_and(|n| n.value == name)
    })
}

/// Sets image and environment of the main container to those of `version`.
pub fn set_version(document: &mut Yaml, service: &Service, version: &Version) {
    let main = service
        .facts()
        .and_then(|facts| facts.pod.as_ref())
        .and_then(|pod| {
            let container = pod.main_container()?;
            pod.containers
                .iter()
                .position(|other| other.span == container.span)
        })
        .unwrap_or(0);
    let spec = document.map_at("spec").map_at("template").map_at("spec");
    let Some(containers) = spec.get("containers").cloned() else {
        return;
    };
    let mut containers = containers;
    if let Some(container) = containers.items_mut().get_mut(main) {
        if let Some(image) = &version.image {
            container.set("image", Yaml::text(&*image.value));
        }
        if !version.env.is_empty() {
            set_env(container, version);
        }
    }
    spec.set("containers", containers);
}

fn set_env(container: &mut Yaml, version: &Version) {
    let mut variables = match container.get("env") {
        Some(Yaml::Seq(items)) => items.clone(),
        _ => Vec::new(),
    };
    for (name, value) in &version.env {
        let variable = map([
            ("name", Yaml::text(&*name.value)),
            ("value", Yaml::text(&*value.value)),
        ]);
        let known = variables
            .iter_mut()
            .find(|known| known.get("name") == Some(&Yaml::text(&*name.value)));
        match known {
            Some(known) => *known = variable,
            None => variables.push(variable),
        }
    }
    container.set("env", Yaml::Seq(variables));
}
