//! From pieces and shapes to text.

use super::comment::normal;
use super::pieces::{Kind, Piece};
use super::shape::{Block, Shape, blank_between, may_break_before};
use super::{CONTINUATION, MAX_WIDTH, STEP, Source};

/// Writes the file.
///
/// A line is opened by what stands on it and closed by what stands on the next one, so that a
/// comment can still be put behind it.
pub(super) fn write(source: &Source<'_>, shapes: &[Shape]) -> String {
    let mut writer = Writer {
        source,
        out: String::with_capacity(source.text.len() + source.text.len() / 8 + 16),
        column: 0,
        depth: 0,
        at: 0,
        fresh: true,
        separate_at: None,
    };
    let mut shapes = shapes.iter().peekable();
    while let Some(piece) = source.pieces.get(writer.at) {
        match piece.kind {
            Kind::Comment => writer.comment(piece),
            Kind::Close => {
                writer.depth = writer.depth.saturating_sub(1);
                writer.fresh = true;
                writer.new_line(piece, writer.depth * STEP);
                writer.fresh = false;
                writer.push("}");
                writer.at += 1;
                if writer.depth == 0 {
                    let next = shapes.peek();
                    writer.separate(next.is_some_and(|s| s.block == Block::Broken));
                }
            }
            // every other piece begins a statement
            _ => {
                let Some(shape) = shapes.next() else {
                    writer.at += 1;
                    continue;
                };
                writer.statement(piece, shape);
                if shape.block == Block::Inline {
                    // the statements within are written already
                    while shapes.peek().is_some_and(|s| s.line.0 < writer.at) {
                        shapes.next();
                    }
                }
            }
        }
    }
    if !writer.out.is_empty() {
        writer.out.push('\n');
    }
    writer.out
}

struct Writer<'a> {
    source: &'a Source<'a>,
    out: String,
    /// How many characters the current line has.
    column: usize,
    depth: usize,
    /// The piece that is written next.
    at: usize,
    /// At the start of the file or of a block, or before a `}`: no empty line goes here.
    fresh: bool,
    /// The piece that an empty line must stand before, though the author wrote none.
    separate_at: Option<usize>,
}

impl Writer<'_> {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        self.column = match text.rfind('\n') {
            Some(at) => text.get(at + 1..).map_or(0, |rest| rest.chars().count()),
            None => self.column + text.chars().count(),
        };
    }

    fn indent(&mut self, by: usize) {
        self.out.extend(std::iter::repeat_n(' ', by));
        self.column = by;
    }

    fn break_line(&mut self, indent: usize) {
        self.out.push('\n');
        self.indent(indent);
    }

    /// Begins the line that `piece` stands on, after an empty one where there was one.
    fn new_line(&mut self, piece: &Piece, indent: usize) {
        if !self.out.is_empty() {
            let wanted = piece.blank_before || self.separate_at == Some(self.at);
            if wanted && !self.fresh {
                self.out.push('\n');
            }
            self.out.push('\n');
        }
        self.indent(indent);
        self.fresh = false;
    }

    /// Whether `piece`, the next one, stands behind something on its line.
    fn trails(&self, piece: &Piece) -> bool {
        self.at
            .checked_sub(1)
            .and_then(|previous| self.source.pieces.get(previous))
            .is_some_and(|previous| previous.last_line == piece.line)
    }

    /// A comment between statements.
    fn comment(&mut self, piece: &Piece) {
        if self.trails(piece) {
            self.push("  ");
        } else {
            self.new_line(piece, self.depth * STEP);
        }
        self.push(&normal(self.source.piece(piece)));
        self.at += 1;
    }

    /// A comment inside a statement that carries on behind it.
    fn inner_comment(&mut self, piece: &Piece, indent: usize) {
        if self.trails(piece) {
            self.push("  ");
        } else {
            self.break_line(indent);
        }
        self.push(&normal(self.source.piece(piece)));
        self.at += 1;
    }

    fn statement(&mut self, piece: &Piece, shape: &Shape) {
        self.new_line(piece, self.depth * STEP);
        match shape.block {
            Block::None => {
                let dangling = self.dangles(shape);
                self.filled(shape, usize::from(dangling));
                if dangling {
                    self.after_dangling_operator();
                }
            }
            Block::Empty => {
                self.filled(shape, " {}".len());
                self.push(" {}");
                self.at = shape.close + 1;
            }
            Block::Inline => self.on_one_line(shape),
            Block::Broken => {
                self.filled(shape, " {".len());
                self.push(" {");
                self.at += 1;
                self.depth += 1;
                self.fresh = true;
            }
        }
    }

    /// The statement's own line, broken where it is too long. `behind` columns follow it.
    fn filled(&mut self, shape: &Shape, behind: usize) {
        let (first, end) = shape.line;
        let indent = self.depth * STEP + CONTINUATION;
        let mut after_comment = false;
        while self.at < end {
            let at = self.at;
            let Some(piece) = self.source.pieces.get(at) else {
                return;
            };
            if piece.kind == Kind::Comment {
                self.inner_comment(piece, indent);
                after_comment = true;
                continue;
            }
            let blank = at > first && blank_between(self.source, first, at);
            let full = at > first
                && may_break_before(self.source, at)
                && self.column + usize::from(blank) + self.run_width(at, shape, behind) > MAX_WIDTH;
            if after_comment || full {
                self.break_line(indent);
            } else if blank {
                self.push(" ");
            }
            after_comment = false;
            self.push(&self.source.laid_out(piece));
            self.at += 1;
        }
    }

    /// The columns from piece `from` to the next place where the line may break or does.
    fn run_width(&self, from: usize, shape: &Shape, behind: usize) -> usize {
        let (first, end) = shape.line;
        let mut width = 0;
        for at in from..end {
            let Some(piece) = self.source.pieces.get(at) else {
                return width;
            };
            if piece.kind == Kind::Comment || (at > from && may_break_before(self.source, at)) {
                return width;
            }
            if at > from && blank_between(self.source, first, at) {
                width += 1;
            }
            let shown = self.source.laid_out(piece);
            match shown.split_once('\n') {
                Some((line, _)) => return width + line.chars().count(),
                None => width += shown.chars().count(),
            }
        }
        width + behind
    }

    /// The statement and its block as `a { b; c }`.
    fn on_one_line(&mut self, shape: &Shape) {
        let mut first = self.at;
        let kind = |at: usize| self.source.pieces.get(at).map(|p| p.kind);
        let mut line = String::new();
        let mut statement_ended = false;
        for at in self.at..=shape.close {
            let Some(piece) = self.source.pieces.get(at) else {
                break;
            };
            match piece.kind {
                Kind::Open => line.push_str(" {"),
                Kind::Close if at > 0 && kind(at - 1) == Some(Kind::Open) => line.push('}'),
                Kind::Close => line.push_str(" }"),
                _ if statement_ended || (piece.semicolon_before && at > first) => {
                    line.push_str(if line.ends_with('{') { " " } else { "; " });
                    first = at;
                    line.push_str(&self.source.laid_out(piece));
                }
                _ => {
                    if at > first && blank_between(self.source, first, at) {
                        line.push(' ');
                    }
                    line.push_str(&self.source.laid_out(piece));
                }
            }
            statement_ended = matches!(piece.kind, Kind::Open | Kind::Close);
        }
        self.push(&line);
        self.at = shape.close + 1;
    }

    /// Whether the statement ends in an operator, which would take in the line below.
    fn dangles(&self, shape: &Shape) -> bool {
        let last = shape.line.1.checked_sub(1);
        last.and_then(|at| self.source.pieces.get(at))
            .is_some_and(|piece| piece.kind == Kind::Op)
    }

    /// Keeps what follows out of a statement that ends in an operator.
    fn after_dangling_operator(&mut self) {
        let indent = self.depth * STEP + CONTINUATION;
        let mut commented = false;
        while let Some(piece) = self.source.pieces.get(self.at) {
            if piece.kind == Kind::Comment && !piece.semicolon_before {
                self.inner_comment(piece, indent);
                commented = true;
                continue;
            }
            if piece.kind != Kind::Close {
                if commented {
                    self.break_line(indent);
                }
                self.push(";");
            }
            return;
        }
    }

    /// After the `}` of a block of several lines at the top level: an empty line goes between it
    /// and the next such block, comments above that included.
    fn separate(&mut self, next_is_broken: bool) {
        if !next_is_broken {
            return;
        }
        let mut at = self.at;
        if self
            .source
            .pieces
            .get(at)
            .is_some_and(|piece| piece.kind == Kind::Comment && self.trails(piece))
        {
            at += 1;
        }
        let from = at;
        while let Some(piece) = self.source.pieces.get(at) {
            if piece.blank_before {
                return;
            }
            if piece.kind != Kind::Comment {
                break;
            }
            at += 1;
        }
        self.separate_at = Some(from);
    }
}
