//! RB10: the version to go back to is warm.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::time::{Cold, is_cold};

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "rollback-target-cold",
    code: "RB10",
    severity: Severity::Warning,
    summary: "the version to go back to has instances that are ready",
    why: "Going back to a version without instances is a cold start under full load: every instance starts at once, caches are empty, and until they are ready nobody answers. Platforms that scale to zero end the old version's instances as soon as it has no requests, which is right when the new one has all of them.",
    failing: concat!(
        service_with!("startup 20s"),
        "target run { kind cloud-run; project shop; region asia-northeast3; gates by pipeline }\n\nplan web-2 {\n  roll web from 1 to 2\n  on target run\n  step canary { weight 5%; hold 30m; allow step-without-gate because \"an example\" }\n  step all { weight 100%; hold 30m }\n}\n"
    ),
    passing: concat!(
        service_with!("min-instances 2"),
        "target run { kind cloud-run; project shop; region asia-northeast3; gates by pipeline }\n\nplan web-2 {\n  roll web from 1 to 2\n  on target run\n  step canary { weight 5%; hold 30m; allow step-without-gate because \"an example\" }\n  step all { weight 100%; hold 30m }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let subject = context.subject();
    for roll in &context.plan.rolls {
        let Some(service) = context.model.services.get(roll.service) else {
            continue;
        };
        let from = &roll.from_id.value;
        let cold = subject.returnable().find_map(|(_, leg)| {
            // replacing in place, and by numbers of pods, is what the plan has chosen
            let cold = is_cold(subject, leg, service, from)?;
            let step = context.plan.steps.get(leg.step)?;
            (cold == Cold::Idle).then_some((leg, step))
        });
        let Some((leg, step)) = cold else {
            continue;
        };
        let name = &service.name.value;
        let takes = service.startup_at_worst();
        let mut found = Diagnostic::new(
            &RULE,
            leg.span,
            format!("from here on, going back to `{from}` of `{name}` is a cold start: its instances are ended as soon as they have no requests"),
        )
        .here("all requests go to the new version");
        found = match takes {
            Some((startup, at)) => found.also(at, format!("and starts again within {startup}")),
            None => found.note(format!(
                "how long that takes is not known: `startup` of service `{name}` says it"
            )),
        };
        found = found.help(format!(
            "keep instances of it: `min-instances 1` in service `{name}`, or a minimum scale in its manifest"
        ));
        out.push(Found {
            diagnostic: with_origin(found, step),
            step: Some(leg.step),
        });
    }
}
