//! When the gates of a leg look: rounds of looks, laid one behind the other until the hold ends.

use crate::model::{Gate, Model, Provider};
use crate::units::Duration;

/// So many runs are written for one hold at most; more rounds than that are judged together.
const MAX_RUNS: u64 = 6;

/// One gate within one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// From the start of the run to the first look.
    pub delay: Duration,
    /// How many looks.
    pub count: u64,
    /// The time between them.
    pub interval: Duration,
    /// How many of them may fail.
    pub tolerate: u64,
    /// Whether this is the first run of the hold.
    pub first: bool,
}

/// The looks of a hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// One run after the other, each with a look for every gate, in the order of the gates.
    pub runs: Vec<Vec<Look>>,
    /// What is left of the hold behind the last run.
    pub rest: Duration,
    /// Rounds of the plan, and whether several of them are judged together, which tolerates less.
    pub rounds: u64,
    /// Several rounds share one run and what is tolerated in it.
    pub merged: bool,
}

/// How far back the query of a gate looks.
pub fn reach(gate: &Gate) -> Duration {
    gate.promql.as_ref().map_or(Duration::ZERO, |query| {
        Duration::from_millis((query.reach.max(0.0) * 1000.0).ceil() as u64)
    })
}

/// From the end of a change to the first look at it: what the query looks back, the time until the
/// next collection, and the provider's delay.
pub fn settle(gate: &Gate, provider: Option<&Provider>) -> Duration {
    let known = |time: Option<crate::source::Spanned<Duration>>| {
        time.map_or(Duration::ZERO, |time| time.value)
    };
    let scrape = provider.map_or(Duration::ZERO, |provider| known(provider.scrape));
    let delay = provider.map_or(Duration::ZERO, |provider| known(provider.delay));
    reach(gate).plus(scrape).plus(delay)
}

/// The same of a gate as the model knows it.
pub fn first_look(model: &Model, gate: &Gate) -> Duration {
    settle(
        gate,
        gate.provider.and_then(|index| model.providers.get(index)),
    )
}

/// Lays the rounds of `gates` (each with its settling time) into `hold`.
///
/// A round is as long as the longest of the gates'; there is at least one. Where nothing is
/// tolerated, rounds judged together decide the same as rounds judged one by one.
pub fn schedule(hold: Duration, gates: &[(&Gate, Duration)]) -> Schedule {
    let minute = Duration::from_secs(60);
    let interval = |gate: &Gate| {
        gate.interval
            .map(|time| time.value)
            .filter(|time| time.millis() > 0)
            .unwrap_or(minute)
    };
    let Some(round) = gates
        .iter()
        .map(|(gate, _)| interval(gate).times(gate.looks()).millis())
        .max()
    else {
        return Schedule {
            rest: hold,
            ..Schedule::default()
        };
    };
    let settled = gates
        .iter()
        .map(|(_, settle)| settle.millis())
        .max()
        .unwrap_or(0);
    let rounds = hold
        .millis()
        .saturating_sub(settled)
        .checked_div(round)
        .unwrap_or(0)
        .max(1);
    let strict = gates
        .iter()
        .all(|(gate, _)| gate.tolerate.is_none_or(|tolerate| tolerate.value == 0));
    let runs = if strict { 1 } else { rounds.min(MAX_RUNS) };
    let mut schedule = Schedule {
        rounds,
        merged: !strict && runs < rounds,
        ..Schedule::default()
    };
    let mut spent = 0u64;
    for run in 0..runs {
        // what does not divide evenly goes to the first runs
        let share = rounds / runs + u64::from(run < rounds % runs);
        let looks: Vec<Look> = gates
            .iter()
            .map(|(gate, settle)| {
                let interval = interval(gate);
                let count = (share.saturating_mul(round) / interval.millis().max(1)).max(1);
                Look {
                    delay: if run == 0 { *settle } else { interval },
                    count,
                    interval,
                    tolerate: gate
                        .tolerate
                        .map_or(0, |tolerate| tolerate.value)
                        .min(count),
                    first: run == 0,
                }
            })
            .collect();
        let length = looks
            .iter()
            .map(|look| {
                look.delay
                    .plus(look.interval.times(look.count.saturating_sub(1)))
                    .millis()
            })
            .max()
            .unwrap_or(0);
        spent = spent.saturating_add(length);
        schedule.runs.push(looks);
    }
    schedule.rest = Duration::from_millis(hold.millis().saturating_sub(spent));
    schedule
}
