//! Forms as they are written, for people: values in capitals, and what each of them may be.

use super::matching::symbol;
use super::pattern::{Node, Range};
use super::{Entry, SlotKind};

/// A choice that is no longer than this is written out where it stands.
const SHORT: usize = 48;

impl Entry {
    /// All forms, one text each: `on failure|no-data goto STEP at most TIMES times`. What may be
    /// left out stands in `[...]`, and `, ...` follows what may be said of several.
    pub fn usages(&self) -> Vec<String> {
        self.usages_with(self.longest_choice())
    }

    fn usages_with(&self, longest: usize) -> Vec<String> {
        let of = |form: &Vec<Node>| {
            let mut out = self.word.to_string();
            form.iter().for_each(|node| write(node, longest, &mut out));
            out
        };
        self.compiled().iter().map(of).collect()
    }

    /// How long a choice may be that is written out; any, where two forms differ in nothing else.
    fn longest_choice(&self) -> usize {
        let usages = self.usages_with(SHORT);
        let differ = |(number, usage)| !usages[..number].contains(usage);
        if usages.iter().enumerate().all(differ) {
            SHORT
        } else {
            usize::MAX
        }
    }

    /// The values of the forms, by the names that [`Entry::usages`] gives them, with what each may
    /// be: `TIMES`, "a whole number like `3`, from 1 to 100".
    pub fn values(&self) -> Vec<(String, String)> {
        let mut values: Vec<(String, String)> = Vec::new();
        let longest = self.longest_choice();
        let mut visit = |name: &str, kind: SlotKind, range: Range| {
            if in_place(kind, longest).is_some() {
                return;
            }
            let mut wanted = kind.wanted();
            if !range.text.is_empty() {
                wanted.push_str(", ");
                wanted.push_str(range.text);
            }
            let name = name.to_uppercase();
            match values.iter_mut().find(|(known, _)| *known == name) {
                None => values.push((name, wanted)),
                Some((_, said)) if said.split("; or ").any(|known| known == wanted) => {}
                Some((_, said)) => {
                    said.push_str("; or ");
                    said.push_str(&wanted);
                }
            }
        };
        for form in self.compiled() {
            slots(form, &mut visit);
        }
        values
    }
}

/// What is written at the place of a value itself: one word, or few.
fn in_place(kind: SlotKind, longest: usize) -> Option<&'static str> {
    match kind {
        SlotKind::Choice(words) if words.len() <= longest => Some(words),
        _ => None,
    }
}

fn write(node: &Node, longest: usize, out: &mut String) {
    match node {
        Node::Word(word) => push(out, word),
        Node::Op(op) => push(out, symbol(*op)),
        Node::Slot(name, kind, _) => match in_place(*kind, longest) {
            Some(words) => push(out, words),
            None => push(out, &name.to_uppercase()),
        },
        Node::Many(name, kind) => {
            match in_place(*kind, longest) {
                Some(words) => push(out, words),
                None => push(out, &name.to_uppercase()),
            }
            out.push_str(", ...");
        }
        Node::ManyOf(inner) => {
            inner.iter().for_each(|node| write(node, longest, out));
            out.push_str(", ...");
        }
        Node::Optional(inner) | Node::Repeat(inner) => {
            push(out, "[");
            let mut part = String::new();
            inner
                .iter()
                .for_each(|node| write(node, longest, &mut part));
            out.push_str(part.trim_start());
            out.push(']');
            if matches!(node, Node::Repeat(_)) {
                out.push_str("...");
            }
        }
    }
}

fn push(out: &mut String, text: &str) {
    out.push(' ');
    out.push_str(text);
}

fn slots(nodes: &[Node], visit: &mut dyn FnMut(&str, SlotKind, Range)) {
    for node in nodes {
        match node {
            Node::Slot(name, kind, range) => visit(name, *kind, *range),
            Node::Many(name, kind) => visit(name, *kind, Range::ANY),
            Node::ManyOf(inner) | Node::Optional(inner) | Node::Repeat(inner) => {
                slots(inner, visit)
            }
            Node::Word(_) | Node::Op(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::vocabulary::Place;

    #[test]
    fn no_form_shows_the_notation_of_the_table() {
        for place in Place::ALL {
            for entry in place.entries() {
                for usage in entry.usages() {
                    let values = usage.replace("->", "").replace(" * ", " ");
                    assert!(
                        !values.contains(['<', '>', '(', ')', '*', '?', ':']),
                        "{usage}"
                    );
                }
            }
        }
    }

    #[test]
    fn forms_read_like_what_is_written() {
        let step = |word| Place::Step.entry(word).expect("a statement of a step");
        assert_eq!(
            step("weight").usages(),
            ["weight SHARE [-> SHARE]...", "weight FROM to TO by BY"]
        );
        assert_eq!(
            step("on").usages()[2],
            "on failure|inconclusive|no-data goto STEP at most TIMES times"
        );
        assert_eq!(
            step("on").values()[2],
            (
                "TIMES".to_string(),
                "a whole number like `3`, from 1 to 100".to_string()
            )
        );
    }
}
