//! PL11: an autoscaler scales a workload that is there.

use crate::diagnostic::{Class, Diagnostic, Findings, Rule, Severity};
use crate::model::Model;
use crate::source::Span;

/// An autoscaler whose target is no workload, where all manifests are known.
pub static RULE: Rule = Rule {
    name: "autoscaler-scales-nothing",
    code: "PL11",
    severity: Severity::Warning,
    summary: "an autoscaler scales a workload that is there",
    why: "An autoscaler that names no workload scales nothing, without a word: when a workload is renamed, or becomes an Argo Rollout, it stays at the replicas of its manifest, and the rollout meets the busiest time with those. It is judged where a whole folder of manifests is known.",
    failing: "",
    passing: "",
    can_allow: false,
    class: Class::Finding,
};

/// Judges the autoscalers beside workloads, where all of them are known.
pub fn autoscaler_scales_nothing(model: &Model) -> Findings {
    let mut findings = Findings::new();
    let beside = &model.beside;
    let all = || beside.manifests().iter();
    // where no workload is known, what is scaled stands elsewhere
    if all().all(|manifests| manifests.workloads.is_empty()) {
        return findings;
    }
    for scaler in all().flat_map(|manifests| &manifests.autoscalers) {
        let (Some(kind), Some(wanted)) = (&scaler.target_kind, &scaler.target_name) else {
            continue;
        };
        // kinds of others are read by nobody here
        if !matches!(
            kind.value.as_str(),
            "Deployment" | "StatefulSet" | "Rollout"
        ) {
            continue;
        }
        let mut named = beside.named(&wanted.value).peekable();
        let other: Option<(Span, String)> = named.peek().map(|workload| {
            let is = workload.kind.manifest_kind().to_string();
            (workload.kind_span, is)
        });
        if named.any(|workload| scaler.targets(workload)) {
            continue;
        }
        let name = scaler.name.as_ref().map_or("", |name| name.value.as_str());
        let found = Diagnostic::new(
            &RULE,
            wanted.span,
            format!(
                "autoscaler `{name}` scales {} `{}`, which is not there",
                kind.value, wanted.value
            ),
        )
        .here("scales nothing");
        findings.push(match other {
            Some((place, is)) if is != kind.value => found
                .also(place, format!("a {is} has that name"))
                .help(format!("write `kind: {is}` with its `apiVersion`")),
            _ => found.help("name a workload of these manifests, or remove the autoscaler"),
        });
    }
    findings
}
