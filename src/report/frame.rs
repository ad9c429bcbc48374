//! The framed pieces of source under a message, drawn by miette.
//!
//! miette draws the labels of one source. Which labels share a frame is decided here, and the
//! frames of one finding are joined into one drawing:
//!
//! ```text
//!     ╭─[checkout.swb:22:5]
//!   4 │     reads orders.email
//!     ·           ─────┬──────
//!     ·                ╰── 41 reads it here
//!     ⋮
//!  22 │     migrate orders to 0043
//!     ·     ───────────┬──────────
//!     ·                ╰── this step drops the column
//!     ├─[db/migrations/0043.up.sql:1:26]
//!   1 │ ALTER TABLE orders DROP COLUMN email;
//!     ╰────
//! ```

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteSpanContents, SourceSpan};

use super::Options;
use super::paint::Brush;
use super::place::{Places, line_bytes, line_of};
use super::visible::{self, columns, wrap};
use super::window::Window;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{FileId, SourceMap, Span};

/// A span over more lines than this shows only its first.
const MOST_LINES: u32 = 8;

/// Labels with more lines between them than this are drawn apart.
const MOST_BETWEEN: u32 = 5;

/// A label, fitted to what can be drawn.
struct Piece {
    span: Span,
    text: String,
    primary: bool,
    lines: (u32, u32),
}

impl Piece {
    fn several_lines(&self) -> bool {
        self.lines.0 != self.lines.1
    }
}

/// Labels that are drawn in one piece.
struct Group {
    file: FileId,
    pieces: Vec<Piece>,
}

/// One piece as miette drew it: a head, source lines, a border.
struct Drawing {
    /// How many digits the line numbers take.
    digits: usize,
    lines: Vec<String>,
}

/// Appends the frames of `finding`: the primary file first, and within a file from top to bottom.
pub(super) fn frames(
    finding: &Diagnostic,
    places: &mut Places,
    sources: &SourceMap,
    options: Options,
    out: &mut String,
) {
    let brush = Brush::new(options);
    let mut drawn: Vec<(FileId, Drawing)> = Vec::new();
    for file in files(groups(finding, sources, brush)) {
        for group in &file.groups {
            drawn.push((
                file.head.file,
                draw(group, file.head, finding.severity, places, options),
            ));
        }
    }
    let widest = drawn
        .iter()
        .map(|(_, drawing)| drawing.digits)
        .max()
        .unwrap_or(0);
    let last = drawn.len().saturating_sub(1);
    let mut before = None;
    for (index, (file, drawing)) in drawn.into_iter().enumerate() {
        let shift = " ".repeat(widest - drawing.digits);
        // of two frames that meet, the lower one draws the border
        let shown = drawing.lines.len() - usize::from(index < last && !drawing.lines.is_empty());
        for (number, line) in drawing.lines.into_iter().take(shown).enumerate() {
            match (number, before) {
                (0, Some(other)) if other == file => {
                    out.push_str(&" ".repeat(widest + 2));
                    out.push_str(brush.sign("⋮", "..."));
                }
                (0, Some(_)) => {
                    let corner = brush.sign("╭", ",");
                    out.push_str(&shift);
                    out.push_str(&line.replacen(corner, brush.sign("├", "|"), 1));
                }
                _ => {
                    out.push_str(&shift);
                    out.push_str(&line);
                }
            }
            out.push('\n');
        }
        before = Some(file);
    }
}

/// The groups of one file, and the place that its head line names.
struct File {
    head: Span,
    groups: Vec<Group>,
}

/// Gathers groups by file. What the labels name first is the head; then lines go downwards.
fn files(groups: Vec<Group>) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for group in groups {
        let Some(head) = group.pieces.first().map(|piece| piece.span) else {
            continue;
        };
        match files.iter_mut().find(|file| file.head.file == head.file) {
            Some(file) => file.groups.push(group),
            None => files.push(File {
                head,
                groups: vec![group],
            }),
        }
    }
    for file in &mut files {
        file.groups
            .sort_by_key(|group| group.pieces.iter().map(|piece| piece.lines.0).min());
    }
    files
}

/// The labels of `finding` by what can be drawn in one piece; the primary label's comes first.
fn groups(finding: &Diagnostic, sources: &SourceMap, brush: Brush) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for piece in pieces(finding, sources, brush) {
        match groups.iter_mut().find(|group| fits(group, &piece, brush)) {
            Some(group) => group.pieces.push(piece),
            None => groups.push(Group {
                file: piece.span.file,
                pieces: vec![piece],
            }),
        }
    }
    groups
}

/// The labels, with equal spans made one and with the numbers of the events of the run that they
/// belong to, so that the eye can jump between table and source.
fn pieces(finding: &Diagnostic, sources: &SourceMap, brush: Brush) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (index, label) in finding.labels.iter().enumerate() {
        let text = visible::line(&label.text, brush.unicode);
        let mut piece = fitted(label.span, text, sources);
        piece.primary = index == 0;
        match pieces.iter_mut().find(|other| other.span == piece.span) {
            Some(other) if other.text.is_empty() => other.text = piece.text,
            Some(other) if !piece.text.is_empty() && other.text != piece.text => {
                other.text.push_str("; ");
                other.text.push_str(&piece.text);
            }
            Some(_) => {}
            None => pieces.push(piece),
        }
    }
    for piece in &mut pieces {
        let numbers: Vec<String> = finding
            .run
            .iter()
            .enumerate()
            .filter(|(_, event)| {
                event
                    .span
                    .is_some_and(|span| fitted(span, String::new(), sources).span == piece.span)
            })
            .map(|(index, _)| (index + 1).to_string())
            .collect();
        if !numbers.is_empty() {
            piece.text = format!("{}. {}", numbers.join(", "), piece.text);
        }
    }
    pieces
}

/// A label on what can be drawn of its span: whole characters, no line endings, few lines.
fn fitted(span: Span, text: String, sources: &SourceMap) -> Piece {
    let file = sources.file(span.file);
    let start = file.text.floor_char_boundary(span.start as usize);
    let end = file.text.floor_char_boundary(span.end as usize).max(start);
    let first = line_of(file, start);
    let head = line_bytes(file, first);
    let start = start.clamp(head.start, head.end);
    let mut last = line_of(file, end);
    let mut tail = line_bytes(file, last);
    if last > first && end <= tail.start {
        last -= 1;
        tail = line_bytes(file, last);
    }
    let end = end.clamp(start, tail.end.max(start));
    if last - first >= MOST_LINES {
        let dots = if text.is_empty() { "" } else { ", " };
        let text = format!("{text}{dots}down to line {last}");
        let span = Span::new(span.file, start, head.end);
        return Piece {
            span,
            text,
            primary: false,
            lines: (first, first),
        };
    }
    Piece {
        span: Span::new(span.file, start, end),
        text,
        primary: false,
        lines: (first, last),
    }
}

/// Whether `piece` can be drawn in the frame of `group`: near, and not across what is there.
fn fits(group: &Group, piece: &Piece, brush: Brush) -> bool {
    if group.file != piece.span.file || group.pieces.len() >= 8 {
        return false;
    }
    let first = group
        .pieces
        .iter()
        .map(|other| other.lines.0)
        .min()
        .unwrap_or(0);
    let last = group
        .pieces
        .iter()
        .map(|other| other.lines.1)
        .max()
        .unwrap_or(0);
    let near =
        piece.lines.0 <= last + 1 + MOST_BETWEEN && piece.lines.1 + 1 + MOST_BETWEEN >= first;
    near && group.pieces.iter().all(|other| {
        let (a, b) = (&other.span, &piece.span);
        if other.several_lines() || piece.several_lines() {
            // miette miscounts the gutter of two such spans when it draws in colour
            return a.start != b.start && !(other.several_lines() && piece.several_lines());
        }
        let apart = a.end <= b.start || b.end <= a.start;
        let together = (a.start.abs_diff(b.start) as usize) < brush.width / 2;
        other.lines.0 != piece.lines.0 || (a.start != b.start && apart && together)
    })
}

/// Draws one group; its head line names `head`.
fn draw(
    group: &Group,
    head: Span,
    severity: Severity,
    places: &mut Places,
    options: Options,
) -> Drawing {
    let brush = Brush::new(options);
    let file = places.file(head);
    let blank = |line: u32| {
        file.text
            .get(line_bytes(file, line))
            .is_none_or(|text| text.trim().is_empty())
    };
    let mut first = group
        .pieces
        .iter()
        .map(|piece| piece.lines.0)
        .min()
        .unwrap_or(1);
    let mut last = group
        .pieces
        .iter()
        .map(|piece| piece.lines.1)
        .max()
        .unwrap_or(first);
    if first > 1 && !blank(first - 1) {
        first -= 1;
    }
    if (last as usize) < file.lines().lines() && !blank(last + 1) {
        last += 1;
    }
    let digits = last.to_string().len();
    let mut sorted: Vec<&Piece> = group.pieces.iter().collect();
    sorted.sort_by_key(|piece| piece.span.start);
    let focus: Vec<usize> = sorted
        .iter()
        .map(|piece| piece.span.start as usize)
        .collect();
    // the gutter takes the digits, a bar and three spaces
    let window = Window::new(
        file,
        first..=last,
        &focus,
        brush.width - digits - 6,
        brush.unicode,
    );

    let labels = sorted
        .iter()
        .map(|piece| {
            let (start, end) = (
                window.offset(piece.span.start as usize),
                window.offset(piece.span.end as usize),
            );
            let line_start = window
                .text
                .get(..start)
                .and_then(|text| text.rfind('\n'))
                .map_or(0, |at| at + 1);
            let column = columns(window.text.get(line_start..(start + end) / 2).unwrap_or(""));
            let room = brush.width.saturating_sub(digits + 10 + column).max(28);
            let text = (!piece.text.is_empty()).then(|| wrap(&piece.text, room).join("\n"));
            let span = SourceSpan::from((start, end.max(start) - start));
            LabeledSpan::new_with_span(text, span)
        })
        .collect();
    let point = places.start(head);
    let name = visible::line(&file.name, brush.unicode);
    let title = format!("{name}:{}:{}", point.line, point.column);
    let snippet = Snippet {
        name,
        line: point.line,
        column: point.column,
        window,
        labels,
    };

    let mut text = String::new();
    // miette fails only when a label is outside of its source, which `Window::offset` rules out
    if handler(&sorted, severity, brush)
        .render_report(&mut text, &snippet)
        .is_err()
    {
        return Drawing {
            digits,
            lines: vec![format!("   [{title}]")],
        };
    }
    let mut lines: Vec<String> = text
        .lines()
        .skip(1)
        .map(|line| line.trim_end().to_string())
        .collect();
    if let (true, true, Some(first)) = (options.links, file.path.is_absolute(), lines.first_mut()) {
        let address = format!(
            "file://{}",
            super::sarif::percent_encoded(&file.path.to_string_lossy())
        );
        *first = first.replacen(
            &title,
            &format!("\u{1b}]8;;{address}\u{1b}\\{title}\u{1b}]8;;\u{1b}\\"),
            1,
        );
    }
    Drawing { digits, lines }
}

/// A renderer whose colours tell the primary label from the others.
fn handler(sorted: &[&Piece], severity: Severity, brush: Brush) -> GraphicalReportHandler {
    let mut theme = match (brush.color, brush.unicode) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::ascii(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (false, false) => GraphicalTheme::none(),
    };
    let (main, other) = match severity {
        Severity::Error => (theme.styles.error, theme.styles.advice),
        Severity::Warning => (theme.styles.warning, theme.styles.advice),
        Severity::Advice => (theme.styles.advice, theme.styles.linum),
    };
    theme.styles.highlights = sorted
        .iter()
        .map(|piece| if piece.primary { main } else { other })
        .collect();
    GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(brush.width)
        .with_context_lines(1)
        .without_syntax_highlighting()
}

/// What miette sees of a finding: one window and its labels. Message, help and the rest are
/// written around the frames, so they are empty here.
#[derive(Debug)]
struct Snippet {
    name: String,
    line: u32,
    column: u32,
    window: Window,
    labels: Vec<LabeledSpan>,
}

impl fmt::Debug for Window {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Window")
            .field("first_line", &self.first_line)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Snippet {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Snippet {}

impl miette::Diagnostic for Snippet {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl miette::SourceCode for Snippet {
    /// Without context lines miette asks what the head line names, else what to draw. Its own
    /// answer to the first counts columns in bytes.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let name = self.name.clone();
        let contents = if before == 0 && after == 0 {
            let (line, column) = (self.line as usize - 1, self.column as usize - 1);
            MietteSpanContents::new_named(name, &[], *span, line, column, 1)
        } else {
            let all = SourceSpan::from((0, self.window.text.len()));
            let line = self.window.first_line as usize - 1;
            MietteSpanContents::new_named(
                name,
                self.window.text.as_bytes(),
                all,
                line,
                0,
                self.window.len(),
            )
        };
        Ok(Box::new(contents))
    }
}
