//! Looking more than once: how often a fixed limit then cries wolf, limits that do not, and gates
//! that may be looked at always.

use statrs::function::beta::checked_beta_reg;
use statrs::function::gamma::ln_gamma;

use super::normal::{above, z_above};
use super::range::{Answer, OutOfRange, count, inside, not_negative, positive};

/// So many looks are integrated.
const MOST_LOOKS: u64 = 100;
/// The step of the integration, in standard deviations of one look.
const STEP: f64 = 0.06;
/// Nothing is so many standard deviations away.
const FAR: f64 = 8.5;

/// Which side a test looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// Only whether the new version is worse.
    One,
    /// Whether it differs.
    Two,
}

/// The false alarm of `looks` that are independent of one another: `1-(1-alpha)^k`.
pub fn independent_looks(alpha: f64, looks: u64) -> Answer<f64> {
    let alpha = inside("alpha", alpha)?;
    count("looks", looks, 1, 1_000_000, "from 1 to 1 million")?;
    Ok(-((looks as f64) * (-alpha).ln_1p()).exp_m1())
}

/// Šidák's level of a single look, so that `looks` independent ones keep `alpha` together.
pub fn sidak(alpha: f64, looks: u64) -> Answer<f64> {
    let alpha = inside("alpha", alpha)?;
    count("looks", looks, 1, 1_000_000, "from 1 to 1 million")?;
    Ok(-((-alpha).ln_1p() / looks as f64).exp_m1())
}

/// Bonferroni's limit of a single look, in standard deviations.
pub fn bonferroni(alpha: f64, looks: u64, sides: Sides) -> Answer<f64> {
    let alpha = inside("alpha", alpha)?;
    count("looks", looks, 1, 1_000_000, "from 1 to 1 million")?;
    let tails = if sides == Sides::Two { 2.0 } else { 1.0 };
    z_above(alpha / (tails * looks as f64))
}

/// The probability that sums of data that come in equal parts cross their limits at one of the
/// looks, although nothing has changed. `limits` are in standard deviations, one for each look
/// (Armitage, McPherson, Rowe 1969; integrated by Simpson's rule). From 1 to 100 looks. Takes some
/// 100,000 steps a look.
pub fn crosses(limits: &[f64], sides: Sides) -> Answer<f64> {
    count("looks", limits.len() as u64, 1, MOST_LOOKS, "from 1 to 100")?;
    for &limit in limits {
        inside("limit / 40", limit / 40.0)?;
    }
    let density = |x: f64| (-0.5 * x * x).exp() * 0.398_942_280_401_432_7;
    // the density of the sum, where no limit was crossed so far: points, each with its weight
    let mut points: Vec<(f64, f64)> = vec![(0.0, 1.0)];
    let mut crossed = 0.0;
    for (index, limit) in limits.iter().enumerate() {
        let root = ((index + 1) as f64).sqrt();
        let high = limit * root;
        let low = match sides {
            Sides::Two => -high,
            Sides::One => -FAR * root,
        };
        for &(sum, mass) in &points {
            crossed += mass * above(high - sum);
            if sides == Sides::Two {
                crossed += mass * above(sum - low);
            }
        }
        if index + 1 == limits.len() {
            break;
        }
        let halves = (((high - low) / (2.0 * STEP)).ceil() as usize).max(1);
        let step = (high - low) / (2 * halves) as f64;
        let mut next = Vec::with_capacity(2 * halves + 1);
        for point in 0..=2 * halves {
            let x = low + step * point as f64;
            // only what is near enough to come here
            let from = points.partition_point(|&(sum, _)| sum < x - FAR);
            let near = points[from..]
                .iter()
                .take_while(|&&(sum, _)| sum <= x + FAR);
            let here: f64 = near.map(|&(sum, mass)| mass * density(x - sum)).sum();
            let weight = match point {
                0 => 1.0,
                p if p == 2 * halves => 1.0,
                p if p % 2 == 1 => 4.0,
                _ => 2.0,
            };
            next.push((x, here * weight * step / 3.0));
        }
        points = next;
    }
    Ok(crossed.clamp(0.0, 1.0))
}

/// The false alarm of `looks` at data that add up, each at the level `alpha`.
pub fn peeking(alpha: f64, looks: u64, sides: Sides) -> Answer<f64> {
    let alpha = inside("alpha", alpha)?;
    let looks = count("looks", looks, 1, MOST_LOOKS, "from 1 to 100")? as usize;
    let tails = if sides == Sides::Two { 2.0 } else { 1.0 };
    crosses(&vec![z_above(alpha / tails)?; looks], sides)
}

/// The limit of Pocock (1977): the same at each look, `alpha` together.
pub fn pocock(alpha: f64, looks: u64, sides: Sides) -> Answer<f64> {
    let looks = count("looks", looks, 1, MOST_LOOKS, "from 1 to 100")? as usize;
    scaled(alpha, sides, |scale| vec![scale; looks])
}

/// The limits of O'Brien and Fleming (1979): `c·sqrt(k/i)`, the last is `c`.
pub fn obrien_fleming(alpha: f64, looks: u64, sides: Sides) -> Answer<Vec<f64>> {
    let looks = count("looks", looks, 1, MOST_LOOKS, "from 1 to 100")? as usize;
    let limits = |scale: f64| -> Vec<f64> {
        (1..=looks)
            .map(|look| scale * (looks as f64 / look as f64).sqrt())
            .collect()
    };
    scaled(alpha, sides, limits).map(limits)
}

/// The scale at which limits are crossed with probability `alpha`: the secant method on the
/// deviation of that probability, which is nearly a line.
fn scaled(alpha: f64, sides: Sides, limits: impl Fn(f64) -> Vec<f64>) -> Answer<f64> {
    let alpha = inside("alpha", alpha)?;
    let tails = if sides == Sides::Two { 2.0 } else { 1.0 };
    let aim = z_above(alpha / tails)?;
    let off = |scale: f64| -> Answer<f64> {
        let tail = (crosses(&limits(scale), sides)? / tails).clamp(1e-300, 0.999);
        Ok(z_above(tail)? - aim)
    };
    let (mut left, mut right) = (aim.max(0.05), aim.max(0.05) + 0.5);
    let (mut off_left, mut off_right) = (off(left)?, off(right)?);
    for _ in 0..40 {
        if off_right.abs() < 1e-9 || off_right == off_left {
            break;
        }
        let next = right - off_right * (right - left) / (off_right - off_left);
        (left, off_left) = (right, off_right);
        right = next.clamp(0.01, 38.0);
        off_right = off(right)?;
    }
    Ok(right)
}

/// Evidence against "both are alike" that may be looked at after every request: it exceeds `1/alpha`
/// at some time with a probability of at most `alpha` (Ville). Kept as a logarithm, since after a
/// clear fault it is larger than any number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// Its natural logarithm.
    pub ln: f64,
}

impl Evidence {
    /// The value itself, at most the largest number there is.
    pub fn value(self) -> f64 {
        self.ln.exp().min(f64::MAX)
    }

    /// Whether it suffices: at least `1/alpha`. `alpha` is more than 0 and less than 1.
    pub fn rejects(self, alpha: f64) -> Answer<bool> {
        Ok(self.ln >= -inside("alpha", alpha)?.ln())
    }

    /// The level at which it just rejects, at most 1.
    pub fn p_value(self) -> f64 {
        (-self.ln).exp().min(1.0)
    }

    /// The evidence of two segments of different weights together: their product.
    pub fn and(self, other: Evidence) -> Evidence {
        Evidence {
            ln: self.ln + other.ln,
        }
    }
}

/// The sequential test of two means with a normal mixture (mSPRT; Johari et al., *Always Valid
/// Inference*): `samples` in each arm, their difference, the variance of a sample, and that of the
/// mixture.
pub fn mixture(samples: f64, difference: f64, variance: f64, mixing: f64) -> Answer<Evidence> {
    let n = not_negative("samples", samples)?;
    let d = not_negative("difference", difference.abs())?;
    let v = 2.0 * positive("variance", variance)?;
    let t = positive("mixing variance", mixing)?;
    let all = v + n * t;
    let ln = 0.5 * (v / all).ln() + n * n * t * d * d / (2.0 * v * all);
    if ln.is_finite() {
        return Ok(Evidence { ln });
    }
    let (what, value, range) = ("difference", d, "small enough to be squared");
    Err(OutOfRange { what, value, range })
}

/// The sequential test of where errors come from (theory §2(h); Lindon et al., KDD'22): of each
/// error one asks whether it is the new version's, which it is with the probability `weight` if both
/// are alike. One-sided, a Beta mixture of `prior` above `weight`. It needs no number of requests;
/// the weight has to be the same all the time, else segments are multiplied ([`Evidence::and`]).
pub fn errors(canary: u64, baseline: u64, weight: f64, prior: (f64, f64)) -> Answer<Evidence> {
    let w = inside("weight", weight)?;
    let (a, b) = (positive("prior", prior.0)?, positive("prior", prior.1)?);
    for (what, value) in [("canary errors", canary), ("baseline errors", baseline)] {
        count(what, value, 0, 1_000_000_000, "at most 10^9")?;
    }
    let (x, y) = (canary as f64, baseline as f64);
    let ln_beta = |a: f64, b: f64| ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    // the share of a Beta above w is the complement's below 1-w
    let ln_above = |a: f64, b: f64| {
        let direct = checked_beta_reg(b, a, 1.0 - w).unwrap_or(0.0);
        direct.max(f64::MIN_POSITIVE).ln()
    };
    let ln = ln_beta(a + x, b + y) - ln_beta(a, b) + ln_above(a + x, b + y)
        - ln_above(a, b)
        - x * w.ln()
        - y * (-w).ln_1p();
    Ok(Evidence { ln })
}

/// The errors, all of them the new version's, after which the sequential gate rejects.
pub fn errors_to_reject(weight: f64, alpha: f64) -> Answer<u64> {
    let weight = inside("weight", weight)?;
    inside("alpha", alpha)?;
    let mut few = 1;
    while !errors(few, 0, weight, (1.0, 1.0))?.rejects(alpha)? {
        few += 1;
        count(
            "errors",
            few,
            1,
            1_000_000,
            "at most 1 million; the weight is too near to 1",
        )?;
    }
    Ok(few)
}
