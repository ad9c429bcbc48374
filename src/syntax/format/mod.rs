//! The one layout of the language, without options.
//!
//! A text with faults is left alone. For all others the tokens, the tree and the comments of the
//! result are compared with those of the input on every run; a difference is a fault of the
//! formatter and nothing is changed.
//!
//! ```text
//! text ─parse→ tree ─pieces→ tokens and comments ─shape→ one line or several? ─write→ text'
//!                                     └──────────────── prove equal ────────────────────┘
//! ```

mod comment;
mod pieces;
mod proof;
mod shape;
mod write;

use std::borrow::Cow;

use crate::diagnostic::Findings;
use crate::source::{FileId, Span};

use super::{Tree, parse, unix_lines};
use pieces::{Kind, Piece};

/// How many columns a line may have, in characters.
pub const MAX_WIDTH: usize = 100;

/// By how many blanks the statements of a block are indented.
const STEP: usize = 2;

/// By how many blanks the further lines of a statement are indented.
const CONTINUATION: usize = 4;

/// Why a text was not laid out.
#[derive(Clone, Debug)]
pub enum FormatError {
    /// The text has faults, at least one; what cannot be read cannot be laid out.
    Broken(Findings),
    /// The result would not have said the same: a fault of this program, not of the text.
    Unsound {
        /// Where in the text the result begins to differ.
        at: Span,
    },
}

impl std::fmt::Display for FormatError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FormatError::Broken(_) => {
                f.write_str("the text has faults and was left as it is; correct them first")
            }
            FormatError::Unsound { at } => write!(
                f,
                "laying out would change what the text says at byte {}, so it was left as it is; \
                 this is a mistake in switchback, please report it with the file",
                at.start
            ),
        }
    }
}

impl std::error::Error for FormatError {}

/// Lays out a file. Linear in the length of the text.
///
/// The result ends in exactly one newline (an empty file stays empty), has no byte order mark, and
/// laid out again is the same. Texts in quotes keep every byte, except that their lines end in `\n`
/// like all others.
///
/// # Errors
///
/// [`FormatError::Broken`] with the faults of the text, or [`FormatError::Unsound`] when the proof
/// fails.
pub fn format(file: FileId, text: &str) -> Result<String, FormatError> {
    let before = Source::read(file, text)?;
    let shapes = shape::shapes(&before);
    let laid_out = write::write(&before, &shapes);
    let after = Source::read(file, &laid_out).map_err(|_| FormatError::Unsound {
        at: Span::new(file, 0, 0),
    })?;
    match proof::difference(&before, &after) {
        None => Ok(laid_out),
        Some(at) => Err(FormatError::Unsound {
            at: Span::new(file, at as usize, at as usize),
        }),
    }
}

/// A text without faults, taken apart.
struct Source<'a> {
    text: &'a str,
    tree: Tree,
    pieces: Vec<Piece>,
}

impl<'a> Source<'a> {
    fn read(file: FileId, text: &'a str) -> Result<Self, FormatError> {
        let mut findings = Findings::new();
        let tree = parse(file, text, &mut findings);
        if !findings.is_empty() {
            return Err(FormatError::Broken(findings));
        }
        match pieces::pieces(text, &tree) {
            Ok(pieces) => Ok(Source { text, tree, pieces }),
            Err(at) => Err(FormatError::Unsound {
                at: Span::new(file, at, at),
            }),
        }
    }

    /// The text of a piece.
    fn piece(&self, piece: &Piece) -> &'a str {
        self.text
            .get(piece.start as usize..piece.end as usize)
            .unwrap_or("")
    }

    /// The text of a piece, its lines ended as all lines of the result are.
    fn laid_out(&self, piece: &Piece) -> Cow<'a, str> {
        match piece.kind {
            Kind::Text => unix_lines(self.piece(piece)),
            _ => Cow::Borrowed(self.piece(piece)),
        }
    }
}
