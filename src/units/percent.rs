//! Shares of a whole.

use std::fmt;

use super::{UnitProblem, split};

/// A share, exact to a ten-thousandth of a percent (one part in a million).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent {
    ppm: u64,
}

impl Percent {
    /// Nothing.
    pub const ZERO: Percent = Percent { ppm: 0 };
    /// The whole.
    pub const FULL: Percent = Percent { ppm: 1_000_000 };

    /// `ppm` parts in a million; 10,000 are 1 %.
    pub const fn from_ppm(ppm: u64) -> Self {
        Percent { ppm }
    }

    /// Parts in a million.
    pub const fn ppm(self) -> u64 {
        self.ppm
    }

    /// The share as a number: 5 % is 0.05.
    pub fn fraction(self) -> f64 {
        self.ppm as f64 / 1e6
    }

    /// The whole percents, if the share is a whole number of them.
    pub fn whole(self) -> Option<u64> {
        self.ppm.is_multiple_of(10_000).then_some(self.ppm / 10_000)
    }

    /// The share of a count, rounded up, as Kubernetes rounds a surge.
    pub fn of_rounded_up(self, count: u64) -> u64 {
        (u128::from(self.ppm) * u128::from(count)).div_ceil(1_000_000) as u64
    }

    /// The share of a count, rounded down, as Kubernetes rounds unavailability.
    pub fn of_rounded_down(self, count: u64) -> u64 {
        (u128::from(self.ppm) * u128::from(count) / 1_000_000) as u64
    }

    /// Reads `5%` or `0.25%`.
    pub fn parse(text: &str) -> Result<Self, UnitProblem> {
        let (digits, unit) = split(text).ok_or(UnitProblem::NotANumber)?;
        match unit {
            "%" => {}
            "" => return Err(UnitProblem::NoUnit),
            "percent" | "pct" | "pc" | "perc" | "%%" => {
                let instead = Some(format!("{digits}%"));
                return Err(UnitProblem::Unknown {
                    unit: unit.to_string(),
                    instead,
                });
            }
            _ => {
                return Err(UnitProblem::Unknown {
                    unit: unit.to_string(),
                    instead: None,
                });
            }
        }
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if fraction.len() > 4 {
            return Err(UnitProblem::Range("at most four digits behind the point"));
        }
        let whole: u64 = whole.parse().map_err(|_| UnitProblem::NotANumber)?;
        let scale = 10u64.pow(4 - fraction.len() as u32);
        let fraction: u64 = match fraction {
            "" => 0,
            digits => digits.parse().map_err(|_| UnitProblem::NotANumber)?,
        };
        let fraction = fraction * scale;
        let ppm = whole
            .checked_mul(10_000)
            .and_then(|ppm| ppm.checked_add(fraction));
        match ppm {
            Some(ppm) if ppm <= 1_000_000 => Ok(Percent { ppm }),
            _ => Err(UnitProblem::Range("from `0%` to `100%`")),
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.ppm / 10_000, self.ppm % 10_000);
        if rest == 0 {
            return write!(f, "{whole}%");
        }
        let fraction = format!("{rest:04}");
        write!(f, "{whole}.{}%", fraction.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for text in ["0%", "1%", "0.25%", "99.9%", "100%", "0.0001%"] {
            assert_eq!(Percent::parse(text).expect("a share").to_string(), text);
        }
        assert_eq!(
            Percent::parse("5.50%").expect("a share").to_string(),
            "5.5%"
        );
        assert_eq!(Percent::parse("10"), Err(UnitProblem::NoUnit));
        assert_eq!(
            Percent::parse("101%"),
            Err(UnitProblem::Range("from `0%` to `100%`"))
        );
        assert!(Percent::parse("%").is_err());
    }

    #[test]
    fn rounds_as_kubernetes_does() {
        let quarter = Percent::parse("25%").expect("a share");
        assert_eq!(
            (quarter.of_rounded_up(10), quarter.of_rounded_down(10)),
            (3, 2)
        );
        assert_eq!(
            (quarter.of_rounded_up(3), quarter.of_rounded_down(3)),
            (1, 0)
        );
    }
}
