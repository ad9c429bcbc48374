//! Looks whose windows overlap, and windows that begin before the change.

use std::collections::VecDeque;

use super::random::{Random, Table};
use super::range::{Answer, OutOfRange, count, positive, share};

/// How many of `looks` see requests that none of the others sees: every `ceil(window/interval)`th.
/// Times are in one unit. At least 1: the last look's own window, wherever that begins.
pub fn independent(looks: u64, interval: u64, window: u64) -> Answer<u64> {
    count("looks", looks, 1, u64::MAX, "at least 1")?;
    count("interval", interval, 1, u64::MAX, "more than 0")?;
    let stride = window.div_ceil(interval).max(1);
    Ok((looks / stride).max(1))
}

/// A run of looks over a sliding window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sliding {
    /// Requests that come between two looks.
    pub requests: u64,
    /// The share of them that fails.
    pub rate: f64,
    /// How many intervals a window holds, at least 1 and at most 1000.
    pub window: u64,
    /// The limit, as a fraction of whole numbers; a look above it fails.
    pub threshold: (u64, u64),
    /// The looks.
    pub looks: u64,
    /// How many may fail.
    pub tolerate: u64,
}

/// What a simulation found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simulated {
    /// The share of runs that went through.
    pub passes: f64,
    /// Its standard error.
    pub error: f64,
    /// The share of first looks that failed.
    pub first_fails: f64,
}

/// Draws `runs` rounds (1 to 100 million looks in all) with the seed given. The window is full at
/// the first look.
pub fn simulate(sliding: Sliding, runs: u64, seed: u64) -> Answer<Simulated> {
    let Sliding {
        requests,
        rate,
        window,
        threshold,
        looks,
        tolerate,
    } = sliding;
    count("window", window, 1, 1000, "from 1 to 1000 intervals")?;
    count("looks", looks, 1, 100_000, "from 1 to 100,000")?;
    let drawn = runs.saturating_mul(looks.saturating_add(window));
    count("runs", drawn, 1, 100_000_000, "from 1 to 100 million looks")?;
    let whole = requests.checked_mul(window).ok_or(OutOfRange {
        what: "requests",
        value: requests as f64,
        range: "at most 10^9 in a window",
    })?;
    let most = super::rounds::most_errors(whole, threshold.0, threshold.1)?;
    let table = Table::binomial(requests, rate)?;
    let mut random = Random::new(seed);
    let (mut passed, mut first_failed) = (0u64, 0u64);
    let mut intervals = VecDeque::with_capacity(window as usize + 1);
    for _ in 0..runs {
        intervals.clear();
        let mut sum = 0;
        for _ in 1..window {
            let errors = table.draw(&mut random);
            sum += errors;
            intervals.push_back(errors);
        }
        let mut failed = 0;
        for look in 0..looks {
            let errors = table.draw(&mut random);
            sum += errors;
            intervals.push_back(errors);
            if sum > most {
                failed += 1;
                first_failed += u64::from(look == 0);
            }
            sum -= intervals.pop_front().unwrap_or(0);
        }
        passed += u64::from(failed <= tolerate);
    }
    let all = runs as f64;
    let passes = passed as f64 / all;
    Ok(Simulated {
        passes,
        error: (passes * (1.0 - passes) / all).sqrt(),
        first_fails: first_failed as f64 / all,
    })
}

/// Seconds until a rate over a window crosses the threshold, once the rate has risen from `healthy`
/// to `bad`: `W(t-p0)/(p1-p0)`. `None` where it never does.
pub fn seconds_to_cross(
    window: f64,
    healthy: f64,
    bad: f64,
    threshold: f64,
) -> Answer<Option<f64>> {
    let window = positive("window", window)?;
    let healthy = share("healthy rate", healthy)?;
    let bad = share("bad rate", bad)?;
    let threshold = share("threshold", threshold)?;
    if threshold <= healthy {
        return Ok(Some(0.0));
    }
    Ok((bad > threshold).then(|| window * (threshold - healthy) / (bad - healthy)))
}

/// The share of a window that lies before the change: `max(0, W-elapsed)/W`.
pub fn contamination(window: f64, elapsed: f64) -> Answer<f64> {
    let window = positive("window", window)?;
    let elapsed = super::range::not_negative("elapsed", elapsed)?;
    Ok((window - elapsed).max(0.0) / window)
}
