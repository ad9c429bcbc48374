//! Line ends within texts.

use std::borrow::Cow;

/// `text` with `\n` at the end of each line, whatever ended it. A text means the same whichever
/// system its file was written on, and the formatter writes all of a file with `\n`. Linear time.
pub fn unix_lines(text: &str) -> Cow<'_, str> {
    if !text.contains("\r\n") {
        return Cow::Borrowed(text);
    }
    let mut lines = text.split('\n').peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(line) = lines.next() {
        if lines.peek().is_some() {
            out.push_str(line.trim_end_matches('\r'));
            out.push('\n');
        } else {
            out.push_str(line);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::unix_lines;

    #[test]
    fn only_line_ends_change() {
        for (text, expected) in [
            ("a\r\nb\n", "a\nb\n"),
            ("a\r\r\nb\r", "a\nb\r"),
            ("a\rb", "a\rb"),
            ("\r\n", "\n"),
            ("", ""),
        ] {
            assert_eq!(unix_lines(text), expected, "{text:?}");
            assert_eq!(unix_lines(expected), expected, "{text:?} a second time");
        }
    }
}
