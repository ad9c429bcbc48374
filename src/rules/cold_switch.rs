//! CP07: what stands behind a cache carries the requests that cold replicas send on.

use crate::diagnostic::{Class, Diagnostic, Edit, Proof, Rule, Severity};
use crate::measure::capacity::{Fleet, rate};
use crate::model::Action;
use crate::units::Percent;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "cold-switch-stampede",
    code: "CP07",
    severity: Severity::Warning,
    summary: "what stands behind a cache carries what cold replicas ask it for",
    why: "A replica that has just started has nothing in its cache. Where all traffic comes to such replicas at once, every request goes on to the service behind them, which is sized for the few that a warm cache does not answer. It slows down, so the caches take longer to fill: the site stays down after the deploy is over.\n\n`cache 95% before catalog` says what a warm replica answers by itself. What `catalog` gets at rest is its own `traffic`, and what it carries is its `capacity` times its replicas.",
    failing: cached!("5% -> 20% -> 50% -> 100%"),
    passing: cached!("5% -> 20% -> 40% -> 60% -> 80% -> 100%"),
    can_allow: true,
    class: Class::Finding,
};

/// So many legs are proposed at most.
const MAX_LEGS: u64 = 50;

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    for roll in &plan.rolls {
        let Some(service) = context.model.services.get(roll.service) else {
            continue;
        };
        let Some((hits, behind)) = service.cache else {
            continue;
        };
        let own = Fleet::of(context.model, roll.service);
        let Some(demand) = own.and_then(|own| own.demand) else {
            continue;
        };
        let origin = Fleet::of(context.model, behind.value);
        let Some(origin) = origin.and_then(|origin| Some((origin.size?, origin.demand?))) else {
            continue;
        };
        let (size, theirs) = origin;
        let carried = theirs.capacity * size.replicas as f64;
        let room = carried - theirs.load;
        let each = demand.load * hits.value.fraction();
        let Some(name) = context.model.services.get(behind.value) else {
            continue;
        };
        let name = &name.name.value;
        let mut before = Percent::ZERO;
        for leg in &plan.legs {
            let now = leg.exposure.weight();
            let jump = Percent::from_ppm(now.ppm().saturating_sub(before.ppm()));
            let from = std::mem::replace(&mut before, now);
            let Some(step) = plan.steps.get(leg.step) else {
                continue;
            };
            // in place, one batch after the other warms up
            let batches = step
                .actions
                .iter()
                .any(|action| matches!(action.value, Action::Rolling { .. }));
            let asked = theirs.load + each * jump.fraction();
            if batches || jump == Percent::ZERO || asked <= carried * (1.0 + 1e-9) {
                continue;
            }
            let mut told = Diagnostic::new(
                &RULE,
                leg.span,
                format!(
                    "`{name}` is asked for {} when {jump} of the traffic come to cold replicas of `{}`, and carries {}",
                    rate(asked),
                    service.name.value,
                    rate(carried)
                ),
            )
            .here(format!("from {from} to {now} at once"))
            .also(
                hits.span,
                format!("of {}, {} are answered by warm caches", rate(demand.load), rate(each)),
            )
            .also(
                size.span,
                format!("{} replicas of `{name}` carry {}", size.replicas, rate(carried)),
            )
            .also(theirs.load_span, format!("and get {} as it is", rate(theirs.load)))
            .note(format!(
                "rests on {} and on caches that start empty",
                demand.words()
            ));
            // whole percents, rounded down
            let most = match room > 0.0 {
                true => (room / each * 100.0 + 1e-9).floor().clamp(0.0, 100.0) as u64,
                false => 0,
            };
            let ramp = ramp(from, now, most);
            let enough = (asked / theirs.capacity - 1e-9).ceil().clamp(0.0, 1e15) as u64;
            told = match &ramp {
                Some(ramp) => told.help(format!(
                    "raise it by at most {most}% at a time, and hold each leg until the caches are warm: `weight {ramp}`; or run {enough} replicas of `{name}`"
                )),
                None => told.help(format!("run {enough} replicas of `{name}` or more")),
            };
            let weight = step.actions.iter().any(|action| {
                matches!(&action.value, Action::Weight(chain) if chain.values.iter().any(|value| value.span == leg.span))
            });
            if let Some(ramp) = ramp.filter(|_| weight) {
                let edit = Edit {
                    span: leg.span,
                    text: ramp.clone(),
                };
                told = told.fix(format!("write `{ramp}`"), vec![edit]);
            }
            out.push(Found {
                diagnostic: with_origin(told, step),
                step: Some(leg.step),
            });
        }
    }
}

/// Weights from one to another, none more than so many percent above the one before.
fn ramp(from: Percent, to: Percent, most: u64) -> Option<String> {
    let step = most * 10_000;
    if step == 0 || (to.ppm() - from.ppm()).div_ceil(step) > MAX_LEGS {
        return None;
    }
    let mut shares = Vec::new();
    let mut now = from.ppm();
    while now < to.ppm() {
        now = (now + step).min(to.ppm());
        shares.push(Percent::from_ppm(now).to_string());
    }
    Some(shares.join(" -> "))
}
