//! SU03: every environment runs what was built once.

use crate::diagnostic::{Class, Diagnostic, Findings, Rule, Severity};
use crate::model::Model;

/// One version has another digest in an environment than it has in the base.
pub static RULE: Rule = Rule {
    name: "rebuilt-between-stages",
    code: "SU03",
    severity: Severity::Error,
    summary: "a version is the same image in every environment",
    why: "What was tried in one environment says nothing about an image that was built again for the next: another base image, another dependency, another day. A version is built once, and its digest goes from stage to stage.",
    failing: project!(
        "service api {\n  replicas 2\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"registry.example.com/api@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"registry.example.com/api@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n}\n\nenvironment staging {\n  service api {\n    version 2 { image \"registry.example.com/api@sha256:3333333333333333333333333333333333333333333333333333333333333333\" }\n  }\n}\n"
    ),
    passing: project!(
        "service api {\n  replicas 2\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"registry.example.com/api@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"registry.example.com/api@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n}\n\nenvironment staging {\n  service api {\n    version 2 { image \"mirror.example.com/api@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n  }\n}\n"
    ),
    can_allow: false,
    class: Class::Finding,
};

/// Compares what an environment runs with what the base runs. Where an image lies may differ; what it
/// is may not.
pub fn rebuilt_between_stages(base: &Model, here: &Model) -> Findings {
    let mut findings = Findings::new();
    let Some(environment) = &here.environment else {
        return findings;
    };
    for (service, own) in base.services.iter().zip(&here.services) {
        for version in &service.versions {
            let other = own
                .versions
                .iter()
                .find(|one| one.id.value == version.id.value);
            let Some((built, again)) = version
                .image
                .as_ref()
                .zip(other.and_then(|other| other.image.as_ref()))
            else {
                continue;
            };
            let digest = |image: &str| Some(image.split_once("@sha256:")?.1.to_string());
            let (Some(first), Some(second)) = (digest(&built.value), digest(&again.value)) else {
                continue;
            };
            if first == second || built.span == again.span {
                continue;
            }
            let short = |digest: &str| digest.chars().take(12).collect::<String>();
            let found = Diagnostic::new(
                &RULE,
                again.span,
                format!(
                    "version `{}` of `{}` is another image in environment `{environment}`: `sha256:{}...`, not `sha256:{}...`",
                    version.id.value,
                    service.name.value,
                    short(&second),
                    short(&first)
                ),
            )
            .here("built again for this environment")
            .also(built.span, "what the version is elsewhere")
            .help("give it the digest of the other stages, or declare what was built for this environment as a version of its own");
            findings.push(found);
        }
    }
    findings
}
