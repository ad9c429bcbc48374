//! Names that the server makes up for constraints, indexes and sequences (`makeObjectName`,
//! `ChooseRelationName` and `ChooseConstraintName` of its source).

use crate::schema::catalog::{Catalog, Name};

/// `first_second_label`, cut to 63 bytes: the longer of the two names gives way.
fn joined(first: &str, second: Option<&str>, label: &str) -> String {
    let second_length = second.map_or(0, |second| second.len() + 1);
    let overhead = label.len() + 1 + usize::from(second.is_some());
    let room = Name::MAX_BYTES.saturating_sub(overhead);
    let (mut one, mut two) = (first.len(), second_length.saturating_sub(1));
    while one + two > room {
        if one > two { one -= 1 } else { two -= 1 }
    }
    let cut = |text: &str, mut end: usize| {
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.get(..end).unwrap_or("").to_string()
    };
    match second {
        Some(second) => format!("{}_{}_{label}", cut(first, one), cut(second, two)),
        None => format!("{}_{label}", cut(first, one)),
    }
}

/// The first of `label`, `label1`, `label2`, ... whose name is free.
fn free(first: &str, second: Option<&str>, label: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut name = joined(first, second, label);
    let mut number = 0_u32;
    while taken(&name) {
        number += 1;
        name = joined(first, second, &format!("{label}{number}"));
    }
    name
}

/// Whether a table, view, index or sequence has the name.
pub(super) fn is_taken(catalog: &Catalog, name: &Name) -> bool {
    catalog.relations.contains_key(name)
        || catalog.indexes.contains_key(name)
        || catalog.sequences.contains_key(name)
}

/// The name for an index or a sequence.
pub(super) fn for_relation(
    catalog: &Catalog,
    table: &Name,
    columns: Option<&str>,
    label: &str,
) -> String {
    free(&table.name, columns, label, |name| {
        is_taken(catalog, &Name::folded(Some(&table.schema), name))
    })
}

/// The name for a constraint without an index.
pub(super) fn for_constraint(
    catalog: &Catalog,
    table: &Name,
    columns: Option<&str>,
    label: &str,
) -> String {
    // the server looks at the whole schema; two tables whose constraints would meet differ in name
    let own = catalog.relation(table);
    free(&table.name, columns, label, |name| {
        own.is_some_and(|own| own.constraint(name).is_some())
    })
}

/// The columns of a name: joined with `_`, as many as fit (`ChooseIndexNameAddition`).
pub(super) fn addition(columns: &[String]) -> String {
    let mut out = String::new();
    for column in columns {
        if !out.is_empty() {
            out.push('_');
        }
        out.push_str(column);
        if out.len() > Name::MAX_BYTES {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_name_gives_way() {
        assert_eq!(joined("t", Some("a"), "fkey"), "t_a_fkey");
        let long = joined(&"t".repeat(70), Some("a"), "key");
        assert_eq!(long.len(), Name::MAX_BYTES);
        assert!(long.ends_with("_a_key"));
        let both = joined(&"t".repeat(60), Some(&"c".repeat(60)), "key");
        assert_eq!(both.len(), Name::MAX_BYTES);
    }
}
