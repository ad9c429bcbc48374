//! Shares of requests in two arms: the new version against the old one at the same time.
//!
//! One-sided tests, since only a worse version has to be found. The difference of the formulas is
//! large where the arms differ in size (theory §2(a): 38 %), so one of them is fixed: the pooled
//! normal form where `n·p0` of the new version is at least 5, the exact conditional test elsewhere.
//! All of them take requests as independent and of the same mix in both arms.

use super::distribution::{binomial, binomial_above, binomial_at_most, hypergeometric_at_least};
use super::normal::{above, at_most, z_above};
use super::range::{Answer, OutOfRange, inside, positive, share};

/// From this expected number of errors of the healthy new version on the normal form is used.
pub const NORMAL_FROM_ERRORS: f64 = 5.0;
/// So many requests are looked through at most.
const MOST_REQUESTS: f64 = 1e13;

/// What is to be told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// The error rate of a healthy version, more than 0 and less than 1.
    pub healthy: f64,
    /// That of a bad one, more than the healthy rate, less than 1.
    pub bad: f64,
    /// Requests to the old version for one to the new: `(1-w)/w` where all else goes to the old.
    pub ratio: f64,
}

impl Rates {
    fn checked(self) -> Answer<Rates> {
        inside("healthy rate", self.healthy)?;
        inside("bad rate", self.bad)?;
        positive("ratio", self.ratio)?;
        if self.bad <= self.healthy {
            let (what, value, range) = ("bad rate", self.bad, "above the healthy rate");
            return Err(OutOfRange { what, value, range });
        }
        Ok(self)
    }

    fn variance(p: f64) -> f64 {
        p * (1.0 - p)
    }

    /// Variances of one request under "both are alike" and under "the new one is bad".
    fn variances(self) -> (f64, f64) {
        let pooled = (self.bad + self.ratio * self.healthy) / (1.0 + self.ratio);
        (
            Self::variance(pooled) * (1.0 + 1.0 / self.ratio),
            Self::variance(self.bad) + Self::variance(self.healthy) / self.ratio,
        )
    }
}

/// The ratio of the arms for a weight that is more than 0 and less than 1.
pub fn ratio_of(weight: f64) -> Answer<f64> {
    let weight = inside("weight", weight)?;
    positive("ratio", (1.0 - weight) / weight)
}

/// Requests that the new version needs, by the pooled normal form (Fleiss, *Statistical Methods for
/// Rates and Proportions*). `alpha` is the false alarm of one side, `power` one minus the miss.
pub fn requests_pooled(rates: Rates, alpha: f64, power: f64) -> Answer<f64> {
    let rates = rates.checked()?;
    let (alike, bad) = rates.variances();
    let deviations = z_above(alpha)? * alike.sqrt() + z_above(1.0 - power)? * bad.sqrt();
    // with a small power the sum is negative: nothing needs to be seen
    positive(
        "requests",
        (deviations.max(0.0) / (rates.bad - rates.healthy))
            .powi(2)
            .max(1.0),
    )
}

/// The same with the variance of the alternative on both sides.
pub fn requests_unpooled(rates: Rates, alpha: f64, power: f64) -> Answer<f64> {
    let rates = rates.checked()?;
    let z = z_above(alpha)? + z_above(1.0 - power)?;
    let (_, bad) = rates.variances();
    positive(
        "requests",
        z * z * bad / (rates.bad - rates.healthy).powi(2),
    )
}

/// The same after the arcsine transformation (Cohen's h).
pub fn requests_arcsine(rates: Rates, alpha: f64, power: f64) -> Answer<f64> {
    let rates = rates.checked()?;
    let h = 2.0 * (rates.bad.sqrt().asin() - rates.healthy.sqrt().asin());
    let z = z_above(alpha)? + z_above(1.0 - power)?;
    positive("requests", (z / h).powi(2) * (1.0 + 1.0 / rates.ratio))
}

/// The probability that `requests` to the new version show it to be bad, by the pooled normal form.
pub fn power_normal(requests: f64, rates: Rates, alpha: f64) -> Answer<f64> {
    let rates = rates.checked()?;
    let n = positive("requests", requests)?;
    let (alike, bad) = rates.variances();
    let margin = (rates.bad - rates.healthy) - z_above(alpha)? * (alike / n).sqrt();
    Ok(at_most(margin / (bad / n).sqrt()))
}

/// Whether the normal form may be used for so many requests to the new version.
pub fn normal_is_valid(requests: f64, healthy: f64) -> bool {
    requests * healthy >= NORMAL_FROM_ERRORS
}

/// The smallest bad rate that `requests` show with this power, by the pooled normal form. `None`
/// when not even a rate of 100 % is shown.
pub fn smallest_bad_rate(
    requests: f64,
    healthy: f64,
    ratio: f64,
    alpha: f64,
    power: f64,
) -> Answer<Option<f64>> {
    inside("power", power)?;
    let shown = |bad: f64| {
        power_normal(
            requests,
            Rates {
                healthy,
                bad,
                ratio,
            },
            alpha,
        )
    };
    smallest(healthy, power, shown)
}

/// The smallest bad rate that `requests` show with this power in the conditional test.
pub fn smallest_bad_rate_exact(
    canary: u64,
    baseline: u64,
    healthy: f64,
    alpha: f64,
    power: f64,
) -> Answer<Option<f64>> {
    inside("power", power)?;
    let shown = |bad| power_exact(Test::Conditional, (canary, baseline), (bad, healthy), alpha);
    smallest(healthy, power, shown)
}

/// The smallest rate above `healthy` for which a rising probability reaches `power`.
fn smallest(healthy: f64, power: f64, shown: impl Fn(f64) -> Answer<f64>) -> Answer<Option<f64>> {
    let healthy = inside("healthy rate", healthy)?;
    let (mut low, mut high) = (healthy, 1.0 - 1e-12);
    if high <= low || shown(high)? < power {
        return Ok(None);
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if shown(middle)? < power {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(Some(high))
}

/// How two shares are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// The normal test with the pooled rate. Its true false alarm is larger than the nominal one
    /// where errors are rare (theory §2(a): 7.6 % instead of 5 %).
    PooledZ,
    /// Fisher's exact test.
    Fisher,
    /// Given the number of errors, those of the new version are a binomial number with its weight.
    Conditional,
}

/// The probability of so many errors on the new version or more, if both are alike. Each arm is
/// (errors, requests).
pub fn p_value(test: Test, canary: (u64, u64), baseline: (u64, u64)) -> Answer<f64> {
    for (errors, requests) in [canary, baseline] {
        if errors > requests || requests == 0 {
            let (what, value) = ("errors", errors as f64);
            let range = "at most the requests, of which there is at least one";
            return Err(OutOfRange { what, value, range });
        }
    }
    let ((x1, n1), (x0, n0)) = (canary, baseline);
    let all = n1.saturating_add(n0);
    match test {
        Test::PooledZ => Ok(z_statistic(canary, baseline).map_or(1.0, above)),
        Test::Fisher => hypergeometric_at_least(x1, all, x1 + x0, n1),
        Test::Conditional => at_least(x1, x1 + x0, n1 as f64 / all as f64),
    }
}

/// The deviation of the pooled test; `None` where no request fails, or all do.
pub fn z_statistic(canary: (u64, u64), baseline: (u64, u64)) -> Option<f64> {
    let ((x1, n1), (x0, n0)) = (canary, baseline);
    let (n1, n0) = (n1 as f64, n0 as f64);
    let pooled = (x1 as f64 + x0 as f64) / (n1 + n0);
    let error = (Rates::variance(pooled) * (1.0 / n1 + 1.0 / n0)).sqrt();
    (error > 0.0 && error.is_finite()).then(|| (x1 as f64 / n1 - x0 as f64 / n0) / error)
}

fn at_least(k: u64, n: u64, p: f64) -> Answer<f64> {
    match k.checked_sub(1) {
        Some(below) => binomial_above(below, n, p),
        None => Ok(1.0),
    }
}

/// The probability that a test rejects "both are alike", from the two binomial distributions
/// themselves. `requests` and `rates` are those of the new version and of the old. With equal rates
/// it is the true false alarm. Takes a number of steps of the order of the expected errors.
pub fn power_exact(test: Test, requests: (u64, u64), rates: (f64, f64), alpha: f64) -> Answer<f64> {
    let ((n1, n0), (p1, p0)) = (requests, rates);
    inside("alpha", alpha)?;
    share("rate", p1)?;
    share("rate", p0)?;
    for n in [n1, n0] {
        super::range::count("requests", n, 1, 10_000_000, "from 1 to 10 million")?;
    }
    let mean = n0 as f64 * p0;
    let wide = 9.0 * (mean * (1.0 - p0)).sqrt() + 40.0;
    let first = (mean - wide).max(0.0) as u64;
    let last = ((mean + wide) as u64).min(n0);
    let mut power = 0.0;
    // the more errors the old version has, the more the new one needs
    let mut critical = 0;
    for errors in first..=last {
        // a probability that equals the level may differ from it in the last bit
        let level = alpha * (1.0 + 1e-12);
        while critical <= n1 && p_value(test, (critical, n1), (errors, n0))? > level {
            critical += 1;
        }
        if critical > n1 {
            break;
        }
        power += binomial(errors, n0, p0)? * at_least(critical, n1, p1)?;
    }
    Ok(power.min(1.0))
}

/// Requests that are needed, and how that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// To the new version.
    pub requests: u64,
    /// By the exact test; else by the normal form.
    pub exact: bool,
}

/// Requests that the new version needs: the normal form where it is valid, else the smallest number
/// from which on the exact conditional test has the power (checked a tenth further on, too, as that
/// power goes up like a saw).
pub fn requests_needed(rates: Rates, alpha: f64, power: f64) -> Answer<Needed> {
    let normal = requests_pooled(rates, alpha, power)?;
    if normal_is_valid(normal, rates.healthy) || normal * rates.ratio.max(1.0) > 5e6 {
        let requests = super::range::rounded_up("requests", normal)?;
        return Ok(Needed {
            requests,
            exact: false,
        });
    }
    let enough = |n: u64| -> Answer<bool> {
        let baseline = ((n as f64 * rates.ratio).round() as u64).clamp(1, 10_000_000);
        let arms = (n, baseline);
        Ok(power_exact(Test::Conditional, arms, (rates.bad, rates.healthy), alpha)? >= power)
    };
    let lasting = |n: u64| -> Answer<bool> { Ok(enough(n)? && enough(n + n.div_ceil(10))?) };
    let mut high = (normal as u64).max(1);
    while !lasting(high)? {
        high = high.saturating_mul(2);
        if high as f64 > 8e6 {
            let (what, value) = ("requests", high as f64);
            let range = "at most 8 million in the exact test";
            return Err(OutOfRange { what, value, range });
        }
    }
    let mut low = high / 4;
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if lasting(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(Needed {
        requests: high,
        exact: true,
    })
}

/// Which side of a share is the bad one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worse {
    /// A share of errors.
    Higher,
    /// A share of successes.
    Lower,
}

/// The probability that a look finds the new version to be worse than `factor` times the old one,
/// when its share is `new` and that of the old one `old`, with `ratio` requests to the old version
/// for one to the new; by the normal form of the difference `new - factor·old`, whose variance under
/// "just as bad" is taken at the border. Less than 5 expected events in an arm count as none seen,
/// so that more traffic never lowers the probability of seeing what is beyond the border.
pub fn power_against_multiple(
    requests: f64,
    (new, old): (f64, f64),
    ratio: f64,
    (factor, worse): (f64, Worse),
    alpha: f64,
) -> Answer<f64> {
    inside("share", old)?;
    inside("share", new)?;
    positive("factor", factor)?;
    positive("ratio", ratio)?;
    let n = positive("requests", requests)?;
    if n * new < NORMAL_FROM_ERRORS || n * ratio * old < NORMAL_FROM_ERRORS {
        return Ok(0.0);
    }
    let border = (factor * old).min(1.0);
    let spread = |share: f64| {
        let old = factor * factor * Rates::variance(old) / ratio;
        ((Rates::variance(share) + old) / n).sqrt()
    };
    let beyond = match worse {
        Worse::Higher => new - border,
        Worse::Lower => border - new,
    };
    let margin = beyond - z_above(alpha)? * spread(border);
    Ok(at_most(margin / spread(new)))
}

/// Seconds until the new version has had so many requests. `rate` is the service's, a second.
pub fn seconds_for(requests: f64, rate: f64, weight: f64) -> Answer<f64> {
    let requests = super::range::not_negative("requests", requests)?;
    let rate = positive("traffic", rate)?;
    let weight = super::range::some_share("weight", weight)?;
    let seconds = requests / (rate * weight);
    if seconds > MOST_REQUESTS {
        let (what, value, range) = ("traffic", rate, "enough for the requests within 10^13 s");
        return Err(OutOfRange { what, value, range });
    }
    Ok(seconds)
}

/// The smallest number of errors, all of them on the new version, that the conditional test takes
/// for a bad version: `ceil(ln alpha / ln weight)`.
pub fn errors_to_reject(weight: f64, alpha: f64) -> Answer<u64> {
    let (weight, alpha) = (inside("weight", weight)?, inside("alpha", alpha)?);
    super::range::rounded_up("errors", alpha.ln() / weight.ln()).map(|errors| errors.max(1))
}

/// The probability that at least one of `requests` fails: `1 - (1-p)^n`.
pub fn sees_an_error(requests: u64, rate: f64) -> Answer<f64> {
    binomial_at_most(0, requests, rate)
        .map(|none| 1.0 - none)
        .and_then(|some| {
            // where it is small, the complement has lost digits
            if some < 0.5 {
                binomial_above(0, requests, rate)
            } else {
                Ok(some)
            }
        })
}
