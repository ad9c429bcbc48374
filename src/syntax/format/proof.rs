//! The proof that laying out changed nothing but layout.

use super::super::{Arg, Statement, Tree};
use super::Source;
use super::comment::normal;
use super::pieces::{Kind, Piece};

/// Where `before` begins to say something that `after` does not; `None` when both say the same.
///
/// Compared are the row of all tokens and comments, so that none is lost, added, changed or moved
/// past another, and the two trees, so that each token belongs to what it belonged to.
pub(super) fn difference(before: &Source<'_>, after: &Source<'_>) -> Option<u32> {
    let end = before.text.len() as u32;
    for (index, piece) in before.pieces.iter().enumerate() {
        match after.pieces.get(index) {
            Some(other) if same_piece(before, piece, after, other) => {}
            _ => return Some(piece.start),
        }
    }
    if before.pieces.len() != after.pieces.len() {
        return Some(end);
    }
    let (one, other) = (before.tree.all(), after.tree.all());
    for (index, statement) in one.iter().enumerate() {
        match other.get(index) {
            Some(twin) if same_statement(before, statement, after, twin) => {}
            _ => return Some(statement.line.start),
        }
    }
    (one.len() != other.len()).then_some(end)
}

fn same_piece(before: &Source<'_>, piece: &Piece, after: &Source<'_>, other: &Piece) -> bool {
    let (one, two) = (before.laid_out(piece), after.laid_out(other));
    piece.kind == other.kind
        && match piece.kind {
            Kind::Comment => normal(&one) == normal(&two),
            _ => one == two,
        }
}

fn same_statement(
    before: &Source<'_>,
    statement: &Statement,
    after: &Source<'_>,
    twin: &Statement,
) -> bool {
    let (one, two) = (before.tree.args(statement), after.tree.args(twin));
    statement.first_child == twin.first_child
        && statement.end == twin.end
        && statement.block.is_some() == twin.block.is_some()
        && one.len() == two.len()
        && one
            .iter()
            .zip(two)
            .all(|(arg, other)| same_arg(&before.tree, arg, &after.tree, other))
        && doc(before, statement).eq(doc(after, twin))
}

/// The words are compared as pieces; here it is their grouping.
fn same_arg(before: &Tree, arg: &Arg, after: &Tree, other: &Arg) -> bool {
    let (one, two) = (before.params(arg), after.params(other));
    arg.kind == other.kind
        && one.len() == two.len()
        && one.iter().zip(two).all(|(param, twin)| {
            param.name.is_some() == twin.name.is_some()
                && param.value.kind == twin.value.kind
                && before.params(&param.value).len() == after.params(&twin.value).len()
        })
}

/// The lines of a statement's documentation.
fn doc<'a>(source: &Source<'a>, statement: &Statement) -> impl Iterator<Item = String> {
    let text: &'a str = statement
        .doc
        .and_then(|span| source.text.get(span.range()))
        .unwrap_or("");
    text.lines()
        .filter_map(|line| line.find('#').and_then(|at| line.get(at..)))
        .map(|line| normal(line).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn difference_of(before: &str, after: &str) -> Option<u32> {
        let before = Source::read(FileId(0), before).expect("a text without faults");
        let after = Source::read(FileId(0), after).expect("a text without faults");
        difference(&before, &after)
    }

    #[test]
    fn layout_is_no_difference() {
        let before = "##d\na  1 ,2{b [x,y];c}#e\n";
        assert_eq!(
            difference_of(before, "##d\na 1, 2 {\n  b [x, y]\n  c\n}  # e\n"),
            None
        );
    }

    #[test]
    fn whatever_is_said_differently_is_found() {
        for (before, after, at) in [
            ("a 1\nb 2\n", "a 1\nb 3\n", 6),
            ("a 1\nb 2\n", "a 1\n", 4),
            ("a 1\n", "a 1\nb 2\n", 4),
            ("a 1\nb 2\n", "a 1 b 2\n", 0),
            ("a f(x)\n", "a f x\n", 3),
            ("a [x, y]\n", "a x, y\n", 2),
            ("a {\n}\nb\n", "a {\n  b\n}\n", 4),
            ("a { b {}; c }\n", "a { b { c } }\n", 7),
            ("# x\na\n", "a\n", 0),
            ("# x\n# y\na\n", "# y\n# x\na\n", 0),
            ("# x\na\n", "a  # x\n", 0),
            ("a \"x\"\n", "a x\n", 2),
            ("a,\n## b\n;b\n", "a,;\n## b\nb\n", 9),
            ("a \"\"\"x\"\"\"\n", "a \"x\"\n", 2),
        ] {
            assert_eq!(
                difference_of(before, after),
                Some(at),
                "{before:?} {after:?}"
            );
        }
    }
}
