//! The shape of a text: its declarations, what folds, and what a selection grows to.

use std::ops::Range;

use crate::source::Span;
use crate::syntax::{Statement, Tree};
use crate::vocabulary::{DeclKind, Place};

use super::cursor::Cursor;

/// What an item of the outline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutlineKind {
    /// A declaration at the top level.
    Decl(DeclKind),
    /// A version of a service or configuration.
    Version,
    /// A step.
    Step,
    /// A table of a database.
    Table,
    /// The line of no return, or a way back.
    Mark,
}

/// One item of the outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineItem {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: OutlineKind,
    /// Half a line about it.
    pub detail: String,
    /// The whole of it.
    pub whole: Span,
    /// Its name.
    pub span: Span,
    /// What stands in it.
    pub children: Vec<OutlineItem>,
}

/// The declarations of a text, with their versions, tables and steps.
pub fn outline(text: &str, tree: &Tree) -> Vec<OutlineItem> {
    items(text, tree, tree.top(), Place::Top)
}

/// Blocks are nested no deeper than the syntax allows, so the recursion is bounded.
fn items<'a>(
    text: &str,
    tree: &Tree,
    statements: impl Iterator<Item = &'a Statement>,
    place: Place,
) -> Vec<OutlineItem> {
    let mut all = Vec::new();
    for statement in statements {
        let word = slice(text, statement.head);
        let kind = match (place, word) {
            (Place::Top, word) => DeclKind::of(word).map(OutlineKind::Decl),
            (_, "version") => Some(OutlineKind::Version),
            (_, "step") => Some(OutlineKind::Step),
            (Place::Database, "table") => Some(OutlineKind::Table),
            (Place::Plan, "no" | "rollback") => Some(OutlineKind::Mark),
            (Place::Environment, word) => DeclKind::of(word).map(OutlineKind::Decl),
            _ => None,
        };
        let Some(kind) = kind else { continue };
        let (name, span, detail) = match (kind, tree.args(statement).first()) {
            (OutlineKind::Mark, _) => {
                let line = slice(text, statement.line);
                (line.to_string(), statement.line, String::new())
            }
            (_, Some(name)) => (
                slice(text, name.word_span()).trim_matches('"').to_string(),
                name.word_span(),
                word.to_string(),
            ),
            // a name that is being typed
            (_, None) => (word.to_string(), statement.head, String::new()),
        };
        let inner = place.entry(word).and_then(|entry| entry.block);
        let children = match inner {
            Some(inner) => items(text, tree, tree.block(statement), inner),
            None => Vec::new(),
        };
        all.push(OutlineItem {
            name: if name.is_empty() { word.into() } else { name },
            kind,
            detail,
            whole: statement.span,
            span,
            children,
        });
    }
    all
}

fn slice(text: &str, span: Span) -> &str {
    text.get(span.range()).unwrap_or("")
}

/// What folds: blocks and texts of several lines, and runs of comment lines. The flag says that it
/// is a comment.
pub fn foldings(text: &str, tree: &Tree) -> Vec<(Range<usize>, bool)> {
    let mut all = Vec::new();
    let several = |range: &Range<usize>| text.get(range.clone()).is_some_and(|t| t.contains('\n'));
    for statement in tree.all() {
        if let Some(block) = statement.block {
            all.push((statement.head.start as usize..block.end as usize, false));
        }
        for arg in tree.args(statement) {
            all.push((arg.span.range(), false));
        }
    }
    all.retain(|(range, _)| several(range));
    let mut comment: Option<Range<usize>> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.trim_end().len();
        if line.trim_start().starts_with('#') {
            comment = match comment {
                Some(open) => Some(open.start..end),
                None => Some(at + line.len() - line.trim_start().len()..end),
            };
        } else if let Some(done) = comment.take() {
            all.push((done, true));
        }
        at += line.len();
    }
    all.extend(comment.map(|done| (done, true)));
    all.retain(|(range, _)| several(range));
    all.sort_by_key(|(range, _)| (range.start, range.end));
    all.dedup();
    all
}

/// What a selection at `offset` grows to, the smallest first: the word, the argument, the
/// statement's line, the statement, the block around it, and so on up to the file.
pub fn selections(text: &str, tree: &Tree, offset: usize) -> Vec<Range<usize>> {
    let cursor = Cursor::new(text, tree, offset);
    let mut all: Vec<Range<usize>> = Vec::new();
    let start = cursor.word_start();
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '%' | '-' | '.' | '/' | ':');
    let behind = text.get(cursor.offset..).unwrap_or("");
    let end = cursor.offset + behind.find(|c: char| !word(c)).unwrap_or(behind.len());
    all.push(start..end);
    if let Some(arg) = cursor.arg() {
        all.push(arg.span.range());
    }
    if let Some(statement) = cursor.statement {
        all.push(statement.line.range());
        all.push(statement.span.range());
    }
    for block in cursor.blocks.iter().rev() {
        if let Some(inner) = block.statement.block {
            let range = inner.range();
            if range.len() > 2 {
                all.push(range.start + 1..range.end - 1);
            }
            all.push(range);
        }
        all.push(block.statement.span.range());
    }
    all.push(0..text.len());
    // each holds the one before it
    let mut growing: Vec<Range<usize>> = Vec::new();
    for range in all {
        let grows = match growing.last() {
            Some(last) => {
                range.start <= last.start && last.end <= range.end && range.len() > last.len()
            }
            None => range.start <= cursor.offset && cursor.offset <= range.end,
        };
        if grows {
            growing.push(range);
        }
    }
    growing
}
