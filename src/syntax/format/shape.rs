//! Which blocks stand on one line.

use super::pieces::{Kind, Piece};
use super::{MAX_WIDTH, STEP, Source};

/// How a statement's block is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// There is none.
    None,
    /// `{}`: neither statements nor comments.
    Empty,
    /// `{ a; b }`
    Inline,
    /// One statement a line.
    Broken,
}

/// How a statement is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// The pieces of its line: first, and one past the last.
    pub line: (usize, usize),
    /// The piece that closes its block.
    pub close: usize,
    pub block: Block,
}

/// A width that fits nowhere, small enough to be added up.
const TOO_WIDE: usize = 1 << 40;

/// The shape of each statement, in the order of the tree.
pub(super) fn shapes(source: &Source<'_>) -> Vec<Shape> {
    let mut shapes = locate(source);
    let widths = widths(source, &shapes);
    let mut open: Vec<(u32, bool)> = Vec::new();
    for (index, statement) in source.tree.all().iter().enumerate() {
        while open.last().is_some_and(|&(end, _)| end <= index as u32) {
            open.pop();
        }
        if statement.block.is_none() {
            continue;
        }
        let Some(shape) = shapes.get_mut(index) else {
            continue;
        };
        let (first, last) = (shape.line.1, shape.close);
        let inside = open.last().is_some_and(|&(_, inline)| inline);
        let fits = || {
            widths
                .get(index)
                .is_some_and(|w| open.len() * STEP + w <= MAX_WIDTH)
        };
        shape.block = if last == first + 1 {
            Block::Empty
        } else if inside || written_on_one_line(&source.pieces, first, last) && fits() {
            Block::Inline
        } else {
            Block::Broken
        };
        open.push((statement.end, shape.block == Block::Inline));
    }
    shapes
}

/// Nothing that ends at the end of its line can stand before the `}`, so this excludes comments.
fn written_on_one_line(pieces: &[Piece], open: usize, close: usize) -> bool {
    match (pieces.get(open), pieces.get(close)) {
        (Some(open), Some(close)) => open.line == close.line,
        _ => false,
    }
}

/// Finds the pieces of each statement.
fn locate(source: &Source<'_>) -> Vec<Shape> {
    let mut shapes: Vec<Shape> = Vec::with_capacity(source.tree.all().len());
    let mut open: Vec<usize> = Vec::new();
    let mut statements = source.tree.all().iter();
    let mut at = 0;
    while let Some(piece) = source.pieces.get(at) {
        match piece.kind {
            Kind::Comment => at += 1,
            Kind::Open => {
                open.push(shapes.len().saturating_sub(1));
                at += 1;
            }
            Kind::Close => {
                if let Some(shape) = open.pop().and_then(|index| shapes.get_mut(index)) {
                    shape.close = at;
                }
                at += 1;
            }
            _ => {
                let first = at;
                let end = statements.next().map_or(piece.end, |s| s.line.end);
                while source.pieces.get(at).is_some_and(|p| p.start < end) {
                    at += 1;
                }
                // a statement whose line is empty would stop the walk; there is none without faults
                at = at.max(first + 1);
                shapes.push(Shape {
                    line: (first, at),
                    close: at,
                    block: Block::None,
                });
            }
        }
    }
    shapes
}

/// The width of each statement with its block when all of it stands on one line.
fn widths(source: &Source<'_>, shapes: &[Shape]) -> Vec<usize> {
    let mut widths = vec![0usize; shapes.len()];
    // a block's statements come after its own, so from the back they are known
    for (index, statement) in source.tree.all().iter().enumerate().rev() {
        let Some(shape) = shapes.get(index) else {
            continue;
        };
        let mut width = line_width(source, shape.line.0, shape.line.1);
        if statement.block.is_some() {
            let mut inner = 0;
            let mut child = statement.first_child;
            while child < statement.end {
                let own = widths.get(child as usize).copied().unwrap_or(0);
                inner += own + if inner == 0 { 0 } else { "; ".len() };
                child = source
                    .tree
                    .all()
                    .get(child as usize)
                    .map_or(statement.end, |s| s.end.max(child + 1));
            }
            width += match inner {
                0 => " {}".len(),
                _ => inner + " {  }".len(),
            };
        }
        if let Some(known) = widths.get_mut(index) {
            *known = width.min(TOO_WIDE);
        }
    }
    widths
}

fn line_width(source: &Source<'_>, first: usize, end: usize) -> usize {
    let mut width = 0;
    for at in first..end {
        let Some(piece) = source.pieces.get(at) else {
            continue;
        };
        if piece.kind == Kind::Comment || piece.line != piece.last_line {
            return TOO_WIDE;
        }
        if at > first && blank_between(source, first, at) {
            width += 1;
        }
        width += source.piece(piece).chars().count();
    }
    width
}

/// Whether a blank stands before piece `at` of the statement that begins with piece `first`.
pub(super) fn blank_between(source: &Source<'_>, first: usize, at: usize) -> bool {
    let shown = |at: usize| source.pieces.get(at).map_or("", |p| source.piece(p));
    let Some(previous) = at.checked_sub(1) else {
        return false;
    };
    match (shown(previous), shown(at)) {
        (_, "," | ")" | "]" | "(") | ("(" | "[", _) => false,
        // `+0.5%` behind the statement's name is a sign; between two values it is an operator
        ("+", _) => previous != first + 1,
        _ => true,
    }
}

/// Whether a line that is too long may be broken before piece `at`.
pub(super) fn may_break_before(source: &Source<'_>, at: usize) -> bool {
    let shown = |at: usize| source.pieces.get(at).map_or("", |p| source.piece(p));
    let Some(previous) = at.checked_sub(1) else {
        return false;
    };
    matches!(shown(previous), "," | "->") && !matches!(shown(at), "," | ")" | "]")
}
