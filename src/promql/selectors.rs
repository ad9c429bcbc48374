//! Which versions each selector of a query measures.

use std::ops::Range;

use super::scan::{Kind, Token};
use super::words::{AGGREGATIONS, LIST_WORDS, WORD_OPERATORS, is_one_of};

/// The versions whose series a selector takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// The new one alone: a label equals `$version`, or a text that holds it.
    Version,
    /// All together: no label of it tells versions apart.
    Every,
    /// Some that its labels do not tell, as by `!=` or by a pattern.
    Some,
}

/// A selector of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// It as written, without its range; shortened where it is long.
    pub text: String,
    /// What it measures.
    pub measured: Measured,
    /// The texts that its labels are compared with.
    pub values: Vec<String>,
}

/// So many characters of a selector are shown.
const SHOWN: usize = 80;

/// The selectors of a query in their order. Time is linear in the tokens.
pub(super) fn selectors(text: &str, tokens: &[Token]) -> Vec<Selector> {
    let word = |index: usize| {
        let token: Option<&Token> = tokens.get(index);
        token.and_then(|t| text.get(t.range.clone())).unwrap_or("")
    };
    let is_open = |index: usize, bracket: &str| {
        tokens.get(index).is_some_and(|t| t.kind == Kind::Open) && word(index) == bracket
    };
    // within the brackets of `by (...)` and its like stand labels
    let mut labels_until = 0;
    let mut found = Vec::new();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        let named = token.kind == Kind::Word && is_metric(word(index));
        if is_open(index, "(")
            && index
                .checked_sub(1)
                .is_some_and(|before| is_one_of(word(before), &LIST_WORDS))
        {
            labels_until = labels_until.max(token.partner.unwrap_or(index));
        }
        let braces = if is_open(index, "{") {
            Some(index)
        } else if named && is_open(index + 1, "{") {
            Some(index + 1)
        } else {
            None
        };
        match braces {
            Some(open) => {
                let close = tokens[open].partner.unwrap_or(open).max(open);
                let end = tokens.get(close).map_or(text.len(), |t| t.range.end);
                found.push(selector(
                    text,
                    tokens.get(open + 1..close).unwrap_or_default(),
                    token.range.start..end,
                ));
                index = close;
            }
            None if named
                && token.inside != b'['
                && index >= labels_until
                && !is_open(index + 1, "(") =>
            {
                found.push(selector(text, &[], token.range.clone()));
            }
            None => {}
        }
        index += 1;
    }
    found
}

fn is_metric(word: &str) -> bool {
    let keywords = ["bool", "offset", "inf", "nan", "smoothed", "anchored"];
    !(is_one_of(word, &AGGREGATIONS)
        || is_one_of(word, &LIST_WORDS)
        || is_one_of(word, &WORD_OPERATORS)
        || is_one_of(word, &keywords))
}

fn selector(text: &str, matchers: &[Token], range: Range<usize>) -> Selector {
    let word = |token: &Token| text.get(token.range.clone()).unwrap_or("");
    let mut values = Vec::new();
    let (mut equal, mut other) = (false, false);
    for part in matchers.split(|token| token.kind == Kind::Comma) {
        let [label, operator, value] = part else {
            // `or` between matchers takes what either does; a text alone is a metric
            other |= part.len() > 1;
            continue;
        };
        let quoted = word(value);
        let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or("");
        let versioned = inner.contains("$version");
        match word(operator) {
            "=" => equal |= versioned,
            // a pattern without choice or repetition is a text, whose dots may be any sign
            "=~" if versioned && is_text(inner) => equal = true,
            _ => other |= versioned || is_label_of_versions(word(label)),
        }
        if !versioned && is_label_of_versions(word(label)) {
            other = true;
        }
        values.push(inner.to_string());
    }
    let measured = match (equal, other) {
        (true, _) => Measured::Version,
        (false, true) => Measured::Some,
        (false, false) => Measured::Every,
    };
    let written = text.get(range).unwrap_or("");
    let mut shown: String = written.chars().take(SHOWN).collect();
    if shown.len() < written.len() {
        shown.push('…');
    }
    Selector {
        text: shown.replace(['\n', '\r', '\t'], " "),
        measured,
        values,
    }
}

/// Whether a pattern means no more than it says.
fn is_text(pattern: &str) -> bool {
    pattern
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'/' | b':' | b'$'))
}

/// Whether a label of this name tells versions apart wherever it stands.
fn is_label_of_versions(label: &str) -> bool {
    ["version", "app_kubernetes_io_version"].contains(&label.trim_matches(['"', '\'', '`']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::scan::scan;

    fn look(text: &str) -> Vec<(String, Measured)> {
        selectors(text, &scan(text, 64).tokens)
            .into_iter()
            .map(|found| (found.text, found.measured))
            .collect()
    }

    #[test]
    fn each_selector_says_which_versions_it_measures() {
        let one = |text: &str| look(text)[0].1;
        for text in [
            "sum(rate(h{version=\"$version\"}[2m]))",
            "{__name__=\"h\", revision='$service-$version'}",
            "h{a!=\"b\", version=~\"$version\"}",
        ] {
            assert_eq!(one(text), Measured::Version, "{text}");
        }
        for text in [
            "h{version!=\"$version\"}",
            "h{version=~\"$version|1\"}",
            "h{version!~\"$version\"}",
            "h{pod=~\"web-$version.*\"}",
            "h{version=\"1\"}",
            "h{version=\"$version\" or version=\"1\"}",
        ] {
            assert_eq!(one(text), Measured::Some, "{text}");
        }
        for text in ["h", "h{code=~\"5..\"}", "(h)", "rate(h[2m])", "-h"] {
            assert_eq!(one(text), Measured::Every, "{text}");
        }
    }

    #[test]
    fn labels_keywords_and_functions_are_no_selectors() {
        let text = "sum by (app, le) (rate(a{x=\"1\"}[2m] offset 5m)) / on (app) group_left (b) (sum without (c) (d) > bool 0 or vector(Inf)) unless {e=\"f\"}";
        let names: Vec<String> = look(text).into_iter().map(|found| found.0).collect();
        assert_eq!(names, ["a{x=\"1\"}", "d", "{e=\"f\"}"]);
        assert_eq!(look("vector(0)"), []);
        assert_eq!(look("a + on(b) c").len(), 2);
    }
}
