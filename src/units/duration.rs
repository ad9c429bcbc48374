//! Lengths of time.

use std::fmt;

use super::UnitProblem;

/// A length of time, exact to a millisecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    millis: u64,
}

/// Units from large to small: word and milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// The longest time that is read: ten years.
const MAX_MILLIS: u64 = 3_650 * 86_400_000;

impl Duration {
    /// No time.
    pub const ZERO: Duration = Duration { millis: 0 };

    /// That many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Duration { millis }
    }

    /// That many seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Duration {
            millis: seconds.saturating_mul(1000),
        }
    }

    /// Milliseconds.
    pub const fn millis(self) -> u64 {
        self.millis
    }

    /// Whole seconds, rounded up.
    pub const fn secs(self) -> u64 {
        self.millis.div_ceil(1000)
    }

    /// Seconds as a number.
    pub fn as_secs_f64(self) -> f64 {
        self.millis as f64 / 1000.0
    }

    /// The sum, at most the largest time there is.
    #[must_use]
    pub const fn plus(self, other: Duration) -> Self {
        Duration {
            millis: self.millis.saturating_add(other.millis),
        }
    }

    /// `n` times as long, at most the largest time there is.
    #[must_use]
    pub const fn times(self, n: u64) -> Self {
        Duration {
            millis: self.millis.saturating_mul(n),
        }
    }

    /// Reads `30s`, `10m`, `1h30m`, `500ms`, `7d`, `1.5h`. Parts fall in size, each at most once.
    pub fn parse(text: &str) -> Result<Self, UnitProblem> {
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(UnitProblem::NotANumber);
        }
        if text.len() > 40 {
            return Err(UnitProblem::Range("at most ten years"));
        }
        let mut rest = text;
        let mut millis = 0u64;
        let mut smallest = u64::MAX;
        while !rest.is_empty() {
            let end = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(rest.len());
            let (digits, tail) = rest.split_at(end);
            let unit_end = tail
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(tail.len());
            let (unit, next) = tail.split_at(unit_end);
            if unit.is_empty() {
                return Err(UnitProblem::NoUnit);
            }
            let Some(&(_, scale)) = UNITS.iter().find(|(word, _)| *word == unit) else {
                let instead = meant(unit).map(|unit| {
                    format!("{}{digits}{unit}{next}", &text[..text.len() - rest.len()])
                });
                return Err(UnitProblem::Unknown {
                    unit: unit.to_string(),
                    instead,
                });
            };
            if scale >= smallest {
                return Err(UnitProblem::Range(
                    "parts from large to small, each once: `1h30m`",
                ));
            }
            smallest = scale;
            let value: f64 = digits.parse().map_err(|_| UnitProblem::NotANumber)?;
            let part = value * scale as f64;
            if part.fract() != 0.0 {
                return Err(UnitProblem::Range("whole milliseconds"));
            }
            millis = millis.saturating_add(part as u64);
            if millis > MAX_MILLIS {
                return Err(UnitProblem::Range("at most ten years"));
            }
            rest = next;
        }
        Ok(Duration { millis })
    }
}

/// The unit that was probably meant by a foreign or misspelt one.
fn meant(unit: &str) -> Option<&'static str> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "min" | "mins" | "minute" | "minutes" | "m" => "m",
        "sec" | "secs" | "second" | "seconds" | "s" => "s",
        "hr" | "hrs" | "hour" | "hours" | "h" => "h",
        "day" | "days" | "d" => "d",
        "msec" | "millis" | "milliseconds" | "ms" => "ms",
        _ => return None,
    })
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.millis == 0 {
            return f.write_str("0s");
        }
        let mut left = self.millis;
        for (word, scale) in UNITS {
            if left >= scale {
                write!(f, "{}{word}", left / scale)?;
                left %= scale;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for text in ["30s", "10m", "1h30m", "500ms", "7d", "1d2h3m4s5ms"] {
            assert_eq!(Duration::parse(text).expect("a time").to_string(), text);
        }
        assert_eq!(Duration::parse("90m").expect("a time").to_string(), "1h30m");
        assert_eq!(Duration::parse("1.5h").expect("a time").secs(), 5400);
        assert_eq!(Duration::parse("5"), Err(UnitProblem::NoUnit));
        assert_eq!(Duration::parse("1h30"), Err(UnitProblem::NoUnit));
        assert!(Duration::parse("30s1h").is_err());
        assert!(Duration::parse("99999999d").is_err());
    }

    #[test]
    fn foreign_units_get_the_answer_that_helps() {
        let instead = |text: &str| match Duration::parse(text) {
            Err(UnitProblem::Unknown { instead, .. }) => instead,
            other => panic!("{other:?}"),
        };
        assert_eq!(instead("5min").as_deref(), Some("5m"));
        assert_eq!(instead("30M").as_deref(), Some("30m"));
        assert_eq!(instead("1h30min").as_deref(), Some("1h30m"));
        assert_eq!(instead("5x"), None);
    }
}
