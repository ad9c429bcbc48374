//! Gates at legs: what each is given to see there.

use crate::model::{Gate, Index, Leg, Model, Outcome, Plan, Then};
use crate::platform::looks;
use crate::source::{Span, Spanned};
use crate::units::{Duration, Percent};

use super::super::Subject;
use super::{Judges, fact_of};

/// A gate that judges a leg before more is exposed.
#[derive(Clone, Copy, Debug)]
pub struct Watch<'a> {
    /// The gate.
    pub gate: &'a Gate,
    /// The gate, as an index.
    pub index: Index,
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
    /// Who judges them.
    pub judges: Judges,
}

impl Watch<'_> {
    /// Requests to the new version that one look counts.
    pub fn requests(&self) -> f64 {
        self.traffic.0 * self.share * self.window.as_secs_f64()
    }

    /// The same gate with a query that looks so far back, in the same hold: the first look comes as
    /// much later, and fewer rounds may fit.
    #[must_use]
    pub fn looking_back(&self, window: Duration) -> Self {
        let settle = match window > self.window {
            true => self.settle.plus(Duration::from_millis(
                window.millis() - self.window.millis(),
            )),
            false => Duration::from_millis(
                self.settle
                    .millis()
                    .saturating_sub(self.window.millis() - window.millis()),
            ),
        };
        let within = self.leg.hold.millis().saturating_sub(settle.millis());
        let fit = within / self.round.millis().max(1);
        Watch {
            window,
            settle,
            rounds: fit.min(self.rounds),
            ..*self
        }
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
    pub(super) fn miss(&mut self, fact: String) {
        if !self.missing.contains(&fact) {
            self.missing.push(fact);
        }
    }
}

/// The share of the traffic on the new version, at least, copies of requests included; `None` where a
/// part is unknown.
pub fn share_of(subject: Subject<'_>, leg: &Leg) -> Option<f64> {
    let exposure = &leg.exposure;
    let mut largest = 0.0_f64;
    for (cohort, domain) in &exposure.cohorts {
        let share = subject.model.cohorts.get(*cohort)?.share?;
        if !domain.is_empty() {
            return None;
        }
        largest = largest.max(share.value.fraction());
    }
    // copies are measured like requests
    let weight = weight_of(subject, leg)?;
    largest = largest.max(weight).max(exposure.mirror.fraction());
    (largest > 0.0).then_some(largest.min(1.0))
}

/// The share of the service's traffic that weights give to the new version, over all failure domains;
/// `None` where the share of a domain is unknown.
pub fn weight_of(subject: Subject<'_>, leg: &Leg) -> Option<f64> {
    let exposure = &leg.exposure;
    let everywhere = exposure.weights.get("").copied();
    if exposure.weights.is_empty() || (exposure.weights.len() == 1 && everywhere.is_some()) {
        return Some(everywhere.unwrap_or(Percent::ZERO).fraction());
    }
    let roll = subject.plan.rolls.first()?;
    let domains = &subject.model.services.get(roll.service)?.domains;
    let mut weight = 0.0;
    let mut named = 0.0;
    for (domain, &own) in exposure.weights.iter().filter(|(name, _)| !name.is_empty()) {
        let declared = domains.iter().find(|(name, _)| name.value == *domain)?;
        let share = declared.1.value.fraction();
        weight += share * own.fraction();
        named += share;
    }
    // what is set everywhere counts where nothing else is said
    let rest = everywhere.unwrap_or(Percent::ZERO).fraction();
    Some((weight + rest * (1.0 - named).max(0.0)).min(1.0))
}

/// The requests a second of the services that are rolled: the fewest.
pub fn traffic(model: &Model, plan: &Plan) -> Result<(f64, Span), String> {
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
    for (number, leg, grows) in growing(subject.plan) {
        look(subject, (number, leg, grows), &mut found);
    }
    // within a step, the smallest share sees least
    let mut known: Vec<Watch<'a>> = Vec::new();
    for watch in found.known {
        let again = known.iter().any(|known| {
            known.leg.step == watch.leg.step
                && known.gate.name.span == watch.gate.name.span
                && known.share <= watch.share
        });
        if !again {
            known.push(watch);
        }
    }
    Watches {
        known,
        missing: found.missing,
    }
}

/// The gates that look at any leg that exposes or mirrors something, whether it grows or not.
pub fn all_watches<'a>(subject: Subject<'a>) -> Watches<'a> {
    let mut found = Watches::default();
    for (number, leg) in subject.plan.legs.iter().enumerate() {
        if leg.exposure.is_exposed() || leg.exposure.mirror > Percent::ZERO {
            look(subject, (number, leg, leg.span), &mut found);
        }
    }
    found
}

/// The gates that look at a leg, each once.
fn look<'a>(
    subject: Subject<'a>,
    (number, leg, grows): (usize, &'a Leg, Span),
    found: &mut Watches<'a>,
) {
    let (plan, model) = (subject.plan, subject.model);
    let Some(step) = plan.steps.get(leg.step) else {
        return;
    };
    let mut watched: Vec<&'a Spanned<Index>> = Vec::new();
    for gate in step.watch.iter().chain(&plan.throughout) {
        if watched.iter().all(|known| known.value != gate.value) {
            watched.push(gate);
        }
    }
    if watched.is_empty() {
        return;
    }
    let traffic = match traffic(model, plan) {
        Ok(traffic) => traffic,
        Err(fact) => return found.miss(fact),
    };
    let Some(share) = share_of(subject, leg) else {
        return found.miss(format!(
            "the share of the traffic that step `{}` exposes: that of a `weight`, or of a `cohort` with a `share`",
            step.name.value
        ));
    };
    let hold = step.hold.map_or(Duration::ZERO, |hold| hold.value);
    let judges = Judges::of(subject);
    // a controller lays the rounds of all gates of a step side by side
    let together = judges.argo.then(|| rounds_together(model, &watched, hold));
    for watched in watched {
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
        let own = within.checked_div(round.value.millis()).unwrap_or(0);
        if own == 0 {
            // the hold ends before one round: that is a finding of its own
            continue;
        }
        found.known.push(Watch {
            gate,
            index: watched.value,
            at: watched.span,
            leg,
            number,
            grows,
            share,
            traffic,
            window: Duration::from_millis((window * 1000.0) as u64),
            settle,
            round: round.value,
            rounds: together.map_or(own, |together| together.clamp(1, own)),
            judges,
        });
    }
}

/// The rounds that are laid into a hold for all of its gates.
fn rounds_together(model: &Model, watched: &[&Spanned<Index>], hold: Duration) -> u64 {
    let gates: Vec<(&Gate, Duration)> = watched
        .iter()
        .filter_map(|gate| model.gates.get(gate.value))
        .map(|gate| (gate, looks::first_look(model, gate)))
        .collect();
    looks::schedule(hold, &gates).rounds
}
