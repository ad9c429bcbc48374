//! A statement's arguments against its forms.

use crate::source::Span;
use crate::syntax::{Arg, ArgKind, Op, Tree};

use super::pattern::{Node, Range};
use super::value::Written;
use super::{Compare, Entry, SlotKind, Value, ValueProblem, parse_value};

/// What a strategy's parameter stands for.
#[derive(Clone, Copy, Debug)]
pub enum Bound<'a> {
    /// An argument of the `use`, or the default of the declaration.
    To(Arg, &'a Tree),
    /// Nothing yet: the strategy itself is being read. Any value fits.
    Open,
}

/// The parameters of the strategy that is being expanded; empty outside of strategies.
pub type Bindings<'a> = [(&'a str, Bound<'a>)];

/// One value with the name of its slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    /// The slot's name in the form.
    pub slot: &'static str,
    /// The value.
    pub value: Value,
    /// Where the value is written; for a parameter, where the `use` writes it.
    pub span: Span,
    /// The argument itself, for calls.
    pub arg: Arg,
}

/// A form that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Matched {
    /// Which of the entry's forms.
    pub form: usize,
    /// The values in the order of the text.
    pub captures: Vec<Capture>,
}

/// Why no form fits; of several forms, the one that got furthest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mismatch {
    /// The argument that does not fit; `None` when one is missing at the end.
    pub at: Option<Arg>,
    /// Where the value is written when a parameter stands at `at`.
    pub value_span: Option<Span>,
    /// What would fit: phrases like "a percentage like `5%`"; empty when nothing more may follow.
    pub wanted: Vec<String>,
    /// The kind of value that is wanted, if there is just one.
    pub kind: Option<SlotKind>,
    /// What is wrong with the value, when a value stands there.
    pub problem: ValueProblem,
    /// What the value would have been: the name of its slot.
    pub slot: &'static str,
    /// The form that got furthest; `None` when several got equally far.
    pub form: Option<usize>,
    reached: usize,
}

/// Why a form does not fit; `None` while only whether it does is asked.
type Miss = Option<Box<Mismatch>>;

impl Mismatch {
    /// Whether already the first argument does not fit.
    pub fn at_first(&self) -> bool {
        self.reached == 0
    }
}

/// How texts are looked up: the text of a span in any file.
pub type TextOf<'a> = dyn Fn(Span) -> &'a str + 'a;

struct Matcher<'a, 'b> {
    tree: &'a Tree,
    args: &'a [Arg],
    text: &'b TextOf<'a>,
    bindings: &'b Bindings<'a>,
    /// Only whether the form fits is asked, not why it does not.
    quiet: bool,
    at: usize,
    captures: Vec<Capture>,
    /// What could also have stood at a position, from parts that were left out.
    skipped: Vec<(usize, &'b Node)>,
}

/// Finds the form of `entry` that the arguments fit.
pub fn match_statement<'a, 'b>(
    entry: &'b Entry,
    tree: &'a Tree,
    args: &'a [Arg],
    text: &'b TextOf<'a>,
    bindings: &'b Bindings<'a>,
) -> Result<Matched, Box<Mismatch>> {
    let matcher = |quiet| Matcher {
        tree,
        args,
        text,
        bindings,
        quiet,
        at: 0,
        captures: Vec::new(),
        skipped: Vec::new(),
    };
    // nearly every statement fits one of its forms, and then nobody asks why it fits no other
    for (form, nodes) in entry.compiled().iter().enumerate() {
        let mut matcher = matcher(true);
        if matcher.sequence(nodes).and_then(|()| matcher.end()).is_ok() {
            return Ok(Matched {
                form,
                captures: matcher.captures,
            });
        }
    }
    let mut best: Miss = None;
    for (form, nodes) in entry.compiled().iter().enumerate() {
        let mut matcher = matcher(false);
        let Err(Some(mut mismatch)) = matcher.sequence(nodes).and_then(|()| matcher.end()) else {
            continue;
        };
        match &mut best {
            Some(best) if best.reached > mismatch.reached => {}
            Some(best) if best.reached == mismatch.reached => {
                best.form = None;
                for wanted in mismatch.wanted {
                    if !best.wanted.contains(&wanted) {
                        best.wanted.push(wanted);
                    }
                }
                if best.problem == ValueProblem::Other && mismatch.problem != ValueProblem::Other {
                    best.problem = mismatch.problem;
                    best.kind = mismatch.kind;
                    best.slot = mismatch.slot;
                } else if best.kind.is_none() && best.problem == ValueProblem::Other {
                    best.kind = mismatch.kind;
                }
            }
            _ => {
                mismatch.form = Some(form);
                best = Some(mismatch);
            }
        }
    }
    Err(best.unwrap_or_else(|| {
        Box::new(Mismatch {
            at: args.first().copied(),
            ..Mismatch::default()
        })
    }))
}

impl<'a, 'b> Matcher<'a, 'b> {
    fn mismatch(
        &self,
        wanted: impl FnOnce() -> String,
        kind: Option<SlotKind>,
        problem: ValueProblem,
    ) -> Miss {
        if self.quiet {
            return None;
        }
        let wanted = wanted();
        let mut all: Vec<String> = self
            .skipped
            .iter()
            .filter(|(at, _)| *at == self.at)
            .filter_map(|(_, node)| opening(node))
            .collect();
        if !wanted.is_empty() && !all.contains(&wanted) {
            all.push(wanted);
        }
        Some(Box::new(Mismatch {
            at: self.args.get(self.at).copied(),
            value_span: None,
            wanted: all,
            kind,
            problem,
            slot: "",
            form: None,
            reached: self.at,
        }))
    }

    fn sequence(&mut self, nodes: &'b [Node]) -> Result<(), Miss> {
        nodes.iter().try_for_each(|node| self.node(node))
    }

    fn end(&mut self) -> Result<(), Miss> {
        if self.at < self.args.len() {
            return Err(self.mismatch(String::new, None, ValueProblem::Other));
        }
        Ok(())
    }

    fn node(&mut self, node: &'b Node) -> Result<(), Miss> {
        match node {
            Node::Word(word) => {
                if !self.is_word(word) {
                    return Err(self.mismatch(|| format!("`{word}`"), None, ValueProblem::Other));
                }
                self.at += 1;
            }
            Node::Op(op) => {
                if !self.is_op(*op) {
                    return Err(self.mismatch(
                        || format!("`{}`", symbol(*op)),
                        None,
                        ValueProblem::Other,
                    ));
                }
                self.at += 1;
            }
            Node::Slot(name, kind, range) => self.slot(name, *kind, *range)?,
            Node::Many(name, kind) => loop {
                self.item(name, *kind)?;
                if !self.is_op(Op::Comma) {
                    break;
                }
                self.at += 1;
            },
            Node::ManyOf(inner) => loop {
                self.sequence(inner)?;
                if !self.is_op(Op::Comma) {
                    break;
                }
                self.at += 1;
            },
            Node::Optional(inner) => {
                if self.begins(inner) {
                    self.sequence(inner)?;
                } else {
                    self.skip(inner);
                }
            }
            Node::Repeat(inner) => {
                while self.begins(inner) {
                    self.sequence(inner)?;
                }
                self.skip(inner);
            }
        }
        Ok(())
    }

    /// Remembers what a part that was left out would have begun with.
    fn skip(&mut self, inner: &'b [Node]) {
        if let Some(first) = inner.first().filter(|_| !self.quiet) {
            self.skipped.push((self.at, first));
        }
    }

    fn begins(&self, inner: &[Node]) -> bool {
        match inner.first() {
            Some(Node::Word(word)) => self.is_word(word),
            Some(Node::Op(op)) => self.is_op(*op),
            Some(Node::Slot(_, SlotKind::Compare, _)) => {
                matches!(self.args.get(self.at), Some(Arg { kind: ArgKind::Op(op), .. }) if Compare::of(*op).is_some())
            }
            Some(Node::Slot(_, kind, _) | Node::Many(_, kind)) => match self.args.get(self.at) {
                Some(arg) if arg.kind == ArgKind::Word && self.bound(arg).is_some() => true,
                Some(arg) => written(arg).is_some_and(|written| {
                    parse_value(*kind, written, (self.text)(arg.span)).is_ok()
                }),
                None => false,
            },
            Some(Node::ManyOf(inner) | Node::Optional(inner) | Node::Repeat(inner)) => {
                self.begins(inner)
            }
            None => false,
        }
    }

    fn is_word(&self, word: &str) -> bool {
        self.args
            .get(self.at)
            .is_some_and(|arg| arg.kind == ArgKind::Word && (self.text)(arg.span) == word)
    }

    fn is_op(&self, op: Op) -> bool {
        self.args
            .get(self.at)
            .is_some_and(|arg| arg.kind == ArgKind::Op(op))
    }

    fn bound(&self, arg: &Arg) -> Option<Bound<'a>> {
        if self.bindings.is_empty() {
            return None;
        }
        let text = (self.text)(arg.span);
        self.bindings
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, bound)| *bound)
    }

    fn slot(&mut self, name: &'static str, kind: SlotKind, range: Range) -> Result<(), Miss> {
        let Some(arg) = self.args.get(self.at).copied() else {
            return Err(self.mismatch(|| kind.wanted(), Some(kind), ValueProblem::Other));
        };
        match kind {
            SlotKind::Compare => {
                if let ArgKind::Op(op) = arg.kind
                    && let Some(compare) = Compare::of(op)
                {
                    self.capture(name, Value::Compare(compare), arg);
                    self.at += 1;
                    return Ok(());
                }
                return Err(self.mismatch(|| kind.wanted(), Some(kind), ValueProblem::Other));
            }
            SlotKind::Call if matches!(arg.kind, ArgKind::Word | ArgKind::Call) => {
                let word = (self.text)(arg.word_span()).to_string();
                self.capture(name, Value::Word(word), arg);
                self.at += 1;
                return Ok(());
            }
            _ => {}
        }
        self.value(name, kind, range, arg)?;
        self.at += 1;
        Ok(())
    }

    /// One element of a comma list: a value, or a list of values.
    fn item(&mut self, name: &'static str, kind: SlotKind) -> Result<(), Miss> {
        match self.args.get(self.at).copied() {
            Some(arg) if arg.kind == ArgKind::List => {
                for item in self.tree.params(&arg) {
                    self.value(name, kind, Range::ANY, item.value)?;
                }
                self.at += 1;
                Ok(())
            }
            Some(arg) if arg.kind == ArgKind::Word => {
                if let Some(Bound::To(list, tree)) = self.bound(&arg)
                    && list.kind == ArgKind::List
                {
                    for item in tree.params(&list) {
                        self.value(name, kind, Range::ANY, item.value)?;
                    }
                    self.at += 1;
                    return Ok(());
                }
                self.slot(name, kind, Range::ANY)
            }
            _ => self.slot(name, kind, Range::ANY),
        }
    }

    /// Types one argument, which may be a parameter.
    fn value(
        &mut self,
        name: &'static str,
        kind: SlotKind,
        range: Range,
        arg: Arg,
    ) -> Result<(), Miss> {
        let mut actual = arg;
        if arg.kind == ArgKind::Word {
            match self.bound(&arg) {
                Some(Bound::Open) => {
                    let parameter = (self.text)(arg.span).to_string();
                    self.capture(name, Value::Parameter(parameter), arg);
                    return Ok(());
                }
                Some(Bound::To(bound, _)) => actual = bound,
                None => {}
            }
        }
        let problem = match written(&actual) {
            Some(written) => match parse_value(kind, written, (self.text)(actual.span)) {
                Ok(value) if !range.holds(&value) => ValueProblem::Bounds(range.text),
                Ok(value) => {
                    self.capture(name, value, actual);
                    return Ok(());
                }
                Err(problem) => problem,
            },
            None => ValueProblem::Other,
        };
        let mut mismatch = self.mismatch(|| kind.wanted(), Some(kind), problem);
        if let Some(mismatch) = &mut mismatch {
            mismatch.at = Some(arg);
            mismatch.slot = name;
            mismatch.value_span = (actual != arg).then_some(actual.span);
        }
        Err(mismatch)
    }

    fn capture(&mut self, slot: &'static str, value: Value, arg: Arg) {
        if self.captures.is_empty() {
            // nearly every statement has one value or two, and there are many statements
            self.captures.reserve_exact(self.args.len() - self.at);
        }
        self.captures.push(Capture {
            slot,
            value,
            span: arg.span,
            arg,
        });
    }
}

/// What a node begins with, for a message.
fn opening(node: &Node) -> Option<String> {
    match node {
        Node::Word(word) => Some(format!("`{word}`")),
        Node::Op(op) => Some(format!("`{}`", symbol(*op))),
        Node::Slot(_, kind, _) | Node::Many(_, kind) => Some(kind.wanted()),
        _ => None,
    }
}

fn written(arg: &Arg) -> Option<Written> {
    match arg.kind {
        ArgKind::Word => Some(Written::Word),
        ArgKind::Text | ArgKind::RawText => Some(Written::Text),
        _ => None,
    }
}

/// The operator as written.
pub(crate) fn symbol(op: Op) -> &'static str {
    match op {
        Op::Arrow => "->",
        Op::Range => "..",
        Op::LessEqual => "<=",
        Op::GreaterEqual => ">=",
        Op::Less => "<",
        Op::Greater => ">",
        Op::Equal => "=",
        Op::Times => "*",
        Op::Plus => "+",
        Op::Comma => ",",
        Op::Foreign => "==",
    }
}
