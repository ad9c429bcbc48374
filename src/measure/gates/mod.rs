//! Which gate judges which leg before more is exposed, and what
//! it is given to see there.

mod measured;
mod power;

use crate::model::{Action, Detect, Gate, GateKind, Leg, Limit, Model, Outcome, Plan, Then};
use crate::source::Span;
use crate::units::{Duration, Percent};

use super::{Answer, Each, Measured, Missing, Quantity, Subject};
use crate::platform::looks;

pub use power::{caught, hold_needed};

/// The power that a gate has to have where no policy says another.
const USUAL_POWER: f64 = 0.8;

/// A gate that judges a leg before more is exposed.
#[derive(Clone, Copy, Debug)]
pub struct Watch<'a> {
    /// The gate.
    pub gate: &'a Gate,
    /// Where it is named.
    pub at: Span,
    /// The leg.
    pub leg: &'a Leg,
    /// Which it is, as an index.
    pub number: usize,
    /// What grows behind it.
    pub grows: Span,
    /// The share of the traffic that the new version has.
    pub share: f64,
    /// The service's requests a second, and where that stands.
    pub traffic: (f64, Span),
    /// How far back a look reaches.
    pub window: Duration,
    /// From the change to the first look.
    pub settle: Duration,
    /// A round of looks.
    pub round: Duration,
    /// Rounds that end within the hold.
    pub rounds: u64,
}

impl Watch<'_> {
    /// Requests to the new version that one look counts.
    pub fn requests(&self) -> f64 {
        self.traffic.0 * self.share * self.window.as_secs_f64()
    }
}

/// The gates that judge, and the facts without which nobody knows whether they can.
#[derive(Debug, Default)]
pub struct Watches<'a> {
    /// Gates at legs, each once.
    pub known: Vec<Watch<'a>>,
    /// What is missing, as the statement to declare.
    pub missing: Vec<String>,
}

impl Watches<'_> {
    fn miss(&mut self, fact: String) {
        if !self.missing.contains(&fact) {
            self.missing.push(fact);
        }
    }
}

/// The power that the plan's policies require of its gates, else the usual one.
pub fn power_wanted(subject: Subject<'_>) -> f64 {
    let policies = subject.plan.obeys.iter();
    let required = policies
        .filter_map(|policy| subject.model.policies.get(policy.value))
        .flat_map(|policy| &policy.requires)
        .filter(|require| require.measure.value == "power" && require.condition.is_none())
        .filter_map(|require| match require.bound {
            Some((_, limit)) => limit.value.as_number(),
            None => None,
        });
    let highest = required.fold(0.0_f64, f64::max);
    if highest > 0.0 && highest < 1.0 {
        highest
    } else {
        USUAL_POWER
    }
}

/// What is not known of how the plan is observed; empty where all of it is.
pub fn missing(subject: Subject<'_>) -> Vec<String> {
    let mut found = watches(subject);
    for action in subject.plan.steps.iter().flat_map(|step| &step.actions) {
        if matches!(action.value, Action::Rolling { .. }) {
            found.miss(
                "the exposure of the batches, which `rolling` leaves to readiness: `weight` has gates"
                    .into(),
            );
        }
    }
    let steps = subject.plan.steps.iter().flat_map(|step| &step.watch);
    for watched in steps.chain(&subject.plan.throughout) {
        if let Some(gate) = subject.model.gates.get(watched.value)
            && gate.incomplete
        {
            found.miss(measured::unreadable(gate));
        }
    }
    let wanted = power_wanted(subject);
    for watch in std::mem::take(&mut found.known) {
        let gate = watch.gate;
        for fact in measured::unusable(subject.model, gate) {
            found.miss(fact);
        }
        let seen = fault(gate).and_then(|bad| Ok((bad, caught(&watch, bad, watch.share)?)));
        match seen {
            Err(fact) => found.miss(fact),
            // of a quantile a bound is known, whatever the distribution
            Ok((bad, caught)) if quantile(gate).is_some() && caught.leg < wanted => {
                let step = &subject.plan.steps[watch.leg.step].name.value;
                let hold = hold_needed(&watch, bad, caught.round, wanted);
                let name = &gate.name.value;
                found.miss(match hold {
                    Some(hold) => format!(
                        "`hold {hold}` in step `{step}`: gate `{name}` then sees its fault however its values are spread"
                    ),
                    None => format!(
                        "how the values of gate `{name}` are spread: no hold of step `{step}` shows its fault whatever they are"
                    ),
                });
            }
            Ok(_) => {}
        }
        if gate.normally.is_none() {
            found.miss(fact_of(gate, "normally"));
        }
        // what is neither passed nor failed must not go on, or only `fail` stops the fault
        let step = &subject.plan.steps[watch.leg.step];
        let goes_on = step
            .edges
            .iter()
            .any(|edge| edge.outcome == Outcome::Inconclusive && edge.then == Then::Continue);
        if gate.fail.is_some() && goes_on {
            found.miss(format!(
                "`on inconclusive rollback` in step `{}`",
                step.name.value
            ));
        }
    }
    found.missing
}

/// The lowest probability with which a gate that judges an exposure catches its fault before more is
/// exposed.
pub(super) fn power(subject: Subject<'_>) -> Answer {
    let watches = watches(subject);
    let mut missing = Missing {
        facts: watches.missing.clone(),
    };
    let mut each = Vec::new();
    for watch in &watches.known {
        let seen = fault(watch.gate).and_then(|bad| caught(watch, bad, watch.share));
        match seen {
            Ok(seen) => each.push(Each {
                leg: watch.number,
                gate: subject
                    .model
                    .gates
                    .iter()
                    .position(|gate| gate.name.span == watch.gate.name.span),
                value: Quantity::Share(seen.leg),
                at: watch.at,
            }),
            Err(fact) => missing.add(fact),
        }
    }
    if !missing.is_empty() {
        return Answer::Missing(missing);
    }
    let found = Measured::of(each, false).map(|found| found.assuming(assumptions()));
    found.map_or(Answer::Nothing, Answer::Known)
}

/// What all numbers of gates rest on.
pub fn assumptions() -> [String; 2] {
    [
        "requests are independent of one another".into(),
        "a gate counts the requests of `traffic`".into(),
    ]
}

/// A fact of a gate, as it is asked for.
pub fn fact_of(gate: &Gate, word: &str) -> String {
    format!("`{word}` of gate `{}`", gate.name.value)
}

/// The healthy value, in the unit that the query answers in.
pub fn healthy(gate: &Gate) -> Option<f64> {
    gate.normally.and_then(|value| value.value.as_number())
}

/// The value that must not slip through, in the unit that the query answers in, or what is missing.
pub fn fault(gate: &Gate) -> Result<f64, String> {
    let number = |limit: Limit| limit.as_number();
    let Some(detect) = gate.detect else {
        return Err(fact_of(gate, "detect"));
    };
    let base = || healthy(gate).ok_or_else(|| fact_of(gate, "normally"));
    match detect.value {
        Detect::Value(limit) => number(limit).ok_or_else(|| fact_of(gate, "detect")),
        Detect::Added(limit) => match number(limit) {
            Some(added) => Ok(base()? + added),
            None => Err(fact_of(gate, "detect")),
        },
        Detect::Multiple(factor) => Ok(base()? * factor),
    }
}

/// Whether a value passes, where it is known what it is compared with.
pub fn passes(gate: &Gate, value: f64) -> Option<bool> {
    let expect = gate.expect.as_ref()?;
    let limit = match expect.limit.value {
        Limit::Baseline(factor) => factor * healthy(gate)?,
        other => other.as_number()?,
    };
    Some(expect.op.holds(value, limit))
}

/// Whether a value fails for good: by `fail` where the gate has one, else by not passing.
pub fn fails(gate: &Gate, value: f64) -> Option<bool> {
    let Some(fail) = &gate.fail else {
        return passes(gate, value).map(|passes| !passes);
    };
    let limit = match fail.limit.value {
        Limit::Baseline(factor) => factor * healthy(gate)?,
        other => other.as_number()?,
    };
    Some(fail.op.holds(value, limit))
}

/// The share of the traffic on the new version, at least; `None` where a part is unknown.
fn share_of(subject: Subject<'_>, leg: &Leg) -> Option<f64> {
    let exposure = &leg.exposure;
    let mut largest = 0.0_f64;
    for (cohort, domain) in &exposure.cohorts {
        let share = subject.model.cohorts.get(*cohort)?.share?;
        if !domain.is_empty() {
            return None;
        }
        largest = largest.max(share.value.fraction());
    }
    let everywhere = exposure.weights.get("").copied();
    let mut weight = 0.0;
    match (everywhere, exposure.weights.len()) {
        (share, 0 | 1) if exposure.weights.is_empty() || share.is_some() => {
            weight = share.unwrap_or(Percent::ZERO).fraction();
        }
        _ => {
            let roll = subject.plan.rolls.first()?;
            let domains = &subject.model.services.get(roll.service)?.domains;
            for (domain, &own) in exposure.weights.iter().filter(|(name, _)| !name.is_empty()) {
                let declared = domains.iter().find(|(name, _)| name.value == *domain)?;
                weight += declared.1.value.fraction() * own.fraction();
            }
        }
    }
    largest = largest.max(weight);
    (largest > 0.0).then_some(largest.min(1.0))
}

/// The requests a second of the services that are rolled: the fewest.
fn traffic(model: &Model, plan: &Plan) -> Result<(f64, Span), String> {
    let mut fewest: Option<(f64, Span)> = None;
    for roll in &plan.rolls {
        let Some(service) = model.services.get(roll.service) else {
            continue;
        };
        let Some(traffic) = service.traffic else {
            return Err(format!("`traffic` of service `{}`", service.name.value));
        };
        let own = (traffic.rate.value.value(), traffic.rate.span);
        if fewest.is_none_or(|known| own.0 < known.0) {
            fewest = Some(own);
        }
    }
    fewest.ok_or_else(|| {
        format!(
            "how many requests the gates of `{}` count: only those of a service that is rolled are known",
            plan.name.value
        )
    })
}

/// Legs, each with the place of what grows behind it.
fn growing(plan: &Plan) -> Vec<(usize, &Leg, Span)> {
    let mut found: Vec<(usize, &Leg, Span)> = Vec::new();
    // the leg of the present exposure that is held longest
    let mut longest: Option<(usize, &Leg)> = None;
    for (index, leg) in plan.legs.iter().enumerate() {
        if leg.grows
            && let Some((number, before)) = longest.take().filter(|_| leg.exposed_before)
        {
            found.push((number, before, leg.span));
        }
        let step = plan.steps.get(leg.step);
        let watched = !plan.throughout.is_empty() || step.is_some_and(|s| !s.watch.is_empty());
        let held = longest.is_none_or(|(_, known)| leg.hold > known.hold);
        if leg.exposure.is_exposed() && watched && held {
            longest = Some((index, leg));
        }
        // what an experiment goes on to
        let last = plan
            .legs
            .get(index + 1)
            .is_none_or(|next| next.step != leg.step);
        for edge in step.filter(|_| last).iter().flat_map(|step| &step.edges) {
            if let (Outcome::Success, Then::Weight(share)) = (edge.outcome, &edge.then)
                && share.value > leg.exposure.weight()
                && let Some((number, before)) = longest.take()
            {
                found.push((number, before, edge.span));
            }
        }
    }
    found
}

/// The gates that judge an exposure before it grows.
pub fn watches<'a>(subject: Subject<'a>) -> Watches<'a> {
    let mut found = Watches::default();
    let plan: &'a Plan = subject.plan;
    let model: &'a Model = subject.model;
    for (number, leg, grows) in growing(plan) {
        let Some(step) = plan.steps.get(leg.step) else {
            continue;
        };
        let traffic = match traffic(model, plan) {
            Ok(traffic) => traffic,
            Err(fact) => {
                found.miss(fact);
                continue;
            }
        };
        let Some(share) = share_of(subject, leg) else {
            found.miss(format!(
                "the share of the traffic that step `{}` exposes: that of a `weight`, or of a `cohort` with a `share`",
                step.name.value
            ));
            continue;
        };
        let hold = step.hold.map_or(Duration::ZERO, |hold| hold.value);
        for watched in step.watch.iter().chain(&plan.throughout) {
            let Some(gate) = model
                .gates
                .get(watched.value)
                .filter(|gate| !gate.incomplete)
            else {
                continue;
            };
            let (Some(_), Some(round)) = (gate.interval, gate.round) else {
                found.miss(fact_of(gate, "every"));
                continue;
            };
            let window = gate.promql.as_ref().and_then(|query| query.longest_range);
            let Some(window) = window.filter(|&seconds| seconds > 0.0) else {
                found.miss(format!(
                    "how far back gate `{}` looks: a range in its query, as in `[2m]`",
                    gate.name.value
                ));
                continue;
            };
            let settle = looks::first_look(model, gate);
            let within = hold.millis().saturating_sub(settle.millis());
            let rounds = within.checked_div(round.value.millis()).unwrap_or(0);
            if rounds == 0 {
                // the hold ends before one round: that is a finding of its own
                continue;
            }
            // within a step, the smallest share sees least
            let again = found.known.iter().any(|known| {
                known.leg.step == leg.step
                    && known.gate.name.span == gate.name.span
                    && known.share <= share
            });
            if again {
                continue;
            }
            found.known.push(Watch {
                gate,
                at: watched.span,
                leg,
                number,
                grows,
                share,
                traffic,
                window: Duration::from_millis((window * 1000.0) as u64),
                settle,
                round: round.value,
                rounds,
            });
        }
    }
    found
}

/// The gates of the plan, each once, with the place that names it first and its step.
pub fn gates<'a>(subject: Subject<'a>) -> Vec<(&'a Gate, Span, Option<usize>)> {
    let plan: &'a Plan = subject.plan;
    let model: &'a Model = subject.model;
    let mut found: Vec<(&Gate, Span, Option<usize>)> = Vec::new();
    let steps = plan.steps.iter().enumerate();
    let named = steps
        .flat_map(|(step, declared)| declared.watch.iter().map(move |gate| (gate, Some(step))))
        .chain(plan.throughout.iter().map(|gate| (gate, None)));
    for (watched, step) in named {
        if let Some(gate) = model.gates.get(watched.value)
            && !gate.incomplete
            && !found
                .iter()
                .any(|(known, ..)| known.name.span == gate.name.span)
        {
            found.push((gate, watched.span, step));
        }
    }
    found
}

/// Whether a gate measures the quantile that it says, and which.
pub fn quantile(gate: &Gate) -> Option<f64> {
    match gate.kind?.value {
        GateKind::Quantile(share) => Some(share.fraction()).filter(|q| *q > 0.0 && *q < 1.0),
        _ => None,
    }
}

/// A probability in words: whole percents, and never `0%` or `100%` for what is neither.
pub fn percent(share: f64) -> String {
    let whole = (share * 100.0).round();
    if whole < 1.0 && share > 0.0 {
        "less than 1%".into()
    } else if whole > 99.0 && share < 1.0 {
        "more than 99%".into()
    } else {
        format!("{whole}%")
    }
}

/// A count with separators: `12,693`.
pub fn grouped(count: f64) -> String {
    let digits = format!("{}", count.clamp(0.0, 1e15).floor() as u64);
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
