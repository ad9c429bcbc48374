//! Rates and sizes.

use std::fmt;

use super::{UnitProblem, split};

/// Something that happens that many times a second.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate {
    per_second: f64,
}

impl Rate {
    /// That many a second; never negative or NaN when it comes from [`Rate::parse`].
    pub const fn per_second(per_second: f64) -> Self {
        Rate { per_second }
    }

    /// The number for each second.
    pub const fn value(self) -> f64 {
        self.per_second
    }

    /// Reads `900/s`, `2k/s`, `30/m`, `10/h`.
    pub fn parse(text: &str) -> Result<Self, UnitProblem> {
        let (digits, unit) = split(text).ok_or(UnitProblem::NotANumber)?;
        if unit.is_empty() {
            return Err(UnitProblem::NoUnit);
        }
        let unknown = |instead: Option<String>| UnitProblem::Unknown {
            unit: unit.to_string(),
            instead,
        };
        let Some((magnitude, time)) = unit.split_once('/') else {
            let instead = match unit.to_ascii_lowercase().as_str() {
                "rps" | "qps" | "tps" | "hz" => Some(format!("{digits}/s")),
                "rpm" | "qpm" => Some(format!("{digits}/m")),
                _ => None,
            };
            return Err(unknown(instead));
        };
        let scale = match magnitude {
            "" => 1.0,
            "k" => 1e3,
            "M" => 1e6,
            "K" => return Err(unknown(Some(format!("{digits}k/{time}")))),
            _ => return Err(unknown(None)),
        };
        let seconds = match time {
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "sec" | "second" => return Err(unknown(Some(format!("{digits}{magnitude}/s")))),
            "min" | "minute" => return Err(unknown(Some(format!("{digits}{magnitude}/m")))),
            "hour" => return Err(unknown(Some(format!("{digits}{magnitude}/h")))),
            _ => return Err(unknown(None)),
        };
        let value: f64 = digits.parse().map_err(|_| UnitProblem::NotANumber)?;
        let per_second = value * scale / seconds;
        if per_second > 1e12 {
            return Err(UnitProblem::Range("at most 10^12 a second"));
        }
        Ok(Rate { per_second })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.per_second)
    }
}

/// A size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes {
    bytes: u64,
}

/// Units from large to small.
const SIZES: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

impl Bytes {
    /// That many bytes.
    pub const fn new(bytes: u64) -> Self {
        Bytes { bytes }
    }

    /// The number of bytes.
    pub const fn value(self) -> u64 {
        self.bytes
    }

    /// Reads `12GiB` or `500MB`.
    pub fn parse(text: &str) -> Result<Self, UnitProblem> {
        let (digits, unit) = split(text).ok_or(UnitProblem::NotANumber)?;
        if unit.is_empty() {
            return Err(UnitProblem::NoUnit);
        }
        let Some(&(_, scale)) = SIZES.iter().find(|(word, _)| *word == unit) else {
            let folded = unit.to_ascii_lowercase();
            let instead = SIZES
                .iter()
                .map(|(word, _)| *word)
                .find(|word| {
                    let lower = word.to_ascii_lowercase();
                    lower == folded || lower.trim_end_matches('b') == folded
                })
                .map(|word| format!("{digits}{word}"));
            return Err(UnitProblem::Unknown {
                unit: unit.to_string(),
                instead,
            });
        };
        let value: f64 = digits.parse().map_err(|_| UnitProblem::NotANumber)?;
        let bytes = value * scale as f64;
        if bytes > 1e18 {
            return Err(UnitProblem::Range("at most 10^18 bytes"));
        }
        Ok(Bytes {
            bytes: bytes as u64,
        })
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, scale) = SIZES
            .into_iter()
            .find(|&(_, scale)| self.bytes >= scale && self.bytes.is_multiple_of(scale))
            .unwrap_or(("B", 1));
        write!(f, "{}{word}", self.bytes / scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_kept_for_each_second() {
        assert_eq!(Rate::parse("900/s").expect("a rate").value(), 900.0);
        assert_eq!(Rate::parse("30/m").expect("a rate").value(), 0.5);
        assert_eq!(Rate::parse("2k/s").expect("a rate").to_string(), "2000/s");
        assert_eq!(
            Rate::parse("900rps"),
            Err(UnitProblem::Unknown {
                unit: "rps".into(),
                instead: Some("900/s".into())
            })
        );
        assert_eq!(Rate::parse("900"), Err(UnitProblem::NoUnit));
    }

    #[test]
    fn sizes_read_and_print() {
        assert_eq!(Bytes::parse("12GiB").expect("a size").to_string(), "12GiB");
        assert_eq!(Bytes::parse("1.5kB").expect("a size").value(), 1500);
        assert_eq!(
            Bytes::parse("12gib"),
            Err(UnitProblem::Unknown {
                unit: "gib".into(),
                instead: Some("12GiB".into())
            })
        );
    }
}
