//! Statements as texts with places to fill in, in the notation of editors: `${1:TIME}`.

use std::fmt::Write;

use crate::vocabulary::{Entry, PatternNode, SlotKind};

/// A statement with a place for each value that its form cannot do without, and for its block.
pub fn statement_snippet(entry: &Entry, form: usize) -> String {
    let mut snippet = Snippet {
        out: String::new(),
        next: 1,
    };
    snippet.text(entry.word);
    if let Some(nodes) = entry.compiled().get(form) {
        snippet.nodes(nodes);
    }
    if entry.block_required {
        snippet.out.push_str(" {\n  $0\n}");
    }
    snippet.out
}

/// The first form of a statement, which is the usual one.
pub fn block_snippet(entry: &Entry) -> String {
    statement_snippet(entry, 0)
}

struct Snippet {
    out: String,
    next: usize,
}

impl Snippet {
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            if matches!(c, '$' | '}' | '\\') {
                self.out.push('\\');
            }
            self.out.push(c);
        }
    }

    fn nodes(&mut self, nodes: &[PatternNode]) {
        for node in nodes {
            match node {
                PatternNode::Word(word) => {
                    self.out.push(' ');
                    self.text(word);
                }
                PatternNode::Op(op) => {
                    self.out.push(' ');
                    self.text(crate::vocabulary::symbol(*op));
                }
                PatternNode::Slot(name, kind, _) | PatternNode::Many(name, kind) => {
                    self.out.push(' ');
                    self.value(name, *kind);
                }
                PatternNode::ManyOf(inner) => self.nodes(inner),
                PatternNode::Optional(_) | PatternNode::Repeat(_) => {}
            }
        }
    }

    fn value(&mut self, name: &str, kind: SlotKind) {
        let at = self.next;
        self.next += 1;
        let name = name.to_uppercase();
        let _ = match kind {
            SlotKind::Text | SlotKind::AnyText | SlotKind::Path => {
                write!(self.out, "\"${{{at}:{name}}}\"")
            }
            SlotKind::Compare => write!(self.out, "${{{at}|<,<=,>,>=,=|}}"),
            SlotKind::Choice(words) if words.contains('|') => {
                write!(self.out, "${{{at}|{}|}}", words.replace('|', ","))
            }
            SlotKind::Choice(word) => write!(self.out, "{word}"),
            _ => write!(self.out, "${{{at}:{name}}}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Place;

    #[test]
    fn a_place_for_each_value() {
        let snippet = |place: Place, word| block_snippet(place.entry(word).expect("a statement"));
        assert_eq!(
            snippet(Place::Plan, "roll"),
            "roll ${1:SERVICE} from ${2:FROM} to ${3:TO}"
        );
        assert_eq!(snippet(Place::Plan, "step"), "step ${1:NAME} {\n  $0\n}");
        assert_eq!(
            snippet(Place::Plan, "no"),
            "no return because \"${1:REASON}\""
        );
        assert_eq!(
            snippet(Place::Step, "on"),
            "on ${1|failure,inconclusive,no-data,success|} rollback"
        );
    }
}
