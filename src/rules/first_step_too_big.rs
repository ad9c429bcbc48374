//! TR06: the first exposure is small.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::Quantity;
use crate::model::{Action, Outcome};
use crate::units::Percent;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "first-step-too-big",
    code: "TR06",
    severity: Severity::Warning,
    summary: "the first weight is at most 10 %",
    why: "Most faults that a rollout can show are there from the first request on. What meets them first should be few: at a tenth of the requests a total failure is an incident for a tenth of the users, and the gates see it just as well.",
    failing: measured!(
        "200/s",
        "  expect value < 1%\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step half { weight 50%; hold 15m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: measured!(
        "200/s",
        "  expect value < 1%\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 15m; watch errors }\n  step half { weight 50%; hold 15m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// The largest first share: what is common is 1 % to 10 % (SRE Workbook, chapter 16).
const LARGEST: Percent = Percent::from_ppm(100_000);

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    let Some(first) = plan.legs.iter().position(|leg| leg.exposure.is_exposed()) else {
        return;
    };
    let leg = &plan.legs[first];
    let Some(step) = plan.steps.get(leg.step) else {
        return;
    };
    // a group, a copy of the requests or a stack without traffic was there before
    let before = plan.legs[..first]
        .iter()
        .any(|leg| leg.exposure.mirror > Percent::ZERO || leg.exposure.preview);
    let live = &leg.exposure;
    let chosen = live.split || !live.cohorts.is_empty() || !live.headers.is_empty();
    let weight = live.weight();
    let weighs = step
        .actions
        .iter()
        .any(|action| matches!(action.value, Action::Weight(_)));
    let decided = step
        .edges
        .iter()
        .any(|edge| edge.outcome == Outcome::Success);
    if before || chosen || decided || !weighs || weight <= LARGEST {
        return;
    }
    // of a service whose traffic nobody cares to name, nobody knows what a share means
    let traffic = plan
        .rolls
        .iter()
        .filter_map(|roll| context.model.services.get(roll.service)?.traffic)
        .max_by(|one, other| one.rate.value.value().total_cmp(&other.rate.value.value()));
    let Some(traffic) = traffic else { return };
    let requests = traffic.rate.value.value() * weight.fraction() * 60.0;
    let found = Diagnostic::new(
        &RULE,
        leg.span,
        format!(
            "the first exposure is {weight} of the requests; {LARGEST} or less is enough to begin with"
        ),
    )
    .here(format!(
        "{} requests a minute meet the new version before anybody has looked",
        Quantity::Count(requests.round())
    ))
    .also(traffic.rate.span, "with this traffic")
    .help("put a step in front of it: `step canary { weight 5%; hold 30m; watch ... }`");
    out.push(Found {
        diagnostic: with_origin(found, step),
        step: Some(leg.step),
    });
}
