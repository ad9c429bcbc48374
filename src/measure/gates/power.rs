//! The probability that a gate does not pass a value before more is exposed.
//!
//! A lower bound, which rests on no more than what is declared: looks that share requests are not
//! counted as independent, and the least favourable traffic from the declared one up is taken, since
//! the probability goes up like a saw. So a longer hold, more traffic and a larger fault never lower
//! it.

use crate::model::{GateKind, Limit};
use crate::numbers::distribution::{binomial_above, poisson_above};
use crate::numbers::proportion::{Worse, normal_is_valid, power_against_multiple, ratio_of};
use crate::numbers::{Answer, rounds};
use crate::units::Duration;
use crate::vocabulary::Compare;

use super::{Watch, fact_of, healthy, quantile};

/// The false alarm of one look that compares with the baseline.
const LOOK_ALPHA: f64 = 0.05;
/// The same where only points are compared: of two equal ones each is above the other half of the
/// time.
const POINT_ALPHA: f64 = 0.5;
/// Limits are whole billionths.
const PARTS: u64 = 1_000_000_000;

/// What a gate catches.
#[derive(Clone, Copy, Debug)]
pub struct Caught {
    /// The probability within the leg.
    pub leg: f64,
    /// The probability within one round.
    pub round: f64,
    /// Looks of a round that share no requests.
    pub apart: u64,
    /// Rounds that share no requests with one another.
    pub apart_rounds: u64,
}

/// The probability that `watch` does not pass, if what it measures is `value` and the new version
/// has `share` of the traffic, under the rules of whoever judges it: of several targets the lowest.
/// `Err` is the fact that is missing.
pub fn caught(watch: &Watch<'_>, value: f64, share: f64) -> Result<Caught, String> {
    let judges = watch.judges;
    let mut lowest: Option<Caught> = None;
    let mut keep = |found: Caught| {
        if lowest.is_none_or(|known| found.leg < known.leg) {
            lowest = Some(found);
        }
    };
    if judges.own || judges.argo {
        // Argo Rollouts tolerates as much in a run as the judge in each of its rounds
        let points = !judges.own;
        keep(by_rounds(watch, &Look::new(watch, value, share, points)?)?);
    }
    if judges.flagger {
        keep(by_checks(watch, &Look::new(watch, value, share, true)?)?);
    }
    lowest.ok_or_else(|| fact_of(watch.gate, "expect"))
}

/// One check for each leg, taken again until it passes: going back needs more failures than are
/// tolerated, one behind the other (Flagger's `threshold`).
fn by_checks(watch: &Watch<'_>, look: &Look) -> Result<Caught, String> {
    let alone = look.fails(1.0).map_err(|_| refused(watch))?;
    let tolerate = watch.gate.tolerate.map_or(0, |count| count.value);
    let times = i32::try_from(tolerate.saturating_add(1)).unwrap_or(i32::MAX);
    let leg = alone.powi(times);
    Ok(Caught {
        leg,
        round: leg,
        apart: 1,
        apart_rounds: 1,
    })
}

fn refused(watch: &Watch<'_>) -> String {
    format!(
        "a value of gate `{}` that it can have",
        watch.gate.name.value
    )
}

/// The probability that a healthy version at `value` does not pass, at least, and which part of that
/// is looks without a single request: those have no data, and count as failed where the step does not
/// say `on no-data continue`. Requests come independently, so that a look is empty with `exp(-n)`.
pub fn stops(watch: &Watch<'_>, value: f64, continues: bool) -> Result<(f64, f64), String> {
    let seen = caught(watch, value, watch.share)?.leg;
    if continues || watch.judges.flagger {
        return Ok((seen, 0.0));
    }
    let empty = Look::Empty {
        requests: requests_measured(watch),
    };
    let blind = match needs_requests(watch) {
        true => by_rounds(watch, &empty)?.leg,
        false => 0.0,
    };
    Ok((seen.max(blind), blind))
}

/// Whether a look without requests has no value.
pub(super) fn needs_requests(watch: &Watch<'_>) -> bool {
    let query = watch.gate.promql.as_ref();
    let by_itself =
        query.is_some_and(|query| query.value.needs_requests && query.otherwise.is_none());
    by_itself || quantile(watch.gate).is_some()
}

/// The requests that a look counts, of all versions where the query does not tell them apart.
pub(super) fn requests_measured(watch: &Watch<'_>) -> f64 {
    let scoped = watch.gate.promql.as_ref();
    match scoped.is_some_and(|query| query.uses_version) {
        true => watch.requests(),
        false => watch.traffic.0 * watch.window.as_secs_f64(),
    }
}

/// Rounds of looks, each of which has to pass.
fn by_rounds(watch: &Watch<'_>, look: &Look) -> Result<Caught, String> {
    let gate = watch.gate;
    let refused = |_| refused(watch);
    let looks = gate.looks();
    let interval = gate.interval.map_or(0, |time| time.value.millis()).max(1);
    let window = watch.window.millis();
    let tolerate = gate.tolerate.map_or(0, |count| count.value);
    let stride = window.div_ceil(interval).max(1);
    let apart = (looks / stride).max(1);
    let alone = look.fails(1.0).map_err(refused)?;
    let mut round = binomial_above(tolerate, apart, alone).map_err(refused)?;
    // looks that follow one another all fail when the requests that they share suffice
    let groups = looks / stride.saturating_add(tolerate).max(1);
    if tolerate > 0 && groups > 0 {
        let all = in_a_row(watch, look).map_err(refused)?;
        let any = binomial_above(0, groups, all).map_err(refused)?;
        round = round.max(any);
    }
    round = round.max(strided(looks, stride, tolerate, alone).map_err(refused)?);
    // windows that are longer than a round make rounds share requests too
    let length = watch.round.millis().max(1);
    let apart_rounds = if window > length {
        (watch.rounds.saturating_mul(length) / window).max(1)
    } else {
        watch.rounds
    };
    let apart_rounds = apart_rounds.clamp(1, 1_000_000);
    let passes = rounds::judge(round, 1, 0, apart_rounds).map_err(refused)?;
    Ok(Caught {
        leg: 1.0 - passes,
        round,
        apart,
        apart_rounds,
    })
}

/// The probability that more than `tolerate` of `looks` fail, at least, where only looks that are
/// `stride` apart share no requests. They fall into `stride` classes of independent looks; where no
/// more fail than are tolerated, in one of the classes no larger part of its looks does, so that the
/// probabilities of the classes add up to a bound. It reaches far where a large part of the looks is
/// tolerated, and nothing is left of counting only those that are apart.
fn strided(looks: u64, stride: u64, tolerate: u64, alone: f64) -> Answer<f64> {
    let stride = stride.min(looks);
    let mut passes = 0.0;
    // classes are of two sizes
    let (least, longer) = (looks / stride, looks % stride);
    for (own, classes) in [(least + 1, longer), (least, stride - longer)] {
        if classes == 0 || own == 0 {
            continue;
        }
        let most = u128::from(tolerate) * u128::from(own) / u128::from(looks);
        let fails = binomial_above(most as u64, own, alone)?;
        passes += classes as f64 * (1.0 - fails);
    }
    Ok((1.0 - passes).max(0.0))
}

/// The probability that one look more than is tolerated fails, one behind the other: by the requests
/// that all of them share. 0 where they share none.
fn in_a_row(watch: &Watch<'_>, look: &Look) -> Answer<f64> {
    let interval = watch
        .gate
        .interval
        .map_or(0, |time| time.value.millis())
        .max(1);
    let tolerate = watch.gate.tolerate.map_or(0, |count| count.value);
    let window = watch.window.millis();
    if let Look::Empty { requests } = look {
        // all of them are empty when nothing comes from the begin of the first to the end of the last
        let longer = tolerate.saturating_mul(interval) as f64 / window.max(1) as f64;
        return Ok((-requests * (1.0 + longer)).exp());
    }
    let shared = window.saturating_sub(tolerate.saturating_mul(interval));
    match shared {
        0 => Ok(0.0),
        shared => look.fails(shared as f64 / window as f64),
    }
}

/// The probability that the first looks of a leg suffice, and when they have been taken, counted from
/// the end of the change.
pub(in crate::measure) fn at_once(
    watch: &Watch<'_>,
    value: f64,
) -> Result<(f64, Duration), String> {
    let tolerate = watch.gate.tolerate.map_or(0, |count| count.value);
    let interval = watch
        .gate
        .interval
        .map_or(Duration::ZERO, |time| time.value);
    let when = watch.settle.plus(interval.times(tolerate));
    if watch.judges.flagger {
        return Ok((0.0, when));
    }
    let look = Look::new(watch, value, watch.share, !watch.judges.own)?;
    let seen = in_a_row(watch, &look).map_err(|_| refused(watch))?;
    Ok((seen, when))
}

/// Nobody holds a step for longer because of a finding.
const LONGEST_HOLD: Duration = Duration::from_secs(7 * 24 * 3600);

/// The hold, in whole minutes, after which the gate is sure to catch `bad` with the power wanted,
/// where one round catches it with probability `round`. `None` where a week is not enough.
pub fn hold_needed(watch: &Watch<'_>, bad: f64, round: f64, wanted: f64) -> Option<Duration> {
    let rounds = rounds::rounds_needed(round, 1, 0, wanted).ok()??;
    let each = watch.window.max(watch.round);
    let hold = watch.settle.plus(each.times(rounds));
    let hold = Duration::from_secs(hold.millis().div_ceil(60_000) * 60);
    let within = hold.millis().saturating_sub(watch.settle.millis());
    let longer = Watch {
        rounds: within / watch.round.millis().max(1),
        ..*watch
    };
    let enough = caught(&longer, bad, watch.share).is_ok_and(|found| found.leg >= wanted);
    (hold <= LONGEST_HOLD && enough).then_some(hold)
}

/// One look.
pub(super) enum Look {
    /// Events of `requests`, each with a probability, against a share of them.
    Share {
        requests: f64,
        rate: f64,
        limit: u64,
        strict: bool,
    },
    /// A number of events against a limit.
    Events { expected: f64, most: u64 },
    /// A share against a multiple of the baseline's.
    Baseline(f64),
    /// Any request at all.
    Empty { requests: f64 },
}

impl Look {
    pub(super) fn new(
        watch: &Watch<'_>,
        value: f64,
        share: f64,
        points: bool,
    ) -> Result<Look, String> {
        let gate = watch.gate;
        let alpha = if points { POINT_ALPHA } else { LOOK_ALPHA };
        let (Some(kind), Some(expect)) = (gate.kind, gate.expect.as_ref()) else {
            return Err(fact_of(gate, "kind"));
        };
        let seconds = watch.window.as_secs_f64();
        let scoped = gate.promql.as_ref().is_some_and(|query| query.uses_version);
        let whole = watch.traffic.0 * seconds;
        let upper = matches!(expect.op, Compare::Less | Compare::LessEqual);
        let strict = matches!(expect.op, Compare::Less | Compare::Greater);
        let other = || {
            format!(
                "how far single values of gate `{}` spread: known for `kind proportion`, and for `kind quantile` with a fixed limit",
                gate.name.value
            )
        };
        if expect.op == Compare::Equal {
            return Err(other());
        }
        match (kind.value, expect.limit.value) {
            (GateKind::Proportion, Limit::Baseline(factor)) if scoped => {
                let healthy = healthy(gate).ok_or_else(|| fact_of(gate, "normally"))?;
                let ratio = ratio_of(share).map_err(|_| other())?;
                let worse = if upper { Worse::Higher } else { Worse::Lower };
                let shares = (value, healthy);
                let seen =
                    power_against_multiple(whole * share, shares, ratio, (factor, worse), alpha)
                        .map_err(|_| fact_of(gate, "detect"))?;
                Ok(Look::Baseline(seen))
            }
            (GateKind::Proportion, limit) => {
                let limit = limit.as_number().ok_or_else(other)?;
                let (rate, limit) = if upper {
                    (value, limit)
                } else {
                    (1.0 - value, 1.0 - limit)
                };
                let (requests, rate) = if scoped {
                    (whole * share, rate)
                } else {
                    // all versions are measured together
                    let healthy = healthy(gate).ok_or_else(|| fact_of(gate, "normally"))?;
                    let rest = if upper { healthy } else { 1.0 - healthy };
                    (whole, share * rate + (1.0 - share) * rest)
                };
                Look::share(requests, rate, limit, strict).ok_or_else(|| fact_of(gate, "detect"))
            }
            (GateKind::Quantile(quantile), limit) if scoped && upper => {
                let limit = limit.as_number().ok_or_else(other)?;
                // beyond the limit is at least the share that the quantile leaves, whatever the
                // distribution, as soon as the quantile itself is
                let beyond = 1.0 - quantile.fraction();
                let rate = if value > limit { beyond } else { 0.0 };
                Look::share(whole * share, rate, beyond, false).ok_or_else(other)
            }
            (GateKind::Count | GateKind::Rate, limit) if scoped && upper => {
                let limit = limit.as_number().ok_or_else(other)?;
                let scale = if kind.value == GateKind::Rate {
                    seconds
                } else {
                    1.0
                };
                let (limit, expected) = (limit * scale, value * scale);
                let most = if strict {
                    limit.ceil() - 1.0
                } else {
                    limit.floor()
                };
                if !(0.0..=1e15).contains(&most) || !(0.0..=1e15).contains(&expected) {
                    return Err(fact_of(gate, "detect"));
                }
                let most = most as u64;
                Ok(Look::Events { expected, most })
            }
            _ => Err(other()),
        }
    }

    /// The probability that the look fails, at the most unlucky traffic from the present one up to
    /// where one more error passes.
    pub(super) fn fails_at_most(&self, watch: &Watch<'_>, value: f64) -> Answer<f64> {
        match *self {
            Look::Baseline(seen) => Ok(match few_errors(watch, value) {
                // too few errors for the normal form: the test's own bound, and for points none
                true if watch.judges.argo || watch.judges.flagger => 1.0,
                true => seen.max(LOOK_ALPHA),
                false => seen,
            }),
            Look::Events { .. } | Look::Empty { .. } => self.fails(1.0),
            Look::Share {
                requests,
                rate,
                limit,
                strict,
            } => {
                // of a quantile the share beyond its limit, as an exponential distribution falls off
                let rate = match (quantile(watch.gate), watch.gate.expect.as_ref()) {
                    (Some(quantile), Some(expect)) => {
                        let limit = expect.limit.value.as_number().unwrap_or(0.0);
                        let times = if value > 0.0 { limit / value } else { 0.0 };
                        (1.0 - quantile).powf(times.max(0.0))
                    }
                    _ => rate,
                };
                let requests = requests.floor() as u64;
                let most = match most_that_pass(requests, limit, strict) {
                    Some(most) => most,
                    None => return Ok(if requests == 0 { 0.0 } else { 1.0 }),
                };
                let unlucky = match limit {
                    0 => requests,
                    _ => requests_for(most.saturating_add(1), limit, strict).saturating_sub(1),
                };
                binomial_above(most, unlucky.max(requests), rate)
            }
        }
    }

    fn share(requests: f64, rate: f64, limit: f64, strict: bool) -> Option<Look> {
        let shares = [rate, limit];
        if !shares.iter().all(|share| (0.0..=1.0).contains(share)) {
            return None;
        }
        // 1 - 0.99 is not quite 0.01: a billionth is near enough
        let limit = (limit * PARTS as f64).round() as u64;
        (0.0..=1e12).contains(&requests).then_some(Look::Share {
            requests,
            rate,
            limit,
            strict,
        })
    }

    /// The probability that the look fails already by what a `part` of its window holds, at the
    /// least favourable traffic from the present one up.
    fn fails(&self, part: f64) -> Answer<f64> {
        match *self {
            Look::Baseline(seen) => Ok(if part >= 1.0 { seen } else { 0.0 }),
            Look::Events { expected, most } => poisson_above(most, expected * part),
            Look::Empty { requests } => Ok((-requests * part).exp()),
            Look::Share {
                requests,
                rate,
                limit,
                strict,
            } => {
                let requests = requests.floor() as u64;
                let most = match most_that_pass(requests, limit, strict) {
                    Some(most) => most,
                    None => return Ok(if requests == 0 { 0.0 } else { 1.0 }),
                };
                let at = |requests: u64, most: u64| {
                    binomial_above(most, (requests as f64 * part) as u64, rate)
                };
                let here = at(requests, most)?;
                if limit == 0 {
                    return Ok(here);
                }
                // with a bit more traffic one more error passes
                let more = requests_for(most.saturating_add(1), limit, strict);
                Ok(here.min(at(more, most.saturating_add(1))?))
            }
        }
    }
}

/// The most errors of so many requests that still pass; `None` where none do.
fn most_that_pass(requests: u64, limit: u64, strict: bool) -> Option<u64> {
    let exact = u128::from(requests) * u128::from(limit);
    let most = match strict {
        true => exact.checked_sub(1)?,
        false => exact,
    };
    Some(u64::try_from(most / u128::from(PARTS)).unwrap_or(u64::MAX))
}

/// The fewest requests of which so many errors pass; `limit` is not 0.
fn requests_for(errors: u64, limit: u64, strict: bool) -> u64 {
    let exact = u128::from(errors) * u128::from(PARTS);
    let limit = u128::from(limit.max(1));
    let fewest = match strict {
        true => exact / limit + 1,
        false => exact.div_ceil(limit),
    };
    u64::try_from(fewest)
        .unwrap_or(u64::MAX)
        .min(1_000_000_000_000_000)
}

/// Whether a look counts too few errors for the normal form.
fn few_errors(watch: &Watch<'_>, rate: f64) -> bool {
    let whole = watch.traffic.0 * watch.window.as_secs_f64();
    let least = watch.share.min(1.0 - watch.share);
    !normal_is_valid(whole * least, rate)
}
