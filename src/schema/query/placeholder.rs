//! Placeholders of drivers and generators, written as PostgreSQL writes parameters.
//!
//! `:name`, `@name`, `?`, `?1`, `%s` and `%(name)s` become `$1`. A sign that stands behind an
//! operand is an operator (`data ? 'key'`, `a % s`), one that stands where an operand is missing
//! is a placeholder. Texts, quoted names and comments stay as they are.

use std::ops::Range;

/// A statement for the parser, and where its bytes stand in what was written.
pub(super) struct Filled {
    pub sql: String,
    /// Each replaced place: its end in `sql`, and its range in what was written.
    replaced: Vec<(usize, Range<usize>)>,
}

/// What a placeholder becomes.
const PARAMETER: &str = "$1";

impl Filled {
    /// The offset in what was written of an offset in `sql`.
    pub(super) fn written(&self, at: usize) -> usize {
        let before = self.replaced.partition_point(|(end, _)| *end <= at);
        match before
            .checked_sub(1)
            .and_then(|last| self.replaced.get(last))
        {
            Some((end, range)) => range.end + (at - end),
            None => at,
        }
    }
}

/// Replaces the placeholders of a statement. One pass.
pub(super) fn fill(written: &str) -> Filled {
    let bytes = written.as_bytes();
    let mut sql = String::with_capacity(written.len() + 16);
    let mut replaced = Vec::new();
    let mut copied = 0;
    let mut at = 0;
    // whether an operand has just ended, and how many `[` are open
    let mut operand = false;
    let mut slices = 0_usize;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        let end = match byte {
            b'\'' => {
                let escapes = at > 0
                    && matches!(bytes.get(at - 1), Some(b'e' | b'E'))
                    && !at
                        .checked_sub(2)
                        .and_then(|before| bytes.get(before))
                        .is_some_and(|&b| is_word(b));
                operand = true;
                quoted(bytes, at, b'\'', escapes)
            }
            b'"' => {
                operand = true;
                quoted(bytes, at, b'"', false)
            }
            b'-' if next == b'-' => line_end(bytes, at),
            b'/' if next == b'*' => comment_end(bytes, at),
            b'$' if !operand || !previous_is_word(bytes, at) => {
                operand = true;
                dollar(written, at)
            }
            _ if is_word(byte) => {
                let end = word_end(bytes, at);
                let word = written.get(at..end).unwrap_or("");
                operand = !is_keyword(word);
                end
            }
            b')' | b']' => {
                operand = true;
                slices = slices.saturating_sub(usize::from(byte == b']'));
                at + 1
            }
            _ if byte.is_ascii_whitespace() => at + 1,
            _ => {
                slices += usize::from(byte == b'[');
                let placeholder = if operand || sign_before(bytes, at) {
                    None
                } else {
                    placeholder(bytes, at, slices > 0)
                };
                if let Some(end) = placeholder {
                    sql.push_str(written.get(copied..at).unwrap_or(""));
                    sql.push_str(PARAMETER);
                    replaced.push((sql.len(), at..end));
                    copied = end;
                    operand = true;
                    end
                } else {
                    operand = false;
                    // `::` is no placeholder
                    at + if byte == b':' && next == b':' { 2 } else { 1 }
                }
            }
        };
        at = end.max(at + 1);
    }
    sql.push_str(written.get(copied..).unwrap_or(""));
    Filled { sql, replaced }
}

/// Where the placeholder at `at` ends, if one begins there.
fn placeholder(bytes: &[u8], at: usize, slice: bool) -> Option<usize> {
    let next = bytes.get(at + 1).copied().unwrap_or(0);
    let named = next.is_ascii_alphabetic() || next == b'_';
    match bytes.get(at)? {
        b'?' if next.is_ascii_digit() => Some(word_end(bytes, at + 1)),
        b'?' if !matches!(next, b'|' | b'&' | b'?') => Some(at + 1),
        b':' if named && !slice => Some(word_end(bytes, at + 1)),
        b'@' if named => Some(word_end(bytes, at + 1)),
        b'%' if next == b's' && !bytes.get(at + 2).is_some_and(|&b| is_word(b)) => Some(at + 2),
        b'%' if next == b'(' => {
            let close = bytes.get(at..)?.iter().position(|&b| b == b')')?;
            (bytes.get(at + close + 1) == Some(&b's')).then_some(at + close + 2)
        }
        _ => None,
    }
}

/// Whether a sign stands directly before, so that both make one operator: `<@`, `@@`.
fn sign_before(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(1)
        .and_then(|before| bytes.get(before))
        .is_some_and(|byte| b"@?&|#~<:".contains(byte))
}

fn previous_is_word(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(1)
        .and_then(|before| bytes.get(before))
        .is_some_and(|&byte| is_word(byte))
}

fn quoted(bytes: &[u8], at: usize, quote: u8, escapes: bool) -> usize {
    let mut end = at + 1;
    while let Some(&byte) = bytes.get(end) {
        end += 1;
        if byte == b'\\' && escapes {
            end += 1;
        } else if byte == quote {
            if bytes.get(end) != Some(&quote) {
                return end;
            }
            end += 1;
        }
    }
    bytes.len()
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())
}

fn comment_end(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut end = at;
    while end < bytes.len() {
        match (bytes.get(end), bytes.get(end + 1)) {
            (Some(b'/'), Some(b'*')) => {
                depth += 1;
                end += 2;
            }
            (Some(b'*'), Some(b'/')) => {
                depth = depth.saturating_sub(1);
                end += 2;
                if depth == 0 {
                    return end;
                }
            }
            _ => end += 1,
        }
    }
    bytes.len()
}

/// The end of `$1`, or of a text in `$tag$`.
fn dollar(written: &str, at: usize) -> usize {
    let bytes = written.as_bytes();
    let tag = word_end(bytes, at + 1);
    if bytes.get(tag) != Some(&b'$') || bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
        return tag;
    }
    let opened = written.get(at..=tag).unwrap_or("$$");
    written
        .get(tag + 1..)
        .and_then(|rest| rest.find(opened))
        .map_or(bytes.len(), |found| tag + 1 + found + opened.len())
}

fn word_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|&b| !is_word(b)).unwrap_or(rest.len())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Words behind which an operand must follow.
const KEYWORDS: [&str; 38] = [
    "all",
    "and",
    "any",
    "between",
    "by",
    "case",
    "distinct",
    "else",
    "escape",
    "except",
    "fetch",
    "filter",
    "first",
    "from",
    "having",
    "ilike",
    "in",
    "intersect",
    "interval",
    "is",
    "like",
    "limit",
    "next",
    "not",
    "offset",
    "on",
    "or",
    "returning",
    "select",
    "set",
    "similar",
    "then",
    "to",
    "union",
    "using",
    "values",
    "when",
    "where",
];

fn is_keyword(word: &str) -> bool {
    word.len() <= 9
        && KEYWORDS
            .iter()
            .any(|keyword| keyword.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_parameters_and_operators_stay() {
        for (written, expected) in [
            ("SELECT :id", "SELECT $1"),
            ("SELECT a::text, b[1:n]", "SELECT a::text, b[1:n]"),
            ("WHERE a = ? AND b=?", "WHERE a = $1 AND b=$1"),
            (
                "WHERE data ? 'k' AND data ?| x",
                "WHERE data ? 'k' AND data ?| x",
            ),
            ("IN (?, ?1)", "IN ($1, $1)"),
            (
                "a = @name AND b @> c AND d <@ e",
                "a = $1 AND b @> c AND d <@ e",
            ),
            ("a = %s, b % s, %(x)s", "a = $1, b % s, $1"),
            (
                "':id' -- :id\n, /* ? */ \"?\"",
                "':id' -- :id\n, /* ? */ \"?\"",
            ),
            ("$$ :id $$ $1 :id", "$$ :id $$ $1 :id"),
            ("LIMIT :n OFFSET ?", "LIMIT $1 OFFSET $1"),
            ("E'\\' :a' || :b", "E'\\' :a' || $1"),
            ("x := :y", "x := $1"),
        ] {
            assert_eq!(fill(written).sql, expected, "{written}");
        }
    }

    #[test]
    fn offsets_lead_back() {
        let filled = fill("a = :name, b");
        let at = filled.sql.find(", b").expect("kept");
        assert_eq!(filled.written(at), "a = :name".len());
        assert_eq!(filled.written(0), 0);
    }
}
