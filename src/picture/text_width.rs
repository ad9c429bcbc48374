//! How wide a text is drawn, as far as that can be known without a font.
//!
//! The widths are those of DejaVu Sans, the widest of the fonts that the style asks for: what fits
//! with it fits with the others.

/// Width of a character in thousandths of the size of the text.
fn of(c: char) -> u32 {
    match c {
        'i' | 'j' | 'l' | 'I' | '\'' | '|' | '.' | ',' | ' ' | ':' | ';' => 340,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '-' | '/' | '"' | '·' => 420,
        'm' | '%' | 'W' | '@' | '→' | '…' | '—' => 1_000,
        'w' | 'M' => 870,
        c if c.is_ascii_uppercase() => 720,
        c if c.is_ascii() => 640,
        c => match crate::report::visible::columns_of(c) {
            0 => 0,
            1 => 800,
            _ => 1_040,
        },
    }
}

/// The width of a text of that size, in the same unit as the size, rounded up.
pub(crate) fn width(text: &str, size: u32) -> u32 {
    let sum = text.chars().map(|c| u64::from(of(c))).sum::<u64>();
    let width = (sum * u64::from(size)).div_ceil(1_000);
    u32::try_from(width).unwrap_or(u32::MAX)
}

/// Breaks a text into lines that are at most so wide, at spaces where there are some, else within a
/// word: a drawing cannot be scrolled.
pub(crate) fn wrap(text: &str, size: u32, room: u32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let needed = width(word, size);
        if used > 0 && used + width(" ", size) + needed > room {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += width(" ", size);
        }
        if needed <= room {
            line.push_str(word);
            used += needed;
            continue;
        }
        for c in word.chars() {
            let own = width(c.encode_utf8(&mut [0; 4]), size);
            if used > 0 && used + own > room {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += own;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{width, wrap};

    #[test]
    fn no_line_is_wider_than_its_room_and_nothing_is_lost() {
        let text =
            "0043 drops orders.email, which averyveryverylongnameofaversion reads 결제결제결제결제";
        let lines = wrap(text, 12, 90);
        assert!(lines.iter().all(|line| width(line, 12) <= 90), "{lines:?}");
        let letters = |text: &str| text.replace(' ', "");
        assert_eq!(letters(&lines.concat()), letters(text));
        assert_eq!(wrap("", 12, 90), [""]);
    }
}
