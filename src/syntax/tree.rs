//! The tree: statements in the order of the text, in flat arenas.

use crate::source::{FileId, Span};

/// An operator of the language, or a foreign one that is answered with the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// `->`
    Arrow,
    /// `..`
    Range,
    /// `<=`
    LessEqual,
    /// `>=`
    GreaterEqual,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `=`
    Equal,
    /// `*`
    Times,
    /// `+`
    Plus,
    /// `,`
    Comma,
    /// `==`, `!=`, `&&` or `||`: no operator of the language
    Foreign,
}

/// What an argument is. Words are not typed here: `5%`, `0042` and `checkout` are all words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArgKind {
    /// A bare word.
    Word,
    /// A word with parameters in parentheses.
    Call,
    /// `"..."`.
    Text,
    /// `"""..."""`.
    RawText,
    /// An operator.
    Op(Op),
    /// `[...]`.
    List,
}

/// One argument. `Copy`, and meaningful only with its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arg {
    /// What it is.
    pub kind: ArgKind,
    /// Where it stands, quotes and brackets included.
    pub span: Span,
    /// For a call: where the word ends and `(` begins. Else the span's end.
    pub(super) word_end: u32,
    pub(super) sub: (u32, u32),
}

impl Arg {
    /// The span of the word itself, without parameters.
    pub fn word_span(&self) -> Span {
        Span {
            end: self.word_end,
            ..self.span
        }
    }
}

/// A parameter of a call or an item of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// The name before `=`, if there is one.
    pub name: Option<Span>,
    /// The value; for a parameter that is only declared, its name.
    pub value: Arg,
}

/// One statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The first word.
    pub head: Span,
    /// From the first word to the last argument, the block left out.
    pub line: Span,
    /// The whole, block included.
    pub span: Span,
    /// The `##` lines above it.
    pub doc: Option<Span>,
    /// The block from `{` to `}`, if it has one.
    pub block: Option<Span>,
    /// A fault was reported in its line: its meaning is not to be judged any further.
    pub broken: bool,
    pub(super) args: (u32, u32),
    /// The index of the first statement of its block.
    pub(super) first_child: u32,
    /// One past the index of the last statement of its block.
    pub(super) end: u32,
}

impl Statement {
    /// What would stand here if argument `at`, the word `head`, began a statement of its own.
    #[must_use]
    pub fn from_argument(&self, at: usize, head: Span) -> Statement {
        let args = ((self.args.0 + at as u32 + 1).min(self.args.1), self.args.1);
        let line = Span {
            start: head.start,
            ..self.line
        };
        Statement {
            head,
            line,
            span: Span {
                start: head.start,
                ..self.span
            },
            doc: None,
            args,
            ..*self
        }
    }
}

/// The statements of one file.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The file.
    pub file: FileId,
    /// All statements, each before those of its block.
    pub(super) statements: Vec<Statement>,
    pub(super) args: Vec<Arg>,
    pub(super) params: Vec<Param>,
    /// The indices of the statements at the top level, rising.
    pub(super) tops: Vec<u32>,
}

impl Tree {
    /// The statements at the top level.
    pub fn top(&self) -> Statements<'_> {
        Statements {
            tree: self,
            next: 0,
            end: self.statements.len() as u32,
        }
    }

    /// The statements of a statement's block.
    pub fn block(&self, of: &Statement) -> Statements<'_> {
        Statements {
            tree: self,
            next: of.first_child,
            end: of.end,
        }
    }

    /// How many statements stand in a statement's block, at any depth.
    pub fn size(&self, of: &Statement) -> usize {
        of.end.saturating_sub(of.first_child) as usize
    }

    /// The arguments of a statement.
    pub fn args(&self, of: &Statement) -> &[Arg] {
        &self.args[of.args.0 as usize..of.args.1 as usize]
    }

    /// The parameters of a call or the items of a list.
    pub fn params(&self, of: &Arg) -> &[Param] {
        &self.params[of.sub.0 as usize..of.sub.1 as usize]
    }

    /// Whether the statement at `index` of [`Tree::all`] stands at the top level. `O(log n)`.
    pub fn is_top(&self, index: usize) -> bool {
        self.tops.binary_search(&(index as u32)).is_ok()
    }

    /// All statements, each before those of its block.
    pub fn all(&self) -> &[Statement] {
        &self.statements
    }
}

/// Iterates over the statements of one block.
#[derive(Clone, Debug)]
pub struct Statements<'a> {
    tree: &'a Tree,
    next: u32,
    end: u32,
}

impl<'a> Iterator for Statements<'a> {
    type Item = &'a Statement;

    fn next(&mut self) -> Option<&'a Statement> {
        if self.next >= self.end {
            return None;
        }
        let statement = &self.tree.statements[self.next as usize];
        self.next = statement.end;
        Some(statement)
    }
}
