//! Partitions that take a row no more, or take less than they did.

use super::{BreakKind, Element, Faults, State, Target};
use crate::schema::catalog::RelationKind;
use crate::schema::query::breaks::demand::gone_partitions;

/// `set` are the columns that an update sets; `None` is an insert.
pub(super) fn judge(
    set: Option<&[&str]>,
    target: &Target<'_>,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    let own = target.relation;
    let moves = set.is_none_or(|set| {
        own.partition_key.is_empty() || own.partition_key.iter().any(|key| set.contains(&&**key))
    });
    if !moves {
        return;
    }
    let rest = own.default_partition.as_ref();
    if rest.is_none_or(|rest| at.relation(rest).is_none()) {
        for part in gone_partitions(target.table, at, built) {
            out.push_as(
                BreakKind::NoPartition,
                false,
                Element::Relation(target.table.clone()),
                format!(
                    "`{part}` is no partition of `{}`, and rows that belong there may find no other",
                    target.table
                ),
                format!("{} {part}", target.table),
            );
        }
    }
    let before = built.relation(target.table);
    let whole = before.is_some_and(|before| before.kind != RelationKind::Partitioned);
    if whole && own.kind == RelationKind::Partitioned && rest.is_none() {
        out.push_as(
            BreakKind::NoPartition,
            false,
            Element::Relation(target.table.clone()),
            format!(
                "`{}` is partitioned, and a row that no partition takes is refused",
                target.table
            ),
            format!("{} is divided", target.table),
        );
    }
    for parent in &own.parents {
        let divided = at
            .relation(parent)
            .is_some_and(|parent| parent.kind == RelationKind::Partitioned);
        if divided && !before.is_some_and(|before| before.parents.contains(parent)) {
            out.push_as(
                BreakKind::NoPartition,
                false,
                Element::Relation(target.table.clone()),
                format!(
                    "`{}` is a partition of `{parent}` and takes only rows within its bounds",
                    target.table
                ),
                format!("{} of {parent}", target.table),
            );
        }
    }
}
