//! A share against a fixed limit: what may be concluded from so many errors among so many requests.

use super::distribution::{binomial_above, binomial_at_most};
use super::normal::z_above;
use super::range::{Answer, OutOfRange, count, inside, rounded_up};

/// The first number of requests is searched up to here.
const MOST_SEARCHED: u64 = 1_000_000;

/// An interval of rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end, from 0 to 1.
    pub low: f64,
    /// Its upper end, from 0 to 1.
    pub high: f64,
}

fn observed(errors: u64, requests: u64) -> Answer<(f64, f64)> {
    count(
        "requests",
        requests,
        1,
        1_000_000_000_000_000,
        "from 1 to 10^15",
    )?;
    count("errors", errors, 0, requests, "at most the requests")?;
    Ok((errors as f64, requests as f64))
}

/// Wilson's interval (1927) of both sides, for a confidence of more than 0 and less than 1.
pub fn wilson(errors: u64, requests: u64, confidence: f64) -> Answer<Interval> {
    let (x, n) = observed(errors, requests)?;
    let z = z_above((1.0 - inside("confidence", confidence)?) / 2.0)?;
    let p = x / n;
    let scale = 1.0 + z * z / n;
    let middle = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    Ok(Interval {
        low: if errors == 0 {
            0.0
        } else {
            ((middle - half) / scale).max(0.0)
        },
        high: if errors == requests {
            1.0
        } else {
            ((middle + half) / scale).min(1.0)
        },
    })
}

/// The interval of Clopper and Pearson (1934): exact, never too narrow.
pub fn clopper_pearson(errors: u64, requests: u64, confidence: f64) -> Answer<Interval> {
    observed(errors, requests)?;
    let tail = (1.0 - inside("confidence", confidence)?) / 2.0;
    let low = match errors.checked_sub(1) {
        None => 0.0,
        Some(below) => rate_where(|p| Ok(binomial_above(below, requests, p)? >= tail))?,
    };
    let high = if errors == requests {
        1.0
    } else {
        rate_where(|p| Ok(binomial_at_most(errors, requests, p)? <= tail))?
    };
    Ok(Interval { low, high })
}

/// The rate at which a condition that then stays true begins to hold.
fn rate_where(holds: impl Fn(f64) -> Answer<bool>) -> Answer<f64> {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..200 {
        let middle: f64 = 0.5 * (low + high);
        if middle <= low || middle >= high || high - low <= 1e-15 * high {
            break;
        }
        if holds(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(0.5 * (low + high))
}

/// Requests without any error that show a rate below `threshold`: `ceil(ln(1-c)/ln(1-t))`.
pub fn requests_without_error(threshold: f64, confidence: f64) -> Answer<u64> {
    let threshold = inside("threshold", threshold)?;
    let confidence = inside("confidence", confidence)?;
    rounded_up("requests", (1.0 - confidence).ln() / (-threshold).ln_1p())
}

/// A rule for one sample: so many requests, and the most errors with which it passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The requests.
    pub requests: u64,
    /// The most errors with which it passes.
    pub most: u64,
}

fn ordered(low: (&'static str, f64), high: (&'static str, f64)) -> Answer<()> {
    inside(low.0, low.1)?;
    inside(high.0, high.1)?;
    if low.1 < high.1 {
        return Ok(());
    }
    let (what, value) = high;
    let range = "above the rate of a good version";
    Err(OutOfRange { what, value, range })
}

/// The first sample whose pass is sound (a version at the threshold passes with a probability of at
/// most `alpha`) and which a version of the rate `good` passes with `power`. The requests that do
/// are a saw, not all from here on. `None` when a million are not enough.
pub fn sound_pass(good: f64, threshold: f64, alpha: f64, power: f64) -> Answer<Option<Sample>> {
    ordered(("rate", good), ("threshold", threshold))?;
    inside("alpha", alpha)?;
    inside("power", power)?;
    // the most errors with which a pass is sound, once there is such a number
    let mut most: Option<u64> = None;
    for requests in 1..=MOST_SEARCHED {
        loop {
            let next = most.map_or(0, |most| most + 1);
            if binomial_at_most(next, requests, threshold)? > alpha {
                break;
            }
            most = Some(next);
        }
        if let Some(most) = most
            && binomial_at_most(most, requests, good)? >= power
        {
            return Ok(Some(Sample { requests, most }));
        }
    }
    Ok(None)
}

/// The first sample that rejects a version of the rate `bad` with `power` and one of the rate `good`
/// with at most `alpha`. `None` when a million requests are not enough.
pub fn first_test(good: f64, bad: f64, alpha: f64, power: f64) -> Answer<Option<Sample>> {
    ordered(("good rate", good), ("bad rate", bad))?;
    inside("alpha", alpha)?;
    inside("power", power)?;
    let mut most = 0;
    for requests in 1..=MOST_SEARCHED {
        while binomial_above(most, requests, good)? > alpha {
            most += 1;
        }
        if binomial_above(most, requests, bad)? >= power {
            return Ok(Some(Sample { requests, most }));
        }
    }
    Ok(None)
}

/// Requests that tell `good` from `bad`, by the normal form of one sample.
pub fn requests_normal(good: f64, bad: f64, alpha: f64, power: f64) -> Answer<f64> {
    ordered(("good rate", good), ("bad rate", bad))?;
    let spread = |p: f64| (p * (1.0 - p)).sqrt();
    let deviations = z_above(alpha)? * spread(good) + z_above(1.0 - power)? * spread(bad);
    Ok((deviations.max(0.0) / (bad - good)).powi(2))
}
