//! PR06: nothing beside the plan changes what runs.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::source::Span;

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "unmanaged-mutation",
    code: "PR06",
    severity: Severity::Warning,
    summary: "no updater beside the plan puts other images into the workload",
    why: "Keel, Flux and OpenShift can put a newer image into a workload as soon as a registry has one. What they bring reaches every replica without a canary, a gate or a way back, and in the middle of a plan it replaces the very version that the plan judges: its verdicts are about something that does not run any more.",
    failing: updated!("  annotations: {keel.sh/policy: minor}\n"),
    passing: updated!(""),
    can_allow: true,
    class: Class::Finding,
};

/// Annotations of workloads by which an updater is told to change the image: the annotation, the
/// values that turn it off, and whose it is (the documentation of Keel, Flux 1 and OpenShift).
static UPDATERS: [(&str, &[&str], &str); 4] = [
    ("keel.sh/policy", &["never"], "Keel"),
    ("fluxcd.io/automated", &["false"], "Flux"),
    ("flux.weave.works/automated", &["false"], "Flux"),
    ("image.openshift.io/triggers", &["[]", ""], "OpenShift"),
];

/// What Flux 2 looks for behind the image in a manifest, to write the newest one there.
const MARKER: &str = "{\"$imagepolicy\":";

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for roll in &context.plan.rolls {
        let Some(service) = context.model.services.get(roll.service) else {
            continue;
        };
        let Some(facts) = service.facts() else {
            continue;
        };
        let mut found: Option<(Span, String, &str)> = None;
        for (key, value) in &facts.annotations {
            let known = UPDATERS.iter().find(|(name, ..)| *name == key.value);
            if let Some((name, off, whose)) = known
                && !off.contains(&value.value.as_str())
            {
                found = Some((value.span, format!("`{name}`"), whose));
                break;
            }
        }
        if found.is_none() {
            let text = context.sources.text(facts.span);
            let at = text.lines().scan(0_usize, |start, line| {
                let own = *start;
                *start += line.len() + 1;
                Some((own, line))
            });
            let marked = at.into_iter().find_map(|(start, line)| {
                let hash = line.find('#')?;
                let at = start + hash + line.get(hash..)?.find(MARKER)?;
                let start = facts.span.start + u32::try_from(at).ok()?;
                let end = start + u32::try_from(MARKER.len()).ok()?;
                Some(Span {
                    file: facts.span.file,
                    start,
                    end,
                })
            });
            found = marked.map(|span| (span, "the marker `$imagepolicy`".into(), "Flux"));
        }
        let Some((span, what, whose)) = found else {
            continue;
        };
        let told = Diagnostic::new(
            &RULE,
            span,
            format!(
                "{whose} may put another image into `{}` at any time, past `{}`",
                service.name.value, context.plan.name.value
            ),
        )
        .here(format!("{whose} reads {what}"))
        .also(roll.span, "what the plan rolls out, and judges")
        .help("take it out, and let the updater propose the image to whoever starts the plan: `check --set SERVICE.VERSION.image=...`");
        out.push(Found {
            diagnostic: told,
            step: None,
        });
    }
}
