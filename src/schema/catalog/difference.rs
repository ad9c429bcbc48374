//! What one catalog has and another has not, told in words: whether a down takes its up back.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Catalog, Column, ConstraintKind, Expression, Name, Relation, RelationKind, TypeKind};
use crate::source::Span;

/// One thing in which two catalogs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The thing, in words: ``column `users.email` is not there again``.
    pub what: String,
    /// Where it was declared.
    pub place: Span,
}

/// What a second catalog lacks of the first, has beside it, or has otherwise: relations, columns,
/// constraints, indexes, triggers, types, functions, sequences and schemas, in the order of their
/// names.
///
/// Not compared are the order of columns, places, extensions, whether rows are known to satisfy a
/// constraint, and conditions and bodies of which only the text is known and that may be written in
/// several ways: a difference that is told is one. Linear in both catalogs; relations that the
/// catalogs share are not looked into.
pub fn differences(before: &Catalog, after: &Catalog) -> Vec<Difference> {
    let mut all = Vec::new();
    let both = Sides {
        before: named(before.relations.iter()),
        after: named(after.relations.iter()),
    };
    both.each(
        &mut all,
        |relation| (word(relation.kind), relation.span),
        |name, one, other, all| {
            if !Arc::ptr_eq(one, other) {
                in_relation(name, one, other, all);
            }
        },
    );
    Sides {
        before: named(before.types.iter()),
        after: named(after.types.iter()),
    }
    .each(
        &mut all,
        |ty| ("type", ty.span),
        |name, one, other, all| {
            if let (TypeKind::Enum(old), TypeKind::Enum(new)) = (&one.kind, &other.kind) {
                for label in new.iter().filter(|label| !old.contains(label)) {
                    let what = format!("label '{label}' of enum `{name}` is still there");
                    push(all, what, other.span);
                }
                for label in old.iter().filter(|label| !new.contains(label)) {
                    let what = format!("label '{label}' of enum `{name}` is not there again");
                    push(all, what, one.span);
                }
            }
        },
    );
    let functions = |catalog: &Catalog| -> BTreeMap<String, Span> {
        let all = catalog.functions.iter();
        all.flat_map(|(name, overloads)| {
            overloads.iter().map(move |found| {
                let types: Vec<String> = found.arguments.iter().map(ToString::to_string).collect();
                (format!("{name}({})", types.join(", ")), found.span)
            })
        })
        .collect()
    };
    Sides {
        before: functions(before),
        after: functions(after),
    }
    .each(&mut all, |span| ("function", *span), |_, _, _, _| {});
    Sides {
        before: named(before.sequences.iter()),
        after: named(after.sequences.iter()),
    }
    .each(&mut all, |found| ("sequence", found.span), |_, _, _, _| {});
    all
}

/// The things of one kind, by the name that messages give them.
struct Sides<T> {
    before: BTreeMap<String, T>,
    after: BTreeMap<String, T>,
}

impl<T> Sides<T> {
    /// Tells of what is on one side only; what is on both is given to `compare`.
    fn each(
        &self,
        all: &mut Vec<Difference>,
        told: impl Fn(&T) -> (&'static str, Span),
        compare: impl Fn(&str, &T, &T, &mut Vec<Difference>),
    ) {
        for (name, one) in &self.before {
            match self.after.get(name) {
                Some(other) => compare(name, one, other, all),
                None => {
                    let (kind, place) = told(one);
                    push(all, format!("{kind} `{name}` is not there again"), place);
                }
            }
        }
        for (name, other) in &self.after {
            if !self.before.contains_key(name) {
                let (kind, place) = told(other);
                push(all, format!("{kind} `{name}` is still there"), place);
            }
        }
    }
}

fn push(all: &mut Vec<Difference>, what: String, place: Span) {
    all.push(Difference { what, place });
}

fn named<'a, T: 'a>(found: impl Iterator<Item = (&'a Name, &'a T)>) -> BTreeMap<String, &'a T> {
    found.map(|(name, it)| (name.to_string(), it)).collect()
}

fn word(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Table | RelationKind::Partitioned => "table",
        RelationKind::View => "view",
        RelationKind::MaterializedView => "materialized view",
        RelationKind::Foreign => "foreign table",
    }
}

fn in_relation(name: &str, one: &Relation, other: &Relation, all: &mut Vec<Difference>) {
    if !one.columns_known || !other.columns_known {
        return;
    }
    let columns = |relation: &'_ Relation| -> BTreeMap<String, Column> {
        let all = relation.columns.iter();
        all.map(|column| (format!("{name}.{}", column.name), column.clone()))
            .collect()
    };
    Sides {
        before: columns(one),
        after: columns(other),
    }
    .each(all, |column| ("column", column.span), in_column);
    let constraints = |relation: &Relation| -> BTreeMap<String, Span> {
        let kept = relation.constraints.iter();
        // `NOT NULL` is compared as a fact of the column
        kept.filter(|found| !matches!(found.kind, ConstraintKind::NotNull(_)))
            .map(|found| (found.name.clone(), found.span))
            .collect()
    };
    Sides {
        before: constraints(one),
        after: constraints(other),
    }
    .each(all, |span| ("constraint", *span), |_, _, _, _| {});
    let indexes = |relation: &Relation| -> BTreeMap<String, (Vec<Option<String>>, bool, Span)> {
        let own = relation.indexes.iter();
        own.filter(|index| index.constraint.is_none())
            .map(|index| {
                let facts = (index.keys.clone(), index.unique, index.span);
                (index.name.clone(), facts)
            })
            .collect()
    };
    Sides {
        before: indexes(one),
        after: indexes(other),
    }
    .each(
        all,
        |(_, _, span)| ("index", *span),
        |index, one, other, all| {
            if one.1 != other.1 {
                let (is, was) = (unique(other.1), unique(one.1));
                push(
                    all,
                    format!("index `{index}` is {is}, and was {was}"),
                    one.2,
                );
            } else if one.0 != other.0 {
                let what = format!("index `{index}` has other keys than before");
                push(all, what, one.2);
            }
        },
    );
    let triggers = |relation: &Relation| -> BTreeMap<String, (bool, Span)> {
        let own = relation.triggers.iter();
        own.map(|found| (found.name.clone(), (found.enabled, found.span)))
            .collect()
    };
    Sides {
        before: triggers(one),
        after: triggers(other),
    }
    .each(
        all,
        |(_, span)| ("trigger", *span),
        |trigger, one, other, all| {
            if one.0 != other.0 {
                let state = if other.0 { "on" } else { "off" };
                let what = format!("trigger `{trigger}` of `{name}` stays {state}");
                push(all, what, one.1);
            }
        },
    );
}

fn unique(is: bool) -> &'static str {
    if is { "unique" } else { "not unique" }
}

fn in_column(name: &str, one: &Column, other: &Column, all: &mut Vec<Difference>) {
    if let (Some(was), Some(is)) = (&one.ty, &other.ty)
        && was != is
    {
        let what = format!("column `{name}` is `{is}`, and was `{was}`");
        push(all, what, one.span);
    }
    if one.not_null != other.not_null {
        let what = if other.not_null {
            format!("column `{name}` still refuses `NULL`")
        } else {
            format!("column `{name}` does not refuse `NULL` again")
        };
        push(all, what, one.span);
    }
    match (&one.default, &other.default) {
        (Some(was), None) => {
            let what = format!("column `{name}` has not its default `{}` again", was.text);
            push(all, what, one.span);
        }
        (None, Some(is)) => {
            let what = format!("column `{name}` still has the default `{}`", is.text);
            push(all, what, one.span);
        }
        (Some(was), Some(is)) if is_other(was, is) => {
            let (is, was) = (&is.text, &was.text);
            let what = format!("column `{name}` has the default `{is}`, and had `{was}`");
            push(all, what, one.span);
        }
        _ => {}
    }
    if one.identity != other.identity {
        let what = format!("column `{name}` is generated as identity otherwise than before");
        push(all, what, one.span);
    }
    if one.generated.is_some() != other.generated.is_some() {
        let what = format!("column `{name}` is generated otherwise than before");
        push(all, what, one.span);
    }
}

/// Whether two defaults surely differ: both are plain values, which are written in one way only.
fn is_other(one: &Expression, other: &Expression) -> bool {
    let plain = |text: &str| {
        let number = text.parse::<f64>().is_ok();
        let quoted = text.len() >= 2 && text.starts_with('\'') && text.ends_with('\'');
        number || quoted || matches!(text, "true" | "false")
    };
    let folded = |found: &Expression| match found.text.trim() {
        text if text.starts_with('\'') => text.to_string(),
        text => text.to_lowercase(),
    };
    let (one, other) = (folded(one), folded(other));
    let numbers = (one.parse::<f64>(), other.parse::<f64>());
    if let (Ok(one), Ok(other)) = numbers {
        return one != other;
    }
    plain(&one) && plain(&other) && one.starts_with('\'') == other.starts_with('\'') && one != other
}
