//! Places and words for people, from what the parser says.

use std::borrow::Cow;
use std::ops::Range;

use crate::diagnostic::nearest;

/// The words that begin a statement of PostgreSQL.
const COMMANDS: [&str; 52] = [
    "ABORT",
    "ALTER",
    "ANALYZE",
    "BEGIN",
    "CALL",
    "CHECKPOINT",
    "CLOSE",
    "CLUSTER",
    "COMMENT",
    "COMMIT",
    "COPY",
    "CREATE",
    "DEALLOCATE",
    "DECLARE",
    "DELETE",
    "DISCARD",
    "DO",
    "DROP",
    "END",
    "EXECUTE",
    "EXPLAIN",
    "FETCH",
    "GRANT",
    "IMPORT",
    "INSERT",
    "LISTEN",
    "LOAD",
    "LOCK",
    "MERGE",
    "MOVE",
    "NOTIFY",
    "PREPARE",
    "REASSIGN",
    "REFRESH",
    "REINDEX",
    "RELEASE",
    "REPACK",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SECURITY",
    "SELECT",
    "SET",
    "SHOW",
    "START",
    "TABLE",
    "TRUNCATE",
    "UPDATE",
    "VACUUM",
    "VALUES",
    "WITH",
];

/// The command that `word` was probably meant to be; `None` when it is one.
pub(super) fn command(word: &str) -> Option<&'static str> {
    nearest(word, COMMANDS).filter(|found| !found.eq_ignore_ascii_case(word))
}

/// The word or sign at or behind byte `start`; at the end of the text, the last one.
pub(super) fn at(sql: &str, start: usize) -> Range<usize> {
    let end = sql.trim_end().len();
    let behind = sql.get(start..end).unwrap_or("");
    let start = if behind.trim_start().is_empty() {
        let last = sql.get(..end).unwrap_or("");
        let word = last.trim_end_matches(in_word).len();
        if word < end {
            word
        } else {
            last.char_indices().next_back().map_or(0, |(at, _)| at)
        }
    } else {
        end - behind.trim_start().len()
    };
    let rest = sql.get(start..end).unwrap_or("");
    let word = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
    let length = if word > 0 {
        word
    } else {
        rest.chars().next().map_or(0, char::len_utf8)
    };
    start..start + length
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The parser's message without its names for tokens: `expected R_PAREN` is "expected `)`".
pub(super) fn readable(message: &str) -> String {
    // what stands there is shown from the text
    let cut = [", found ", ", got ", " but got "]
        .iter()
        .filter_map(|mark| message.find(mark))
        .min()
        .unwrap_or(message.len());
    let message = message.get(..cut).unwrap_or(message).trim_end_matches('.');
    // what follows a whole statement is read as the next one
    if message == "Missing semicolon between statements" || message == "expected command" {
        return "expected the end of the statement".into();
    }
    let words: Vec<String> = message.split(' ').map(token).collect();
    let text = words.join(" ");
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            let rest = text.get(first.len_utf8()..).unwrap_or("");
            first.to_lowercase().chain(rest.chars()).collect()
        }
        _ => text,
    }
}

fn token(word: &str) -> String {
    let spelled = match word {
        "L_PAREN" => "`(`",
        "R_PAREN" => "`)`",
        "L_BRACK" => "`[`",
        "R_BRACK" => "`]`",
        "COMMA" => "`,`",
        "SEMICOLON" => "`;`",
        "EQ" => "`=`",
        "DOT" => "`.`",
        "COLON" => "`:`",
        "COLON_EQ" => "`:=`",
        "FAT_ARROW" => "`=>`",
        "IDENT" => "a name",
        "STRING" => "a text in `'`",
        "EOF" => "the end",
        _ => {
            return word
                .strip_suffix("_KW")
                .map_or_else(|| word.to_string(), |keyword| format!("`{keyword}`"));
        }
    };
    spelled.to_string()
}

/// The statement with each `${placeholder}` of Flyway or another filler turned into a name that is
/// as long, so that places stay.
pub(super) fn without_placeholders(sql: &str) -> Cow<'_, str> {
    if !sql.contains("${") {
        return Cow::Borrowed(sql);
    }
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        let inner = from.get(2..).unwrap_or("");
        let length = inner
            .find(|c: char| !c.is_ascii_alphanumeric() && !"_-.:".contains(c))
            .unwrap_or(inner.len());
        // `$${` opens a text
        let quote = before.ends_with('$');
        let closed = inner
            .get(length..)
            .is_some_and(|after| after.starts_with('}'));
        let taken = if length > 0 && closed && !quote {
            out.push_str(before);
            out.push_str(&"x".repeat(length + 3));
            start + length + 3
        } else {
            out.push_str(rest.get(..start + 2).unwrap_or(""));
            start + 2
        };
        rest = rest.get(taken..).unwrap_or("");
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The statement with `COMPRESSION method` and `STORAGE kind` of its `ADD COLUMN`s turned into
/// white space that is as long; `None` where it has none.
///
/// Only the words that the server takes there are looked for, and a name directly behind `ADD` or
/// `COLUMN` is left, so that a column may be called `storage`.
pub(super) fn without_storage(sql: &str) -> Option<String> {
    const METHODS: [&str; 3] = ["pglz", "lz4", "default"];
    const KINDS: [&str; 5] = ["plain", "external", "extended", "main", "default"];
    let mut words = words_of(sql);
    let first = words.next()?;
    if !first.1.eq_ignore_ascii_case("alter") {
        return None;
    }
    let mut out = sql.to_string();
    let (mut before, mut last) = (String::new(), first);
    for (start, word) in words {
        let clause = if last.1.eq_ignore_ascii_case("compression") {
            METHODS.iter().any(|known| known.eq_ignore_ascii_case(word))
        } else {
            last.1.eq_ignore_ascii_case("storage")
                && KINDS.iter().any(|known| known.eq_ignore_ascii_case(word))
        };
        let is_name = ["add", "column", "exists", "set"].contains(&before.as_str());
        if clause && !is_name {
            let range = last.0..start + word.len();
            out.replace_range(range.clone(), &" ".repeat(range.len()));
        }
        before = last.1.to_ascii_lowercase();
        last = (start, word);
    }
    (out != sql).then_some(out)
}

/// Words outside quotes, with where they begin. A quoted piece ends a word and is none.
fn words_of(sql: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(c) = sql.get(at..).and_then(|rest| rest.chars().next()) {
            let rest = sql.get(at..).unwrap_or("");
            if matches!(c, '\'' | '"') {
                let closing = rest.get(1..).and_then(|inner| inner.find(c));
                at += closing.map_or(rest.len(), |n| n + 2);
            } else if in_word(c) {
                let length = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
                let start = at;
                at += length;
                return Some((start, rest.get(..length).unwrap_or("")));
            } else {
                at += c.len_utf8();
            }
        }
        None
    })
}
