//! Text from plans made safe and measurable for a terminal.
//!
//! A plan may hold escape sequences that clear the screen or forge a verdict, and direction marks
//! that reorder what is read. None of them reaches a terminal: each becomes a visible picture.

/// What a character is shown as, when it is not shown as itself.
pub(crate) fn picture(character: char, unicode: bool) -> Option<String> {
    let code = character as u32;
    match code {
        0..=0x1f if unicode => char::from_u32(0x2400 + code).map(String::from),
        0x7f if unicode => Some("␡".into()),
        0..=0x1f => Some(format!("^{}", (b'@' + code as u8) as char)),
        0x7f => Some("^?".into()),
        // C1 controls, marks of direction, line separators, invisible and tag characters
        0x80..=0x9f
        | 0xad
        | 0x61c
        | 0x180e
        | 0x200b
        | 0x200e..=0x200f
        | 0x2028..=0x202e
        | 0x2060..=0x206f
        | 0xfeff
        | 0xfff9..=0xfffb
        | 0xe0000..=0xe007f => Some(if unicode {
            "\u{fffd}".into()
        } else {
            "?".into()
        }),
        _ => None,
    }
}

/// Text of several lines: line ends stay, everything else that acts becomes a picture.
pub(crate) fn block(text: &str, unicode: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        match character {
            '\n' => shown.push('\n'),
            '\t' => shown.push(' '),
            other => match picture(other, unicode) {
                Some(picture) => shown.push_str(&picture),
                None => shown.push(other),
            },
        }
    }
    shown
}

/// Text of one line: a line end becomes a space.
pub(crate) fn line(text: &str, unicode: bool) -> String {
    block(text, unicode).replace('\n', " ")
}

/// The columns that a terminal gives a character, by the ranges of Unicode's East Asian Width
/// that plans meet: 0 for marks that join, 2 for wide ones, else 1.
pub(crate) fn columns_of(character: char) -> usize {
    match character as u32 {
        0x300..=0x36f | 0x200c..=0x200d | 0x20d0..=0x20ff | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f => 0,
        0x1100..=0x115f
        | 0x231a..=0x231b
        | 0x23e9..=0x23ec
        | 0x2614..=0x2615
        | 0x26a1
        | 0x2705
        | 0x274c
        | 0x2753..=0x2755
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xa960..=0xa97c
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f680..=0x1f6ff
        | 0x1f900..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// The columns of a text without escapes.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// `text` filled up with spaces to `width` columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Breaks `text` at spaces into lines of at most `width` columns. A longer word, such as a path or
/// a digest, stays whole: half of it helps nobody.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
            let needed = columns(word);
            if used > 0 && used + 1 + needed > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += needed;
        }
        lines.push(line);
    }
    while lines.len() > 1 && lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_on_a_terminal_is_left() {
        let hostile = "a\u{1b}[2J\u{9b}31m\u{7}\u{202e}b\u{7f}\r";
        for unicode in [true, false] {
            let shown = block(hostile, unicode);
            assert!(!shown.chars().any(char::is_control), "{shown:?}");
            assert!(!shown.contains('\u{202e}'), "{shown:?}");
        }
        assert_eq!(block(hostile, true), "a␛[2J\u{fffd}31m␇\u{fffd}b␡␍");
        assert_eq!(block(hostile, false), "a^[[2J?31m^G?b^?^M");
    }

    #[test]
    fn wraps_at_spaces_and_keeps_long_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("a sha256:0123456789 b", 6),
            ["a", "sha256:0123456789", "b"]
        );
        assert_eq!(wrap("a\nb\n", 6), ["a", "b"]);
        assert_eq!(wrap("", 6), [""]);
        assert_eq!(wrap("결제 결제", 5), ["결제", "결제"]);
    }
}
