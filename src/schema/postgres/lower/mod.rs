//! From the tree of a statement to typed changes.

mod alter;
mod block;
mod create;
mod expression;
mod function;
mod node;
mod object;
mod query;
mod session;
mod statement;
mod steps;
mod trigger;

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

pub(super) use expression::type_name;
pub(in crate::schema) use steps::{Step as TriggerStep, steps as trigger_steps};
pub(super) use trigger::is_understood as trigger_is_understood;

use super::Change;
use crate::schema::catalog::{Catalog, Expression, Name, Type};
use crate::schema::parse;
use crate::source::{Span, Spanned};

/// What a statement asks for, each change with its place: an `ALTER TABLE` gives one for each
/// subcommand, every other statement one.
///
/// `sql` is the text at `at`. The catalog tells which functions and types were declared;
/// `schema` is where names without one live. A statement that does not parse, or is not
/// understood, is [`Change::Unknown`]. Linear in the text.
pub fn lower(sql: &str, at: Span, catalog: &Catalog, schema: &str) -> Vec<Spanned<Change>> {
    let lowering = Lowering {
        at,
        catalog,
        schema,
    };
    match parse::ahead::with_statement(sql, |tree| lowering.file(tree)) {
        Ok(changes) => changes,
        Err(fault) => {
            let start = at.start as usize;
            let place = Span::new(at.file, start + fault.range.start, start + fault.range.end);
            let reason = fault.message;
            vec![Spanned::new(Change::Unknown { reason }, place)]
        }
    }
}

/// Runs `work` with these statements of one file parsed already, each for the first [`lower`] of
/// its text: together they take half the time that they take one by one.
pub fn parsed_together<'s, T>(
    statements: impl Iterator<Item = &'s str>,
    work: impl FnOnce() -> T,
) -> T {
    parse::ahead::with(parse::ahead::parse(statements), work)
}

/// What lowering needs to know beside the tree.
struct Lowering<'a> {
    /// Where the statement stands.
    at: Span,
    catalog: &'a Catalog,
    /// Where names without a schema live.
    schema: &'a str,
}

impl Lowering<'_> {
    /// `tree` is a file, or the one statement of it.
    fn file(&self, tree: &SyntaxNode) -> Vec<Spanned<Change>> {
        let mut out = Vec::new();
        if tree.kind() != K::SOURCE_FILE {
            self.statement(tree, &mut out);
            return out;
        }
        for statement in tree.children() {
            if statement.kind() != K::EMPTY_STMT {
                self.statement(&statement, &mut out);
            }
        }
        if out.is_empty() {
            out.push(Spanned::new(Change::Neutral("empty statement"), self.at));
        }
        out
    }

    /// Where a node stands in its file, without the white space around it.
    fn span(&self, node: &SyntaxNode) -> Span {
        let whole = node.text_range();
        let first = usize::from(whole.start());
        let range = match node::inside(node) {
            Some(inside) => first + inside.start..first + inside.end,
            None => first..usize::from(whole.end()),
        };
        let start = self.at.start as usize;
        Span::new(self.at.file, start + range.start, start + range.end)
    }

    fn place(&self, node: &SyntaxNode, change: Change) -> Spanned<Change> {
        Spanned::new(change, self.span(node))
    }

    /// The object that a dotted name means.
    fn name(&self, node: &SyntaxNode) -> Name {
        expression::dotted(&node::parts(node), self.schema).0
    }

    /// The name in the first child of that kind.
    fn name_of(&self, node: &SyntaxNode, kind: K) -> Option<Name> {
        node::child(node, kind).map(|child| self.name(&child))
    }

    /// The names in all children of that kind.
    fn names(&self, node: &SyntaxNode, kind: K) -> Vec<Name> {
        node::children(node, kind)
            .map(|child| self.name(&child))
            .collect()
    }

    /// The table of a `TABLE_RELATION_NAME` or `RELATION_NAME`, and whether `ONLY` stands there.
    fn table(&self, node: &SyntaxNode) -> Option<(Name, bool)> {
        let of = |kind| node::child(node, kind);
        let relation = of(K::TABLE_RELATION_NAME).or_else(|| of(K::RELATION_NAME))?;
        Some(self.relation(&relation))
    }

    fn relation(&self, relation: &SyntaxNode) -> (Name, bool) {
        let only = node::has(relation, K::ONLY_KW);
        let name = self
            .name_of(relation, K::TABLE_NAME_REF)
            .or_else(|| self.name_of(relation, K::RELATION_NAME_REF))
            .unwrap_or_else(|| self.name(relation));
        (name, only)
    }

    fn expression(&self, node: &SyntaxNode) -> Expression {
        expression::expression(node, self.schema, self.catalog)
    }

    fn type_in(&self, node: &SyntaxNode) -> Type {
        expression::type_in(node, self.schema).unwrap_or_else(|| Type::named("unknown"))
    }

    /// The names of the columns in brackets.
    fn columns(&self, node: &SyntaxNode) -> Vec<String> {
        node.children()
            .filter(|child| matches!(child.kind(), K::COLUMN_NAME_REF | K::COLUMN_NAME))
            .map(|child| node::word(&child))
            .collect()
    }

    fn unknown(&self, node: &SyntaxNode, reason: &str) -> Spanned<Change> {
        let reason = reason.to_string();
        self.place(node, Change::Unknown { reason })
    }
}

#[cfg(test)]
mod tests;
