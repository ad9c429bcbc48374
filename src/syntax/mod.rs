//! Text to tree: a total grammar, recovery, and the formatter.
//!
//! [`parse`] never fails: it gives a [`Tree`] of everything that could be read, and a finding for
//! each fault, at most one for each statement and on its line.

mod blame;
mod build;
mod faults;
mod format;
mod grammar;
mod line_end;
mod tree;

pub use blame::Nesting;
pub use build::{MAX_DEPTH, parse, parse_with};
pub use faults::{
    MISSING_COMMA, NESTING_TOO_DEEP, RULES, STRAY_BRACE, UNCLOSED_BLOCK, UNCLOSED_BRACKET,
    UNEXPECTED_TEXT, UNTERMINATED_TEXT,
};
pub use format::{FormatError, MAX_WIDTH, format};
pub use line_end::unix_lines;
pub use tree::{Arg, ArgKind, Op, Param, Statement, Statements, Tree};
