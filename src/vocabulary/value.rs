//! Words to typed values. Every unit is read here, and nowhere else.

use crate::syntax::Op;
use crate::units::{Bytes, Duration, Percent, Rate, UnitProblem};

use super::SlotKind;

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `=`
    Equal,
}

impl Compare {
    /// The operator as written.
    pub fn symbol(self) -> &'static str {
        match self {
            Compare::Less => "<",
            Compare::LessEqual => "<=",
            Compare::Greater => ">",
            Compare::GreaterEqual => ">=",
            Compare::Equal => "=",
        }
    }

    /// Whether `left OP right` holds; never for NaN.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Compare::Less => left < right,
            Compare::LessEqual => left <= right,
            Compare::Greater => left > right,
            Compare::GreaterEqual => left >= right,
            Compare::Equal => left == right,
        }
    }

    pub(super) fn of(op: Op) -> Option<Compare> {
        Some(match op {
            Op::Less => Compare::Less,
            Op::LessEqual => Compare::LessEqual,
            Op::Greater => Compare::Greater,
            Op::GreaterEqual => Compare::GreaterEqual,
            Op::Equal => Compare::Equal,
            _ => return None,
        })
    }
}

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    /// Four digits.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31, as far as the month goes.
    pub day: u8,
}

impl Date {
    /// Reads `2026-12-18`.
    pub fn parse(text: &str) -> Option<Date> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(i, b)| {
                if i == 4 || i == 7 {
                    *b == b'-'
                } else {
                    b.is_ascii_digit()
                }
            });
        if !shape {
            return None;
        }
        let (year, month, day) = (
            text[..4].parse().ok()?,
            text[5..7].parse().ok()?,
            text[8..].parse().ok()?,
        );
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        (1..=last)
            .contains(&day)
            .then_some(Date { year, month, day })
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A typed argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A share.
    Percent(Percent),
    /// A length of time.
    Duration(Duration),
    /// A count, written with or without a magnitude.
    Count(u64),
    /// A plain number.
    Number(f64),
    /// Something for each second.
    Rate(Rate),
    /// A size.
    Bytes(Bytes),
    /// A multiple.
    Factor(f64),
    /// A day.
    Date(Date),
    /// A comparison.
    Compare(Compare),
    /// A word, an id or a name, as spelled, quotes removed.
    Word(String),
    /// A text, escapes resolved.
    Text(String),
    /// Any value, where a strategy's parameter stands whose value is not known yet.
    Parameter(String),
}

/// Why a word is not what the statement needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ValueProblem {
    /// It is something else altogether.
    #[default]
    Other,
    /// It is a number, but carries no unit.
    NoUnit,
    /// Its unit does not exist, or not for this kind of value; the word that was probably meant.
    Unit {
        /// The unit as written.
        unit: String,
        /// What to write.
        instead: Option<String>,
    },
    /// It is out of range: what the range is.
    Range(&'static str),
    /// It is of the right kind, but not in the range that the statement takes: `from 1 to 65535`.
    Bounds(&'static str),
    /// It is a text with nothing between the quotes.
    Empty,
    /// It is quoted, but must not be.
    Quoted,
    /// It must be quoted, but is not.
    Unquoted,
    /// An escape that does not exist in a text.
    Escape(String),
}

impl From<UnitProblem> for ValueProblem {
    fn from(problem: UnitProblem) -> Self {
        match problem {
            UnitProblem::NotANumber => ValueProblem::Other,
            UnitProblem::NoUnit => ValueProblem::NoUnit,
            UnitProblem::Unknown { unit, instead } => ValueProblem::Unit { unit, instead },
            UnitProblem::Range(range) => ValueProblem::Range(range),
        }
    }
}

/// What an argument is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// A bare word.
    Word,
    /// A text in `"` or `"""`.
    Text,
}

/// Reads `text` (for [`Written::Text`]: with its quotes) as a value of `kind`.
pub fn parse_value(kind: SlotKind, written: Written, text: &str) -> Result<Value, ValueProblem> {
    if written == Written::Text {
        return match kind {
            SlotKind::AnyText => unquote(text).map(Value::Text),
            SlotKind::Text | SlotKind::Path => filled(unquote(text)?).map(Value::Text),
            SlotKind::Id | SlotKind::Name | SlotKind::Ref(_) => {
                filled(unquote(text)?).map(Value::Word)
            }
            _ => Err(ValueProblem::Quoted),
        };
    }
    Ok(match kind {
        SlotKind::Percent => Value::Percent(Percent::parse(text)?),
        SlotKind::Duration => Value::Duration(Duration::parse(text)?),
        SlotKind::Count => Value::Count(count(text)?),
        SlotKind::Integer => Value::Count(integer(text)?),
        SlotKind::Number => Value::Number(number(text)?),
        SlotKind::Rate => Value::Rate(Rate::parse(text)?),
        SlotKind::Bytes => Value::Bytes(Bytes::parse(text)?),
        SlotKind::Amount if text.ends_with('%') => Value::Percent(Percent::parse(text)?),
        SlotKind::Amount => Value::Count(integer(text).map_err(|problem| amount(text, problem))?),
        SlotKind::Factor => match text.strip_prefix('x').map(number) {
            Some(Ok(factor)) => Value::Factor(factor),
            _ => return Err(ValueProblem::Other),
        },
        SlotKind::Threshold => threshold(text)?,
        SlotKind::Date => Value::Date(Date::parse(text).ok_or_else(|| not_a_day(text))?),
        SlotKind::Id | SlotKind::Name | SlotKind::Ref(_) => Value::Word(text.to_string()),
        SlotKind::Choice(words) if words.split('|').any(|word| word == text) => {
            Value::Word(text.to_string())
        }
        SlotKind::Choice(_) | SlotKind::Compare | SlotKind::Call => {
            return Err(ValueProblem::Other);
        }
        SlotKind::Text | SlotKind::AnyText | SlotKind::Path => {
            return Err(ValueProblem::Unquoted);
        }
    })
}

/// The largest whole number that is read; far above any count of people, rows or replicas.
const MAX_COUNT: u64 = 1_000_000_000_000_000;

/// Why an amount is none: a share that is spelled out is a share, not a count with a strange unit.
fn amount(text: &str, problem: ValueProblem) -> ValueProblem {
    match problem {
        ValueProblem::Unit { unit, .. } if matches!(unit.as_str(), "percent" | "pct" | "pc") => {
            let instead = text.strip_suffix(unit.as_str()).map(|n| format!("{n}%"));
            ValueProblem::Unit { unit, instead }
        }
        other => other,
    }
}

/// Why a word is no date: a day that the calendar does not have, or something else altogether.
fn not_a_day(text: &str) -> ValueProblem {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| match i {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    if shape {
        ValueProblem::Range("the calendar has no such day")
    } else {
        ValueProblem::Other
    }
}

fn integer(text: &str) -> Result<u64, ValueProblem> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        if text.contains('.') && number(text).is_ok() {
            return Err(ValueProblem::Range("a whole number"));
        }
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        return Err(if digits > 0 {
            ValueProblem::Unit {
                unit: text[digits..].to_string(),
                instead: Some(text[..digits].to_string()),
            }
        } else {
            ValueProblem::Other
        });
    }
    text.parse()
        .ok()
        .filter(|&n| n <= MAX_COUNT)
        .ok_or(ValueProblem::Range("at most 10^15"))
}

fn count(text: &str) -> Result<u64, ValueProblem> {
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let scale = match unit {
        "" => 1.0,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        _ if digits.is_empty() => return Err(ValueProblem::Other),
        _ => {
            let instead = match unit {
                "K" => Some("k"),
                "m" | "mio" | "million" => Some("M"),
                "B" | "b" | "bn" => Some("G"),
                _ => None,
            };
            let instead = instead.map(|unit| format!("{digits}{unit}"));
            return Err(ValueProblem::Unit {
                unit: unit.to_string(),
                instead,
            });
        }
    };
    let value = number(digits)? * scale;
    if value > MAX_COUNT as f64 {
        return Err(ValueProblem::Range("at most 10^15"));
    }
    if value.fract() != 0.0 {
        return Err(ValueProblem::Range("a whole number"));
    }
    Ok(value as u64)
}

fn number(text: &str) -> Result<f64, ValueProblem> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || text.len() > 24 {
        return Err(ValueProblem::Other);
    }
    text.parse().map_err(|_| ValueProblem::Other)
}

fn threshold(text: &str) -> Result<Value, ValueProblem> {
    if let Ok(value) = number(text) {
        return Ok(Value::Number(value));
    }
    if text.ends_with('%') {
        return Ok(Value::Percent(Percent::parse(text)?));
    }
    if text.contains('/') {
        return Ok(Value::Rate(Rate::parse(text)?));
    }
    if text.ends_with('B') {
        return Ok(Value::Bytes(Bytes::parse(text)?));
    }
    if let Ok(count) = count(text) {
        return Ok(Value::Count(count));
    }
    Ok(Value::Duration(Duration::parse(text)?))
}

/// A text that says something.
fn filled(text: String) -> Result<String, ValueProblem> {
    if text.trim().is_empty() {
        return Err(ValueProblem::Empty);
    }
    Ok(text)
}

/// The contents of a quoted text. `"""` texts are taken as they are, their lines ended by `\n`; in `"` texts `\"`, `\\`, `\n`
/// and `\t` are resolved.
fn unquote(text: &str) -> Result<String, ValueProblem> {
    if let Some(raw) = text
        .strip_prefix("\"\"\"")
        .and_then(|t| t.strip_suffix("\"\"\""))
    {
        return Ok(crate::syntax::unix_lines(raw).into_owned());
    }
    let inner = text
        .strip_prefix('"')
        .and_then(|t| t.strip_suffix('"'))
        .unwrap_or(text);
    if !inner.contains('\\') {
        return Ok(inner.to_string());
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('"') => out.push('"'),
            Some('\\') => out.push('\\'),
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            other => {
                return Err(ValueProblem::Escape(
                    other.map(String::from).unwrap_or_default(),
                ));
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(kind: SlotKind, text: &str) -> Result<Value, ValueProblem> {
        parse_value(kind, Written::Word, text)
    }

    #[test]
    fn units_are_read_and_missed() {
        assert_eq!(word(SlotKind::Count, "40M"), Ok(Value::Count(40_000_000)));
        assert_eq!(word(SlotKind::Count, "1.5k"), Ok(Value::Count(1500)));
        assert_eq!(
            word(SlotKind::Count, "40m"),
            Err(ValueProblem::Unit {
                unit: "m".into(),
                instead: Some("40M".into())
            })
        );
        assert_eq!(word(SlotKind::Percent, "10"), Err(ValueProblem::NoUnit));
        assert_eq!(word(SlotKind::Factor, "x2.5"), Ok(Value::Factor(2.5)));
        assert_eq!(word(SlotKind::Integer, "0042"), Ok(Value::Count(42)));
        assert_eq!(
            word(SlotKind::Integer, "0.5"),
            Err(ValueProblem::Range("a whole number"))
        );
        assert_eq!(
            word(SlotKind::Amount, "25percent"),
            Err(ValueProblem::Unit {
                unit: "percent".into(),
                instead: Some("25%".into())
            })
        );
        assert_eq!(word(SlotKind::Path, "a/b"), Err(ValueProblem::Unquoted));
    }

    #[test]
    fn texts_resolve_their_escapes() {
        let text = parse_value(SlotKind::Text, Written::Text, r#""a\"b\\n\n""#);
        assert_eq!(text, Ok(Value::Text("a\"b\\n\n".into())));
        let raw = parse_value(SlotKind::Text, Written::Text, r#""""a\d""""#);
        assert_eq!(raw, Ok(Value::Text("a\\d".into())));
        let lines = parse_value(SlotKind::Text, Written::Text, "\"\"\"a\r\nb\"\"\"");
        assert_eq!(lines, Ok(Value::Text("a\nb".into())));
        let wrong = parse_value(SlotKind::Text, Written::Text, r#""\d""#);
        assert_eq!(wrong, Err(ValueProblem::Escape("d".into())));
    }

    #[test]
    fn days_exist_or_do_not() {
        assert!(Date::parse("2028-02-29").is_some());
        assert!(Date::parse("2026-02-29").is_none());
        assert!(Date::parse("2026-13-01").is_none());
        assert!(Date::parse("2026-1-01").is_none());
    }
}
