//! What is done to a comment: blanks at its end go, and one blank follows its `#`.

use std::borrow::Cow;

/// The comment as it is written, from `#` to the last character that is no blank.
///
/// Only a `#` that touches a word gets its blank. Documentation (`##`), `#!` and rulers such as
/// `#-----` are left alone: what follows the `#` is part of them.
pub(super) fn normal(comment: &str) -> Cow<'_, str> {
    let trimmed = comment.trim_end_matches([' ', '\t', '\r']);
    let Some(body) = trimmed.strip_prefix('#') else {
        return Cow::Borrowed(trimmed);
    };
    match body.chars().next() {
        None | Some(' ' | '\t' | '\r' | '#' | '!') => Cow::Borrowed(trimmed),
        Some(first) if first.is_ascii_punctuation() && body.chars().all(|c| c == first) => {
            Cow::Borrowed(trimmed)
        }
        Some(_) => Cow::Owned(format!("# {body}")),
    }
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn only_a_hash_that_touches_a_word_is_moved() {
        for (comment, expected) in [
            ("#word \t\r", "# word"),
            ("# word", "# word"),
            ("#   code", "#   code"),
            ("##doc", "##doc"),
            ("## ", "##"),
            ("#!note", "#!note"),
            ("#-----", "#-----"),
            ("#--x", "# --x"),
            ("####", "####"),
            ("#", "#"),
            ("# ", "#"),
        ] {
            assert_eq!(normal(comment), expected, "{comment:?}");
            assert_eq!(normal(expected), expected, "{comment:?} a second time");
        }
    }
}
