//! Quantities as they are compared and shown.

use std::fmt;

use crate::units::Duration;

/// An amount with its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// A share or a probability, from 0; of an error budget it may be above 1.
    Share(f64),
    /// A factor.
    Ratio(f64),
    /// A time.
    Time(Duration),
    /// A number of requests or replicas.
    Count(f64),
}

impl Quantity {
    /// The amount in the unit that the bounds of policies are compared in: fractions, seconds, plain
    /// numbers.
    pub fn number(self) -> f64 {
        match self {
            Quantity::Share(amount) | Quantity::Ratio(amount) | Quantity::Count(amount) => amount,
            Quantity::Time(time) => time.as_secs_f64(),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Quantity::Share(share) => percent(share, f),
            Quantity::Ratio(ratio) => f.write_str(&three_digits(ratio)),
            Quantity::Time(time) => {
                // nobody plans in milliseconds
                let shown = match time.millis() {
                    millis if millis >= 60_000 => Duration::from_secs(time.secs()),
                    _ => time,
                };
                shown.fmt(f)
            }
            Quantity::Count(count) if count < 100.0 && count.fract() != 0.0 => {
                f.write_str(&three_digits(count))
            }
            Quantity::Count(count) => f.write_str(&super::gates::grouped(count.round())),
        }
    }
}

/// Never `0%` or `100%` for what is neither.
fn percent(share: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let percent = share * 100.0;
    if share > 0.0 && percent < 0.001 {
        f.write_str("less than 0.001%")
    } else if share < 1.0 && percent > 99.99 {
        f.write_str("more than 99.99%")
    } else if percent > 99.0 && percent < 100.0 {
        write!(f, "{percent:.2}%")
    } else {
        write!(f, "{}%", three_digits(percent))
    }
}

/// At most three digits that count, without zeros at the end; whole numbers whole.
fn three_digits(number: f64) -> String {
    let size = number.abs();
    let digits = match size {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.1 => 3,
        size if size >= 0.01 => 4,
        _ => 5,
    };
    let text = format!("{number:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_as_they_are_written() {
        let shares = [
            (0.0, "0%"),
            (0.05, "5%"),
            (0.012345, "1.23%"),
            (0.000_001, "less than 0.001%"),
            (0.999_999, "more than 99.99%"),
            (0.995, "99.50%"),
            (1.0, "100%"),
            (2.5, "250%"),
        ];
        for (share, text) in shares {
            assert_eq!(Quantity::Share(share).to_string(), text);
        }
        assert_eq!(Quantity::Ratio(5.0).to_string(), "5");
        assert_eq!(Quantity::Ratio(2.5).to_string(), "2.5");
        assert_eq!(Quantity::Count(12_693.4).to_string(), "12,693");
        assert_eq!(Quantity::Count(0.25).to_string(), "0.25");
        let time = Duration::from_millis(3_600_500);
        assert_eq!(Quantity::Time(time).to_string(), "1h1s");
    }
}
