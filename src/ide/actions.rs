//! What a finding can be answered with.

use crate::diagnostic::{Diagnostic, Edit, Severity};
use crate::source::{SourceMap, Span};
use crate::syntax::Tree;

use super::cursor::Cursor;

/// What an answer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// Removes the finding.
    Fix,
    /// Accepts the finding in a step, with a reason to be written. Of a finding that belongs to the
    /// whole plan it accepts nothing: to be tried.
    AllowInStep,
    /// Accepts the finding in its plan, with a reason to be written.
    Allow,
}

/// One answer to a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What it does, as an order.
    pub title: String,
    /// What it does, for a menu.
    pub kind: ActionKind,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
    /// Whether it is the one to take without looking.
    pub is_preferred: bool,
}

/// The answers to a finding: its fix, then, where it may be accepted, an `allow` in the step and one in
/// the plan around it. `tree_of` gives the tree of a plan file.
pub fn actions<'t>(
    found: &Diagnostic,
    sources: &SourceMap,
    tree_of: &dyn Fn(Span) -> Option<&'t Tree>,
) -> Vec<Action> {
    let mut all = Vec::new();
    if let Some(fix) = &found.fix {
        all.push(Action {
            title: fix.title.clone(),
            kind: ActionKind::Fix,
            edits: fix.edits.clone(),
            is_preferred: fix.safe,
        });
    }
    if found.rule.can_allow {
        for word in ["step", "plan"] {
            let mut places = found.labels.iter().map(|label| label.span);
            all.extend(places.find_map(|span| allow(found, word, span, sources, tree_of(span)?)));
        }
    }
    all
}

/// `allow RULE because "..."` as the first statement of the step or plan around `span`. The steps of a
/// strategy serve many plans: what is accepted there is accepted for all.
fn allow(
    found: &Diagnostic,
    word: &str,
    span: Span,
    sources: &SourceMap,
    tree: &Tree,
) -> Option<Action> {
    let text = &sources.file(span.file).text;
    let cursor = Cursor::new(text, tree, span.start as usize + 1);
    let own = |word: &str| {
        let inside = cursor.around(word);
        // the finding may stand on the line that opens the block
        inside.or_else(|| {
            cursor
                .statement
                .filter(|own| cursor.slice(own.head) == word)
        })
    };
    let statement = own(word)?;
    let block = statement.block?;
    let allow = format!("allow {} because \"...\"", found.rule.name);
    let inner = tree.block(statement).next();
    let one_line = !text.get(block.range())?.contains('\n');
    let (at, insert) = match inner {
        Some(first) if one_line => (first.span.start, format!("{allow}; ")),
        Some(first) => {
            let indent = indentation(text, first.span.start as usize);
            (first.span.start, format!("{allow}\n{indent}"))
        }
        None => (block.start + 1, format!(" {allow} ")),
    };
    let name = tree.args(statement).first();
    let name = name.map_or("", |name| cursor.slice(name.word_span()));
    let weight = match found.severity {
        Severity::Error => "accept this error",
        Severity::Warning => "accept this warning",
        Severity::Advice => "accept this",
    };
    Some(Action {
        title: format!(
            "{weight} in {word} `{name}`: `allow {}` (write the reason)",
            found.rule.name
        ),
        kind: match word {
            "step" => ActionKind::AllowInStep,
            _ => ActionKind::Allow,
        },
        edits: vec![Edit {
            span: Span::new(span.file, at as usize, at as usize),
            text: insert,
        }],
        is_preferred: false,
    })
}

/// The blanks at the start of the line of `at`.
pub(super) fn indentation(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or("");
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    let blanks = before.get(line..).unwrap_or("");
    blanks.chars().take_while(|c| c.is_whitespace()).collect()
}
