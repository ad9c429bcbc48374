//! Quantiles by order statistics, and what a histogram says of them. Nothing is assumed of the
//! distribution.

use super::distribution::binomial_at_most;
use super::range::{Answer, OutOfRange, count, inside, rounded_up};

/// The order statistics between which a quantile lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranks {
    /// The lower rank, counted from 1; 0 means that no sample is low enough.
    pub lower: u64,
    /// The upper rank; `None` means that no sample is high enough.
    pub upper: Option<u64>,
    /// The true probability that the quantile lies between them.
    pub coverage: f64,
}

/// The ranks between which the quantile lies with this confidence (Conover, *Practical
/// Nonparametric Statistics*). `samples` is from 1 to 10^9.
pub fn ranks(samples: u64, quantile: f64, confidence: f64) -> Answer<Ranks> {
    count("samples", samples, 1, 1_000_000_000, "from 1 to 10^9")?;
    let q = inside("quantile", quantile)?;
    let tail = (1.0 - inside("confidence", confidence)?) / 2.0;
    let at_most = |k: u64| binomial_at_most(k, samples, q);
    // the first k in 0..=samples for which a rising condition holds
    let first = |holds: &dyn Fn(f64) -> bool| -> Answer<u64> {
        let (mut low, mut high) = (0, samples);
        while low < high {
            let middle = low + (high - low) / 2;
            if holds(at_most(middle)?) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(low)
    };
    // the largest l with F(l-1) <= tail; the smallest u with 1-F(u-1) <= tail
    let lower = first(&|below| below > tail)?;
    let upper = first(&|below| 1.0 - below <= tail)? + 1;
    let below = match lower.checked_sub(1) {
        Some(k) => at_most(k)?,
        None => 0.0,
    };
    let within = if upper > samples {
        1.0
    } else {
        at_most(upper - 1)?
    };
    Ok(Ranks {
        lower,
        upper: (upper <= samples).then_some(upper),
        coverage: (within - below).clamp(0.0, 1.0),
    })
}

/// Samples from which on the largest one bounds the quantile: `ceil(ln(1-c)/ln(q))`, 299 for the
/// 99th percentile at 95 %.
pub fn samples_needed(quantile: f64, confidence: f64) -> Answer<u64> {
    let q = inside("quantile", quantile)?;
    let confidence = inside("confidence", confidence)?;
    rounded_up("samples", (1.0 - confidence).ln() / q.ln())
}

/// What a histogram says of a quantile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FromBuckets {
    /// The value that Prometheus reports, between the bounds as if samples were spread evenly.
    pub reported: f64,
    /// The bounds between which the quantile truly lies.
    pub low: f64,
    /// The upper bound; `None` where the bucket has none.
    pub high: Option<f64>,
}

/// The quantile from the upper bounds of buckets and the samples up to each, as Prometheus'
/// `histogram_quantile` answers. The bounds rise; `more` counts what lies above the last, so that
/// the whole is `cumulative.last() + more`. Where the quantile lies there, the last bound is
/// reported.
pub fn from_buckets(
    bounds: &[f64],
    cumulative: &[f64],
    more: f64,
    quantile: f64,
) -> Answer<FromBuckets> {
    let q = inside("quantile", quantile)?;
    super::range::not_negative("samples above the last bound", more)?;
    let rises = bounds.windows(2).all(|pair| pair[0] < pair[1])
        && bounds
            .iter()
            .all(|bound| bound.abs() <= super::range::LARGEST)
        && cumulative.windows(2).all(|pair| pair[0] <= pair[1])
        && cumulative
            .iter()
            .all(|n| (0.0..=super::range::LARGEST).contains(n));
    let whole = cumulative.last().copied().unwrap_or(0.0) + more;
    if bounds.len() != cumulative.len() || !rises || whole <= 0.0 {
        let (what, value) = ("buckets", bounds.len() as f64);
        let range = "rising bounds with as many rising counts, and at least one sample";
        return Err(OutOfRange { what, value, range });
    }
    let rank = q * whole;
    let (mut low, mut before) = (0.0_f64, 0.0);
    for (&bound, &up_to) in bounds.iter().zip(cumulative) {
        if up_to >= rank && up_to > before {
            // below the first bound Prometheus begins at 0 unless the bound is negative
            let start = if before <= 0.0 && low <= 0.0 {
                low.min(bound)
            } else {
                low
            };
            let reported = start + (bound - start) * (rank - before) / (up_to - before);
            let high = Some(bound);
            return Ok(FromBuckets {
                reported,
                low: start,
                high,
            });
        }
        (low, before) = (bound, up_to);
    }
    Ok(FromBuckets {
        reported: low,
        low,
        high: None,
    })
}
