//! What an editor asks about a text: what a word means, what may be written next, where a name is
//! declared and used, what a finding can be answered with.
//!
//! Nothing here knows an editor's protocol: places are byte offsets of a text, answers are plain
//! data. [`crate::check`] judges; this room only reads.
//!
//! ```text
//! View (files, names, model) ─┬─ Cursor ── completion, signature, hover
//!                             └─ names  ── definition, references, rename, outline, tokens, hints
//! ```

mod actions;
mod call_hierarchy;
mod completion;
mod cursor;
mod explain;
mod hover;
mod legs;
mod lenses;
mod links;
mod names;
mod numbers;
mod outline;
mod paths;
mod refactor;
mod rename;
mod signature;
mod snippet;
mod tokens;
mod view;

pub use actions::{Action, ActionKind, actions};
pub use call_hierarchy::{Waiting, waits_for, waits_of};
pub use completion::{Candidate, CandidateKind, complete};
pub use cursor::{Block, Cursor};
pub use explain::{finding_text, rule_page};
pub use hover::{Hover, hover};
pub use legs::{Hint, hints, line_hint};
pub use lenses::{Lens, lenses};
pub use links::{Link, links};
pub use names::{Names, Occurrence, Symbol};
pub use outline::{OutlineItem, OutlineKind, foldings, outline, selections};
pub use refactor::{Refactoring, RefactoringKind, Trial, missing_fact, refactorings};
pub use rename::{RenameProblem, rename, renamed};
pub use signature::{Signature, signatures};
pub use snippet::{block_snippet, statement_snippet};
pub use tokens::{Token, TokenKind, tokens};
pub use view::View;
