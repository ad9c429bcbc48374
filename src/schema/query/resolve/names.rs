//! Names in a syntax tree.

use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::Name;

/// The node of that kind directly below.
pub(super) fn child(node: &SyntaxNode, kind: SyntaxKind) -> Option<SyntaxNode> {
    node.children().find(|found| found.kind() == kind)
}

/// The folded parts of a dotted name.
pub(super) fn parts(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut inside = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => inside = !inside,
            b'.' if !inside => {
                parts.push(Name::fold(text.get(start..at).unwrap_or("").trim()));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(Name::fold(text.get(start..).unwrap_or("").trim()));
    parts
}

/// The name that a path is: its last part, with the schema before it.
pub(super) fn name_of(text: &str) -> Option<Name> {
    let parts = parts(text);
    let (last, before) = parts.split_last()?;
    if last.is_empty() {
        return None;
    }
    Some(Name::folded(before.last().map(String::as_str), last))
}

/// The relation of a node that is a path, or holds one.
pub(super) fn relation(node: &SyntaxNode) -> Option<Name> {
    let path = if node.kind() == SyntaxKind::PATH_REF {
        node.clone()
    } else {
        node.descendants()
            .find(|found| found.kind() == SyntaxKind::PATH_REF)?
    };
    name_of(&path.text().to_string())
}

/// The alias that an item gives, and the columns that it names.
pub(super) fn alias(node: &SyntaxNode) -> Option<(String, Vec<String>)> {
    let alias = node.children().find(|found| {
        matches!(
            found.kind(),
            SyntaxKind::FROM_ALIAS | SyntaxKind::OPTIONAL_AS_ALIAS | SyntaxKind::REQUIRED_AS_ALIAS
        )
    })?;
    let name = child(&alias, SyntaxKind::TABLE_ALIAS)?;
    let columns = alias
        .descendants()
        .filter(|found| found.kind() == SyntaxKind::COLUMN_NAME)
        .map(|found| Name::fold(found.text().to_string().trim()))
        .collect();
    Some((Name::fold(name.text().to_string().trim()), columns))
}

/// Whether a relation is one of the server's own.
pub(super) fn is_of_the_server(name: &Name) -> bool {
    matches!(name.schema.as_str(), "pg_catalog" | "information_schema")
        || (name.schema == Name::DEFAULT_SCHEMA && name.name.starts_with("pg_"))
}

/// Whether a bare word is a value of the server's own.
pub(super) fn is_value_of_the_server(word: &str) -> bool {
    matches!(
        word,
        "current_catalog"
            | "current_date"
            | "current_role"
            | "current_schema"
            | "current_time"
            | "current_timestamp"
            | "current_user"
            | "localtime"
            | "localtimestamp"
            | "session_user"
            | "system_user"
            | "user"
    )
}

/// Whether every table has a column of that name.
pub(super) fn is_system_column(word: &str) -> bool {
    matches!(
        word,
        "ctid" | "xmin" | "xmax" | "cmin" | "cmax" | "tableoid" | "oid"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_in_quotes_do_not_cut() {
        assert_eq!(parts(r#"Shop."A.b".c"#), ["shop", "A.b", "c"]);
        assert_eq!(name_of("a.b.C"), Some(Name::folded(Some("b"), "c")));
    }
}
