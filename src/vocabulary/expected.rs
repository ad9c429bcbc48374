//! What may be written next in a statement that is not finished.

use std::collections::BTreeSet;

use crate::source::Span;
use crate::syntax::{Arg, ArgKind, Op};

use super::pattern::{Node, SlotKind};
use super::value::Compare;
use super::{Entry, matching};

/// One thing that may be written next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expected {
    /// This very word.
    Word(&'static str),
    /// This very operator, as it is written.
    Op(&'static str),
    /// A value, by the name of its slot.
    Value(&'static str, SlotKind),
}

/// What may follow some arguments in one form.
#[derive(Clone, Debug, PartialEq)]
pub struct Following {
    /// The form, as an index.
    pub form: usize,
    /// What may stand next; empty where the form is complete.
    pub next: Vec<Expected>,
    /// Whether the statement may also end here.
    pub may_end: bool,
    /// The slots that the arguments fill, with the argument that fills each, in order.
    pub filled: Vec<(&'static str, usize)>,
}

impl Entry {
    /// The fixed words of its forms, those of choices included: `from`, `rollback`, `postgres`.
    pub fn words_inside(&self) -> Vec<&'static str> {
        let mut words = Vec::new();
        for form in self.compiled() {
            fixed_words(form, &mut words);
        }
        words
    }

    /// What may follow `args` in each form that they fit so far. Values are not typed here: every
    /// word or text may stand for one, so that a value that is only half written leads on.
    ///
    /// Linear in the arguments for each part of a form.
    pub fn following<'t>(&self, args: &[Arg], text: &dyn Fn(Span) -> &'t str) -> Vec<Following> {
        let mut all = Vec::new();
        for (form, nodes) in self.compiled().iter().enumerate() {
            let mut walk = Walk {
                args,
                text,
                next: Vec::new(),
                filled: Vec::new(),
            };
            let ends = walk.sequence(nodes, BTreeSet::from([0]));
            let may_end = ends.contains(&args.len());
            if may_end || !walk.next.is_empty() {
                all.push(Following {
                    form,
                    next: walk.next,
                    may_end,
                    filled: walk.filled,
                });
            }
        }
        all
    }
}

fn fixed_words(nodes: &[Node], out: &mut Vec<&'static str>) {
    for node in nodes {
        match node {
            Node::Word(word) => out.push(word),
            Node::Slot(_, SlotKind::Choice(words), _) | Node::Many(_, SlotKind::Choice(words)) => {
                out.extend(words.split('|'));
            }
            Node::ManyOf(inner) | Node::Optional(inner) | Node::Repeat(inner) => {
                fixed_words(inner, out);
            }
            Node::Op(_) | Node::Slot(..) | Node::Many(..) => {}
        }
    }
}

struct Walk<'a, 't> {
    args: &'a [Arg],
    text: &'a dyn Fn(Span) -> &'t str,
    next: Vec<Expected>,
    filled: Vec<(&'static str, usize)>,
}

impl Walk<'_, '_> {
    /// The places that `nodes` can end at when they begin at one of `starts`.
    fn sequence(&mut self, nodes: &[Node], starts: BTreeSet<usize>) -> BTreeSet<usize> {
        nodes.iter().fold(starts, |at, node| self.node(node, &at))
    }

    fn node(&mut self, node: &Node, starts: &BTreeSet<usize>) -> BTreeSet<usize> {
        match node {
            Node::Word(word) => self.each(starts, Expected::Word(word)),
            Node::Op(op) => self.each(starts, Expected::Op(matching::symbol(*op))),
            Node::Slot(name, kind, _) => self.each(starts, Expected::Value(name, *kind)),
            Node::Many(name, kind) => self.repeated(starts, |walk, at| {
                walk.each(at, Expected::Value(name, *kind))
            }),
            Node::ManyOf(inner) => {
                self.repeated(starts, |walk, at| walk.sequence(inner, at.clone()))
            }
            Node::Optional(inner) => {
                let mut ends = self.sequence(inner, starts.clone());
                ends.extend(starts);
                ends
            }
            Node::Repeat(inner) => {
                let mut all = starts.clone();
                let mut fresh = starts.clone();
                while !fresh.is_empty() {
                    let ends = self.sequence(inner, fresh);
                    fresh = ends.difference(&all).copied().collect();
                    all.extend(&fresh);
                }
                all
            }
        }
    }

    /// One or more of `one`, with `,` between them.
    fn repeated(
        &mut self,
        starts: &BTreeSet<usize>,
        mut one: impl FnMut(&mut Self, &BTreeSet<usize>) -> BTreeSet<usize>,
    ) -> BTreeSet<usize> {
        let mut all = BTreeSet::new();
        let mut fresh = starts.clone();
        while !fresh.is_empty() {
            let ends = one(self, &fresh);
            let commas = self.each(&ends, Expected::Op(","));
            fresh = commas.difference(starts).copied().collect();
            fresh = fresh.difference(&all).copied().collect();
            all.extend(ends);
        }
        all
    }

    fn each(&mut self, starts: &BTreeSet<usize>, expected: Expected) -> BTreeSet<usize> {
        let mut ends = BTreeSet::new();
        for &at in starts {
            let Some(arg) = self.args.get(at) else {
                if !self.next.contains(&expected) {
                    self.next.push(expected);
                }
                continue;
            };
            if self.fits(arg, expected) {
                if let Expected::Value(name, _) = expected
                    && !self.filled.contains(&(name, at))
                {
                    self.filled.push((name, at));
                }
                ends.insert(at + 1);
            }
        }
        ends
    }

    fn fits(&self, arg: &Arg, expected: Expected) -> bool {
        match expected {
            Expected::Word(word) => arg.kind == ArgKind::Word && (self.text)(arg.span) == word,
            Expected::Op(symbol) => {
                matches!(arg.kind, ArgKind::Op(op) if matching::symbol(op) == symbol)
            }
            Expected::Value(_, SlotKind::Compare) => {
                matches!(arg.kind, ArgKind::Op(op) if Compare::of(op).is_some())
            }
            Expected::Value(_, SlotKind::Choice(words)) => {
                arg.kind == ArgKind::Word
                    && words.split('|').any(|word| word == (self.text)(arg.span))
            }
            Expected::Value(..) => !matches!(arg.kind, ArgKind::Op(op) if op != Op::Foreign),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::vocabulary::Place;

    fn next(place: Place, line: &str) -> Vec<Expected> {
        let mut findings = Vec::new();
        let tree = crate::syntax::parse(FileId(0), line, &mut findings);
        let statement = tree.top().next().expect("a statement");
        let entry = place
            .entry(&line[statement.head.range()])
            .expect("a statement of the place");
        let text = |span: Span| &line[span.range()];
        let mut all = Vec::new();
        for following in entry.following(tree.args(statement), &text) {
            all.extend(following.next);
        }
        all
    }

    #[test]
    fn says_what_may_follow() {
        use Expected::{Op, Value, Word};
        assert_eq!(
            next(Place::Step, "weight 5%"),
            [Op("->"), Word("to")],
            "a chain goes on, or a range"
        );
        assert_eq!(next(Place::Plan, "roll checkout from 41"), [Word("to")]);
        assert!(matches!(
            next(Place::Step, "watch errors,")[..],
            [Value("gate", SlotKind::Ref(_))]
        ));
        assert_eq!(next(Place::Step, "watch errors"), [Op(",")]);
        assert_eq!(next(Place::Step, "on inconclusive pause"), [Word("within")]);
        assert_eq!(next(Place::Step, "hold 1h"), []);
    }
}
