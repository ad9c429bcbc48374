//! SU02: what is rolled out is attested where other versions are.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "no-attestation",
    code: "SU02",
    severity: Severity::Warning,
    summary: "a version that is rolled out says who attests its image, where others do",
    why: "An attestation says who built an image and from what. Where a project has them, the version without one is the one that came by another way: built by hand, or by a pipeline that somebody else runs. Nothing is said where no version names an attestation.",
    failing: project!(
        "service api {\n  replicas 2\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"registry.example.com/api@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; attested by \"release pipeline\" }\n  version 2 { image \"registry.example.com/api@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "service api {\n  replicas 2\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"registry.example.com/api@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; attested by \"release pipeline\" }\n  version 2 { image \"registry.example.com/api@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; attested by \"release pipeline\" }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for roll in &context.plan.rolls {
        let service = &context.model.services[roll.service];
        let Some(version) = context.model.to_version(roll) else {
            continue;
        };
        // the same service tells most; another of its file or of the plan's tells that there are
        // attestations
        let own = service.versions.iter();
        let files = [service.name.span.file, context.plan.name.span.file];
        let services = context.model.services.iter();
        let near = services.filter(|one| files.contains(&one.name.span.file));
        let all = near.flat_map(|one| &one.versions);
        let Some(known) = own.chain(all).find_map(|one| one.attested.as_ref()) else {
            continue;
        };
        if version.attested.is_some() || version.incomplete {
            continue;
        }
        let found = Diagnostic::new(
            &RULE,
            version.id.span,
            format!(
                "version `{}` of `{}` names no attestation, and other versions do",
                version.id.value, service.name.value
            ),
        )
        .here("nobody says who built it")
        .also(known.span, "attested here")
        .help(format!(
            "look at the attestation of its image (`cosign verify-attestation`), and write `attested by \"{}\"`",
            known.value
        ));
        out.push(Found {
            diagnostic: found,
            step: None,
        });
    }
}
