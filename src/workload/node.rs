//! The generic tree of a YAML document: what every value is, and where its text stands.

use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::source::Span;

/// One value of a document.
///
/// Collections are shared, so a clone is cheap and an alias (`*name`) costs nothing however often
/// it is used; its spans then point at the anchored text, where the value is written.
#[derive(Clone, Debug)]
pub struct Node {
    /// The text of the value: a scalar with its quotes, a flow collection with its brackets, a
    /// block collection from its first key to the end of its last value. Empty for `key:`.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
    /// How many levels are below it; 0 for a scalar.
    pub(super) height: u32,
    /// How many nodes it holds with aliases written out, itself included.
    pub(super) size: u32,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A single value.
    Scalar(Scalar),
    /// Keys and values, in the order of the text; a merge (`<<`) is already carried out.
    Map(Arc<[Entry]>),
    /// Values in order.
    Seq(Arc<[Node]>),
}

/// One key with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key, unquoted.
    pub key: Arc<str>,
    /// Where the key stands, with its quotes.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// A single value: its text without quotes and escapes, and what Kubernetes takes it for.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// The text, quotes and escapes resolved.
    pub text: Arc<str>,
    /// The type that the text has.
    pub value: Value,
}

/// The type of a scalar, by the rules of the YAML reader that Kubernetes uses (YAML 1.1 words such
/// as `yes` and `off` are booleans, `0755` is octal, quotes make a string).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `yes`, `on` and their opposites.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text,
}

impl Node {
    /// The value below `key`, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of `key`, for the place of the key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| &*entry.key == key)
    }

    /// The value at the end of a path of keys: `node.at(&["spec", "template"])`.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of a map; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; none for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Seq(items) => items,
            _ => &[],
        }
    }

    /// The scalar, if it is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar that is a string; `None` for numbers, booleans and null.
    pub fn text(&self) -> Option<&str> {
        self.scalar()
            .filter(|scalar| scalar.value == Value::Text)
            .map(|scalar| &*scalar.text)
    }

    /// Whether this is `null`, `~` or nothing at all, which Kubernetes reads as an absent field.
    pub fn is_null(&self) -> bool {
        self.scalar()
            .is_some_and(|scalar| scalar.value == Value::Null)
    }

    /// What it is, for people: "a map", "the number 3", "the text `three`".
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Map(_) => "a map".into(),
            Kind::Seq(_) => "a list".into(),
            Kind::Scalar(scalar) => {
                let text = shortened(&scalar.text);
                match scalar.value {
                    Value::Null => "empty".into(),
                    Value::Bool(_) => format!("the boolean `{text}`"),
                    Value::Int(_) | Value::Float(_) => format!("the number `{text}`"),
                    Value::Text if text.is_empty() => "an empty text".into(),
                    Value::Text => format!("the text `{text}`"),
                }
            }
        }
    }

    /// The value as JSON. Its key order is that of the text when `serde_json` is built with
    /// `preserve_order`, else alphabetical; serializing the node itself always keeps the order.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.kind {
            Kind::Map(entries) => Json::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.to_string(), entry.value.to_json()))
                    .collect(),
            ),
            Kind::Seq(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Kind::Scalar(scalar) => match scalar.value {
                Value::Null => Json::Null,
                Value::Bool(flag) => Json::Bool(flag),
                Value::Int(number) => Json::from(number),
                // JSON has no infinity; it keeps its text
                Value::Float(number) => serde_json::Number::from_f64(number)
                    .map_or_else(|| Json::String(scalar.text.to_string()), Json::Number),
                Value::Text => Json::String(scalar.text.to_string()),
            },
        }
    }
}

/// Writes the value in the order of the text, into any format.
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.kind {
            Kind::Map(entries) => {
                let mut map = to.serialize_map(Some(entries.len()))?;
                for entry in entries.iter() {
                    map.serialize_entry(&*entry.key, &entry.value)?;
                }
                map.end()
            }
            Kind::Seq(items) => {
                let mut seq = to.serialize_seq(Some(items.len()))?;
                for item in items.iter() {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Kind::Scalar(scalar) => match scalar.value {
                Value::Null => to.serialize_unit(),
                Value::Bool(flag) => to.serialize_bool(flag),
                Value::Int(number) => to.serialize_i64(number),
                Value::Float(number) if number.is_finite() => to.serialize_f64(number),
                Value::Float(_) | Value::Text => to.serialize_str(&scalar.text),
            },
        }
    }
}

/// The first 40 characters of the first line, so that a message stays one line.
pub(super) fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    let mut short: String = line.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

impl Value {
    /// The type of an unquoted text.
    pub(super) fn of_plain(text: &str) -> Value {
        // every word and number begins with one of these; most texts end here
        let Some(first) = text.bytes().next() else {
            return Value::Null;
        };
        match first {
            b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' => {
                word(text)
            }
            b'0'..=b'9' | b'+' | b'-' | b'.' => number(text),
            _ => Value::Text,
        }
    }
}

fn word(text: &str) -> Value {
    match text {
        "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => {
            Value::Bool(true)
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => {
            Value::Bool(false)
        }
        _ => Value::Text,
    }
}

fn number(text: &str) -> Value {
    if text.len() > 64 {
        return Value::Text;
    }
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Value::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        _ => {}
    }
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.as_bytes().first() {
        Some(b'-') => (true, plain.get(1..).unwrap_or("")),
        Some(b'+') => (false, plain.get(1..).unwrap_or("")),
        _ => (false, plain.as_str()),
    };
    let radix = |prefix: &str, radix| {
        let digits = digits.strip_prefix(prefix)?;
        digits
            .starts_with(|c: char| c.is_ascii_hexdigit())
            .then_some(())?;
        i64::from_str_radix(digits, radix).ok()
    };
    let octal = |digits: &str| {
        let all = digits.len() > 1 && digits.starts_with('0');
        (all && digits.bytes().all(|b| b.is_ascii_digit()))
            .then(|| i64::from_str_radix(digits, 8).ok())
            .flatten()
    };
    let whole = radix("0x", 16)
        .or_else(|| radix("0o", 8))
        .or_else(|| radix("0b", 2))
        .or_else(|| octal(digits))
        .or_else(|| {
            digits
                .bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| digits.parse().ok())
                .flatten()
        });
    if let Some(whole) = whole {
        return Value::Int(if negative { -whole } else { whole });
    }
    let floating = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().any(|b| b.is_ascii_digit())
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if floating && let Ok(value) = plain.parse::<f64>() {
        return Value::Float(value);
    }
    Value::Text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_texts_have_the_types_that_kubernetes_gives_them() {
        for (text, value) in [
            ("", Value::Null),
            ("~", Value::Null),
            ("yes", Value::Bool(true)),
            ("Off", Value::Bool(false)),
            ("3", Value::Int(3)),
            ("-3", Value::Int(-3)),
            ("0755", Value::Int(493)),
            ("0x1F", Value::Int(31)),
            ("1_000", Value::Int(1000)),
            ("1.5", Value::Float(1.5)),
            ("1e3", Value::Float(1000.0)),
            ("25%", Value::Text),
            ("100m", Value::Text),
            ("1.2.3", Value::Text),
            ("-", Value::Text),
            ("--", Value::Text),
            ("0x", Value::Text),
            ("0x-1", Value::Text),
            ("2026-11-21", Value::Text),
            ("nope", Value::Text),
            ("99999999999999999999", Value::Float(1e20)),
        ] {
            assert_eq!(Value::of_plain(text), value, "{text}");
        }
    }
}
