//! Typed statements: the tree after the vocabulary table has been applied, names not yet resolved.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Findings};
use crate::source::{SourceMap, Span, Spanned};
use crate::syntax::{ArgKind, Statement, Tree};
use crate::units::{Bytes, Duration, Percent, Rate};
use crate::vocabulary::{
    Bindings, Capture, Compare, Date, DeclKind, Entry, Matched, PatternNode, Place, SlotKind,
    Value, match_statement,
};

use super::names::wrong_name;
use super::shape::{
    DUPLICATE_STATEMENT, MISSING_BLOCK, MISSING_STATEMENT, WRONG_ARGUMENT, clip, mismatch,
    unknown_statement,
};

/// Where an expanded step comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The strategy.
    pub strategy: String,
    /// The `use` that took it over.
    pub used: Span,
}

/// A statement that fits the table.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub entry: &'static Entry,
    /// Which of the entry's forms it has.
    pub form: usize,
    /// Its values.
    pub captures: Vec<Capture>,
    /// Its first word.
    pub head: Span,
    /// Head and arguments.
    pub line: Span,
    /// The whole, block included.
    pub span: Span,
    /// The `##` lines above it.
    pub doc: Option<Span>,
    /// The statements of its block.
    pub children: Vec<Node>,
    /// Something in its block could not be read; nothing may be concluded from what is missing.
    pub incomplete: bool,
    /// What of its block could not be read.
    pub(super) lost: Vec<Lost>,
    /// The strategy that it was expanded from.
    pub origin: Option<Arc<Origin>>,
}

/// A statement that could not be read, as far as that can be told.
#[derive(Clone, Debug)]
pub(super) struct Lost {
    /// The word of the statement, where it is one of the block.
    pub word: Option<&'static str>,
    /// What it would have been the declaration of.
    pub name: Option<String>,
}

impl Node {
    /// The value of a slot.
    pub fn get(&self, slot: &str) -> Option<&Capture> {
        self.captures.iter().find(|capture| capture.slot == slot)
    }

    /// All values of a slot, in the order of the text.
    pub fn all(&self, slot: &'static str) -> impl Iterator<Item = &Capture> {
        self.captures
            .iter()
            .filter(move |capture| capture.slot == slot)
    }

    /// The children that are `word`.
    pub fn children(&self, word: &'static str) -> impl Iterator<Item = &Node> {
        self.children
            .iter()
            .filter(move |child| child.entry.word == word)
    }

    /// The first child that is `word`.
    pub fn child(&self, word: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.entry.word == word)
    }

    /// Whether a statement `word` (of that name) may be among those of the block that could not be
    /// read: then nothing follows from its not being there.
    pub(super) fn may_miss(&self, word: &str, name: Option<&str>) -> bool {
        self.lost.iter().any(|lost| {
            // a strategy that could not be written out may have held any step
            let other = lost.word.is_some_and(|lost| lost != word && lost != "use");
            let named = match (name, &lost.name) {
                (Some(name), Some(lost)) => name == lost,
                _ => true,
            };
            !other && named
        })
    }

    /// The names of declarations among its own values; a strategy's parameter is none.
    pub fn references(&self) -> Vec<(DeclKind, Spanned<String>)> {
        let Some(form) = self.entry.compiled().get(self.form) else {
            return Vec::new();
        };
        let mut slots = Vec::new();
        reference_slots(form, &mut slots);
        self.captures
            .iter()
            .filter_map(|capture| {
                let (_, kind) = slots.iter().find(|(slot, _)| *slot == capture.slot)?;
                match &capture.value {
                    Value::Word(name) => Some((*kind, Spanned::new(name.clone(), capture.span))),
                    _ => None,
                }
            })
            .collect()
    }

    /// The word or text of a slot.
    pub fn word(&self, slot: &str) -> Option<Spanned<String>> {
        self.get(slot).and_then(|capture| match &capture.value {
            Value::Word(text) | Value::Text(text) => Some(Spanned::new(text.clone(), capture.span)),
            _ => None,
        })
    }

    /// All words of a slot.
    pub fn words(&self, slot: &'static str) -> Vec<Spanned<String>> {
        self.all(slot)
            .filter_map(|capture| match &capture.value {
                Value::Word(text) | Value::Text(text) => {
                    Some(Spanned::new(text.clone(), capture.span))
                }
                _ => None,
            })
            .collect()
    }

    /// The word of a slot when it is one of a fixed choice.
    pub fn choice(&self, slot: &str) -> Option<&str> {
        self.get(slot).and_then(|capture| match &capture.value {
            Value::Word(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The share of a slot.
    pub fn percent(&self, slot: &str) -> Option<Spanned<Percent>> {
        self.typed(slot, |value| {
            if let Value::Percent(v) = value {
                Some(*v)
            } else {
                None
            }
        })
    }

    /// The time of a slot.
    pub fn duration(&self, slot: &str) -> Option<Spanned<Duration>> {
        self.typed(slot, |value| {
            if let Value::Duration(v) = value {
                Some(*v)
            } else {
                None
            }
        })
    }

    /// The count of a slot.
    pub fn count(&self, slot: &str) -> Option<Spanned<u64>> {
        self.typed(slot, |value| {
            if let Value::Count(v) = value {
                Some(*v)
            } else {
                None
            }
        })
    }

    /// The rate of a slot.
    pub fn rate(&self, slot: &str) -> Option<Spanned<Rate>> {
        self.typed(slot, |value| {
            if let Value::Rate(v) = value {
                Some(*v)
            } else {
                None
            }
        })
    }

    /// The size of a slot.
    pub fn bytes(&self, slot: &str) -> Option<Spanned<Bytes>> {
        self.typed(slot, |value| {
            if let Value::Bytes(v) = value {
                Some(*v)
            } else {
                None
            }
        })
    }

    /// The day of a slot.
    pub fn date(&self, slot: &str) -> Option<Spanned<Date>> {
        self.typed(slot, |value| {
            if let Value::Date(v) = value {
                Some(*v)
            } else {
                None
            }
        })
    }

    /// The comparison of a slot.
    pub fn compare(&self, slot: &str) -> Option<Spanned<Compare>> {
        self.typed(slot, |value| {
            if let Value::Compare(v) = value {
                Some(*v)
            } else {
                None
            }
        })
    }

    fn typed<T>(&self, slot: &str, pick: impl Fn(&Value) -> Option<T>) -> Option<Spanned<T>> {
        let capture = self.get(slot)?;
        pick(&capture.value).map(|value| Spanned::new(value, capture.span))
    }
}

/// The slots of a form that hold names of declarations.
fn reference_slots(form: &[PatternNode], out: &mut Vec<(&'static str, DeclKind)>) {
    for part in form {
        match part {
            PatternNode::Slot(name, SlotKind::Ref(kind), _)
            | PatternNode::Many(name, SlotKind::Ref(kind)) => out.push((name, *kind)),
            PatternNode::ManyOf(inner)
            | PatternNode::Optional(inner)
            | PatternNode::Repeat(inner) => reference_slots(inner, out),
            _ => {}
        }
    }
}

/// Reads statements of one file against the table.
pub(super) struct Reader<'a> {
    pub sources: &'a SourceMap,
    pub tree: &'a Tree,
    /// The parameters of the strategy that is being expanded.
    pub bindings: &'a Bindings<'a>,
    /// Only mismatches that a parameter's value causes are reported: the rest was reported when
    /// the strategy itself was read.
    pub expansion: Option<&'a Arc<Origin>>,
}

impl Reader<'_> {
    /// Reads one statement of `place`; `None` when it could not be read.
    pub fn statement(
        &self,
        statement: &Statement,
        place: Place,
        findings: &mut Findings,
    ) -> Option<Node> {
        self.one(statement, place, findings, &mut None)
    }

    /// Where an operator at the end of a line has drawn the next statement into this one.
    fn carried_on(&self, statement: &Statement, place: Place) -> Option<(Span, Statement)> {
        let args = self.tree.args(statement);
        args.windows(2).enumerate().find_map(|(at, pair)| {
            let [operator, next] = pair else { return None };
            let is_operator = matches!(operator.kind, ArgKind::Op(_));
            let between = Span {
                start: operator.span.end,
                end: next.span.start,
                ..next.span
            };
            let new_line = self.sources.text(between).contains('\n');
            let begins =
                next.kind == ArgKind::Word && place.entry(self.sources.text(next.span)).is_some();
            (is_operator && new_line && begins)
                .then(|| (operator.span, statement.from_argument(at + 1, next.span)))
        })
    }

    fn one(
        &self,
        statement: &Statement,
        place: Place,
        findings: &mut Findings,
        carried: &mut Option<Statement>,
    ) -> Option<Node> {
        if statement.broken {
            return None;
        }
        let word = self.sources.text(statement.head);
        let Some(entry) = place.entry(word) else {
            if self.expansion.is_none() {
                findings.push(unknown_statement(word, statement.head, place));
            }
            return None;
        };
        let args = self.tree.args(statement);
        let text = |span: Span| self.sources.text(span);
        let matched = match match_statement(entry, self.tree, args, &text, self.bindings) {
            Ok(matched) => matched,
            Err(wrong) => {
                if let Some((operator, rest)) = self.carried_on(statement, place) {
                    self.report(findings, || {
                        dangling(operator, text(operator), text(rest.head))
                    });
                    *carried = Some(rest);
                } else if self.expansion.is_none() || wrong.value_span.is_some() {
                    findings.push(mismatch(self.sources, entry, place, statement.line, &wrong));
                }
                return None;
            }
        };
        if let Some(found) = self.wrong_name(entry, &matched) {
            self.report(findings, || found);
        }
        let mut node = Node {
            entry,
            form: matched.form,
            captures: matched.captures,
            head: statement.head,
            line: statement.line,
            span: statement.span,
            doc: statement.doc,
            children: Vec::new(),
            incomplete: false,
            lost: Vec::new(),
            origin: self.expansion.cloned(),
        };
        match (entry.block, statement.block) {
            (Some(inner), Some(_)) => self.block(statement, inner, &mut node, findings),
            (Some(_), None) if entry.block_required => {
                node.incomplete = true;
                self.report(findings, || {
                    Diagnostic::new(
                        &MISSING_BLOCK,
                        statement.line,
                        format!("`{}` has no block", clip(text(statement.line))),
                    )
                    .help(format!("write it like `{}`", entry.example))
                });
            }
            (None, Some(block)) => {
                let brace = Span {
                    end: block.start + 1,
                    ..block
                };
                self.report(findings, || {
                    Diagnostic::new(&MISSING_BLOCK, brace, format!("`{word}` takes no block"))
                        .help(format!("write it like `{}`", entry.example))
                });
            }
            _ => {}
        }
        Some(node)
    }

    /// A declaration whose name is none. It is read all the same: the name is what was meant.
    fn wrong_name(&self, entry: &Entry, matched: &Matched) -> Option<Diagnostic> {
        let declares = match entry.compiled().get(matched.form)?.first()? {
            PatternNode::Slot(_, SlotKind::Name, _) => true,
            PatternNode::Slot(_, SlotKind::Call, _) => entry.word == "strategy",
            _ => false,
        };
        let name = matched.captures.first().filter(|_| declares)?;
        match &name.value {
            Value::Word(text) => wrong_name(entry.word, text, name.arg.word_span()),
            _ => None,
        }
    }

    /// Whether the block says all that it does without this statement.
    fn is_aside(&self, statement: &Statement, place: Place) -> bool {
        let entry = place.entry(self.sources.text(statement.head));
        !statement.broken && entry.is_some_and(|entry| entry.aside)
    }

    /// What is known of a statement that could not be read.
    pub fn lost(&self, statement: &Statement, place: Place) -> Lost {
        let entry = place.entry(self.sources.text(statement.head));
        let name = self.tree.args(statement).first();
        Lost {
            // behind a fault in the text even the first word may not be what was meant
            word: entry.filter(|_| !statement.broken).map(|entry| entry.word),
            name: name.filter(|_| !statement.broken).map(|arg| {
                self.sources
                    .text(arg.word_span())
                    .trim_matches('"')
                    .to_string()
            }),
        }
    }

    fn report(&self, findings: &mut Findings, found: impl FnOnce() -> Diagnostic) {
        if self.expansion.is_none() {
            findings.push(found());
        }
    }

    /// Reads the statements of a block, and tells what is there twice or not at all.
    fn block(&self, of: &Statement, place: Place, node: &mut Node, findings: &mut Findings) {
        node.children.reserve_exact(self.tree.block(of).count());
        let mut next = self.tree.block(of);
        // what was drawn into the statement before it
        let mut carried: Option<Statement> = None;
        while let Some(statement) = carried.take().or_else(|| next.next().copied()) {
            match self.one(&statement, place, findings, &mut carried) {
                Some(child) => {
                    let first = if child.entry.many {
                        None
                    } else {
                        node.children
                            .iter()
                            .find(|other| std::ptr::eq(other.entry, child.entry))
                    };
                    if let Some(first) = first {
                        let first = first.line;
                        self.report(findings, || {
                            Diagnostic::new(
                                &DUPLICATE_STATEMENT,
                                child.line,
                                format!("`{}` stands twice {}", child.entry.word, place.phrase()),
                            )
                            .here("the second one")
                            .also(first, "the first one")
                            .help("keep one of them")
                        });
                        node.incomplete = true;
                    } else {
                        node.children.push(child);
                    }
                }
                None => {
                    node.incomplete |= !self.is_aside(&statement, place);
                    node.lost.push(self.lost(&statement, place));
                }
            }
        }
        if node.incomplete {
            return;
        }
        for entry in place.entries().iter().filter(|entry| entry.required) {
            let mut children = node.children.iter();
            if !children.any(|child| std::ptr::eq(child.entry, entry)) {
                let line = node.line;
                self.report(findings, || {
                    missing(line, self.sources.text(line), entry.word, entry.example)
                });
                node.incomplete = true;
            }
        }
    }
}

/// An operator at the end of a line, with a statement on the next.
fn dangling(operator: Span, symbol: &str, next: &str) -> Diagnostic {
    Diagnostic::new(
        &WRONG_ARGUMENT,
        operator,
        format!("nothing follows `{symbol}` on this line"),
    )
    .here(format!(
        "a line that ends with `{symbol}` carries on, so `{next}` below was read as its value"
    ))
    .help(format!(
        "take `{symbol}` out, or write what belongs behind it"
    ))
}

/// A block that lacks a statement that it cannot do without.
pub(super) fn missing(line: Span, text: &str, word: &str, example: &str) -> Diagnostic {
    Diagnostic::new(
        &MISSING_STATEMENT,
        line,
        format!("`{}` has no `{word}`", clip(text)),
    )
    .here(format!("`{word}` is missing in this block"))
    .help(format!("add `{example}`"))
}
