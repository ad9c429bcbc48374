//! Versions of migrations, in the order in which their tool runs them.

use std::cmp::Ordering;

/// A whole number of any length, as its digits without leading zeros. Zero has no digits.
///
/// Tools hold versions in 64 bits, file names do not: comparing digits never overflows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Digits(String);

impl Digits {
    /// The number that `text` spells; `None` unless it consists of ASCII digits only.
    pub fn new(text: &str) -> Option<Self> {
        let number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        number.then(|| Digits(text.trim_start_matches('0').to_string()))
    }
}

impl Ord for Digits {
    fn cmp(&self, other: &Self) -> Ordering {
        // without leading zeros a longer number is a larger one
        self.0
            .len()
            .cmp(&other.0.len())
            .then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Digits {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What orders migrations. One folder holds versions of one kind only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// Compared as a number: golang-migrate, sqlx, goose.
    Number(Digits),
    /// Compared part by part, `1.2 < 1.10`, and `1.0` is `1`: Flyway.
    Dotted(Vec<Digits>),
    /// Compared as text, so `10` stands before `9`: diesel, dbmate.
    Text(String),
}

impl Version {
    /// A version of digits, compared as a number.
    pub fn number(text: &str) -> Option<Self> {
        Digits::new(text).map(Version::Number)
    }

    /// A Flyway version: numbers between `.` or `_`.
    pub fn dotted(text: &str) -> Option<Self> {
        let mut parts = text
            .split(['.', '_'])
            .map(Digits::new)
            .collect::<Option<Vec<_>>>()?;
        while parts.len() > 1 && parts.last().is_some_and(|part| part.0.is_empty()) {
            parts.pop();
        }
        Some(Version::Dotted(parts))
    }

    /// The number of a sequence that is counted on by one; `None` for parts and for what is as long
    /// as a date, of which nobody expects the next.
    pub fn counted(&self) -> Option<u32> {
        let digits = match self {
            Version::Number(Digits(digits)) => digits,
            Version::Dotted(parts) => match parts.as_slice() {
                [Digits(digits)] => digits,
                _ => return None,
            },
            Version::Text(text) => text,
        };
        let counted = digits.len() < MIN_DATE && digits.bytes().all(|b| b.is_ascii_digit());
        match digits.as_str() {
            "" => Some(0),
            digits => counted.then(|| digits.parse().ok())?,
        }
    }
}

/// The digits of a date: `20240131`.
const MIN_DATE: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value_at_any_length() {
        let number = |text| Version::number(text).expect("digits");
        assert!(number("9") < number("0010"));
        assert_eq!(number("0042"), number("42"));
        assert!(number("99999999999999999999999998") < number("99999999999999999999999999"));
        assert_eq!(Version::number("4x"), None);
        assert_eq!(Version::number(""), None);
    }

    #[test]
    fn dates_and_parts_are_not_counted() {
        let dotted = |text| Version::dotted(text).expect("a version");
        assert_eq!(Version::number("0042").and_then(|v| v.counted()), Some(42));
        assert_eq!(Version::number("0").and_then(|v| v.counted()), Some(0));
        assert_eq!(dotted("7").counted(), Some(7));
        assert_eq!(dotted("7.1").counted(), None);
        assert_eq!(Version::number("20240131").and_then(|v| v.counted()), None);
        assert_eq!(Version::Text("00012".into()).counted(), Some(12));
        assert_eq!(Version::Text("2024-01".into()).counted(), None);
    }

    #[test]
    fn dotted_versions_compare_part_by_part() {
        let dotted = |text| Version::dotted(text).expect("a version");
        assert!(dotted("1.2") < dotted("1.10"));
        assert!(dotted("1_2") < dotted("1.2.0.1"));
        assert_eq!(dotted("1.0"), dotted("1"));
        assert!(dotted("0") < dotted("0.1"));
        assert_eq!(Version::dotted("1..2"), None);
        assert_eq!(Version::dotted("1.x"), None);
    }
}
