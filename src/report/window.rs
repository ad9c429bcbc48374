//! The few lines of a file that a frame shows.
//!
//! miette reads a source from its start for every label, so it gets only this window: a thousand
//! findings in a megabyte stay linear. The window is also where text is made safe, tabs become
//! spaces, and a line that is far too long is cut around what matters; the labels move with it.

use std::ops::Range;

use super::place::line_bytes;
use super::visible::{columns_of, picture};
use crate::source::SourceFile;

/// Columns from one tab stop to the next.
const TAB: usize = 4;

/// Lines of a file, made ready to be shown. Every line ends with `\n`, the last one too: without
/// it an empty line at the end of a file has no place for a caret.
pub(super) struct Window {
    /// The lines.
    pub text: String,
    /// The number of the first one, from 1.
    pub first_line: u32,
    lines: Vec<ShownLine>,
}

/// One line of a window.
struct ShownLine {
    /// The line's bytes in the file.
    source: Range<usize>,
    /// For each character shown: its byte in the file and in the window.
    characters: Vec<(usize, usize)>,
    /// The end of what is shown of the line, in the file and in the window.
    end: (usize, usize),
}

impl Window {
    /// Shows `lines` (both ends included) of `file`, each in at most `width` columns; `focus` are
    /// the bytes at which labels start, in order.
    pub(super) fn new(
        file: &SourceFile,
        lines: std::ops::RangeInclusive<u32>,
        focus: &[usize],
        width: usize,
        unicode: bool,
    ) -> Self {
        let mut window = Window {
            text: String::new(),
            first_line: *lines.start(),
            lines: Vec::new(),
        };
        for line in lines {
            let bytes = line_bytes(file, line);
            let here = focus
                .iter()
                .copied()
                .find(|at| bytes.contains(at))
                .unwrap_or(bytes.start);
            window.push(&file.text, bytes, here, width, unicode);
        }
        window
    }

    fn push(&mut self, text: &str, bytes: Range<usize>, focus: usize, width: usize, unicode: bool) {
        let raw = text.get(bytes.clone()).unwrap_or("");
        let dots = if unicode { "…" } else { "..." };
        let start = bytes.start + first_shown(raw, focus - bytes.start, width);
        if start > bytes.start {
            self.text.push_str(dots);
        }
        let mut characters = Vec::new();
        let mut column = 0;
        let mut end = bytes.end;
        for (at, character) in text.get(start..bytes.end).unwrap_or("").char_indices() {
            let shown = match character {
                '\t' => Some(" ".repeat(TAB - column % TAB)),
                other => picture(other, unicode),
            };
            column += shown
                .as_ref()
                .map_or(columns_of(character), |shown| shown.chars().count());
            if column > width {
                end = start + at;
                break;
            }
            characters.push((start + at, self.text.len()));
            match shown {
                Some(shown) => self.text.push_str(&shown),
                None => self.text.push(character),
            }
        }
        let end = (end, self.text.len());
        if end.0 < bytes.end {
            self.text.push_str(dots);
        }
        self.text.push('\n');
        self.lines.push(ShownLine {
            source: bytes,
            characters,
            end,
        });
    }

    /// Where a byte of the file is in the window; what is cut off is at the edge of the cut.
    pub(super) fn offset(&self, byte: usize) -> usize {
        let behind = self.lines.partition_point(|line| line.source.start <= byte);
        let Some(line) = self.lines.get(behind.saturating_sub(1)) else {
            return 0;
        };
        if byte >= line.end.0 {
            return line.end.1;
        }
        let behind = line
            .characters
            .partition_point(|&(source, _)| source <= byte);
        line.characters
            .get(behind.saturating_sub(1))
            .map_or(line.end.1, |&(_, shown)| shown)
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }
}

/// The first byte of `raw` to show so that `focus` is seen: 0 unless it stands behind two thirds
/// of the width in a line that is too long; then a third of the width is kept before it.
fn first_shown(raw: &str, focus: usize, width: usize) -> usize {
    // a character is one column at least, apart from joining marks, which are only too careful here
    let fits = raw.len() <= width || (raw.len() <= width * 8 && measure(raw) <= width);
    let early = focus <= width * 8 && measure(raw.get(..focus).unwrap_or(raw)) <= width * 2 / 3;
    if fits || early {
        return 0;
    }
    let mut column = 0;
    let before = raw.get(..focus).unwrap_or("").char_indices().rev();
    before
        .take_while(|&(_, character)| {
            column += if character == '\t' {
                TAB
            } else {
                columns_of(character).max(1)
            };
            column <= width / 3
        })
        .last()
        .map_or(focus, |(at, _)| at)
}

fn measure(raw: &str) -> usize {
    raw.chars()
        .map(|character| {
            if character == '\t' {
                TAB
            } else {
                columns_of(character)
            }
        })
        .sum()
}
