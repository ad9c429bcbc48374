//! What a controller makes of looks that fail: the probability that a round goes through.
//!
//! `fails` is the probability that one look fails, at the rate that is asked about: for a bad
//! version the answer "passes" is the miss, for a good one "fails" the false alarm. Looks are taken
//! as independent; see [`super::windows`] for those that overlap.

use super::distribution::{binomial, binomial_above, binomial_at_most};
use super::range::{Answer, OutOfRange, count, share};

/// So many looks, and limits of them, are computed with.
const MOST_LOOKS: u64 = 1_000_000;
/// The same where every order of outcomes counts.
const MOST_IN_ORDER: u64 = 500;

fn looks(what: &'static str, value: u64) -> Answer<u64> {
    count(what, value, 1, MOST_LOOKS, "from 1 to 1 million")
}

/// The most errors with which a point estimate does not exceed `numerator/denominator`:
/// `floor(n·num/den)`, in whole numbers.
pub fn most_errors(requests: u64, numerator: u64, denominator: u64) -> Answer<u64> {
    count("denominator", denominator, 1, u64::MAX, "at least 1")?;
    let most = u128::from(requests) * u128::from(numerator) / u128::from(denominator);
    Ok(u64::try_from(most).unwrap_or(u64::MAX))
}

/// The probability that a look of `requests` has more than `most` errors.
pub fn look_fails(requests: u64, rate: f64, most: u64) -> Answer<f64> {
    binomial_above(most, requests, rate)
}

/// How a run of looks ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ends {
    /// The probability that it goes through.
    pub passes: f64,
    /// The probability that it is aborted.
    pub aborts: f64,
    /// Looks until the abort, given that there is one; 0 where there is none.
    pub looks_until_abort: f64,
}

/// Argo Rollouts: `count` measurements, aborted once more than `failure_limit` have failed
/// (`analysis.go`). The same are the rounds of our own judge, whose limit is `tolerate`.
pub fn argo(fails: f64, measurements: u64, failure_limit: u64) -> Answer<Ends> {
    share("probability", fails)?;
    looks("count", measurements)?;
    let passes = binomial_at_most(failure_limit, measurements, fails)?;
    let aborts = binomial_above(failure_limit, measurements, fails)?;
    // the last failure is at look t: t-1 looks with the limit of failures, then one more
    let mut sum = 0.0;
    let mut weighted = 0.0;
    for t in failure_limit.saturating_add(1)..=measurements {
        let here = binomial(failure_limit, t - 1, fails)? * fails;
        sum += here;
        weighted += here * t as f64;
    }
    Ok(Ends {
        passes,
        aborts,
        looks_until_abort: if sum > 0.0 { weighted / sum } else { 0.0 },
    })
}

/// Argo Rollouts without `count`: measured until the step is over, and a run that is terminated is
/// successful, even one without any measurement. So with `taken` looks it passes unless it was
/// aborted before.
pub fn argo_background(fails: f64, taken: u64, failure_limit: u64) -> Answer<f64> {
    if taken == 0 {
        return share("probability", fails).map(|_| 1.0);
    }
    argo(fails, taken, failure_limit).map(|ends| ends.passes)
}

/// How a run with a limit of successes in a row ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InARow {
    /// The successes in a row were reached.
    pub success: f64,
    /// Too many have failed.
    pub failed: f64,
    /// The measurements ended with neither.
    pub inconclusive: f64,
}

/// Argo Rollouts with `consecutiveSuccessLimit`: successful after so many in a row, failed once more
/// than `failure_limit` have failed. Counts are at most 500.
pub fn argo_in_a_row(
    fails: f64,
    measurements: u64,
    failure_limit: u64,
    successes: u64,
) -> Answer<InARow> {
    share("probability", fails)?;
    let range = "from 1 to 500";
    count("count", measurements, 1, MOST_IN_ORDER, range)?;
    count(
        "consecutiveSuccessLimit",
        successes,
        1,
        MOST_IN_ORDER,
        range,
    )?;
    // more failures than measurements never happen
    let limit = failure_limit.min(measurements) as usize;
    let wanted = successes as usize;
    // the probability of each (failures so far, successes in a row)
    let mut now = vec![vec![0.0; wanted]; limit + 1];
    now[0][0] = 1.0;
    let (mut success, mut failed) = (0.0, 0.0);
    for _ in 0..measurements {
        let mut next = vec![vec![0.0; wanted]; limit + 1];
        for (failures, row) in now.iter().enumerate() {
            for (run, &here) in row.iter().enumerate() {
                if here <= 0.0 {
                    continue;
                }
                if run + 1 == wanted {
                    success += here * (1.0 - fails);
                } else {
                    next[failures][run + 1] += here * (1.0 - fails);
                }
                if failures == limit {
                    failed += here * fails;
                } else {
                    next[failures + 1][0] += here * fails;
                }
            }
        }
        now = next;
    }
    let inconclusive = now.iter().flatten().sum();
    Ok(InARow {
        success,
        failed,
        inconclusive,
    })
}

/// The probability of at least `length` provider errors in a row among `measurements`, each with
/// probability `error`. Argo gives up at `consecutiveErrorLimit + 1`, 5 by default.
pub fn errors_in_a_row(error: f64, measurements: u64, length: u64) -> Answer<f64> {
    share("probability", error)?;
    looks("count", measurements)?;
    let range = "from 1 to 500";
    let length = count("length", length, 1, MOST_IN_ORDER, range)? as usize;
    let mut now = vec![0.0; length];
    now[0] = 1.0;
    let mut reached = 0.0;
    for _ in 0..measurements {
        let alive: f64 = now.iter().sum();
        if let Some(last) = now.last() {
            reached += last * error;
        }
        for run in (1..length).rev() {
            now[run] = now[run - 1] * error;
        }
        now[0] = alive * (1.0 - error);
    }
    Ok(f64::min(reached, 1.0))
}

/// Flagger: `steps` checks have to succeed before `threshold` have failed, in any order
/// (`scheduler.go`). The probability that the new version is promoted.
pub fn flagger(fails: f64, steps: u64, threshold: u64) -> Answer<f64> {
    share("probability", fails)?;
    looks("steps", steps)?;
    // a threshold of 0 is taken for 1
    let threshold = count(
        "threshold",
        threshold.max(1),
        1,
        MOST_LOOKS,
        "at most 1 million",
    )?;
    // fewer than `threshold` failures among the first steps + threshold - 1 checks
    binomial_at_most(threshold - 1, steps + threshold - 1, fails)
}

/// Flagger's shortest time to promote and its time to go back, both in seconds.
pub fn flagger_times(interval: f64, steps: u64, threshold: u64) -> Answer<(f64, f64)> {
    let interval = super::range::positive("interval", interval)?;
    let times = |count: u64| super::range::not_negative("time", interval * count as f64);
    Ok((times(steps)?, times(threshold.max(1))?))
}

/// Our own judge: every one of `rounds` has to pass, a round of `looks` passes with at most
/// `tolerate` that fail. The probability that a leg goes through.
pub fn judge(fails: f64, looks_of_round: u64, tolerate: u64, rounds: u64) -> Answer<f64> {
    share("probability", fails)?;
    looks("looks", looks_of_round)?;
    looks("rounds", rounds)?;
    let passes = binomial_at_most(tolerate, looks_of_round, fails)?;
    let fails = binomial_above(tolerate, looks_of_round, fails)?;
    // (1-f)^rounds with all digits, where f is tiny and where it is nearly 1
    Ok(if fails < 0.5 {
        (rounds as f64 * (-fails).ln_1p()).exp()
    } else {
        passes.powf(rounds as f64)
    })
}

/// The rounds that our own judge needs until a version whose looks fail with probability `fails` is
/// caught with `power`. `None` when a million are not enough.
pub fn rounds_needed(
    fails: f64,
    looks_of_round: u64,
    tolerate: u64,
    power: f64,
) -> Answer<Option<u64>> {
    let power = super::range::inside("power", power)?;
    let passes = judge(fails, looks_of_round, tolerate, 1)?;
    if 1.0 - passes >= power {
        return Ok(Some(1));
    }
    if passes >= 1.0 {
        return Ok(None);
    }
    let caught = binomial_above(tolerate, looks_of_round, fails)?;
    let mut rounds = ((1.0 - power).ln() / (-caught).ln_1p()).ceil().max(1.0);
    if !rounds.is_finite() || rounds > MOST_LOOKS as f64 {
        return Ok(None);
    }
    // the logarithms may be off by a bit
    while 1.0 - judge(fails, looks_of_round, tolerate, rounds as u64)? < power {
        rounds += 1.0;
        if rounds > MOST_LOOKS as f64 {
            let (what, value, range) = ("rounds", rounds, "at most 1 million");
            return Err(OutOfRange { what, value, range });
        }
    }
    Ok(Some(rounds as u64))
}
