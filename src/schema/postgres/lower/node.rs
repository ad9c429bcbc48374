//! Reading a syntax tree: children by kind, names, texts.

use squawk_syntax::{SyntaxKind, SyntaxNode, SyntaxToken};

use crate::schema::catalog::Name;

/// The first child node of that kind.
pub(super) fn child(node: &SyntaxNode, kind: SyntaxKind) -> Option<SyntaxNode> {
    // a look at the tree behind makes no nodes, and most that are asked for are not there
    if !has(node, kind) {
        return None;
    }
    node.children().find(|child| child.kind() == kind)
}

/// All child nodes of that kind.
pub(super) fn children(
    node: &SyntaxNode,
    kind: SyntaxKind,
) -> impl Iterator<Item = SyntaxNode> + use<> {
    node.children().filter(move |child| child.kind() == kind)
}

/// Whether there is a child of that kind, node or word.
pub(super) fn has(node: &SyntaxNode, kind: SyntaxKind) -> bool {
    let own = kind as u16;
    node.green().children().any(|child| child.kind().0 == own)
}

/// All nodes of that kind within.
pub(super) fn within(
    node: &SyntaxNode,
    kind: SyntaxKind,
) -> impl Iterator<Item = SyntaxNode> + use<> {
    node.descendants().filter(move |inner| inner.kind() == kind)
}

/// The words and signs within, without white space and comments.
pub(super) fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> + use<> {
    node.descendants_with_tokens()
        .filter_map(squawk_syntax_token)
        .filter(|token| !token.kind().is_trivia())
}

fn squawk_syntax_token(element: squawk_syntax::SyntaxElement) -> Option<SyntaxToken> {
    element.into_token()
}

/// Hands the words and signs within to `read`, with their kind as a number and the byte of the
/// node at which they start, from the first or from the last one on, until it returns `false`.
///
/// Looks at the tree behind, which makes no nodes, and keeps its own stack.
fn each_token(node: &SyntaxNode, backwards: bool, mut read: impl FnMut(u16, &str, usize) -> bool) {
    let green = node.green();
    let mut open = vec![(green.children(), 0)];
    while let Some((children, start)) = open.last_mut() {
        let next = if backwards {
            children.next_back()
        } else {
            children.next()
        };
        // offsets count from the end where the walk begins
        let at = *start;
        let Some(next) = next else {
            open.pop();
            continue;
        };
        if let Some(token) = next.as_token() {
            *start += token.text().len();
            if !read(token.kind().0, token.text(), at) {
                return;
            }
        } else if let Some(inner) = next.as_node() {
            *start += usize::from(inner.text_len());
            open.push((inner.children(), at));
        }
    }
}

fn is_trivia(kind: u16) -> bool {
    kind == SyntaxKind::WHITESPACE as u16 || kind == SyntaxKind::COMMENT as u16
}

/// The bytes of a node without white space, comments and semicolons at its ends, counted from its
/// start; `None` where it holds nothing else.
pub(super) fn inside(node: &SyntaxNode) -> Option<std::ops::Range<usize>> {
    let end_of = |backwards| {
        let mut found = None;
        each_token(node, backwards, |kind, _, at| {
            if !is_trivia(kind) && kind != SyntaxKind::SEMICOLON as u16 {
                found = Some(at);
            }
            found.is_none()
        });
        found
    };
    let length = usize::from(node.text_range().len());
    Some(end_of(false)?..length - end_of(true)?)
}

/// The text, with runs of white space and comments as one space, so that it can be compared.
pub(super) fn text(node: &SyntaxNode) -> String {
    let mut out = String::new();
    let mut gap = false;
    each_token(node, false, |kind, text, _| {
        if is_trivia(kind) {
            gap = !out.is_empty();
        } else {
            if gap {
                out.push(' ');
                gap = false;
            }
            out.push_str(text);
        }
        true
    });
    out
}

/// An identifier as the server keeps it.
pub(super) fn fold(written: &str) -> String {
    Name::fold(written)
}

/// The parts of a dotted name, folded.
pub(super) fn parts(node: &SyntaxNode) -> Vec<String> {
    let mut out = Vec::new();
    each_token(node, false, |kind, text, _| {
        if !is_trivia(kind) && kind != SyntaxKind::DOT as u16 {
            out.push(fold(text));
        }
        true
    });
    out
}

/// The folded name that a node of one identifier is.
pub(super) fn word(node: &SyntaxNode) -> String {
    parts(node).pop().unwrap_or_default()
}

/// The folded identifier of the first child of that kind.
pub(super) fn word_of(node: &SyntaxNode, kind: SyntaxKind) -> Option<String> {
    child(node, kind).map(|child| word(&child))
}

/// The value of a literal: the text of a string without quotes, or the number as written.
pub(super) fn literal(node: &SyntaxNode) -> String {
    let text = text(node);
    let text = text
        .strip_prefix(['E', 'e', 'N', 'n'])
        .filter(|rest| rest.starts_with('\''))
        .unwrap_or(&text);
    if let Some(inner) = text
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    {
        return inner.replace("''", "'");
    }
    if let Some(rest) = text.strip_prefix('$')
        && let Some(tag) = rest.find('$')
    {
        let behind = rest.get(tag + 1..).unwrap_or("");
        let closing = behind.len().saturating_sub(tag + 2);
        return behind.get(..closing).unwrap_or("").to_string();
    }
    text.to_string()
}
