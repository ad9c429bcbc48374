//! The tests of this room; fixtures lie in `tests/workload/`.

mod facts;
mod hostile;
mod places;
mod problems;

use super::*;
use crate::diagnostic::Diagnostic;

const CHECKOUT: &str = include_str!("../../../tests/workload/checkout.yaml");
const ROLLOUT: &str = include_str!("../../../tests/workload/rollout.yaml");
const STATEFUL_SET: &str = include_str!("../../../tests/workload/statefulset.yaml");
const KNATIVE: &str = include_str!("../../../tests/workload/knative.yaml");
const CLOUD_RUN: &str = include_str!("../../../tests/workload/cloud-run.yaml");
const HELM: &str = include_str!("../../../tests/workload/helm.yaml");

fn load(text: &str) -> (Manifests, Findings) {
    let mut findings = Findings::new();
    let manifests = read(FileId(0), text, &mut findings);
    (manifests, findings)
}

/// The manifests of a text that has nothing wrong.
fn clean(text: &str) -> Manifests {
    let (manifests, findings) = load(text);
    let messages: Vec<_> = findings.iter().map(|found| &found.message).collect();
    assert!(messages.is_empty() && !manifests.broken, "{messages:?}");
    manifests
}

/// The only finding of a text.
fn only(text: &str) -> Diagnostic {
    let (_, mut findings) = load(text);
    assert_eq!(
        findings.len(),
        1,
        "{text:?}: {:?}",
        findings.iter().map(|f| &f.message).collect::<Vec<_>>()
    );
    findings.remove(0)
}

/// The text at the primary place of a finding.
fn shown<'t>(text: &'t str, found: &Diagnostic) -> &'t str {
    &text[found.span().range()]
}

/// A Deployment with `spec` lines in its pod's only container.
fn container(lines: &str) -> String {
    let indented: String = lines
        .lines()
        .map(|line| format!("          {line}\n"))
        .collect();
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nspec:\n  template:\n    spec:\n      \
         containers:\n        - name: a\n          image: a:1\n{indented}"
    )
}
