//! The text as a flat row of tokens and comments, with the little of the layout that is kept.

use super::super::{Arg, ArgKind, Tree};

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word, or the name of a parameter.
    Word,
    /// A text in quotes of either kind.
    Text,
    /// An operator among the arguments.
    Op,
    /// `(`, `)`, `[`, `]`, and `,` and `=` between them.
    Mark,
    /// `{`
    Open,
    /// `}`
    Close,
    /// `#` up to the end of the line.
    Comment,
}

/// A token or a comment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub kind: Kind,
    pub start: u32,
    pub end: u32,
    /// The line on which it begins.
    pub line: u32,
    /// The line on which it ends; another one only for a text of several lines.
    pub last_line: u32,
    /// Whether an empty line stands between it and the piece before.
    pub blank_before: bool,
    /// Whether a `;` does.
    pub semicolon_before: bool,
}

/// Takes a text without faults apart. `Err` is the first byte that no piece explains.
///
/// The tokens are those of the tree; everything else must be what a tree leaves out. So a token
/// that the tree lacks cannot get lost here in silence.
pub(super) fn pieces(text: &str, tree: &Tree) -> Result<Vec<Piece>, usize> {
    let leaves = leaves(tree);
    let mut next = leaves.iter().peekable();
    let bytes = text.as_bytes();
    let mut found = Vec::with_capacity(leaves.len() * 2);
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut line = 0u32;
    let mut newlines = 0u32;
    let (mut blank_before, mut semicolon_before) = (false, false);
    while let Some(&byte) = bytes.get(at) {
        let (kind, end) = match next.peek() {
            Some(&&(kind, start, end)) if start as usize == at => {
                next.next();
                (kind, end as usize)
            }
            Some(&&(_, start, _)) if (start as usize) < at => return Err(start as usize),
            _ => match byte {
                b' ' | b'\t' | b'\r' => {
                    at += 1;
                    continue;
                }
                b'\n' => {
                    at += 1;
                    line += 1;
                    newlines += 1;
                    blank_before |= newlines > 1;
                    continue;
                }
                b';' => {
                    at += 1;
                    newlines = 0;
                    semicolon_before = true;
                    continue;
                }
                b'#' => (Kind::Comment, end_of_line(bytes, at)),
                b'{' => (Kind::Open, at + 1),
                b'}' => (Kind::Close, at + 1),
                b'(' | b')' | b'[' | b']' | b',' | b'=' => (Kind::Mark, at + 1),
                _ => return Err(at),
            },
        };
        let inner = bytes.get(at..end).ok_or(at)?;
        if inner.is_empty() {
            return Err(at);
        }
        let last_line = match kind {
            Kind::Text => line + inner.iter().filter(|&&b| b == b'\n').count() as u32,
            _ => line,
        };
        found.push(Piece {
            kind,
            start: at as u32,
            end: end as u32,
            line,
            last_line,
            blank_before,
            semicolon_before,
        });
        line = last_line;
        newlines = 0;
        (blank_before, semicolon_before) = (false, false);
        at = end;
    }
    match next.next() {
        None => Ok(found),
        Some(&(_, start, _)) => Err(start as usize),
    }
}

fn end_of_line(bytes: &[u8], from: usize) -> usize {
    bytes
        .get(from..)
        .and_then(|rest| rest.iter().position(|&b| b == b'\n'))
        .map_or(bytes.len(), |length| from + length)
}

/// Words, texts and operators in the order of the text: kind, start, end.
fn leaves(tree: &Tree) -> Vec<(Kind, u32, u32)> {
    let mut leaves = Vec::with_capacity(tree.args.len() * 2);
    for statement in tree.all() {
        leaves.push((Kind::Word, statement.head.start, statement.head.end));
        for arg in tree.args(statement) {
            leaf(arg, &mut leaves);
            for param in tree.params(arg) {
                if let Some(name) = param.name {
                    leaves.push((Kind::Word, name.start, name.end));
                }
                leaf(&param.value, &mut leaves);
                // brackets nest no deeper: the items of a list are words and texts
                for item in tree.params(&param.value) {
                    leaf(&item.value, &mut leaves);
                }
            }
        }
    }
    leaves
}

fn leaf(arg: &Arg, leaves: &mut Vec<(Kind, u32, u32)>) {
    let span = arg.word_span();
    let kind = match arg.kind {
        ArgKind::Word | ArgKind::Call => Kind::Word,
        ArgKind::Text | ArgKind::RawText => Kind::Text,
        ArgKind::Op(_) => Kind::Op,
        ArgKind::List => return,
    };
    leaves.push((kind, span.start, span.end));
}
