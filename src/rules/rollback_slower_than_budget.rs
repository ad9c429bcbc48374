//! RB02: the way back takes no longer than the plan promises.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::time::{Stretch, is_cold, way_back};
use crate::units::Duration;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Bounded),
    check,
};

static RULE: Rule = Rule {
    name: "rollback-slower-than-budget",
    code: "RB02",
    severity: Severity::Error,
    summary: "the way back is complete within the time that `rollback within` promises",
    why: "Whoever is called at night counts on the promised time: until then users meet the fault. A way back that has to start replicas, wait for a load balancer or walk holds of its own takes what those take together, and a promise that is shorter is broken on the first bad day.",
    failing: concat!(
        service_with!("startup 40s"),
        "plan web-2 {\n  roll web from 1 to 2\n  step all { rolling; hold 30m }\n  rollback within 1m\n}\n"
    ),
    passing: concat!(
        service_with!("startup 40s"),
        "plan web-2 {\n  roll web from 1 to 2\n  step all { rolling; hold 30m }\n  rollback within 5m\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let subject = context.subject();
    for rollback in &context.plan.rollbacks {
        let Some(within) = rollback.within else {
            continue;
        };
        // the slowest of the legs that this promise counts for
        let mut slowest: Option<(usize, Duration, Stretch)> = None;
        for (number, leg) in subject.returnable() {
            let counts = context
                .plan
                .rollback_of(leg.step)
                .is_some_and(|own| std::ptr::eq(own, rollback));
            let live = &leg.exposure;
            if !counts || (!live.is_exposed() && !live.preview) {
                continue;
            }
            let way = way_back(subject, leg);
            let Ok(most) = way.upper() else { continue };
            if most > within.value && slowest.as_ref().is_none_or(|(_, known, _)| most > *known) {
                slowest = Some((number, most, way));
            }
        }
        let Some((number, most, way)) = slowest else {
            continue;
        };
        let leg = &context.plan.legs[number];
        let step = &context.plan.steps[leg.step];
        let mut found = Diagnostic::new(
            &RULE,
            within.span,
            format!(
                "the way back from step `{}` may take {most}; {} are promised",
                step.name.value, within.value
            ),
        )
        .here("promised here")
        .also(leg.span, "from here");
        for part in &way.parts {
            if let Some(at) = part.at {
                found = found.also(at, format!("{}: {}", part.what, part.most));
            }
        }
        let mut rolls = context.plan.rolls.iter();
        let cold = rolls.any(|roll| {
            let service = context.model.services.get(roll.service);
            let from = &roll.from_id.value;
            service.is_some_and(|service| is_cold(subject, leg, service, from).is_some())
        });
        let kept = match cold {
            true => {
                ", or keep the old version at full size: `weight` behind a router, `retire` below `no return`"
            }
            false => "",
        };
        let parts: Vec<String> = way
            .parts
            .iter()
            .map(|part| format!("{} {}", part.what, part.most))
            .collect();
        found = found
            .note(format!("rests on: {}", parts.join(" + ")))
            .help(format!("write `rollback within {most}`, which holds{kept}"));
        out.push(Found {
            diagnostic: with_origin(found, step),
            step: None,
        });
    }
}
