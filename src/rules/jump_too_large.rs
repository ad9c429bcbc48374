//! TR03: no weight grows so much at once that a fault burns through the error budget.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::{Answer, Measure, Quantity, gates, measure, time};
use crate::model::{Action, GateKind};
use crate::numbers::budget::{self, Objective};

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "jump-too-large",
    code: "TR03",
    severity: Severity::Warning,
    summary: "no jump of the weight puts more of the error budget at stake than what pages a person",
    why: "A fault that comes with load is not there at 5 % and is there at 100 %. What it burns until a gate has spoken and the old version is back grows with the jump. Where that is more than 2 % of the error budget, which is what pages a person, a step between costs an hour and saves the month.",
    failing: measured!(
        "100/s\n  objective 99.9% over 30d\n  startup 20s",
        "  expect value < 1%\n  normally 0.1%\n  detect 30%\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 15m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: measured!(
        "100/s\n  objective 99.9% over 30d\n  startup 20s",
        "  expect value < 1%\n  normally 0.1%\n  detect 3%\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 15m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// The share of the error budget that pages a person (SRE Workbook, chapter 5).
const AT_STAKE: f64 = 0.02;
/// Jumps up to this factor are walked in usual steps.
const USUAL_FACTOR: f64 = 5.0;

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let (plan, subject) = (context.plan, context.subject());
    let Answer::Known(jumps) = measure(subject, Measure::WeightRatio) else {
        return;
    };
    let Answer::Known(detected) = measure(subject, Measure::TimeToDetect) else {
        return;
    };
    let objective = plan
        .rolls
        .iter()
        .filter_map(|roll| context.model.services.get(roll.service)?.objective)
        .next();
    let Some(objective) = objective else { return };
    let budget = Objective {
        share: objective.share.value.fraction(),
        window: objective.window.value.as_secs_f64(),
    };
    for jump in jumps
        .each
        .iter()
        .filter(|jump| jump.value.number() > USUAL_FACTOR)
    {
        let Some(leg) = plan.legs.get(jump.leg) else {
            continue;
        };
        let Some(step) = plan.steps.get(leg.step) else {
            continue;
        };
        let weighs = |action: &Action| matches!(action, Action::Weight(_));
        if !step.actions.iter().any(|action| weighs(&action.value)) {
            continue;
        }
        // of the gates of this leg that count failing requests, the one whose fault burns most
        let watches = gates::all_watches(subject);
        let worst = detected
            .each
            .iter()
            .filter(|each| each.leg == jump.leg)
            .filter_map(|each| {
                let watch = watches
                    .known
                    .iter()
                    .find(|watch| watch.number == each.leg && Some(watch.index) == each.gate)?;
                let share = gates::fault(watch.gate).ok()?;
                let proportion = watch.gate.kind?.value == GateKind::Proportion;
                let upper = gates::passes(watch.gate, 0.0) == Some(true);
                (proportion && upper).then(|| (share, each.value.number(), each.at))
            })
            .max_by(|one, other| (one.0 * one.1).total_cmp(&(other.0 * other.1)));
        let Some((share, seen, at)) = worst else {
            continue;
        };
        let Ok(back) = time::way_back(subject, leg)
            .upper()
            .map(|back| back.as_secs_f64())
        else {
            continue;
        };
        let weight = leg.exposure.weight().fraction();
        let seconds = seen + back;
        let Ok(burned) = budget::burned(budget, weight, share, seconds) else {
            continue;
        };
        if burned <= AT_STAKE {
            continue;
        }
        let from = weight / jump.value.number();
        let largest = budget::largest_weight(budget, AT_STAKE, share, seconds).unwrap_or(0.0);
        // between the two, and no further than what may be at stake
        let between = (from * weight).sqrt().min(largest.max(from * 2.0));
        let percent = (between * 100.0).floor().max(1.0);
        let found = Diagnostic::new(
            &RULE,
            jump.at,
            format!(
                "step `{}` grows to {} of the requests, {} times as many: a fault that shows only there burns {} of the error budget before the old version is back",
                step.name.value,
                Quantity::Share(weight),
                jump.value,
                Quantity::Share(burned),
            ),
        )
        .here(format!("from {}", Quantity::Share(from)))
        .also(at, format!("sees it within {seen:.0} s; going back takes {back:.0} s"))
        .also(objective.share.span, "of this budget")
        .note(format!(
            "rests on: the fault is the one that the gate detects ({} of the requests), and is not there at the weight before; {} is what may be at stake",
            Quantity::Share(share),
            Quantity::Share(AT_STAKE),
        ))
        .help(format!(
            "put a step between: `weight {percent}%` with the same gates; at most {} of the budget is at stake up to {}",
            Quantity::Share(AT_STAKE),
            Quantity::Share(largest),
        ));
        out.push(Found {
            diagnostic: with_origin(found, step),
            step: Some(leg.step),
        });
    }
}
