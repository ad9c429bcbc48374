//! PL03: where the platform starts instances by load, some are warm before a jump of the weight.

use crate::diagnostic::{Class, Diagnostic, Edit, Proof, Rule, Severity};
use crate::measure::capacity::{Fleet, rate};
use crate::units::Percent;

use super::capacity::is_number;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "throttle-or-cold",
    code: "PL03",
    severity: Severity::Warning,
    summary: "where instances start by load, enough are warm when the weight jumps",
    why: "A new revision of Cloud Run or Knative has as many instances as `minScale` says, and more start when requests wait for them. Where a leg brings more than twice what the warm instances carry, requests wait for the start of the others or are refused with 429, and the gates of the leg judge the cold start instead of the version.\n\nAs many instances are taken to be warm as the leg before needed, and at least `minScale`.",
    failing: serverless!("0"),
    passing: serverless!("3"),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    for roll in &plan.rolls {
        let (Some(service), Some(fleet)) = (
            context.model.services.get(roll.service),
            Fleet::of(context.model, roll.service),
        ) else {
            continue;
        };
        let (Some(size), Some(demand)) = (&fleet.size, &fleet.demand) else {
            continue;
        };
        let Some((least, most)) = size.instances else {
            continue;
        };
        let mut before = Percent::ZERO;
        for leg in &plan.legs {
            let now = leg.exposure.weight();
            let from = std::mem::replace(&mut before, now);
            let wanted = |share: Percent| demand.replicas_for(share.fraction()).min(most);
            let needed = wanted(now);
            let warm = match from == Percent::ZERO {
                true => least,
                false => wanted(from).max(least),
            };
            if now <= from || needed <= warm.saturating_mul(2).max(1) {
                continue;
            }
            let Some(step) = plan.steps.get(leg.step) else {
                continue;
            };
            let enough = needed.div_ceil(2);
            let cold = needed - warm;
            let knative = service.facts().and_then(|facts| facts.knative.as_ref());
            let said = service
                .min_instances
                .map(|own| own.span)
                .or_else(|| knative?.revision_min_scale.map(|own| own.span));
            let mut told = Diagnostic::new(
                &RULE,
                leg.span,
                format!(
                    "{now} of the traffic of `{}` need {needed} instances, and {warm} {} warm",
                    service.name.value,
                    if warm == 1 { "is" } else { "are" }
                ),
            )
            .here(format!(
                "the requests of {cold} instances wait for their start{}",
                service
                    .startup
                    .map_or(String::new(), |time| format!(", {}", time.value))
            ));
            if let Some(said) = said {
                told = told.also(said, format!("{least} are kept warm"));
            }
            told = told
                .note(format!(
                    "rests on {}, {} per instance, and as many warm instances as the leg before needs",
                    demand.words(),
                    rate(demand.capacity)
                ))
                .help(format!("keep {enough} instances warm (`minScale`), or let the weight no more than double from leg to leg"));
            let number = said.and_then(|said| {
                // the value may stand in quotes
                let text = context.sources.text(said);
                let quoted = text.starts_with('"') && text.ends_with('"') && text.len() > 2;
                match quoted {
                    true => Some((said, format!("\"{enough}\""))),
                    false => is_number(context.sources, said).then(|| (said, enough.to_string())),
                }
            });
            if let Some((span, text)) = number {
                told = told.fix(
                    format!("keep {enough} instances warm"),
                    vec![Edit { span, text }],
                );
            }
            out.push(Found {
                diagnostic: with_origin(told, step),
                step: Some(leg.step),
            });
            break;
        }
    }
}
