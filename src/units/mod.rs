//! Measured values with their units: shares, times, rates, sizes.
//!
//! Each type reads one spelling and prints it back in the shortest form that reads the same.

mod duration;
mod moment;
mod percent;
mod rate;

pub use duration::Duration;
pub use moment::{Moment, is_zone, nearest_zone};
pub use percent::Percent;
pub use rate::{Bytes, Rate};

/// Why a word is not a value of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitProblem {
    /// It does not begin with a digit.
    NotANumber,
    /// It is a number without a unit.
    NoUnit,
    /// Its unit is none of this kind.
    Unknown {
        /// The unit as written.
        unit: String,
        /// The whole value as it was probably meant.
        instead: Option<String>,
    },
    /// The value is out of range: what the range is.
    Range(&'static str),
}

/// Splits `1.5GiB` into digits and unit; `None` when it begins with no digit.
fn split(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let starts = digits.starts_with(|c: char| c.is_ascii_digit());
    let one_point = digits.bytes().filter(|&b| b == b'.').count() <= 1 && !digits.ends_with('.');
    (starts && one_point && digits.len() <= 20).then_some((digits, unit))
}
