//! Means of two arms, by the normal form. The spread of single values is known or estimated.

use super::normal::{at_most, z_above};
use super::range::{Answer, positive};

/// What is to be told apart: the spread (standard deviation) of single values, the difference of the
/// means, both in the same unit, and the requests to the old version for one to the new.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// The standard deviation of a single value.
    pub spread: f64,
    /// By how much the bad mean is worse, more than 0.
    pub by: f64,
    /// Requests to the old version for one to the new.
    pub ratio: f64,
}

impl Shift {
    fn checked(self) -> Answer<Shift> {
        positive("spread", self.spread)?;
        positive("difference", self.by)?;
        positive("ratio", self.ratio)?;
        Ok(self)
    }
}

/// Requests that the new version needs: `(z_a+z_b)²σ²(1+1/r)/δ²`.
pub fn requests_needed(shift: Shift, alpha: f64, power: f64) -> Answer<f64> {
    let shift = shift.checked()?;
    let z = (z_above(alpha)? + z_above(1.0 - power)?).max(0.0);
    positive(
        "requests",
        (z * shift.spread / shift.by).powi(2).max(1.0) * (1.0 + 1.0 / shift.ratio),
    )
}

/// The probability that `requests` to the new version show the shift.
pub fn power(requests: f64, shift: Shift, alpha: f64) -> Answer<f64> {
    let shift = shift.checked()?;
    let n = positive("requests", requests)?;
    let error = shift.spread * ((1.0 + 1.0 / shift.ratio) / n).sqrt();
    Ok(at_most(shift.by / error - z_above(alpha)?))
}

/// The smallest shift that `requests` show with this power.
pub fn smallest_shift(
    requests: f64,
    spread: f64,
    ratio: f64,
    alpha: f64,
    power: f64,
) -> Answer<f64> {
    let by = 1.0;
    let shift = Shift { spread, by, ratio }.checked()?;
    let n = positive("requests", requests)?;
    let z = (z_above(alpha)? + z_above(1.0 - power)?).max(0.0);
    super::range::not_negative(
        "shift",
        z * shift.spread * ((1.0 + 1.0 / shift.ratio) / n).sqrt(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_say_the_same() {
        let shift = Shift {
            spread: 80.0,
            by: 5.0,
            ratio: 19.0,
        };
        let needed = requests_needed(shift, 0.05, 0.9).expect("in range");
        let reached = power(needed, shift, 0.05).expect("in range");
        assert!((reached - 0.9).abs() < 1e-9, "{reached}");
        let smallest = smallest_shift(needed, 80.0, 19.0, 0.05, 0.9).expect("in range");
        assert!((smallest - 5.0).abs() < 1e-9, "{smallest}");
        // (1.645+1.282)²·80²·(20/19)/25
        assert!((needed - 2307.8).abs() < 0.5, "{needed}");
        assert!(power(0.0, shift, 0.05).is_err());
        assert!(
            power(
                10.0,
                Shift {
                    spread: f64::NAN,
                    ..shift
                },
                0.05
            )
            .is_err()
        );
    }
}
