//! Whether the patterns behind `=~` and `!~` are regular expressions.

use promql_parser::label::Matcher;
use promql_parser::parser::token::T_EQL_REGEX;

use super::scan::{Fault, Kind, Token};

/// So many bytes of patterns are looked at in one query; compiling one costs time.
const MAX_BYTES: usize = 8 * 1024;

/// The patterns of a query that Prometheus would refuse.
pub(super) fn faults(text: &str, tokens: &[Token]) -> Vec<Fault> {
    let mut left = MAX_BYTES;
    let mut out = Vec::new();
    for pair in tokens.windows(2) {
        let [operator, token] = pair else { continue };
        let word = |token: &Token| text.get(token.range.clone()).unwrap_or("");
        if !matches!(word(operator), "=~" | "!~") || token.kind != Kind::Text {
            continue;
        }
        let quoted = word(token);
        let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or("");
        if is_simple(inner) {
            continue;
        }
        let Some(rest) = left.checked_sub(inner.len()) else {
            break;
        };
        left = rest;
        let raw = quoted.starts_with('`');
        let pattern = if raw {
            inner.to_string()
        } else {
            inner.replace("\\\\", "\\")
        };
        let Some(cheap) = cheap(&pattern) else {
            continue;
        };
        if Matcher::new_matcher(T_EQL_REGEX, "x".into(), cheap).is_err() {
            let fault = Fault::new(
                token.range.clone(),
                format!("{quoted} is no regular expression"),
            );
            out.push(
                fault.help(
                    "close what is open, and write `\\\\` before a sign that stands for itself",
                ),
            );
        }
    }
    out
}

/// Whether a pattern is right at a glance, as `5..` and `GET|POST.*` are. Compiling even a short
/// one costs several times the rest of a check.
fn is_simple(pattern: &str) -> bool {
    let mut repeatable = false;
    pattern.bytes().all(|byte| {
        let letter =
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/' | b':');
        let fits = letter || byte == b'|' || (repeatable && matches!(byte, b'*' | b'+'));
        repeatable = letter;
        fits
    })
}

/// A pattern of the same shape that costs little to compile: `\w{1,900}` and its like, whose cost
/// their length does not bound, become one letter once. `None` for what is not looked into.
fn cheap(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                // names of classes are not looked into, and other escapes are rare
                Some('p' | 'P' | 'x' | 'Q' | 'E' | 'C') => return None,
                Some('w' | 'd' | 's' | 'W' | 'D' | 'S') => out.push('a'),
                Some('b' | 'B' | 'A' | 'z') => {}
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            '{' => {
                let count: String = chars.clone().take_while(|c| *c != '}').take(16).collect();
                let counts = count.starts_with(|c: char| c.is_ascii_digit())
                    && count.chars().all(|c| c.is_ascii_digit() || c == ',');
                if counts {
                    for _ in 0..=count.len() {
                        chars.next();
                    }
                    out.push_str("{1}");
                } else {
                    out.push_str("\\{");
                }
            }
            '(' if chars.peek() == Some(&'?') => {
                // flags such as `(?i)` make letters costly; `(?:` and `(?P<` are kept
                let rest: String = chars.clone().skip(1).take(3).collect();
                if rest.starts_with(':') || rest.starts_with("P<") || rest.starts_with('<') {
                    out.push('(');
                } else {
                    return None;
                }
            }
            // a version has no sign that opens or closes anything
            '$' => {}
            other => out.push(other),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(pattern: &str) -> bool {
        let text = format!("a{{b=~`{pattern}`}}");
        !faults(&text, &crate::promql::scan::scan(&text, 8).tokens).is_empty()
    }

    #[test]
    fn only_what_is_no_pattern_is_refused() {
        for right in [
            "",
            "5..",
            "a|b.*",
            "(4|5)\\d{2}",
            "[^x]+",
            "(?i)get",
            "a{b}",
            "$version-.*",
            "\\p{Greek}",
            "a{1,900}{1,900}",
            "x$",
        ] {
            assert!(!refused(right), "{right}");
        }
        for wrong in ["(a", "a)", "[a", "*a", "a|*", "a\\"] {
            assert!(refused(wrong), "{wrong}");
        }
    }
}
