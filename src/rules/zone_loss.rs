//! CP02: a failure domain may be lost while replicas are replaced.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::capacity::{Who, rate};

use super::capacity::{replicas, run, set};
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "zone-loss-in-roll",
    code: "CP02",
    severity: Severity::Warning,
    summary: "what is ready while replicas are replaced survives the loss of a failure domain",
    why: "A service that keeps a domain's worth of replicas in reserve spends that reserve each time it is replaced in place with fewer ready than at full size. Rollouts go on for hours each week, so the day on which a domain is lost is often one of them.\n\nReplicas are taken to be spread over the `domains` as the traffic is. A service that does not survive the loss at rest either is not reported: its rollout makes nothing worse.",
    failing: sized!(
        "  replicas 18\n  max-surge 25%\n  max-unavailable 25%\n  domains seoul 40%, tokyo 30%, osaka 30%\n",
        "  step all { rolling }\n"
    ),
    passing: sized!(
        "  replicas 18\n  max-surge 25%\n  max-unavailable 1\n  domains seoul 40%, tokyo 30%, osaka 30%\n",
        "  step all { rolling }\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let Some(judged) = context.judged else { return };
    let Some(lane) = judged.rollout.plans.get(judged.place) else {
        return;
    };
    for rolled in judged.capacity.rolled(judged.place) {
        let known = (
            context.model.services.get(rolled.service),
            judged.capacity.fleet(rolled.service),
        );
        let (Some(service), Some(fleet)) = known else {
            continue;
        };
        let (Some(size), Some(demand)) = (&fleet.size, &fleet.demand) else {
            continue;
        };
        let largest = service.domains.iter().max_by_key(|(_, share)| share.value);
        let Some((domain, share)) = largest.filter(|_| service.domains.len() > 1) else {
            continue;
        };
        let all = size.replicas;
        let lost = share.value.of_rounded_up(all);
        let needed = demand.replicas_for(1.0);
        let Some(spare) = all.saturating_sub(lost).checked_sub(needed) else {
            continue;
        };
        let first = rolled.states.iter().enumerate().find_map(|(state, held)| {
            let parts = held.parts.iter().filter(|part| part.who == Who::Both);
            let least = parts.map(|part| part.ready).min()?;
            let left = least.saturating_sub(lost);
            // what does not carry the load with all domains is told as such
            (left < needed && least >= needed).then_some((state, least, left))
        });
        let Some((state, least, left)) = first else {
            continue;
        };
        let Some(own) = lane.states.get(state) else {
            continue;
        };
        let mut told = Diagnostic::new(
            &RULE,
            own.span,
            format!(
                "if `{}` is lost while `{}` is replaced, {} are left to carry {}, and {needed} are needed",
                domain.value,
                service.name.value,
                replicas(left),
                rate(demand.load)
            ),
        )
        .here(format!("as few as {least} are ready here"))
        .also(
            share.span,
            format!("{lost} of {all} replicas stand there, if they are spread as the traffic is"),
        )
        .also(size.span, format!("at rest {} are left", all - lost))
        .note(format!(
            "rests on {} and {} per replica",
            demand.words(),
            rate(demand.capacity)
        ));
        let surges = size.rolling.is_some_and(|rolling| rolling.surge > 0);
        if spare > 0 || surges {
            let word = format!("write `max-unavailable {spare}`");
            told = told.help(format!(
                "{word}: then {} are left",
                replicas((all - spare).saturating_sub(lost))
            ));
            let said = service.unavailable().map(|amount| amount.span);
            if let Some(edits) = set(context.sources, service, "max-unavailable", said, spare) {
                told = told.fix(word, edits);
            }
        } else {
            told = told.help("write `max-surge 1` and `max-unavailable 0`");
        }
        told.run = run(context, judged, &[(judged.place, state)], false);
        let step = context.plan.steps.get(own.step);
        out.push(Found {
            diagnostic: match step {
                Some(step) => with_origin(told, step),
                None => told,
            },
            step: Some(own.step),
        });
    }
}
