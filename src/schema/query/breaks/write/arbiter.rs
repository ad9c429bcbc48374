//! What `ON CONFLICT` needs.

use std::collections::BTreeSet;

use super::{BreakKind, Element, Faults, Target};
use crate::schema::catalog::{Index, RelationKind};
use crate::schema::query::breaks::state::State;
use crate::schema::query::contract::Arbiter;

pub(super) fn judge(arbiter: &Arbiter, target: &Target<'_>, at: &State<'_>, out: &mut Faults<'_>) {
    match arbiter {
        Arbiter::Any | Arbiter::Other => {}
        Arbiter::Columns(columns) => {
            let columns: Vec<String> = columns
                .iter()
                .filter_map(|column| at.under(target.name, column))
                .collect();
            let over = |index: &Index| {
                let keys: BTreeSet<&str> =
                    index.keys.iter().flatten().map(String::as_str).collect();
                index.unique
                    && index.predicate.is_none()
                    && index.keys.iter().all(Option::is_some)
                    && keys.len() == columns.len()
                    && columns.iter().all(|column| keys.contains(column.as_str()))
            };
            let mut fitting = target.relation.indexes.iter().filter(|index| over(index));
            let deferred = fitting.clone().next().is_some();
            let there = fitting.any(|index| !is_deferrable(index, target));
            if !there && deferred {
                deferrable(target, &columns.join(", "), out);
            } else if !there {
                let list = columns.join(", ");
                missing(target, &list, true, out);
            }
        }
        Arbiter::Index { keys, condition } => {
            let list = keys.join(", ");
            let like = |index: &&Index| index.unique && is_over(index, keys);
            let fitting: Vec<&Index> = target.relation.indexes.iter().filter(like).collect();
            let implied = |index: &&Index| match (&index.predicate, condition) {
                (None, _) => true,
                (Some(own), Some(given)) => squeezed(own) == squeezed(given),
                (Some(_), None) => false,
            };
            if !fitting.iter().any(implied) {
                // a condition may follow from another in ways that are not seen here
                let certain = fitting.is_empty() || condition.is_none();
                missing(target, &list, certain, out);
            }
        }
        Arbiter::Constraint(name) => {
            // a view has no constraints of its own
            let named = at.relation(target.name);
            let is_view = named.is_some_and(|own| own.kind == RelationKind::View);
            let there = target.relation.constraint(name).is_some()
                || target
                    .relation
                    .indexes
                    .iter()
                    .any(|index| index.constraint.as_deref() == Some(name));
            if is_view || !there {
                out.push(
                    BreakKind::ConflictConstraint,
                    true,
                    Element::Constraint(target.name.clone(), name.clone()),
                    format!("`{}` has no constraint `{name}`", target.name),
                );
            }
        }
    }
}

/// Whether a row that is alike in the index is met by what `ON CONFLICT` says, and not refused.
pub(super) fn takes(arbiter: &Arbiter, index: &Index) -> bool {
    match arbiter {
        Arbiter::Any => true,
        Arbiter::Columns(columns) => {
            let keys: Option<BTreeSet<&String>> = index.keys.iter().map(Option::as_ref).collect();
            keys.is_some_and(|keys| keys.into_iter().eq(columns))
        }
        Arbiter::Index { keys, .. } => is_over(index, keys),
        Arbiter::Constraint(name) => index.constraint.as_deref() == Some(name),
        Arbiter::Other => false,
    }
}

/// Whether the constraint that the index stands behind may be checked at commit.
fn is_deferrable(index: &Index, target: &Target<'_>) -> bool {
    let name = index.constraint.as_deref();
    let constraint = name.and_then(|name| target.relation.constraint(name));
    constraint.is_some_and(|constraint| constraint.deferrable)
}

fn deferrable(target: &Target<'_>, list: &str, out: &mut Faults<'_>) {
    out.push_with(
        BreakKind::ConflictColumns,
        "55000",
        BreakKind::ConflictColumns.when(),
        true,
        Element::Relation(target.name.clone()),
        format!(
            "what is unique over `{list}` in `{}` may be checked at commit, and `ON CONFLICT` takes no such constraint",
            target.name
        ),
        format!("{} {list} deferrable", target.name),
    );
}

fn missing(target: &Target<'_>, list: &str, certain: bool, out: &mut Faults<'_>) {
    out.push_as(
        BreakKind::ConflictColumns,
        certain,
        Element::Relation(target.name.clone()),
        format!(
            "`{}` has no unique index over `{list}` for `ON CONFLICT`",
            target.name
        ),
        format!("{} {list}", target.name),
    );
}

/// Whether an index is over these keys, in any order.
fn is_over(index: &Index, keys: &[String]) -> bool {
    let own: Vec<String> = split(&index.text).iter().map(|key| squeezed(key)).collect();
    let asked: Vec<String> = keys.iter().map(|key| squeezed(key)).collect();
    own.len() == asked.len() && asked.iter().all(|key| own.contains(key))
}

/// The keys of an index, cut where a comma stands outside of brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut keys, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                keys.push(text.get(start..at).unwrap_or(""));
                start = at + 1;
            }
            _ => {}
        }
    }
    keys.push(text.get(start..).unwrap_or(""));
    keys
}

/// A text without what does not change its meaning: white space, case, brackets around it.
fn squeezed(text: &str) -> String {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut bare = bare.to_lowercase();
    while let Some(inner) = bare
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        // `(a) and (b)` must keep its brackets
        let mut depth = 0i32;
        let whole = inner.bytes().all(|byte| {
            depth += i32::from(byte == b'(') - i32::from(byte == b')');
            depth >= 0
        });
        if !whole {
            break;
        }
        bare = inner.to_string();
    }
    bare
}
