//! RB04: the version to go back to still exists.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};

use super::mutable_tag::{is_pinned, pin_help, unpinned_here};
use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Reversible),
    check,
};

static RULE: Rule = Rule {
    name: "target-not-available",
    code: "RB04",
    severity: Severity::Error,
    summary: "the image to go back to is named by its digest",
    why: "Going back means starting the old image again. A tag may name another image by then, and an image that nobody named cannot be started at all. The digest of what runs now is the only name that still means the same in the middle of an incident.",
    failing: project!(
        "service api {\n  replicas 2\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"registry.example.com/api:1\" }\n  version 2 { image \"registry.example.com/api@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for roll in &context.plan.rolls {
        let service = &context.model.services[roll.service];
        let Some(version) = context.model.from_version(roll) else {
            continue;
        };
        if version.incomplete {
            continue;
        }
        let found = match service.image_of(version, false) {
            None => Diagnostic::new(
                &RULE,
                roll.from_id.span,
                format!(
                    "version `{}` of `{}` has no image to go back to",
                    version.id.value, service.name.value
                ),
            )
            .here("this is what a rollback has to start")
            .also(version.id.span, "declared here, without an image")
            .help(format!(
                "add `image \"...@sha256:...\"` to `version {}`",
                version.id.value
            ))
            .missing(format!("image of version `{}`", version.id.value)),
            Some(image) if !is_pinned(&image.value) => Diagnostic::new(
                &RULE,
                image.span,
                format!(
                    "`{}` may be another image by the time it is needed to go back",
                    image.value
                ),
            )
            .here(unpinned_here(&image.value, "a tag can be moved"))
            .also(roll.from_id.span, "a rollback starts this version again")
            .help(pin_help(&image.value)),
            Some(_) => continue,
        };
        out.push(Found {
            diagnostic: found,
            step: None,
        });
    }
}
