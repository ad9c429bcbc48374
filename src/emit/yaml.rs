//! Documents as trees with comments, written as block YAML.
//!
//! Every text is data: it is quoted whenever YAML 1.1 or 1.2 could read it as anything else, so what
//! a parser gives back is what was put in. Comments are one line each and cannot end early.

use std::fmt::Write as _;

use crate::workload::{Kind, Node, Value as Scalar};

/// A value of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Yaml {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A text, whatever it holds.
    Text(String),
    /// Values in order.
    Seq(Vec<Yaml>),
    /// Keys and values in order.
    Map(Vec<(String, Yaml)>),
    /// A value with comment lines above it; only in a sequence or as the value of a key.
    Noted(Vec<String>, Box<Yaml>),
}

impl Yaml {
    /// A text.
    pub fn text(text: impl Into<String>) -> Yaml {
        Yaml::Text(text.into())
    }

    /// A count; what does not fit is the largest number that does.
    pub fn count(count: u64) -> Yaml {
        Yaml::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// The same value below a comment.
    #[must_use]
    pub fn noted(self, comment: impl Into<String>) -> Yaml {
        match self {
            Yaml::Noted(mut lines, value) => {
                lines.insert(0, comment.into());
                Yaml::Noted(lines, value)
            }
            other => Yaml::Noted(vec![comment.into()], Box::new(other)),
        }
    }

    /// The value below `key` of a map.
    pub fn get(&self, key: &str) -> Option<&Yaml> {
        match self {
            Yaml::Map(entries) => entries
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            Yaml::Noted(_, value) => value.get(key),
            _ => None,
        }
    }

    /// The map below `key`, made where it is missing; anything but a map is replaced by one.
    pub fn map_at(&mut self, key: &str) -> &mut Yaml {
        if !matches!(self.get(key), Some(Yaml::Map(_))) {
            self.set(key, Yaml::Map(Vec::new()));
        }
        self.slot(key)
    }

    /// Sets `key` of a map in its place, or behind the others.
    pub fn set(&mut self, key: &str, value: Yaml) {
        *self.slot(key) = value;
    }

    /// Takes `key` out of a map.
    pub fn remove(&mut self, key: &str) -> Option<Yaml> {
        match self {
            Yaml::Map(entries) => {
                let at = entries.iter().position(|(name, _)| name == key)?;
                Some(entries.remove(at).1)
            }
            Yaml::Noted(_, value) => value.remove(key),
            _ => None,
        }
    }

    /// The items of a sequence.
    pub fn items_mut(&mut self) -> &mut [Yaml] {
        match self {
            Yaml::Seq(items) => items,
            Yaml::Noted(_, value) => value.items_mut(),
            _ => &mut [],
        }
    }

    fn slot(&mut self, key: &str) -> &mut Yaml {
        if let Yaml::Noted(_, value) = self {
            return value.slot(key);
        }
        if !matches!(self, Yaml::Map(_)) {
            *self = Yaml::Map(Vec::new());
        }
        let Yaml::Map(entries) = self else {
            unreachable!("it was made a map just now");
        };
        let at = entries
            .iter()
            .position(|(name, _)| name == key)
            .unwrap_or_else(|| {
                entries.push((key.to_string(), Yaml::Null));
                entries.len() - 1
            });
        &mut entries[at].1
    }
}

impl From<&Node> for Yaml {
    /// The value of a manifest. Its depth is bounded by [`crate::workload::MAX_DEPTH`].
    fn from(node: &Node) -> Yaml {
        match &node.kind {
            Kind::Map(entries) => Yaml::Map(
                entries
                    .iter()
                    .map(|entry| (entry.key.to_string(), Yaml::from(&entry.value)))
                    .collect(),
            ),
            Kind::Seq(items) => Yaml::Seq(items.iter().map(Yaml::from).collect()),
            Kind::Scalar(scalar) => match scalar.value {
                Scalar::Null => Yaml::Null,
                Scalar::Bool(flag) => Yaml::Bool(flag),
                Scalar::Int(number) => Yaml::Int(number),
                Scalar::Float(number) => Yaml::Float(number),
                Scalar::Text => Yaml::text(&*scalar.text),
            },
        }
    }
}

/// A map: `map([("kind", text)])`.
pub fn map<const N: usize>(entries: [(&str, Yaml); N]) -> Yaml {
    Yaml::Map(
        entries
            .into_iter()
            .map(|(key, value)| (key.to_string(), value))
            .collect(),
    )
}

/// The documents as one file, each below its comment lines.
pub fn file(documents: &[(Vec<String>, Yaml)]) -> String {
    let mut out = String::new();
    for (index, (comments, document)) in documents.iter().enumerate() {
        if index > 0 {
            out.push_str("---\n");
        }
        for line in comments {
            comment(&mut out, 0, line);
        }
        block(&mut out, document, 0);
    }
    out
}

/// A comment of one line; what could end the line, or hide text from a reader, becomes a space.
fn comment(out: &mut String, indent: usize, text: &str) {
    let _ = writeln!(out, "{:indent$}# {}", "", one_line(text));
}

/// The text on one line, at most 200 characters, without control and direction characters.
pub fn one_line(text: &str) -> String {
    let mut line: String = text
        .chars()
        .map(|c| if is_hidden(c) { ' ' } else { c })
        .take(200)
        .collect();
    if text.chars().nth(200).is_some() {
        line.push('…');
    }
    line.trim_end().to_string()
}

/// Control characters, line separators, and characters that change the direction of the text.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn block(out: &mut String, value: &Yaml, indent: usize) {
    match value {
        Yaml::Map(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                entry(out, key, value, indent);
            }
        }
        Yaml::Seq(items) if !items.is_empty() => {
            for value in items {
                item(out, value, indent);
            }
        }
        Yaml::Noted(lines, value) => {
            for line in lines {
                comment(out, indent, line);
            }
            block(out, value, indent);
        }
        other => {
            let _ = writeln!(out, "{:indent$}{}", "", scalar(other));
        }
    }
}

fn entry(out: &mut String, key: &str, value: &Yaml, indent: usize) {
    if let Yaml::Noted(lines, value) = value {
        for line in lines {
            comment(out, indent, line);
        }
        return entry(out, key, value, indent);
    }
    let _ = write!(out, "{:indent$}{}:", "", text(key));
    behind(out, value, indent);
}

/// What stands behind a key: on its line, or below it.
fn behind(out: &mut String, value: &Yaml, indent: usize) {
    match value {
        Yaml::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            block(out, value, indent + 2);
        }
        Yaml::Seq(items) if !items.is_empty() => {
            out.push('\n');
            block(out, value, indent + 2);
        }
        Yaml::Text(long) if is_literal(long) => literal(out, long, indent + 2),
        other => {
            let _ = writeln!(out, " {}", scalar(other));
        }
    }
}

fn item(out: &mut String, value: &Yaml, indent: usize) {
    match value {
        Yaml::Noted(lines, value) => {
            for line in lines {
                comment(out, indent, line);
            }
            item(out, value, indent);
        }
        Yaml::Map(entries) if !entries.is_empty() => {
            let _ = write!(out, "{:indent$}- ", "");
            // the first key stands behind the dash, so a comment of its own stands above the dash
            let mut first = true;
            for (key, value) in entries {
                if first {
                    let bare = match value {
                        Yaml::Noted(_, value) => value,
                        other => other,
                    };
                    let _ = write!(out, "{}:", text(key));
                    behind(out, bare, indent + 2);
                    first = false;
                } else {
                    entry(out, key, value, indent + 2);
                }
            }
        }
        Yaml::Seq(items) if !items.is_empty() => {
            let _ = writeln!(out, "{:indent$}-", "");
            block(out, value, indent + 2);
        }
        Yaml::Text(long) if is_literal(long) => {
            let _ = write!(out, "{:indent$}-", "");
            literal(out, long, indent + 2);
        }
        other => {
            let _ = writeln!(out, "{:indent$}- {}", "", scalar(other));
        }
    }
}

/// Whether a text of several lines can stand as it is, indented, and be read back the same.
fn is_literal(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    body.contains('\n')
        && !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && body.lines().all(|line| line.trim_end() == line)
        && !body
            .chars()
            .any(|c| (c != '\n' && is_hidden(c)) || c == '\u{85}' || c > '\u{fffd}')
}

fn literal(out: &mut String, text: &str, indent: usize) {
    let (body, head) = match text.strip_suffix('\n') {
        Some(body) => (body, "|"),
        None => (text, "|-"),
    };
    let _ = writeln!(out, " {head}");
    for line in body.split('\n') {
        if line.is_empty() {
            out.push('\n');
        } else {
            let _ = writeln!(out, "{:indent$}{line}", "");
        }
    }
}

/// A scalar, or an empty collection, on one line.
fn scalar(value: &Yaml) -> String {
    match value {
        Yaml::Null => "null".into(),
        Yaml::Bool(flag) => flag.to_string(),
        Yaml::Int(number) => number.to_string(),
        Yaml::Float(number) if number.is_nan() => ".nan".into(),
        Yaml::Float(number) if number.is_infinite() => {
            if *number > 0.0 { ".inf" } else { "-.inf" }.into()
        }
        // with a point or an exponent, so that it stays a number of its kind
        Yaml::Float(number) => format!("{number:?}"),
        Yaml::Text(value) => text(value),
        Yaml::Seq(_) => "[]".into(),
        Yaml::Map(_) => "{}".into(),
        Yaml::Noted(_, value) => scalar(value),
    }
}

/// A text on one line: plain where every reader takes it for this text, else in double quotes.
fn text(value: &str) -> String {
    if is_plain(value) {
        return value.to_string();
    }
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_hidden(c) || c == '\u{85}' || c == '\u{a0}' => {
                let code = u32::from(c);
                let _ = if code <= 0xff {
                    write!(out, "\\x{code:02x}")
                } else {
                    write!(out, "\\u{code:04x}")
                };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Words that are no text in YAML 1.1 or 1.2, or in a reader in between.
const WORDS: [&str; 10] = [
    "null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan",
];

/// Whether a text needs no quotes. The first letter is one that begins no number, and what follows
/// holds nothing that YAML gives a meaning.
fn is_plain(value: &str) -> bool {
    let mut chars = value.chars();
    let first = chars.next();
    first.is_some_and(|c| c.is_ascii_alphabetic() || c == '/')
        && value.len() <= 400
        && chars.all(|c| {
            c.is_ascii_alphanumeric()
                || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '%' | '+' | '=')
        })
        && !value.ends_with(':')
        && !WORDS.contains(&value.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, SourceMap};

    fn back(text: &str) -> serde_json::Value {
        serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    const HOSTILE: [&str; 28] = [
        "",
        " ",
        "a",
        "yes",
        "No",
        "0755",
        "1e3",
        "1_000",
        "12:30:45",
        "~",
        "- a",
        "a: b",
        "a #b",
        "#",
        "$(rm -rf /)",
        "`id`",
        "it's",
        "say \"hi\"",
        "back\\slash",
        "line\nline",
        "\n lead",
        "trail \nx",
        "tab\there",
        "a\u{2028}b",
        "🦀 Grüße",
        "{{args.x}}",
        "%YAML 1.2",
        "---\nkind: Secret",
    ];

    #[test]
    fn every_text_comes_back_as_it_was() {
        for text in HOSTILE {
            let document = map([
                ("plain", Yaml::text(text)),
                (
                    "list",
                    Yaml::Seq(vec![Yaml::text(text), map([("deep", Yaml::text(text))])]),
                ),
            ]);
            let mut document = document;
            document.set(text, Yaml::Int(1));
            let written = file(&[(vec![format!("from {text}")], document)]);
            let read = back(&written);
            assert_eq!(read["plain"], text, "{written}");
            assert_eq!(read["list"][0], text, "{written}");
            assert_eq!(read["list"][1]["deep"], text, "{written}");
            assert_eq!(read[text], 1, "{written}");
            assert_eq!(read.as_object().map(|map| map.len()), Some(3), "{written}");
            // and the reader with the rules of Kubernetes agrees
            let mut sources = SourceMap::new();
            sources.add("x", "x", written.clone());
            let mut findings = Vec::new();
            let manifests = crate::workload::read(FileId(0), &written, &mut findings);
            assert!(findings.is_empty(), "{findings:?}\n{written}");
            let node = &manifests.documents[0].node;
            assert_eq!(
                node.get("plain").and_then(|n| n.text()),
                Some(text),
                "{written}"
            );
        }
    }

    #[test]
    fn comments_stand_above_what_they_speak_of() {
        let steps = Yaml::Seq(vec![
            map([("setWeight", Yaml::Int(5))]).noted("plan.swb:3\nkind: Secret"),
            map([("pause", Yaml::Map(Vec::new()))]),
        ]);
        let written = file(&[(vec!["made".into()], map([("steps", steps)]))]);
        assert_eq!(
            written,
            "# made\nsteps:\n  # plan.swb:3 kind: Secret\n  - setWeight: 5\n  - pause: {}\n"
        );
    }
}
