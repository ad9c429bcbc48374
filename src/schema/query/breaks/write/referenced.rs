//! Rows that others refer to: what keeps them, and what happens to those others.

use std::collections::BTreeSet;

use super::{BreakKind, Element, Faults, State, Target};
use crate::schema::catalog::{Column, Constraint, ConstraintKind, Follow, Name, Relation};

/// Rows that follow others are followed so far.
const MAX_DEPTH: usize = 16;

/// Foreign keys that lead to what is written. `changed` are the columns that an update sets; `None`
/// is a delete.
pub(super) fn referenced(
    target: &Target<'_>,
    changed: Option<&BTreeSet<&str>>,
    at: &State<'_>,
    out: &mut Faults<'_>,
) {
    kept(target.table, target.relation, changed, at, 0, out);
}

fn kept(
    table: &Name,
    relation: &Relation,
    changed: Option<&BTreeSet<&str>>,
    at: &State<'_>,
    depth: usize,
    out: &mut Faults<'_>,
) {
    for (other, constraint) in at.referencing(table) {
        let ConstraintKind::ForeignKey {
            columns,
            referenced,
            follows,
            ..
        } = &constraint.kind
        else {
            continue;
        };
        let follow = match changed {
            None => follows.delete,
            Some(_) => follows.update,
        };
        let keys = keys(relation, referenced);
        let concerned = changed.is_none_or(|changed| keys.iter().any(|key| changed.contains(key)));
        if !constraint.enforced || !concerned {
            continue;
        }
        let Some(child) = at.relation(other) else {
            continue;
        };
        let set: BTreeSet<&str> = columns.iter().map(String::as_str).collect();
        match follow {
            Follow::Refused => out.push_as(
                BreakKind::ForeignKey,
                false,
                Element::Constraint((*other).clone(), constraint.name.clone()),
                format!("rows of `{table}` cannot go while `{other}` refers to them"),
                format!("{table} from {other} {columns:?}"),
            ),
            // what follows may be kept by others in its turn
            Follow::Cascade if depth < MAX_DEPTH => {
                let set = changed.map(|_| &set);
                kept(other, child, set, at, depth + 1, out);
            }
            Follow::Cascade => {}
            Follow::SetNull | Follow::SetDefault => {
                emptied(other, child, constraint, columns, follow, out);
                if depth < MAX_DEPTH {
                    kept(other, child, Some(&set), at, depth + 1, out);
                }
            }
        }
    }
}

/// The columns that a foreign key leads to: those that it names, or the primary key.
fn keys<'a>(relation: &'a Relation, named: &'a [String]) -> Vec<&'a str> {
    let own = relation
        .constraints
        .iter()
        .find_map(|found| match &found.kind {
            ConstraintKind::PrimaryKey(columns) => Some(columns.as_slice()),
            _ => None,
        });
    let keys = if named.is_empty() { own } else { Some(named) };
    let keys = keys.unwrap_or_default().iter();
    keys.map(String::as_str).collect()
}

/// Columns that become `NULL`, or their default, and must not.
fn emptied(
    name: &Name,
    child: &Relation,
    constraint: &Constraint,
    columns: &[String],
    follow: Follow,
    out: &mut Faults<'_>,
) {
    let null = |column: &&Column| follow == Follow::SetNull || !column.is_filled();
    let named = columns.iter().filter_map(|column| child.column(column));
    let refused = named.filter(null).find(|column| column.not_null);
    if let Some(column) = refused {
        out.push_as(
            BreakKind::NullRefused,
            false,
            Element::Column(name.clone(), column.name.clone()),
            format!(
                "foreign key `{}` sets `{name}.{}` to `NULL`, which that column refuses",
                constraint.name, column.name
            ),
            format!("{name}.{} by {columns:?}", column.name),
        );
    }
}
