//! Events to nodes: the tree of one document grows on a stack of open collections.
//!
//! No recursion: nesting costs memory only, and little of it. Aliases share what they name; their
//! written-out size is counted, not built.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use serde_saphyr::granit_parser::{Event, ScalarStyle, StructureStyle, Tag};

use super::lenient;
use super::node::{Entry, Kind, Node, Scalar, Value};
use super::problem;
use super::template;
use super::tree::{MAX_DEPTH, MAX_FINDINGS, MAX_NODES};
use crate::diagnostic::Findings;
use crate::source::{FileId, Span};

/// Why a document is given up.
pub(super) enum Stop {
    /// It is a template; the place of the first sign.
    Template(Span),
    /// It is too deep.
    Deep(Span),
    /// It stands for too many values.
    Large(Span),
    /// An alias names a collection that it is part of.
    Endless(Span),
}

/// A key that waits for its value.
enum Key {
    /// A usable key.
    Named(Arc<str>, Span),
    /// A collection as a key, which was reported; its value is left out.
    Odd,
}

/// A collection whose end has not come.
struct Open {
    map: bool,
    /// The first byte.
    start: usize,
    /// The end of the last thing in it.
    end: usize,
    anchor: usize,
    key: Option<Key>,
    entries: Vec<Entry>,
    items: Vec<Node>,
    merges: bool,
}

/// Builds the trees of one file.
pub(super) struct Builder<'t> {
    file: FileId,
    text: &'t str,
    /// Whether quoted texts were put on one line for the parser.
    joined: bool,
    open: Vec<Open>,
    /// The root, once it is complete.
    finished: Option<Node>,
    anchors: HashMap<usize, Node>,
    /// Values read of this file, merged ones included.
    nodes: u32,
    /// Values of all finished documents, aliases written out.
    written_out: u32,
    /// Findings that may still be reported.
    left: usize,
}

impl<'t> Builder<'t> {
    /// Nothing read yet; `joined` says that quoted texts were put on one line for the parser.
    pub fn new(file: FileId, text: &'t str, joined: bool) -> Self {
        Builder {
            file,
            text,
            joined,
            open: Vec::new(),
            finished: None,
            anchors: HashMap::new(),
            nodes: 0,
            written_out: 0,
            left: MAX_FINDINGS,
        }
    }

    /// Forgets the document that was being read.
    pub fn abandon(&mut self) {
        self.open.clear();
        self.anchors.clear();
        self.finished = None;
    }

    /// Whether the file has used up what it may stand for.
    pub fn is_full(&self) -> bool {
        self.nodes > MAX_NODES || self.written_out > MAX_NODES
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    /// Takes the next event; gives the root of a document at its end.
    pub fn event(
        &mut self,
        event: Event<'_>,
        range: Range<usize>,
        findings: &mut Findings,
    ) -> Result<Option<Node>, Stop> {
        match event {
            Event::DocumentStart(..) => {
                self.abandon();
                Ok(None)
            }
            // only now is it sure that nothing wrong follows the value
            Event::DocumentEnd => Ok(self.finished.take()),
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                // the parser gives `~` for a value that is not written at all
                let text = if plain && range.is_empty() {
                    "".into()
                } else {
                    text
                };
                let span = self.scalar_span(&text, style, range);
                let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
                let source = self
                    .text
                    .get(span.range())
                    .filter(|_| self.joined && quoted);
                let text = match source
                    .filter(|source| source.contains('\n'))
                    .and_then(lenient::quoted_value)
                {
                    Some(original) => original.into(),
                    None => text,
                };
                if plain && let Some(at) = template::in_plain(self.text, span.range()) {
                    return Err(Stop::Template(self.span(at.start, at.end)));
                }
                let value = scalar_type(&text, plain, tag.as_deref());
                let scalar = Scalar {
                    text: Arc::from(&*text),
                    value,
                };
                let node = Node {
                    span,
                    kind: Kind::Scalar(scalar),
                    height: 0,
                    size: 1,
                };
                if anchor != 0 {
                    self.anchors.insert(anchor, node.clone());
                }
                self.deliver(node, span, findings)
            }
            Event::MappingStart(style, anchor, _) => {
                self.start(true, style, anchor, range).map(|()| None)
            }
            Event::SequenceStart(style, anchor, _) => {
                self.start(false, style, anchor, range).map(|()| None)
            }
            Event::MappingEnd | Event::SequenceEnd => self.end(range, findings),
            Event::Alias(anchor) => {
                let at = self.span(range.start, range.end);
                match self.anchors.get(&anchor).cloned() {
                    Some(node) => self.deliver(node, at, findings),
                    None => Err(Stop::Endless(at)),
                }
            }
            _ => Ok(None),
        }
    }

    /// The place of a scalar: an empty one stands directly behind its key's colon, and a block of
    /// text ends with its last line that is not blank.
    fn scalar_span(&self, text: &str, style: ScalarStyle, range: Range<usize>) -> Span {
        let source = self.text.get(range.clone()).unwrap_or("");
        match style {
            ScalarStyle::Plain if text.is_empty() && source.is_empty() => {
                let at = match self.open.last() {
                    Some(open) if open.map && open.key.is_some() => {
                        let colon = self
                            .text
                            .get(open.end..)
                            .unwrap_or("")
                            .bytes()
                            .take(64)
                            .position(|b| b == b':');
                        open.end + colon.map_or(0, |at| at + 1)
                    }
                    Some(open) => range.start.max(open.end),
                    None => range.start,
                };
                self.span(at, at)
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                self.span(range.start, range.start + source.trim_end().len())
            }
            _ => self.span(range.start, range.end),
        }
    }

    fn start(
        &mut self,
        map: bool,
        style: StructureStyle,
        anchor: usize,
        range: Range<usize>,
    ) -> Result<(), Stop> {
        let start = range.start;
        if map
            && style == StructureStyle::Flow
            && self.text.get(start..).is_some_and(|t| t.starts_with("{{"))
        {
            let end = template::sign_end(self.text, start);
            return Err(Stop::Template(self.span(start, end)));
        }
        if self.open.len() as u32 >= MAX_DEPTH {
            return Err(Stop::Deep(self.span(range.start, range.end)));
        }
        self.open.push(Open {
            map,
            start,
            end: range.end,
            anchor,
            key: None,
            entries: Vec::new(),
            items: Vec::new(),
            merges: false,
        });
        Ok(())
    }

    fn end(&mut self, range: Range<usize>, findings: &mut Findings) -> Result<Option<Node>, Stop> {
        let Some(mut open) = self.open.pop() else {
            return Ok(None);
        };
        let brackets = self
            .text
            .get(range.clone())
            .is_some_and(|t| t == "}" || t == "]");
        let end = if brackets { range.end } else { open.end };
        let span = self.span(open.start, end.max(open.start));
        let mut entries = std::mem::take(&mut open.entries);
        if open.map {
            self.refuse_duplicates(&mut entries, findings);
            if open.merges {
                self.merge(&mut entries, span)?;
            }
        }
        let mut height = 0;
        let mut size = 1u32;
        let mut count = |node: &Node| {
            height = height.max(node.height + 1);
            size = size.saturating_add(node.size);
        };
        let kind = if open.map {
            entries.iter().for_each(|entry| count(&entry.value));
            Kind::Map(entries.into())
        } else {
            open.items.iter().for_each(count);
            Kind::Seq(std::mem::take(&mut open.items).into())
        };
        if size > MAX_NODES {
            return Err(Stop::Large(span));
        }
        if height > MAX_DEPTH {
            return Err(Stop::Deep(span));
        }
        let node = Node {
            span,
            kind,
            height,
            size,
        };
        if open.anchor != 0 {
            self.anchors.insert(open.anchor, node.clone());
        }
        self.deliver(node, span, findings)
    }

    /// Puts a finished value where it belongs; `at` is where it stands, which is the alias for one
    /// that was written elsewhere.
    fn deliver(
        &mut self,
        node: Node,
        at: Span,
        findings: &mut Findings,
    ) -> Result<Option<Node>, Stop> {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > MAX_NODES {
            return Err(Stop::Large(at));
        }
        let Some(open) = self.open.last_mut() else {
            // documents count together, or a thousand small bombs would do what one large may not
            self.written_out = self.written_out.saturating_add(node.size);
            if self.written_out > MAX_NODES {
                return Err(Stop::Large(at));
            }
            // a document of nothing but comments is no document
            self.finished = (!node.is_null()).then_some(node);
            return Ok(None);
        };
        open.end = open.end.max(at.end as usize);
        if !open.map {
            open.items.push(node);
            return Ok(None);
        }
        match open.key.take() {
            None => {
                open.key = Some(match node.kind {
                    Kind::Scalar(scalar) => {
                        open.merges |= &*scalar.text == "<<";
                        Key::Named(scalar.text, at)
                    }
                    _ => {
                        if self.left > 0 {
                            self.left -= 1;
                            findings.push(problem::odd_key(at));
                        }
                        Key::Odd
                    }
                });
            }
            Some(Key::Named(key, key_span)) => open.entries.push(Entry {
                key,
                key_span,
                value: node,
            }),
            Some(Key::Odd) => {}
        }
        Ok(None)
    }

    /// Reports keys that stand twice, and keeps the last value at the place of the first.
    fn refuse_duplicates(&mut self, entries: &mut Vec<Entry>, findings: &mut Findings) {
        let mut first: HashMap<Arc<str>, usize> = HashMap::new();
        let twice = if entries.len() <= 12 {
            entries
                .iter()
                .enumerate()
                .any(|(i, entry)| entries.iter().take(i).any(|e| e.key == entry.key))
        } else {
            first.reserve(entries.len());
            entries
                .iter()
                .enumerate()
                .any(|(i, entry)| first.insert(entry.key.clone(), i).is_some())
        };
        if !twice {
            return;
        }
        first.clear();
        let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
        for entry in entries.drain(..) {
            let Some(earlier) = first.get(&entry.key).and_then(|&at| kept.get_mut(at)) else {
                first.insert(entry.key.clone(), kept.len());
                kept.push(entry);
                continue;
            };
            // several merges in one map are merged one after another by some readers; not by kubectl
            if self.left > 0 {
                self.left -= 1;
                findings.push(problem::duplicate(
                    &entry.key,
                    entry.key_span,
                    earlier.key_span,
                ));
            }
            earlier.value = entry.value;
        }
        *entries = kept;
    }

    /// Carries out `<<`: the keys of the merged maps that are not written here are added, the
    /// earlier map of a list winning.
    fn merge(&mut self, entries: &mut Vec<Entry>, at: Span) -> Result<(), Stop> {
        let Some(place) = entries.iter().position(|entry| &*entry.key == "<<") else {
            return Ok(());
        };
        let merged = entries.remove(place).value;
        let maps: Vec<&Node> = match &merged.kind {
            Kind::Seq(items) => items.iter().collect(),
            _ => vec![&merged],
        };
        let mut known: HashSet<Arc<str>> = entries.iter().map(|entry| entry.key.clone()).collect();
        for map in maps {
            self.nodes = self.nodes.saturating_add(map.entries().len() as u32 + 1);
            if self.nodes > MAX_NODES {
                return Err(Stop::Large(at));
            }
            for entry in map.entries() {
                if known.insert(entry.key.clone()) {
                    entries.push(entry.clone());
                }
            }
        }
        Ok(())
    }
}

/// The type of a scalar: quotes make text, a core tag (`!!str`, `!!int`) overrides the spelling.
fn scalar_type(text: &str, plain: bool, tag: Option<&Tag>) -> Value {
    match tag.and_then(Tag::core_suffix) {
        Some("str" | "binary") => Value::Text,
        Some("null") => Value::Null,
        Some("int" | "float" | "bool") => Value::of_plain(text),
        _ if plain => Value::of_plain(text),
        _ => Value::Text,
    }
}
