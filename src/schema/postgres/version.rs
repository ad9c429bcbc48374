//! Which version of the server a statement needs.

use super::Change;
use super::change::{PartitionBound, Setting, TableAction, TableItem, WriteKind};
use crate::schema::catalog::{Column, ConstraintKind, Generated};

/// The first major version that takes the change, and what in it needs that; `None` where 10 does
/// (the release notes of each version).
pub(super) fn needs(change: &Change) -> Option<(u32, &'static str)> {
    match change {
        Change::CreateTable(table) => table
            .items
            .iter()
            .filter_map(|item| match item {
                TableItem::Column(definition) => beside(definition),
                TableItem::Constraint(definition) => constraint(definition),
                TableItem::Like(_) => None,
            })
            .max()
            .or(match &table.partition_of {
                Some((_, PartitionBound::Default)) => Some((11, "a default partition")),
                _ => None,
            }),
        Change::AlterTable { action, .. } => needed_by(action),
        Change::CreateIndex(index) if index.nulls_not_distinct => {
            Some((15, "`NULLS NOT DISTINCT`"))
        }
        Change::CreateIndex(index) if index.has_include => Some((11, "`INCLUDE`")),
        Change::Reindex {
            concurrently: true, ..
        } => Some((12, "`REINDEX CONCURRENTLY`")),
        Change::CreateFunction(function) if function.procedure => Some((11, "a procedure")),
        Change::CreateTrigger(trigger) if trigger.replace => {
            Some((14, "`CREATE OR REPLACE TRIGGER`"))
        }
        Change::Write(write) if write.kind == WriteKind::Merge => Some((15, "`MERGE`")),
        _ => None,
    }
}

fn needed_by(action: &TableAction) -> Option<(u32, &'static str)> {
    match action {
        TableAction::AddColumn {
            column: definition, ..
        } => beside(definition),
        TableAction::AddConstraint(definition) => constraint(definition),
        TableAction::DropExpression { .. } => Some((13, "`DROP EXPRESSION`")),
        TableAction::SetExpression(_) => Some((17, "`SET EXPRESSION`")),
        TableAction::AlterConstraint {
            enforced: Some(_), ..
        } => Some((18, "`[NOT] ENFORCED`")),
        TableAction::SetAccessMethod => Some((15, "`SET ACCESS METHOD`")),
        TableAction::Set(Setting::Compression) => Some((14, "`SET COMPRESSION`")),
        TableAction::DetachPartition {
            concurrently: true, ..
        }
        | TableAction::DetachPartition { finalize: true, .. } => {
            Some((14, "`DETACH PARTITION CONCURRENTLY`"))
        }
        TableAction::AttachPartition {
            bound: PartitionBound::Default,
            ..
        } => Some((11, "a default partition")),
        _ => None,
    }
}

/// What a column and the constraints beside it need. A name for `NOT NULL` was always taken there.
fn beside(definition: &super::change::ColumnDefinition) -> Option<(u32, &'static str)> {
    let constraints = definition.constraints.iter();
    constraints
        .filter(|one| !matches!(one.kind, ConstraintKind::NotNull(_)))
        .filter_map(constraint)
        .chain(column(&definition.column))
        .max()
}

fn constraint(definition: &super::change::ConstraintDefinition) -> Option<(u32, &'static str)> {
    if !definition.enforced {
        return Some((18, "`NOT ENFORCED`"));
    }
    match &definition.kind {
        ConstraintKind::NotNull(_) => Some((18, "a `NOT NULL` constraint of a table")),
        _ if !definition.include.is_empty() => Some((11, "`INCLUDE`")),
        _ => None,
    }
}

fn column(column: &Column) -> Option<(u32, &'static str)> {
    match column.generated {
        Some(Generated::Virtual) => return Some((18, "a virtual generated column")),
        Some(Generated::Stored) => return Some((12, "a generated column")),
        None => {}
    }
    let default = column.default.as_ref()?.text.to_lowercase();
    if default.contains("uuidv7(") || default.contains("uuidv4(") {
        return Some((18, "`uuidv7()`"));
    }
    None
}
