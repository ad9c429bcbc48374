//! The probability that a healthy rollout is rolled back somewhere.
//!
//! An upper bound: looks that share requests are taken for as bad as they can be, and the traffic
//! for as unlucky.

use crate::model::{Outcome, Then};
use crate::numbers::distribution::binomial_above;
use crate::platform::looks;
use crate::units::Duration;

use super::super::{Answer, Each, Measured, Missing, Quantity, Subject};
use super::power::{Look, needs_requests, requests_measured};
use super::{Watch, all_watches, assumptions, fact_of, healthy, quantile};

/// The probability that a gate fails at its `normally` somewhere.
pub(in crate::measure) fn false_alarm(subject: Subject<'_>) -> Answer {
    let watches = all_watches(subject);
    let mut missing = Missing {
        facts: watches.missing.clone(),
    };
    let mut each: Vec<Each> = Vec::new();
    let mut spread = false;
    for watch in &watches.known {
        let Some(value) = healthy(watch.gate) else {
            missing.add(fact_of(watch.gate, "normally"));
            continue;
        };
        match at_leg(subject, watch, value) {
            Ok(alarm) => {
                spread |= quantile(watch.gate).is_some();
                each.push(Each {
                    leg: watch.number,
                    gate: Some(watch.index),
                    value: Quantity::Share(alarm),
                    at: watch.at,
                });
            }
            Err(fact) => missing.add(fact),
        }
    }
    if !missing.is_empty() {
        return Answer::Missing(missing);
    }
    let passes: f64 = each.iter().map(|one| 1.0 - one.value.number()).product();
    let Some(mut found) = Measured::of(each, true) else {
        return Answer::Nothing;
    };
    found.value = Quantity::Share((1.0 - passes).clamp(0.0, 1.0));
    found = found.assuming(assumptions());
    if spread {
        found = found.assuming([
            "beyond its quantile a healthy time falls off as an exponential distribution does"
                .to_string(),
        ]);
    }
    Answer::Known(found)
}

/// The probability that a gate fails somewhere in a leg where what it measures is `value`, at most.
fn at_leg(subject: Subject<'_>, watch: &Watch<'_>, value: f64) -> Result<f64, String> {
    let gate = watch.gate;
    let refused = |_| format!("a value of gate `{}` that it can have", gate.name.value);
    let interval = gate.interval.map_or(1, |time| time.value.millis()).max(1);
    let stride = watch.window.millis().div_ceil(interval).max(1);
    let tolerate = gate.tolerate.map_or(0, |count| count.value);
    let one = |points: bool| {
        let fails = Look::new(watch, value, watch.share, points)?
            .fails_at_most(watch, value)
            .map_err(refused)?;
        // a look without requests fails too, unless the step says otherwise
        let blind = match needs_requests(watch) && !continues(subject, watch) {
            true => (-requests_measured(watch)).exp(),
            false => 0.0,
        };
        Ok::<f64, String>((fails + blind).min(1.0))
    };
    let mut worst = 0.0_f64;
    if watch.judges.own {
        let round = some_of(gate.looks(), tolerate, one(false)?, stride).map_err(refused)?;
        worst = worst.max(once_in(watch.rounds, round));
    }
    if watch.judges.argo {
        let fails = one(true)?;
        let mut passes = 1.0;
        for count in runs(subject, watch) {
            let limit = tolerate.min(count);
            passes *= 1.0 - some_of(count, limit, fails, stride).map_err(refused)?;
        }
        worst = worst.max(1.0 - passes);
    }
    if watch.judges.flagger {
        // going back needs more failed checks than are tolerated, one behind the other
        worst = worst.max(one(true)?);
    }
    Ok(worst.clamp(0.0, 1.0))
}

/// Whether the step of a leg goes on without data.
pub(in crate::measure) fn continues(subject: Subject<'_>, watch: &Watch<'_>) -> bool {
    let edges = subject.step(watch.leg).map(|step| &step.edges);
    edges
        .into_iter()
        .flatten()
        .any(|edge| edge.outcome == Outcome::NoData && edge.then == Then::Continue)
}

/// The looks of each run into which Argo Rollouts lays the rounds of a hold.
fn runs(subject: Subject<'_>, watch: &Watch<'_>) -> Vec<u64> {
    let Some(step) = subject.step(watch.leg) else {
        return Vec::new();
    };
    let hold = step.hold.map_or(Duration::ZERO, |hold| hold.value);
    let gates: Vec<_> = step
        .watch
        .iter()
        .chain(&subject.plan.throughout)
        .filter_map(|watched| subject.model.gates.get(watched.value))
        .map(|gate| (gate, looks::first_look(subject.model, gate)))
        .collect();
    let place = gates
        .iter()
        .position(|(gate, _)| gate.name.span == watch.gate.name.span);
    let schedule = looks::schedule(hold, &gates);
    let runs = schedule.runs.iter();
    runs.filter_map(|run| run.get(place?))
        .map(|look| look.count)
        .collect()
}

/// The probability that more than `tolerate` of `looks` fail, each with probability `fails`, at most;
/// `stride` neighbours share requests.
fn some_of(looks: u64, tolerate: u64, fails: f64, stride: u64) -> crate::numbers::Answer<f64> {
    let any = once_in(looks, fails);
    // what shares nothing is independent; else the mean is a bound (Markov), and so is one failure
    if stride <= 1 {
        return binomial_above(tolerate, looks, fails);
    }
    let mean = looks as f64 * fails / (tolerate as f64 + 1.0);
    Ok(any.min(mean))
}

/// `1-(1-p)^n`: also a bound for events that go together.
fn once_in(times: u64, p: f64) -> f64 {
    match p >= 1.0 {
        true => 1.0,
        false => -(times as f64 * (-p).ln_1p()).exp_m1(),
    }
}
