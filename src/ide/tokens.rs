//! What each word of a text is, for colours.

use crate::source::{FileId, Span};
use crate::syntax::{ArgKind, Statement};
use crate::vocabulary::{DeclKind, Expected, Place, SlotKind};

use super::View;
use super::names::Symbol;

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// The first word of a statement, or another word of its form.
    Keyword,
    /// A service or database.
    Thing,
    /// A version or migration.
    Version,
    /// A gate or provider.
    Measure,
    /// A plan, release or strategy.
    Plan,
    /// A step.
    Step,
    /// Any other name.
    Name,
    /// A parameter of a strategy.
    Parameter,
    /// A rule.
    Rule,
    /// A measured value.
    Number,
    /// One word of a choice.
    Choice,
}

impl TokenKind {
    /// All kinds, in a fixed order.
    pub const ALL: [TokenKind; 11] = [
        TokenKind::Keyword,
        TokenKind::Thing,
        TokenKind::Version,
        TokenKind::Measure,
        TokenKind::Plan,
        TokenKind::Step,
        TokenKind::Name,
        TokenKind::Parameter,
        TokenKind::Rule,
        TokenKind::Number,
        TokenKind::Choice,
    ];
}

/// A word with its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The word; it lies on one line.
    pub span: Span,
    /// What it is.
    pub kind: TokenKind,
    /// Whether it is declared here.
    pub is_declaration: bool,
}

/// The words of a plan file in the order of its text, none overlapping. Texts in quotes, operators
/// and comments are left to the editor's own grammar.
pub fn tokens(view: &View, file: FileId) -> Vec<Token> {
    let Some(own) = view.project.files.iter().find(|own| own.id == file) else {
        return Vec::new();
    };
    let mut tokens: Vec<Token> = Vec::new();
    for name in view.names.in_file(file) {
        let kind = match &name.symbol {
            Symbol::Decl(id) => match view.project.decls.get(id.0).map(|decl| decl.kind) {
                Some(DeclKind::Service | DeclKind::Database) => TokenKind::Thing,
                Some(DeclKind::Gate | DeclKind::Provider) => TokenKind::Measure,
                Some(DeclKind::Plan | DeclKind::Release | DeclKind::Strategy) => TokenKind::Plan,
                _ => TokenKind::Name,
            },
            Symbol::Version(..) | Symbol::Migration(..) => TokenKind::Version,
            Symbol::Step(..) => TokenKind::Step,
            Symbol::Parameter(..) => TokenKind::Parameter,
            Symbol::Rule(_) => TokenKind::Rule,
            Symbol::File(_) => continue,
        };
        tokens.push(Token {
            span: name.span,
            kind,
            is_declaration: name.is_declaration,
        });
    }
    let mut walk = Walk {
        view,
        tokens: &mut tokens,
        tree: &own.tree,
    };
    for statement in own.tree.top() {
        walk.statement(statement, Place::Top);
    }
    // a name that is known counts before what the form says of its place
    tokens.sort_by_key(|token| (token.span.start, token.kind == TokenKind::Choice));
    let mut end = 0;
    tokens.retain(|token| {
        let free = token.span.start >= end && !token.span.is_empty();
        end = end.max(token.span.end);
        free && !view.slice(token.span).contains('\n')
    });
    tokens
}

struct Walk<'a> {
    view: &'a View,
    tokens: &'a mut Vec<Token>,
    tree: &'a crate::syntax::Tree,
}

impl Walk<'_> {
    fn push(&mut self, span: Span, kind: TokenKind) {
        self.tokens.push(Token {
            span,
            kind,
            is_declaration: false,
        });
    }

    /// Blocks are nested no deeper than the syntax allows, so the recursion is bounded.
    fn statement(&mut self, statement: &Statement, place: Place) {
        let Some(entry) = place.entry(self.view.slice(statement.head)) else {
            return;
        };
        self.push(statement.head, TokenKind::Keyword);
        let args = self.tree.args(statement);
        let view = self.view;
        let text = |span: Span| view.slice(span);
        for (at, arg) in args.iter().enumerate() {
            if arg.kind != ArgKind::Word {
                continue;
            }
            let word = text(arg.span);
            let followings = entry.following(args.get(..at).unwrap_or(&[]), &text);
            let mut next = followings.iter().flat_map(|following| &following.next);
            let kind = next.find_map(|next| match next {
                Expected::Word(own) if *own == word => Some(TokenKind::Keyword),
                Expected::Value(_, SlotKind::Choice(words)) => words
                    .split('|')
                    .any(|own| own == word)
                    .then_some(TokenKind::Choice),
                Expected::Value(_, SlotKind::Id | SlotKind::Ref(_) | SlotKind::Name) => None,
                Expected::Value(..) if word.starts_with(|c: char| c.is_ascii_digit()) => {
                    Some(TokenKind::Number)
                }
                _ => None,
            });
            if let Some(kind) = kind {
                self.push(arg.span, kind);
            }
        }
        if let Some(inner) = entry.block {
            for child in self.tree.block(statement) {
                self.statement(child, inner);
            }
        }
    }
}
