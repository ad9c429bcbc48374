//! TR03: no weight grows so much at once that a fault burns through the error budget.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::{Answer, Each, Measure, Quantity, Subject, gates, measure, time};
use crate::model::{Action, GateKind, Leg};
use crate::numbers::budget::{self, Objective};
use crate::source::{Span, Spanned};
use crate::units::Percent;

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

/// A jump that puts too much at stake.
struct Risk {
    jump: Each,
    /// Where the gate is named that sees it first.
    gate: Span,
    /// Where the objective stands.
    objective: Span,
    budget: Objective,
    /// The share of the requests that fail.
    share: f64,
    /// Seconds until the gate has spoken, and until the old version is back.
    times: (f64, f64),
    burned: f64,
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    for risk in risks(context.subject()) {
        let Some(leg) = plan.legs.get(risk.jump.leg) else {
            continue;
        };
        let Some(step) = plan.steps.get(leg.step) else {
            continue;
        };
        let weight = leg.exposure.weight().fraction();
        let from = weight / risk.jump.value.number();
        let (seen, back) = risk.times;
        let stake = Quantity::Share(AT_STAKE);
        let help = match between(context.subject(), leg, (from, weight)) {
            Some(chain) => format!(
                "write `weight {chain}` in step `{}`, each of them held and watched: with that, which was tried, no jump above {USUAL_FACTOR} times puts more than {stake} of the budget at stake",
                step.name.value,
            ),
            None => {
                let largest =
                    budget::largest_weight(risk.budget, AT_STAKE, risk.share, seen + back);
                format!(
                    "let a gate speak sooner, or go back faster: as it is, {stake} of the budget is at stake from a weight of {} on",
                    Quantity::Share(largest.unwrap_or(0.0)),
                )
            }
        };
        let found = Diagnostic::new(
            &RULE,
            risk.jump.at,
            format!(
                "step `{}` grows to {} of the requests, {} times as many: a fault that shows only there burns {} of the error budget before the old version is back",
                step.name.value,
                Quantity::Share(weight),
                risk.jump.value,
                Quantity::Share(risk.burned),
            ),
        )
        .here(format!("from {}", Quantity::Share(from)))
        .also(
            risk.gate,
            format!("sees it within {seen:.0} s; going back takes {back:.0} s"),
        )
        .also(risk.objective, "of this budget")
        .note(format!(
            "rests on: the fault is the one that the gate detects ({} of the requests), and is not there at the weight before; {stake} is what may be at stake",
            Quantity::Share(risk.share),
        ))
        .help(help);
        out.push(Found {
            diagnostic: with_origin(found, step),
            step: Some(leg.step),
        });
    }
}

/// The jumps of a plan that put too much at stake.
fn risks(subject: Subject<'_>) -> Vec<Risk> {
    let plan = subject.plan;
    let (Answer::Known(jumps), Answer::Known(detected)) = (
        measure(subject, Measure::WeightRatio),
        measure(subject, Measure::TimeToDetect),
    ) else {
        return Vec::new();
    };
    let mut rolled = plan.rolls.iter();
    let objective = rolled.find_map(|roll| subject.model.services.get(roll.service)?.objective);
    let Some(objective) = objective else {
        return Vec::new();
    };
    let budget = Objective {
        share: objective.share.value.fraction(),
        window: objective.window.value.as_secs_f64(),
    };
    let watches = gates::all_watches(subject);
    let risk = |jump: &Each| {
        let leg = plan.legs.get(jump.leg)?;
        let mut actions = plan.steps.get(leg.step)?.actions.iter();
        actions.find(|action| matches!(action.value, Action::Weight(_)))?;
        // of the gates of this leg that count failing requests, the one whose fault burns most
        let own = detected.each.iter().filter(|each| each.leg == jump.leg);
        let worst = own.filter_map(|each| {
            let mut known = watches.known.iter();
            let watch =
                known.find(|watch| watch.number == each.leg && Some(watch.index) == each.gate)?;
            let share = gates::fault(watch.gate).ok()?;
            let proportion = watch.gate.kind?.value == GateKind::Proportion;
            let upper = gates::passes(watch.gate, 0.0) == Some(true);
            (proportion && upper).then(|| (share, each.value.number(), each.at))
        });
        let (share, seen, gate) =
            worst.max_by(|one, other| (one.0 * one.1).total_cmp(&(other.0 * other.1)))?;
        let back = time::way_back(subject, leg).upper().ok()?.as_secs_f64();
        let weight = leg.exposure.weight().fraction();
        let burned = budget::burned(budget, weight, share, seen + back).ok()?;
        (burned > AT_STAKE).then_some(Risk {
            jump: *jump,
            gate,
            objective: objective.share.span,
            budget,
            share,
            times: (seen, back),
            burned,
        })
    };
    let large = jumps.each.iter();
    large
        .filter(|jump| jump.value.number() > USUAL_FACTOR)
        .filter_map(risk)
        .collect()
}

/// The weights of a leg's step with some put in between, as few as are enough: the plan that has them
/// is judged.
fn between(subject: Subject<'_>, leg: &Leg, (from, to): (f64, f64)) -> Option<String> {
    let actions = &subject.plan.steps.get(leg.step)?.actions;
    let is_weight = |action: &Spanned<Action>| matches!(action.value, Action::Weight(_));
    let at = actions.iter().position(is_weight)?;
    for more in 1..=MOST_BETWEEN {
        let factor = (to / from).powf(1.0 / (more as f64 + 1.0));
        let share = |number: usize| {
            let percent = (from * factor.powi(number as i32) * 100.0).round();
            Percent::from_ppm((percent.max(1.0) * 10_000.0) as u64)
        };
        let mut plan = subject.plan.clone();
        let action = plan.steps.get_mut(leg.step)?.actions.get_mut(at)?;
        let Action::Weight(chain) = &mut action.value else {
            return None;
        };
        let place = leg.number.min(chain.values.len().checked_sub(1)?);
        let span = chain.values.get(place)?.span;
        let new = (1..=more).map(|number| Spanned::new(share(number), span));
        chain.values.splice(place..place, new);
        let mut rising = chain.values.windows(2);
        if !rising.all(|two| two[0].value < two[1].value) {
            return None;
        }
        let said: Vec<String> = chain
            .values
            .iter()
            .map(|own| own.value.to_string())
            .collect();
        plan.walk_again();
        let amended = Subject {
            plan: &plan,
            ..subject
        };
        if risks(amended).is_empty() {
            return Some(said.join(" -> "));
        }
    }
    None
}

/// So many weights at most are put in between.
const MOST_BETWEEN: usize = 4;
