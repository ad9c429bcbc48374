//! CF07: two versions do not read one configuration that can change under both.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::diagnostic::{Class, Diagnostic, Findings, Rule, Severity};
use crate::model::Model;
use crate::source::{Span, Spanned};
use crate::workload::{Document, Manifests, Node};

/// A ConfigMap that can change while the pods that read it run.
pub static RULE: Rule = Rule {
    name: "mutable-configuration",
    code: "CF07",
    severity: Severity::Advice,
    summary: "what a version reads of its configuration does not change under it",
    why: "Two versions that read one ConfigMap read the same text, whichever it was written for: a new text reaches replicas of the old version before any of the new one has been judged, and going back to the old version does not bring the old text back. A ConfigMap whose name changes with its contents belongs to one version, and goes and comes with it.",
    failing: concat!(
        deployed!(
            "          envFrom: [{configMapRef: {name: settings}}]\n          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n",
            "      terminationGracePeriodSeconds: 45\n"
        ),
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {LIMIT: \"20\"}\n"
    ),
    passing: concat!(
        deployed!(
            "          envFrom: [{configMapRef: {name: settings-2}}]\n          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n",
            "      terminationGracePeriodSeconds: 45\n"
        ),
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings-2}\ndata: {LIMIT: \"20\"}\n"
    ),
    can_allow: false,
    class: Class::Finding,
};

/// Tells of each ConfigMap of the known manifests that workloads read, once. Linear in the manifests.
pub fn mutable_configuration(model: &Model) -> Findings {
    let own = model
        .services
        .iter()
        .filter_map(|service| service.workload.as_ref());
    let own = own.map(|workload| workload.manifests.as_ref());
    let beside = model.beside.manifests().iter().map(AsRef::as_ref);
    let mut seen = HashSet::new();
    let all: Vec<&Manifests> = own
        .chain(beside)
        .filter(|manifests| seen.insert(manifests.file))
        .collect();
    let mut maps: BTreeMap<Span, (&Spanned<String>, Vec<Span>)> = BTreeMap::new();
    let mut by_name: HashMap<&str, Vec<(&Document, Span)>> = HashMap::new();
    for document in all.iter().flat_map(|manifests| &manifests.documents) {
        if let Some(name) = changing(document) {
            maps.insert(name.span, (name, Vec::new()));
            by_name
                .entry(&name.value)
                .or_default()
                .push((document, name.span));
        }
    }
    if maps.is_empty() {
        return Findings::new();
    }
    for manifests in &all {
        for workload in manifests
            .workloads
            .iter()
            .filter(|one| !one.kind.is_serverless())
        {
            let Some(document) = manifests.document(workload) else {
                continue;
            };
            for (name, place) in read(document) {
                for (map, at) in by_name.get(name.as_str()).into_iter().flatten() {
                    let namespaces = (&map.namespace, &document.namespace);
                    let apart = matches!(namespaces, (Some(a), Some(b)) if a.value != b.value);
                    if let Some((_, places)) = maps.get_mut(at).filter(|_| !apart) {
                        places.push(place);
                    }
                }
            }
        }
    }
    let read = maps.into_values().filter_map(|(name, places)| {
        let first = places.first()?;
        let mut found = Diagnostic::new(
            &RULE,
            name.span,
            format!(
                "ConfigMap `{}` can change under the version that runs and the one that comes",
                name.value
            ),
        )
        .here("one text for both")
        .also(*first, "read here")
        .help("let its name change with its contents, as Kustomize's `configMapGenerator` does, or write `immutable: true` and a new name for each text");
        if places.len() > 1 {
            found = found.note(format!("{} more places read it", places.len() - 1));
        }
        Some(found)
    });
    read.collect()
}

/// The name of a ConfigMap whose text can change behind it.
fn changing(document: &Document) -> Option<&Spanned<String>> {
    if document.kind() != "ConfigMap" {
        return None;
    }
    let immutable = document.node.get("immutable");
    if immutable
        .and_then(Node::scalar)
        .is_some_and(|said| &*said.text == "true")
    {
        return None;
    }
    document
        .name
        .as_ref()
        .filter(|name| !is_versioned(&name.value))
}

/// Whether the last part of a name is a number, `v2`, or looks like the hash of contents.
fn is_versioned(name: &str) -> bool {
    let Some((_, last)) = name.rsplit_once(['-', '.']) else {
        return false;
    };
    let number = last.strip_prefix('v').unwrap_or(last);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let counted = digits > 0 && digits == number.len();
    let hash = last.len() >= 8 && digits > 0 && last.bytes().all(|b| b.is_ascii_alphanumeric());
    counted || hash
}

/// The ConfigMaps that the pods of a workload read, each with its place.
fn read(document: &Document) -> Vec<(String, Span)> {
    let Some(pod) = document.node.at(&["spec", "template", "spec"]) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut note = |node: Option<&Node>| {
        if let Some((node, scalar)) = node.and_then(|node| Some((node, node.scalar()?))) {
            found.push((scalar.text.to_string(), node.span));
        }
    };
    let items = |key: &str| pod.get(key).map_or(&[][..], Node::items);
    for container in items("containers").iter().chain(items("initContainers")) {
        let each = |key: &str| container.get(key).map_or(&[][..], Node::items);
        for from in each("envFrom") {
            note(from.at(&["configMapRef", "name"]));
        }
        for variable in each("env") {
            note(variable.at(&["valueFrom", "configMapKeyRef", "name"]));
        }
    }
    for volume in items("volumes") {
        note(volume.at(&["configMap", "name"]));
        let projected = volume.at(&["projected", "sources"]);
        for source in projected.map_or(&[][..], Node::items) {
            note(source.at(&["configMap", "name"]));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::is_versioned;

    #[test]
    fn names_that_change_with_their_text_are_known() {
        for name in [
            "settings-2",
            "settings-v12",
            "settings-5m9t6k2fhb",
            "a.20260101",
        ] {
            assert!(is_versioned(name), "{name}");
        }
        for name in ["settings", "web-settings", "web-production", "v2"] {
            assert!(!is_versioned(name), "{name}");
        }
    }
}
