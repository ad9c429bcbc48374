//! Binomial, Poisson and hypergeometric probabilities, exact to about 1e-12 of themselves.
//!
//! A probability is computed by Loader's saddle point form (*Fast and Accurate Computation of
//! Binomial Probabilities*, 2000), a tail by adding from the end that is nearer, so that a tail of
//! 1e-40 has as many right digits as one of a half. The general incomplete beta function gives up
//! after a fixed number of terms, which is too few for the hundred thousands of requests of a busy
//! service.

use std::f64::consts::PI;

use statrs::function::gamma::ln_gamma;

use super::normal;
use super::range::{Answer, LARGEST, OutOfRange, not_negative, share};

/// From this variance on a tail is the normal one with a continuity correction; its absolute error
/// is below 1e-5 there.
const NORMAL_FROM: f64 = 1e8;

/// The error of Stirling's formula for `n!`.
fn stirling_error(n: f64) -> f64 {
    if n < 16.0 {
        return ln_gamma(n + 1.0) - ((n + 0.5) * n.ln() - n + 0.5 * (2.0 * PI).ln());
    }
    let square = n * n;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square) / n
}

/// `x ln(x/m) + m - x`, without the loss of digits where `x` is near `m`.
fn deviance(x: f64, m: f64) -> f64 {
    let difference = x - m;
    if difference.abs() < 0.1 * (x + m) {
        let v = difference / (x + m);
        let mut sum = difference * v;
        let mut term = 2.0 * x * v;
        for j in 1..1000 {
            term *= v * v;
            let next = sum + term / f64::from(2 * j + 1);
            if next == sum {
                return next;
            }
            sum = next;
        }
        return sum;
    }
    x * (x / m).ln() + m - x
}

fn requests(n: u64) -> Answer<f64> {
    let value = n as f64;
    if value <= LARGEST {
        return Ok(value);
    }
    let (what, range) = ("requests", "at most 10^15");
    Err(OutOfRange { what, value, range })
}

/// `k` of `n` by chance `p`, all of them in range.
fn binomial_term(k: f64, n: f64, p: f64) -> f64 {
    let q = 1.0 - p;
    if p <= 0.0 {
        return if k == 0.0 { 1.0 } else { 0.0 };
    }
    if q <= 0.0 {
        return if k == n { 1.0 } else { 0.0 };
    }
    if k == 0.0 {
        return (n * (-p).ln_1p()).exp();
    }
    if k == n {
        return p.powf(n);
    }
    let log = stirling_error(n)
        - stirling_error(k)
        - stirling_error(n - k)
        - deviance(k, n * p)
        - deviance(n - k, n * q);
    (log + 0.5 * (n / (2.0 * PI * k * (n - k))).ln()).exp()
}

/// The probability of exactly `k` errors among `n` requests that fail with probability `p`.
/// `n` is at most 10^15, `p` from 0 to 1.
pub fn binomial(k: u64, n: u64, p: f64) -> Answer<f64> {
    share("probability", p)?;
    let whole = requests(n)?;
    if k > n {
        return Ok(0.0);
    }
    Ok(binomial_term(k as f64, whole, p))
}

/// The probability of more than `k` errors among `n` requests that fail with probability `p`.
/// `n` is at most 10^15, `p` from 0 to 1. Takes a number of steps of the order of `sqrt(npq)`.
pub fn binomial_above(k: u64, n: u64, p: f64) -> Answer<f64> {
    tails(k, n, p).map(|(_, above)| above)
}

/// The probability of at most `k` errors among `n` requests; see [`binomial_above`].
pub fn binomial_at_most(k: u64, n: u64, p: f64) -> Answer<f64> {
    tails(k, n, p).map(|(at_most, _)| at_most)
}

/// At most `k`, and more than `k`.
fn tails(k: u64, n: u64, p: f64) -> Answer<(f64, f64)> {
    share("probability", p)?;
    let n_float = requests(n)?;
    if k >= n || p <= 0.0 {
        return Ok((1.0, 0.0));
    }
    if p >= 1.0 {
        return Ok((0.0, 1.0));
    }
    let (k_float, q) = (k as f64, 1.0 - p);
    let mean = n_float * p;
    let variance = mean * q;
    if variance > NORMAL_FROM {
        let z = (k_float + 0.5 - mean) / variance.sqrt();
        return Ok((normal::at_most(z), normal::above(z)));
    }
    let odds = p / q;
    if k_float + 1.0 > mean {
        let mut at = k_float + 1.0;
        let mut term = binomial_term(at, n_float, p);
        let mut sum = term;
        while at < n_float {
            term *= (n_float - at) / (at + 1.0) * odds;
            at += 1.0;
            sum += term;
            if term <= sum * 1e-17 {
                break;
            }
        }
        let sum = sum.min(1.0);
        return Ok((1.0 - sum, sum));
    }
    let mut at = k_float;
    let mut term = binomial_term(at, n_float, p);
    let mut sum = term;
    while at > 0.0 {
        term *= at / (n_float - at + 1.0) / odds;
        at -= 1.0;
        sum += term;
        if term <= sum * 1e-17 {
            break;
        }
    }
    let sum = sum.min(1.0);
    Ok((sum, 1.0 - sum))
}

/// The probability of more than `k` events where `mean` are expected, independent of one another.
/// `mean` is from 0 to 10^15. Takes a number of steps of the order of `sqrt(mean)`.
pub fn poisson_above(k: u64, mean: f64) -> Answer<f64> {
    not_negative("events", mean)?;
    if mean <= 0.0 {
        return Ok(0.0);
    }
    let k = k as f64;
    if mean > NORMAL_FROM {
        return Ok(normal::above((k + 0.5 - mean) / mean.sqrt()));
    }
    let term = |k: f64| {
        if k == 0.0 {
            (-mean).exp()
        } else {
            (-stirling_error(k) - deviance(k, mean) - 0.5 * (2.0 * PI * k).ln()).exp()
        }
    };
    if k + 1.0 > mean {
        let mut at = k + 1.0;
        let mut now = term(at);
        let mut sum = now;
        while now > sum * 1e-17 {
            at += 1.0;
            now *= mean / at;
            sum += now;
        }
        return Ok(sum.min(1.0));
    }
    let mut at = k;
    let mut now = term(at);
    let mut sum = now;
    while at > 0.0 && now > sum * 1e-17 {
        now *= at / mean;
        at -= 1.0;
        sum += now;
    }
    Ok((1.0 - sum).max(0.0))
}

/// The probability that at least `k` of `drawn` are marked, drawn without putting back from `all`
/// of which `marked` are.
pub fn hypergeometric_at_least(k: u64, all: u64, marked: u64, drawn: u64) -> Answer<f64> {
    let whole = requests(all)?;
    for (what, value) in [("marked", marked), ("drawn", drawn)] {
        if value > all {
            let (value, range) = (value as f64, "at most the number of all");
            return Err(OutOfRange { what, value, range });
        }
    }
    let least = (marked + drawn).saturating_sub(all);
    let most = marked.min(drawn);
    if k <= least {
        return Ok(1.0);
    }
    if k > most {
        return Ok(0.0);
    }
    // three binomial probabilities of the same chance: Loader, section 3
    let (marked_float, drawn_float) = (marked as f64, drawn as f64);
    let chance = drawn_float / whole;
    let first = k as f64;
    let mut term = binomial_term(first, marked_float, chance)
        * (binomial_term(drawn_float - first, whole - marked_float, chance)
            / binomial_term(drawn_float, whole, chance));
    let mut sum = term;
    let mut at = first;
    let rest = whole - marked_float - drawn_float;
    while at < most as f64 {
        term *= (marked_float - at) * (drawn_float - at) / ((at + 1.0) * (rest + at + 1.0));
        at += 1.0;
        sum += term;
        if term <= sum * 1e-17 && at > chance * marked_float {
            break;
        }
    }
    Ok(sum.min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64, relative: f64) {
        assert!(
            (left - right).abs() <= relative * right.abs(),
            "{left} is not {right}"
        );
    }

    #[test]
    fn small_binomials_are_those_of_pascals_triangle() {
        for n in 0..=40u64 {
            for (p, _) in [(0.5, ()), (0.03, ()), (0.9, ())] {
                let mut choose = 1.0;
                let mut sum = 0.0;
                for k in 0..=n {
                    let exact =
                        choose * f64::powi(p, k as i32) * f64::powi(1.0 - p, (n - k) as i32);
                    close(binomial(k, n, p).expect("in range"), exact, 1e-12);
                    sum += exact;
                    let below = binomial_at_most(k, n, p).expect("in range");
                    assert!((below - sum).abs() < 1e-12, "{k} of {n} at {p}");
                    choose = choose * (n - k) as f64 / (k + 1) as f64;
                }
            }
        }
    }

    #[test]
    fn large_ones_stay_exact() {
        // P(Bin(10^6, 0.001) > 1100) and its neighbours add up
        let (k, n, p) = (1100, 1_000_000, 0.001);
        let here = binomial_above(k, n, p).expect("in range");
        let next = binomial_above(k + 1, n, p).expect("in range");
        close(here - next, binomial(k + 1, n, p).expect("in range"), 1e-9);
        // rare errors among very many requests are a Poisson number
        let many = binomial_above(20, 1_000_000_000_000, 1e-11).expect("in range");
        close(many, poisson_above(20, 10.0).expect("in range"), 1e-8);
    }

    #[test]
    fn the_ends_are_certain() {
        assert_eq!(binomial_above(0, 0, 0.5), Ok(0.0));
        assert_eq!(binomial_above(4, 5, 1.0), Ok(1.0));
        assert_eq!(binomial_above(0, 5, 0.0), Ok(0.0));
        assert_eq!(binomial_above(9, 5, 0.3), Ok(0.0));
        assert_eq!(poisson_above(3, 0.0), Ok(0.0));
        assert!(binomial_above(1, u64::MAX, 0.5).is_err());
        assert!(binomial_above(1, 2, f64::NAN).is_err());
        assert_eq!(hypergeometric_at_least(0, 10, 3, 4), Ok(1.0));
        assert_eq!(hypergeometric_at_least(4, 10, 3, 4), Ok(0.0));
        assert!(hypergeometric_at_least(1, 10, 11, 4).is_err());
        // all three marked among four of ten: C(7,1)/C(10,4)
        let all_three = hypergeometric_at_least(3, 10, 3, 4).expect("in range");
        close(all_three, 7.0 / 210.0, 1e-12);
    }
}
