//! SU01: every image by its digest.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "mutable-tag",
    code: "SU01",
    severity: Severity::Error,
    summary: "every image that a plan starts is named by its digest",
    why: "A tag can be moved between two steps of one rollout: the canary then judged another image than the one that everyone gets. Build once, and name what was built by its digest.",
    failing: project!(
        "service api {\n  replicas 2\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"registry.example.com/api@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"registry.example.com/api:latest\" }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// Whether an image is named by a whole digest.
pub(super) fn is_pinned(image: &str) -> bool {
    image.split_once("@sha256:").is_some_and(|(name, digest)| {
        !name.is_empty() && digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

/// How to name an image by its digest.
pub(super) fn pin_help(image: &str) -> String {
    if image.contains("@sha256:") {
        return "write the whole digest: 64 hexadecimal digits behind `@sha256:`".to_string();
    }
    let (name, tag) = match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (image, "latest"),
    };
    format!("write `{name}@sha256:...`; `crane digest {name}:{tag}` prints the digest")
}

/// What to say at an image that is not pinned.
pub(super) fn unpinned_here(image: &str, by_tag: &'static str) -> &'static str {
    if image.contains("@sha256:") {
        "this digest is not whole"
    } else {
        by_tag
    }
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    for roll in &plan.rolls {
        let service = &context.model.services[roll.service];
        let Some(version) = context.model.to_version(roll) else {
            continue;
        };
        let Some(image) = service.image_of(version, true) else {
            continue;
        };
        if is_pinned(&image.value) {
            continue;
        }
        let found = Diagnostic::new(
            &RULE,
            image.span,
            format!(
                "`{}` is not pinned: the steps of this rollout may run different images",
                image.value
            ),
        )
        .here(unpinned_here(&image.value, "named by a tag"))
        .also(roll.to_id.span, "this version is rolled out")
        .help(pin_help(&image.value));
        out.push(Found {
            diagnostic: found,
            step: None,
        });
    }
    for (number, step) in plan.steps.iter().enumerate() {
        for run in &step.runs {
            let Some(image) = run.image.as_ref().filter(|image| !is_pinned(&image.value)) else {
                continue;
            };
            let found = Diagnostic::new(
                &RULE,
                image.span,
                format!(
                    "the job `{}` is not pinned: it may test with another program next time",
                    run.name.value
                ),
            )
            .here(unpinned_here(&image.value, "named by a tag"))
            .help(pin_help(&image.value));
            out.push(Found {
                diagnostic: with_origin(found, step),
                step: Some(number),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_digest_pins() {
        let digest = "1".repeat(64);
        assert!(is_pinned(&format!("r.example.com/a@sha256:{digest}")));
        assert!(!is_pinned("r.example.com/a:1"));
        assert!(!is_pinned("r.example.com/a@sha256:0f1e"));
        assert!(pin_help("r.example.com:5000/a").contains("r.example.com:5000/a@sha256"));
        assert!(pin_help("a:1").contains("`crane digest a:1`"));
    }
}
