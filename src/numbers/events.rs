//! Numbers of events (restarts, messages in a dead letter queue) that come independently of one
//! another: Poisson numbers.

use super::distribution::poisson_above;
use super::range::{Answer, OutOfRange, inside, not_negative};

/// The probability that a look with at most `most` events passing fails, where `expected` are.
pub fn look_fails(most: u64, expected: f64) -> Answer<f64> {
    poisson_above(most, expected)
}

/// The smallest limit that a healthy version exceeds with at most `alpha`.
pub fn smallest_limit(healthy: f64, alpha: f64) -> Answer<u64> {
    let mean = not_negative("events", healthy)?;
    let alpha = inside("alpha", alpha)?;
    let (mut low, mut high) = (0u64, (mean + 40.0 * (mean.sqrt() + 1.0)) as u64);
    if poisson_above(high, mean)? > alpha {
        let (what, value, range) = ("alpha", alpha, "at least 10^-300");
        return Err(OutOfRange { what, value, range });
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if poisson_above(middle, mean)? <= alpha {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}

/// How many times longer one has to look for a number of events to tell a rate from `factor` times
/// it, by the normal form: the events that the healthy version then has. `factor` is above 1.
pub fn healthy_events_needed(factor: f64, alpha: f64, power: f64) -> Answer<f64> {
    if !factor.is_finite() || factor <= 1.0 {
        let (what, value, range) = ("factor", factor, "above 1");
        return Err(OutOfRange { what, value, range });
    }
    let z = super::normal::z_above(alpha)? + super::normal::z_above(1.0 - power)? * factor.sqrt();
    Ok((z.max(0.0) / (factor - 1.0)).powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_and_the_next_lower_ones_do_not() {
        for healthy in [0.0, 0.2, 3.0, 50.0, 4000.0] {
            let limit = smallest_limit(healthy, 0.01).expect("in range");
            assert!(look_fails(limit, healthy).expect("in range") <= 0.01);
            if let Some(lower) = limit.checked_sub(1) {
                assert!(look_fails(lower, healthy).expect("in range") > 0.01);
            }
        }
        assert!(smallest_limit(f64::NAN, 0.01).is_err());
        assert!(healthy_events_needed(1.0, 0.05, 0.9).is_err());
    }
}
