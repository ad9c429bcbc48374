//! Lines and columns of the protocol, from and to bytes.

use std::ops::Range;

use tower_lsp::lsp_types::{Position, Range as LspRange};

/// What columns are counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Two for a character outside the basic plane, one for any other: what every client can do.
    #[default]
    Utf16,
}

/// Where the lines of a text begin. A line ends with `\n`, `\r\n` or `\r`, as the protocol says.
#[derive(Clone, Debug)]
pub struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// Indexes `text` in one pass.
    pub fn new(text: &str) -> Lines {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' => starts.push(at + 1),
                b'\r' if bytes.get(at + 1) != Some(&b'\n') => starts.push(at + 1),
                _ => {}
            }
        }
        Lines { starts }
    }

    /// The bytes of a line without its end; beyond the last line, the end of the text.
    fn line(&self, text: &str, line: usize) -> Range<usize> {
        let Some(&start) = self.starts.get(line) else {
            return text.len()..text.len();
        };
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        let body = text.get(start..end).unwrap_or("");
        let body = body.strip_suffix('\n').unwrap_or(body);
        let body = match self.starts.get(line + 1) {
            Some(_) => body.strip_suffix('\r').unwrap_or(body),
            None => body,
        };
        start..start + body.len()
    }

    /// The byte of a position. What lies beyond a line is its end, what lies inside a character is
    /// its start.
    pub fn offset(&self, text: &str, position: Position, encoding: Encoding) -> usize {
        let line = self.line(text, position.line as usize);
        let wanted = position.character as usize;
        let mut column = 0;
        for (at, c) in text.get(line.clone()).unwrap_or("").char_indices() {
            column += width(c, encoding);
            if column > wanted {
                return line.start + at;
            }
        }
        line.end
    }

    /// The position of a byte; one inside a character counts as its start.
    pub fn position(&self, text: &str, offset: usize, encoding: Encoding) -> Position {
        let offset = offset.min(text.len());
        let line = self.starts.partition_point(|&start| start <= offset) - 1;
        let start = self.starts.get(line).copied().unwrap_or(0);
        let mut end = offset;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = text.get(start..end).unwrap_or("");
        let column: usize = before.chars().map(|c| width(c, encoding)).sum();
        Position::new(count(line), count(column))
    }

    /// The positions of a range of bytes.
    pub fn range(&self, text: &str, range: Range<usize>, encoding: Encoding) -> LspRange {
        LspRange::new(
            self.position(text, range.start, encoding),
            self.position(text, range.end, encoding),
        )
    }
}

fn width(c: char, encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 => c.len_utf8(),
        Encoding::Utf16 => c.len_utf16(),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_lead_to_bytes_and_back() {
        let text = "aé😀b\r\nc\rd\n\te";
        let lines = Lines::new(text);
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for (offset, _) in text.char_indices() {
                if text[..offset].ends_with('\r') && text[offset..].starts_with('\n') {
                    continue;
                }
                let position = lines.position(text, offset, encoding);
                assert_eq!(lines.offset(text, position, encoding), offset);
            }
        }
        let utf16 =
            |line, character| lines.offset(text, Position::new(line, character), Encoding::Utf16);
        assert_eq!(utf16(0, 2), 3, "behind é");
        assert_eq!(utf16(0, 3), 3, "inside the pair counts as its start");
        assert_eq!(utf16(0, 4), 7);
        assert_eq!(utf16(0, 99), 8, "before the end of the line");
        assert_eq!(utf16(1, 0), 10);
        assert_eq!(utf16(2, 0), 12);
        assert_eq!(utf16(3, 2), 16);
        assert_eq!(utf16(99, 0), text.len());
    }
}
