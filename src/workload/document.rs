//! One object of a file, of whatever kind.

use super::node::{Kind, Node};
use crate::source::{Span, Spanned};

/// One object: a YAML document, or an item of a `List`.
#[derive(Clone, Debug)]
pub struct Document {
    /// The whole tree.
    pub node: Node,
    /// `apiVersion`, such as `apps/v1`.
    pub api_version: Option<Spanned<String>>,
    /// `kind`; `None` means that this is no manifest (a values file, for example).
    pub kind: Option<Spanned<String>>,
    /// `metadata.name`.
    pub name: Option<Spanned<String>>,
    /// `metadata.namespace`.
    pub namespace: Option<Spanned<String>>,
    /// The text of the object, from its first key to the end of its last value.
    pub span: Span,
}

impl Document {
    fn new(node: Node) -> Self {
        let text = |path: &[&str]| {
            let node = node.at(path)?;
            let text = &node.scalar()?.text;
            (!text.is_empty()).then(|| Spanned::new(text.to_string(), node.span))
        };
        Document {
            api_version: text(&["apiVersion"]),
            kind: text(&["kind"]),
            name: text(&["metadata", "name"]),
            namespace: text(&["metadata", "namespace"]),
            span: node.span,
            node,
        }
    }

    /// The place to speak of the object as a whole: its kind, else all of it.
    pub fn head(&self) -> Span {
        self.kind.as_ref().map_or(self.span, |kind| kind.span)
    }

    /// The kind, or an empty text.
    pub fn kind(&self) -> &str {
        self.kind.as_ref().map_or("", |kind| &kind.value)
    }

    /// The group of `apiVersion`: `apps` of `apps/v1`, nothing for `v1`.
    pub fn group(&self) -> &str {
        self.api_version
            .as_ref()
            .and_then(|v| v.value.split_once('/'))
            .map_or("", |(group, _)| group)
    }
}

/// The objects of the trees, those of a `List` one by one.
pub(super) fn objects(roots: Vec<Node>) -> Vec<Document> {
    let mut all = Vec::with_capacity(roots.len());
    for root in roots {
        let kind = root.get("kind").and_then(Node::text).unwrap_or("");
        match root.get("items").map(|items| &items.kind) {
            Some(Kind::Seq(items)) if kind.ends_with("List") => {
                all.extend(items.iter().cloned().map(Document::new));
            }
            _ => all.push(Document::new(root)),
        }
    }
    all
}
