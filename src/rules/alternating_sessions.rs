//! TG03: a user whose session the versions write differently stays on one of them.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Action, FormatKind, Version};
use crate::source::Span;
use crate::units::Percent;

use super::sticky_changes::shown;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "non-sticky-stateful",
    code: "TG03",
    severity: Severity::Warning,
    summary: "a user whose session the two versions write differently meets one of them",
    why: "Without `sticky`, each request is dealt by itself: of a user who sends k of them a day, 1 - (1 - w)^k is the probability to meet the new version at weight w, so that at 5 % and 20 requests 64 % of all users meet it. Where the versions write the session in different formats, these users carry it back and forth between them, with each request.\n\nIt is asked where a format of kind `session` is written differently, and `users` and `traffic` say how many requests one user sends.",
    failing: session!(""),
    passing: session!("sticky by cookie \"uid\"; "),
    can_allow: true,
    class: Class::Finding,
};

/// Seconds of a day.
const DAY: f64 = 86_400.0;

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    for roll in &plan.rolls {
        let Some(service) = context.model.services.get(roll.service) else {
            continue;
        };
        let (Some(users), Some(traffic)) = (service.users, service.traffic) else {
            continue;
        };
        let knative = service.facts().and_then(|facts| facts.knative.as_ref());
        let platform = knative.and_then(|knative| knative.session_affinity);
        if users.value == 0 || platform.is_some_and(|platform| platform.value) {
            continue;
        }
        let versions = (
            context.model.from_version(roll),
            context.model.to_version(roll),
        );
        let (Some(from), Some(to)) = versions else {
            continue;
        };
        let Some((name, span)) = differs(context, from, to) else {
            continue;
        };
        let requests = traffic.rate.value.value() * DAY / users.value as f64;
        let mut sticky = false;
        for leg in &plan.legs {
            let Some(step) = plan.steps.get(leg.step) else {
                continue;
            };
            for action in step.actions.iter().skip(leg.first_change) {
                if let Action::Sticky(by) = &action.value {
                    sticky = by.is_some();
                }
            }
            let share = leg.exposure.weight();
            if sticky || share == Percent::ZERO || share >= Percent::FULL {
                continue;
            }
            let weight = share.fraction();
            let meets = 1.0 - (1.0 - weight).powf(requests);
            let both = (meets - weight.powf(requests)).clamp(0.0, 1.0);
            // who sends one request meets one version
            if both * (users.value as f64) < 1.0 {
                continue;
            }
            let told = Diagnostic::new(
                &RULE,
                leg.span,
                format!(
                    "{} of the users of `{}` meet both versions in a day, and carry `{name}` back and forth between them",
                    shown(both),
                    service.name.value
                ),
            )
            .here(format!(
                "{} of the users meet the new version, not {share}",
                shown(meets)
            ))
            .also(span, "written differently by the version before")
            .also(users.span, format!("{} requests of each a day", (requests * 10.0).round() / 10.0))
            .note("rests on requests that are dealt independently, and on users who all send as many")
            .help(format!(
                "write `sticky by cookie \"...\"` with a cookie that names the user, above this weight: then {share} of them meet it"
            ));
            out.push(Found {
                diagnostic: with_origin(told, step),
                step: Some(leg.step),
            });
            break;
        }
    }
}

/// A session that the versions write in different formats, and where the second says so.
fn differs<'c>(context: &Context<'c>, from: &Version, to: &Version) -> Option<(&'c str, Span)> {
    to.writes.iter().find_map(|(format, numbers)| {
        let declared = context.model.formats.get(format.value)?;
        let is_session = declared.kind() == FormatKind::Session;
        let before = from
            .writes
            .iter()
            .find(|(own, _)| own.value == format.value);
        let (first, old) = before.filter(|_| is_session)?;
        let ids = |numbers: &[crate::source::Spanned<String>]| {
            let mut ids: Vec<String> = numbers.iter().map(|own| own.value.clone()).collect();
            ids.sort_unstable();
            ids
        };
        (ids(old) != ids(numbers)).then_some((declared.name.value.as_str(), first.span))
    })
}
