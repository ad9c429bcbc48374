//! Values that lie outside what a formula is defined for.

use std::fmt;

/// A value that a formula is not defined for. Nothing in this room answers with NaN or an infinity:
/// what cannot be computed is refused with this.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutOfRange {
    /// The name of the value: `weight`.
    pub what: &'static str,
    /// The value, as it was given.
    pub value: f64,
    /// What would be valid: `between 0 and 1`.
    pub range: &'static str,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OutOfRange { what, value, range } = self;
        write!(f, "`{what}` is {value}, and has to be {range}")
    }
}

impl std::error::Error for OutOfRange {}

/// What a formula answers.
pub type Answer<T> = Result<T, OutOfRange>;

/// The largest number of requests, of seconds, of replicas that is computed with (10^15: all of
/// them are whole numbers in an `f64`).
pub const LARGEST: f64 = 1e15;

/// The smallest number that is not nothing. Below it, products and quotients leave what an `f64`
/// holds.
pub const SMALLEST: f64 = 1e-15;

fn within(
    what: &'static str,
    value: f64,
    range: &'static str,
    holds: impl FnOnce(f64) -> bool,
) -> Answer<f64> {
    if value.is_finite() && holds(value) {
        Ok(value)
    } else {
        Err(OutOfRange { what, value, range })
    }
}

/// A share or a probability, its ends included.
pub(super) fn share(what: &'static str, value: f64) -> Answer<f64> {
    within(what, value, "from 0 to 1", |v| (0.0..=1.0).contains(&v))
}

/// A share or a probability that is neither nothing nor all.
pub(super) fn inside(what: &'static str, value: f64) -> Answer<f64> {
    within(what, value, "from 10^-15 to less than 1", |v| {
        (SMALLEST..1.0).contains(&v)
    })
}

/// A share that is not nothing.
pub(super) fn some_share(what: &'static str, value: f64) -> Answer<f64> {
    within(what, value, "from 10^-15 to 1", |v| {
        (SMALLEST..=1.0).contains(&v)
    })
}

/// A number above 0.
pub(super) fn positive(what: &'static str, value: f64) -> Answer<f64> {
    within(what, value, "from 10^-15 to 10^15", |v| {
        (SMALLEST..=LARGEST).contains(&v)
    })
}

/// A number that is not negative.
pub(super) fn not_negative(what: &'static str, value: f64) -> Answer<f64> {
    within(what, value, "from 0 to 10^15", |v| {
        (0.0..=LARGEST).contains(&v)
    })
}

/// A count within its bounds, both included.
pub(super) fn count(
    what: &'static str,
    value: u64,
    least: u64,
    most: u64,
    range: &'static str,
) -> Answer<u64> {
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        let value = value as f64;
        Err(OutOfRange { what, value, range })
    }
}

/// A result as a count, rounded up. A result that no count can hold is refused.
pub(super) fn rounded_up(what: &'static str, value: f64) -> Answer<u64> {
    // 12.000000000000002 comes from rounding, not from a thirteenth
    let close = value.round();
    let near = (value - close).abs() <= 1e-9 * close.abs().max(1.0);
    let value = if near { close } else { value.ceil() };
    not_negative(what, value).map(|value| value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_value_and_the_range() {
        let refused = share("weight", 1.5).expect_err("too large");
        assert_eq!(
            refused.to_string(),
            "`weight` is 1.5, and has to be from 0 to 1"
        );
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(share("x", odd).is_err());
            assert!(inside("x", odd).is_err());
            assert!(positive("x", odd).is_err());
            assert!(not_negative("x", odd).is_err());
            assert!(rounded_up("x", odd).is_err());
        }
    }

    #[test]
    fn rounding_up_knows_its_own_error() {
        assert_eq!(rounded_up("x", 12.0 + 1e-12), Ok(12));
        assert_eq!(rounded_up("x", 12.001), Ok(13));
        assert_eq!(rounded_up("x", 0.0), Ok(0));
    }
}
