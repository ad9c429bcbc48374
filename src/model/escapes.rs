//! Queries in `"..."`: their escapes resolved without moving a place.

use std::borrow::Cow;

/// A text with its escapes resolved and every place where it was: what an escape takes up more than
/// its meaning is filled with blanks, before a quote that opens and behind one that closes, where
/// PromQL passes over them.
pub(super) fn without_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    // the quote that opened the PromQL text that is being read, and the blanks owed behind it
    let mut open: Option<char> = None;
    let mut owed = 0;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let (c, escaped) = match c {
            '\\' => match chars.next() {
                Some('n') => ('\n', true),
                Some('t') => ('\t', true),
                Some(other) => (other, true),
                None => ('\\', false),
            },
            other => (other, false),
        };
        owed += usize::from(escaped);
        let after_backslash = open.is_some() && ends_in_backslash(&out);
        let quote = matches!(c, '"' | '\'' | '`') && !after_backslash;
        match open {
            Some(own) if quote && own == c => {
                open = None;
                out.push(c);
                out.extend(std::iter::repeat_n(' ', std::mem::take(&mut owed)));
            }
            Some(_) => out.push(c),
            None => {
                out.extend(std::iter::repeat_n(' ', std::mem::take(&mut owed)));
                if quote {
                    open = Some(c);
                }
                out.push(c);
            }
        }
    }
    out.extend(std::iter::repeat_n(' ', owed));
    Cow::Owned(out)
}

/// Whether the last character is a backslash that escapes what follows.
fn ends_in_backslash(text: &str) -> bool {
    text.bytes().rev().take_while(|&b| b == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::without_escapes;

    #[test]
    fn escapes_go_and_places_stay() {
        let written = r#"sum(rate(x{code=~\"5..\"}[2m])) / sum(y)"#;
        let plain = without_escapes(written);
        assert_eq!(plain, r#"sum(rate(x{code=~ "5.." }[2m])) / sum(y)"#);
        assert_eq!(plain.len(), written.len());
        assert_eq!(plain.find("[2m]"), written.find("[2m]"));
        // an escaped backslash is one, and stands before the blank that it leaves
        assert_eq!(without_escapes(r#"{a=\"b\\\\d\"}"#), r#"{a= "b\\d"   }"#);
        assert_eq!(without_escapes("plain"), "plain");
    }
}
