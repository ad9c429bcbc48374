//! SU01: every image by its digest.

use std::collections::BTreeSet;

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Action, Index, Runs};

use crate::workload::{FILL_IN, is_placeholder};

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
    if is_placeholder(image) {
        return FILL_IN.to_string();
    }
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
    if image.contains("@sha256:") && !is_placeholder(image) {
        "this digest is not whole"
    } else if is_placeholder(image) {
        "a placeholder, which nothing has filled in yet"
    } else {
        by_tag
    }
}

/// How likely it is that a tag comes to name another image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    /// None, or a word: `latest`, `main`.
    Moves,
    /// A part of a version, which the next release moves as a rule: `7-alpine`, `1.27`.
    Line,
    /// A whole version, a commit or a number of a build: moved only by somebody who means to.
    Whole,
}

fn tag(image: &str) -> Tag {
    let tag = match image.rsplit_once(':') {
        Some((_, tag)) if !tag.contains('/') => tag,
        _ => return Tag::Moves,
    };
    let is_commit = |part: &str| {
        part.len() >= 7
            && part.bytes().all(|b| b.is_ascii_hexdigit())
            && part.bytes().any(|b| b.is_ascii_digit())
    };
    let is_build = |part: &str| part.len() >= 3 && part.bytes().all(|b| b.is_ascii_digit());
    if tag
        .split(['-', '_', '.', '+'])
        .any(|part| is_commit(part) || is_build(part))
    {
        return Tag::Whole;
    }
    let version = tag.split(['-', '_', '+']).find_map(|part| {
        let part = part.strip_prefix('v').unwrap_or(part);
        part.starts_with(|c: char| c.is_ascii_digit())
            .then_some(part)
    });
    match version {
        Some(version) if version.split('.').count() >= 3 => Tag::Whole,
        Some(_) => Tag::Line,
        None => Tag::Moves,
    }
}

/// What a tag weighs. Whoever writes a plan says which image each step runs; a folder of manifests says
/// only what is usual, and there a tag that nobody moves is no mistake.
fn weight(context: &Context<'_>, image: &str) -> Severity {
    if !context.model.beside.is_known() || image.contains('@') || is_placeholder(image) {
        return Severity::Error;
    }
    match tag(image) {
        Tag::Moves => Severity::Error,
        Tag::Line => Severity::Warning,
        Tag::Whole => Severity::Advice,
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
        .severity(weight(context, &image.value))
        .here(unpinned_here(&image.value, "named by a tag"))
        .also(roll.to_id.span, "this version is rolled out")
        .help(pin_help(&image.value));
        out.push(Found {
            diagnostic: found,
            step: None,
        });
    }
    for roll in &plan.rolls {
        beside(context, roll.service, out);
    }
    // databases whose way of running migrations has been looked at
    let mut seen = BTreeSet::new();
    for (number, step) in plan.steps.iter().enumerate() {
        for action in &step.actions {
            let (image, message) = match &action.value {
                Action::Migrate(index, _) if seen.insert(*index) => {
                    let database = &context.model.databases[*index];
                    let message = format!(
                        "what migrates `{}` is not pinned: the schema may be moved by another program next time",
                        database.name.value
                    );
                    (database.run.as_ref().and_then(Runs::image), message)
                }
                Action::Backfill(_, job, image) => {
                    let message = format!(
                        "the job `{}` is not pinned: it may fill in other data next time",
                        job.value
                    );
                    (image.as_ref(), message)
                }
                _ => continue,
            };
            let Some(image) = image.filter(|image| !is_pinned(&image.value)) else {
                continue;
            };
            let mut found = Diagnostic::new(&RULE, image.span, message)
                .here(unpinned_here(&image.value, "named by a tag"))
                .help(pin_help(&image.value));
            if let Action::Migrate(..) = action.value {
                found = found.also(action.span, "run here");
            }
            out.push(Found {
                diagnostic: with_origin(found, step),
                step: Some(number),
            });
        }
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

/// The containers of the manifest that run beside the one that is rolled out: they start anew with
/// every replica.
fn beside(context: &Context<'_>, service: Index, out: &mut Vec<Found>) {
    let service = &context.model.services[service];
    let Some(pod) = service.facts().and_then(|facts| facts.pod.as_ref()) else {
        return;
    };
    let main = pod.main_container();
    let others = pod
        .containers
        .iter()
        .filter(|container| !main.is_some_and(|main| std::ptr::eq(main, *container)))
        .map(|container| (container, "sidecar"));
    let first = pod.init_containers.iter().map(|container| {
        let is_sidecar = container.restarts_always;
        (
            container,
            if is_sidecar {
                "sidecar"
            } else {
                "init container"
            },
        )
    });
    for (container, what) in first.chain(others) {
        let Some(image) = &container.image else {
            continue;
        };
        if is_pinned(&image.value) {
            continue;
        }
        let name = container.name.as_ref().map_or("", |name| &name.value);
        let found = Diagnostic::new(
            &RULE,
            image.span,
            format!(
                "the {what} `{name}` of `{}` is not pinned: replicas that start later may run another image beside it",
                service.name.value
            ),
        )
        .severity(weight(context, &image.value))
        .here(unpinned_here(&image.value, "named by a tag"))
        .help(pin_help(&image.value));
        out.push(Found {
            diagnostic: found,
            step: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_moves_more_or_less() {
        for image in [
            "web",
            "r.example.com:5000/web",
            "web:latest",
            "web:main",
            "web:alpine",
        ] {
            assert_eq!(tag(image), Tag::Moves, "{image}");
        }
        for image in ["redis:7-alpine", "nginx:1.27", "web:v2"] {
            assert_eq!(tag(image), Tag::Line, "{image}");
        }
        for image in [
            "redis:7.0.15-alpine",
            "argocd:v2.12.3",
            "api:3f2c1d9",
            "api:main-3f2c1d9",
            "api:20260101",
            "api:build-1234",
        ] {
            assert_eq!(tag(image), Tag::Whole, "{image}");
        }
    }

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
