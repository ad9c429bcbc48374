//! TG01: who stays on one version goes on staying.

use crate::diagnostic::{Class, Diagnostic, Edit, Proof, Rule, Severity};
use crate::model::{Action, Exposure, Sticky};
use crate::source::Span;
use crate::units::Percent;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "sticky-non-monotone",
    code: "TG01",
    severity: Severity::Error,
    summary: "no user who met the new version goes back to the old one while the weight rises",
    why: "`sticky by cookie` hashes a value of each user, and the low end of the hashes gets the new version: who is in 5 % is also in 25 %. Another key, or none, deals the users anew. Those who have met the new version may find themselves on the old one with what the new one has left in their session, and more of them have met it than the weight says.",
    failing: stuck!("    sticky by header \"x-user\"\n"),
    passing: stuck!(""),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    let mut kept: Option<(&Sticky, Span)> = None;
    let mut now = Exposure::default();
    for leg in &plan.legs {
        let Some(step) = plan.steps.get(leg.step) else {
            continue;
        };
        now.domains.clone_from(&leg.exposure.domains);
        for action in step.actions.iter().skip(leg.first_change) {
            now.apply(&action.value, leg.number);
            let Action::Sticky(by) = &action.value else {
                continue;
            };
            let before = kept;
            kept = by.as_ref().map(|by| (by, action.span));
            let share = now.weight();
            let Some((first, said)) = before.filter(|(first, _)| by.as_ref() != Some(*first))
            else {
                continue;
            };
            if share == Percent::ZERO || share >= Percent::FULL {
                continue;
            }
            // dealt anew, each user meets the new version with the same probability as before
            let weight = share.fraction();
            let back = shown(weight * (1.0 - weight));
            let met = shown(1.0 - (1.0 - weight) * (1.0 - weight));
            let what = match by {
                Some(_) => "another key deals the users anew",
                None => "without a key each request is dealt anew",
            };
            let (told, number) = match by {
                Some(_) => (
                    format!("{what} at {share}: {back} of all users go back to the old version"),
                    format!("{met} have met the new version then, not {share}"),
                ),
                None => (
                    format!("{what} at {share}: who was on one version meets both"),
                    format!("a user of {share} is on the old version again with most requests"),
                ),
            };
            let found = Diagnostic::new(&RULE, action.span, told)
                .here(number)
                .also(said, "users have stayed by this until here")
                .note("rests on keys that have nothing to do with one another")
                .help(format!(
                    "keep {} until all traffic is on one version",
                    words(first)
                ))
                .fix(
                    format!("keep {}", words(first)),
                    vec![Edit {
                        span: action.span,
                        text: context.sources.text(said).to_string(),
                    }],
                );
            out.push(Found {
                diagnostic: with_origin(found, step),
                step: Some(leg.step),
            });
        }
    }
}

fn words(sticky: &Sticky) -> String {
    match sticky {
        Sticky::Cookie(name) => format!("`sticky by cookie \"{name}\"`"),
        Sticky::Header(name) => format!("`sticky by header \"{name}\"`"),
        Sticky::Ip => "`sticky by ip`".into(),
    }
}

/// A share as people write it: two digits behind the point at most.
pub(super) fn shown(share: f64) -> String {
    let percent = (share * 10_000.0).round() / 100.0;
    format!("{percent}%")
}
