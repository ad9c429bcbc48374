//! From byte offsets to the columns that people and other programs count.

use std::collections::BTreeMap;

use crate::source::{FileId, SourceFile, SourceMap, Span};

/// Distance of the check points in a long line, in bytes.
const STRIDE: usize = 4096;

/// One position in a file. Lines and columns start at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    /// The line.
    pub line: u32,
    /// The column in Unicode scalar values.
    pub column: u32,
    /// The column in UTF-16 code units, as editors and SARIF count.
    pub utf16: u32,
}

/// A count of what lies before a byte of a line.
#[derive(Clone, Copy)]
struct CheckPoint {
    offset: usize,
    chars: usize,
    utf16: usize,
}

impl CheckPoint {
    /// The count at `offset`, which is at or behind this one.
    fn advance(self, text: &str, offset: usize) -> Self {
        let piece = text.get(self.offset..offset).unwrap_or("");
        let (mut chars, mut utf16) = (self.chars, self.utf16);
        for character in piece.chars() {
            chars += 1;
            utf16 += character.len_utf16();
        }
        CheckPoint {
            offset,
            chars,
            utf16,
        }
    }
}

/// Answers where a byte stands.
///
/// Columns are counted from the start of the line; in long lines from the nearest of the check
/// points that the first question lays down, so that a thousand findings in one line of a
/// megabyte stay linear.
pub(super) struct Places<'a> {
    sources: &'a SourceMap,
    long_lines: BTreeMap<(FileId, u32), Vec<CheckPoint>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(sources: &'a SourceMap) -> Self {
        Places {
            sources,
            long_lines: BTreeMap::new(),
        }
    }

    /// The file that a span lies in.
    pub(super) fn file(&self, span: Span) -> &'a SourceFile {
        self.sources.file(span.file)
    }

    /// The span's first byte.
    pub(super) fn start(&mut self, span: Span) -> Point {
        self.point(span.file, span.start as usize)
    }

    /// One past the span's last byte.
    pub(super) fn end(&mut self, span: Span) -> Point {
        self.point(span.file, span.end as usize)
    }

    fn point(&mut self, id: FileId, offset: usize) -> Point {
        let file = self.sources.file(id);
        let text = file.text.as_str();
        let line = line_of(file, offset);
        let range = line_bytes(file, line);
        let offset = text.floor_char_boundary(offset).max(range.start);
        let first = CheckPoint {
            offset: range.start,
            chars: 0,
            utf16: 0,
        };
        let nearest = if range.len() <= STRIDE {
            first
        } else {
            let points = self.long_lines.entry((id, line)).or_insert_with(|| {
                let mut points = vec![first];
                let mut last = first;
                while last.offset + STRIDE < range.end {
                    last = last.advance(text, text.floor_char_boundary(last.offset + STRIDE));
                    points.push(last);
                }
                points
            });
            let behind = points.partition_point(|point| point.offset <= offset);
            points
                .get(behind.saturating_sub(1))
                .copied()
                .unwrap_or(first)
        };
        let here = nearest.advance(text, offset);
        Point {
            line,
            column: here.chars as u32 + 1,
            utf16: here.utf16 as u32 + 1,
        }
    }
}

/// The line (from 1) that byte `offset` stands in; the last one for an offset past the end.
pub(super) fn line_of(file: &SourceFile, offset: usize) -> u32 {
    let index = file.lines();
    let (mut low, mut high) = (1, index.lines() as u32);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if index.line_range(&file.text, middle).start <= offset {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// The bytes of a line, without its ending and without a byte order mark.
pub(super) fn line_bytes(file: &SourceFile, line: u32) -> std::ops::Range<usize> {
    let range = file.lines().line_range(&file.text, line);
    let mark = if range.start == 0 && file.text.starts_with('\u{feff}') {
        3
    } else {
        0
    };
    (range.start + mark).min(range.end)..range.end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_line_index_on_every_byte() {
        let long = "é😀x".repeat(4000);
        let mut sources = SourceMap::new();
        for text in [
            "\u{feff}a\r\né😀x\n",
            "",
            "\n\n",
            "a",
            &format!("a\n{long}\nb"),
        ] {
            let file = sources.add("a.swb", "a.swb", text.to_string());
            for offset in
                (0..=text.len() + 1).filter(|&at| text.is_char_boundary(at.min(text.len())))
            {
                let span = Span::new(file, offset, offset);
                let (ours, theirs) = (Places::new(&sources).start(span), sources.start(span));
                let start = ours.line == 1 && offset < 3 && text.starts_with('\u{feff}');
                assert!(
                    start || (ours.line, ours.column) == (theirs.line, theirs.column),
                    "byte {offset}"
                );
            }
        }
    }

    #[test]
    fn counts_utf16_units_in_a_long_line() {
        let mut sources = SourceMap::new();
        let text = "😀".repeat(5000);
        let file = sources.add("a.swb", "a.swb", text);
        let mut places = Places::new(&sources);
        let point = places.start(Span::new(file, 16_000, 16_004));
        assert_eq!(
            point,
            Point {
                line: 1,
                column: 4001,
                utf16: 8001
            }
        );
        assert_eq!(
            places.end(Span::new(file, 3, 3)).utf16,
            1,
            "inside a character is at its start"
        );
    }
}
