//! What `ON CONFLICT` needs.

use super::{BreakKind, Element, Faults, Target};
use crate::schema::query::contract::Arbiter;

pub(super) fn judge(arbiter: &Arbiter, target: &Target<'_>, out: &mut Faults<'_>) {
    match arbiter {
        Arbiter::Any | Arbiter::Other => {}
        Arbiter::Columns(columns) => {
            let there = target.relation.unique_sets().any(|set| {
                set.len() == columns.len() && set.iter().all(|column| columns.contains(*column))
            });
            if !there {
                let list: Vec<&str> = columns.iter().map(String::as_str).collect();
                let list = list.join(", ");
                out.push_as(
                    BreakKind::ConflictColumns,
                    true,
                    Element::Relation(target.name.clone()),
                    format!(
                        "`{}` has no unique index over `{list}` for `ON CONFLICT`",
                        target.name
                    ),
                    format!("{} {list}", target.name),
                );
            }
        }
        Arbiter::Constraint(name) => {
            let there = target.relation.constraint(name).is_some()
                || target
                    .relation
                    .indexes
                    .iter()
                    .any(|index| index.constraint.as_deref() == Some(name));
            if !there {
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
