//! PL09: a Service selects pods that are there.

use std::collections::HashMap;

use crate::diagnostic::{Class, Diagnostic, Findings, Rule, Severity};
use crate::model::Model;
use crate::workload::Workload;

/// A Service whose selector matches no workload, where all manifests are known.
pub static RULE: Rule = Rule {
    name: "service-selects-nothing",
    code: "PL09",
    severity: Severity::Warning,
    summary: "a Service selects the pods of a workload",
    why: "A Service whose selector matches no pod has no endpoints and answers nothing. It happens when a label is renamed in one place, and when a selector names a version that the rollout replaces. It is judged where a whole folder of manifests is known, not for the files that a plan names.",
    failing: "",
    passing: "",
    can_allow: false,
    class: Class::Finding,
};

/// Judges the Services beside workloads, where all of them are known.
pub fn service_selects_nothing(model: &Model) -> Findings {
    let mut findings = Findings::new();
    let manifests = model.beside.manifests();
    let workloads: HashMap<&str, &Workload> = manifests
        .iter()
        .flat_map(|manifests| &manifests.workloads)
        .map(|workload| (workload.name(), workload))
        .collect();
    // a Service whose pods stand elsewhere says nothing about a folder without any
    if workloads.is_empty() {
        return findings;
    }
    for service in manifests.iter().flat_map(|manifests| &manifests.services) {
        let Some((key, value)) = service.selector.first() else {
            continue;
        };
        if model.beside.is_selected(service) != Some(false) {
            continue;
        }
        let name = service
            .name
            .as_ref()
            .map_or(String::new(), |name| name.value.clone());
        let labels: Vec<String> = service
            .selector
            .iter()
            .map(|(key, value)| format!("{}: {}", key.value, value.value))
            .collect();
        let mut found = Diagnostic::new(
            &RULE,
            key.span.join(value.span),
            format!(
                "Service `{name}` selects pods with `{}`, and no workload here has such pods",
                labels.join(", ")
            ),
        )
        .here("matches nothing");
        // the workload of that name is probably the one that is meant
        let meant = workloads.get(name.as_str());
        if let Some(pod) = meant.and_then(|workload| workload.pod.as_ref())
            && let Some((label, _)) = pod.labels.first()
        {
            let all: Vec<String> = pod
                .labels
                .iter()
                .take(4)
                .map(|(key, value)| format!("{}: {}", key.value, value.value))
                .collect();
            found = found
                .also(label.span, "the labels of the pods of that name")
                .help(format!("select some of `{}`", all.join(", ")));
        } else {
            found = found
                .help("select labels that `spec.template.metadata.labels` of the workload has");
        }
        findings.push(found);
    }
    findings
}
