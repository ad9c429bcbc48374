//! The subcommands of `ALTER TABLE`.

use super::{
    Outcome, column, constraint, create, done, drop, refuse, relation, relation_mut, vacuous,
};
use crate::schema::catalog::{Catalog, ConstraintKind, Name, RelationKind};
use crate::schema::postgres::change::{PartitionBound, TableAction as A};
use crate::source::Span;

pub(super) fn alter(
    catalog: &mut Catalog,
    table: &Name,
    only: bool,
    action: &A,
    span: Span,
    server: u32,
) -> Outcome {
    match action {
        A::AddColumn {
            column,
            if_not_exists,
        } => {
            let name = &column.column.name;
            if relation(catalog, table)?.column(name).is_some() {
                if *if_not_exists {
                    return vacuous();
                }
                return refuse(
                    "42701",
                    format!("column `{name}` of `{table}` already exists"),
                );
            }
            for member in members(catalog, table, only) {
                if relation(catalog, &member)?.column(name).is_some() {
                    continue;
                }
                create::add_column(catalog, &member, column, span, server)?;
            }
            done()
        }
        A::DropColumn {
            column,
            if_exists,
            cascade,
        } => {
            if relation(catalog, table)?.column(column).is_none() {
                return missing_column(catalog, table, column, *if_exists);
            }
            let mut dropped = Vec::new();
            for member in members(catalog, table, only) {
                column::drop(catalog, &member, column, *cascade, &mut dropped)?;
            }
            super::dropping(dropped)
        }
        A::RenameColumn { from, to } => {
            for member in members(catalog, table, only) {
                column::rename(catalog, &member, from, to)?;
            }
            done()
        }
        A::AlterType { column, ty, .. } => {
            for member in members(catalog, table, only) {
                column::change_type(catalog, &member, column, ty)?;
            }
            done()
        }
        A::Rename(to) => {
            super::relation::rename(catalog, table, Name::folded(Some(&table.schema), to))
        }
        A::SetSchema(schema) => {
            let to = Name::folded(Some(schema), &table.name);
            create::in_schema(catalog, &to)?;
            super::relation::rename(catalog, table, to)
        }
        A::SetDefault { .. }
        | A::DropDefault(_)
        | A::SetNotNull(_)
        | A::DropNotNull(_)
        | A::SetExpression(_)
        | A::DropExpression { .. }
        | A::AddIdentity { .. }
        | A::SetIdentity { .. }
        | A::DropIdentity { .. } => facts(catalog, table, only, action, span),
        A::AddConstraint(definition) => {
            let inherited = matches!(
                definition.kind,
                ConstraintKind::Check(_) | ConstraintKind::NotNull(_)
            );
            let mut named = definition.clone();
            if named.name.is_none() && inherited {
                named.name = Some(constraint::generated(catalog, table, &named.kind));
            }
            for member in members(catalog, table, only || !inherited) {
                let has = |name: &String| {
                    catalog
                        .relation(&member)
                        .is_some_and(|own| own.constraint(name).is_some())
                };
                if member != *table && named.name.as_ref().is_some_and(has) {
                    continue;
                }
                constraint::add(catalog, &member, &named, server)?;
            }
            done()
        }
        A::DropConstraint {
            name,
            if_exists,
            cascade,
        } => {
            let applied = constraint::drop(catalog, table, name, *if_exists, *cascade)?;
            for member in members(catalog, table, only).into_iter().skip(1) {
                constraint::drop(catalog, &member, name, true, *cascade)?;
            }
            Ok(applied)
        }
        A::RenameConstraint { from, to } => constraint::rename(catalog, table, from, to),
        A::ValidateConstraint(name) => {
            constraint::change(catalog, table, name, |found| found.validated = true)
        }
        A::AlterConstraint {
            name,
            deferrable,
            enforced,
        } => constraint::change(catalog, table, name, |found| {
            found.deferrable = deferrable.unwrap_or(found.deferrable);
            found.enforced = enforced.unwrap_or(found.enforced);
            found.validated &= found.enforced;
        }),
        _ => settings(catalog, table, action, span),
    }
}

/// What is a fact of one column.
fn facts(catalog: &mut Catalog, table: &Name, only: bool, action: &A, span: Span) -> Outcome {
    let name = match action {
        A::SetDefault { column, .. }
        | A::DropDefault(column)
        | A::SetNotNull(column)
        | A::DropNotNull(column)
        | A::SetExpression(column)
        | A::DropExpression { column, .. }
        | A::AddIdentity { column, .. }
        | A::SetIdentity { column, .. }
        | A::DropIdentity { column, .. } => column,
        _ => return done(),
    };
    let own = relation(catalog, table)?;
    let Some(found) = own.column(name) else {
        return missing_column(catalog, table, name, false);
    };
    match action {
        A::DropExpression { if_exists, .. } if found.generated.is_none() => {
            if *if_exists {
                return vacuous();
            }
            return refuse(
                "55000",
                format!("column `{name}` of `{table}` is not generated"),
            );
        }
        A::DropIdentity { if_exists, .. } if found.identity.is_none() => {
            if *if_exists {
                return vacuous();
            }
            return refuse(
                "55000",
                format!("column `{name}` of `{table}` is not an identity column"),
            );
        }
        A::SetIdentity { .. } if found.identity.is_none() => {
            return refuse(
                "55000",
                format!("column `{name}` of `{table}` is not an identity column"),
            );
        }
        A::AddIdentity { .. } if found.identity.is_some() => {
            return refuse(
                "55000",
                format!("column `{name}` of `{table}` is an identity column already"),
            );
        }
        A::AddIdentity { .. } if !found.not_null => {
            return refuse(
                "55000",
                format!(
                    "column `{name}` of `{table}` must be `NOT NULL` before it becomes an identity column"
                ),
            );
        }
        A::DropNotNull(_) if in_key(catalog, table, name) => {
            return refuse(
                "42P16",
                format!("column `{name}` of `{table}` is in a primary key"),
            );
        }
        _ => {}
    }
    for member in members(catalog, table, only) {
        let own = relation_mut(catalog, &member)?;
        if matches!(action, A::DropNotNull(_)) {
            own.constraints
                .retain(|c| !matches!(&c.kind, ConstraintKind::NotNull(of) if of == name));
        }
        let Some(column) = own.column_mut(name) else {
            continue;
        };
        match action {
            A::SetDefault { default, .. } => column.default = Some(default.clone()),
            A::DropDefault(_) => column.default = None,
            A::SetNotNull(_) => column.not_null = true,
            A::DropNotNull(_) => column.not_null = false,
            A::DropExpression { .. } => {
                column.generated = None;
                column.default = None;
            }
            A::AddIdentity { identity, .. } | A::SetIdentity { identity, .. } => {
                column.identity = Some(*identity);
            }
            A::DropIdentity { .. } => column.identity = None,
            _ => {}
        }
    }
    match action {
        A::AddIdentity { .. } => create::sequence(catalog, table, name, false, span),
        A::DropIdentity { .. } => {
            drop::owned_sequences(catalog, table, Some(name));
        }
        _ => {}
    }
    done()
}

fn in_key(catalog: &Catalog, table: &Name, column: &str) -> bool {
    catalog.relation(table).is_some_and(|own| {
        own.constraints.iter().any(|c| {
            matches!(&c.kind, ConstraintKind::PrimaryKey(columns) if columns.iter().any(|of| of == column))
        })
    })
}

/// What is no fact of a column or constraint.
fn settings(catalog: &mut Catalog, table: &Name, action: &A, span: Span) -> Outcome {
    match action {
        A::SwitchTrigger { trigger, enabled } => {
            let own = relation_mut(catalog, table)?;
            let mut found = trigger.is_none();
            for one in &mut own.triggers {
                if trigger.as_ref().is_none_or(|name| *name == one.name) {
                    one.enabled = *enabled;
                    found = true;
                }
            }
            if !found {
                let name = trigger.as_deref().unwrap_or("");
                return refuse(
                    "42704",
                    format!("trigger `{name}` of `{table}` does not exist"),
                );
            }
        }
        A::RowSecurity(on) => relation_mut(catalog, table)?.row_security = *on,
        A::ForceRowSecurity(on) => relation_mut(catalog, table)?.force_row_security = *on,
        A::Inherit(parent) => {
            relation(catalog, parent)?;
            relation_mut(catalog, table)?.parents.push(parent.clone());
        }
        A::NoInherit(parent) => relation_mut(catalog, table)?
            .parents
            .retain(|name| name != parent),
        A::AttachPartition { partition, bound } => {
            relation(catalog, partition)?;
            if relation(catalog, table)?.kind != RelationKind::Partitioned {
                return refuse("42809", format!("table `{table}` is not partitioned"));
            }
            relation_mut(catalog, partition)?
                .parents
                .push(table.clone());
            if *bound == PartitionBound::Default {
                relation_mut(catalog, table)?.default_partition = Some(partition.clone());
            }
            super::index::adopt(catalog, table, partition);
        }
        A::DetachPartition { partition, .. } => {
            let own = relation_mut(catalog, partition)?;
            if !own.parents.contains(table) {
                return refuse(
                    "42P01",
                    format!("`{partition}` is not a partition of `{table}`"),
                );
            }
            own.parents.retain(|name| name != table);
            let own = relation_mut(catalog, table)?;
            own.default_partition = own
                .default_partition
                .take()
                .filter(|name| name != partition);
        }
        A::Unknown(_) => catalog.unknown.push(span),
        _ => {
            relation(catalog, table)?;
        }
    }
    done()
}

pub(super) fn missing_column(
    catalog: &Catalog,
    table: &Name,
    column: &str,
    if_exists: bool,
) -> Outcome {
    if if_exists {
        return vacuous();
    }
    // of a relation whose columns are not all known, one more may be there
    if catalog
        .relation(table)
        .is_some_and(|own| !own.columns_known)
    {
        return done();
    }
    refuse(
        "42703",
        format!("column `{column}` of `{table}` does not exist"),
    )
}

/// The table, and unless `ONLY` stands there its partitions and children.
fn members(catalog: &Catalog, table: &Name, only: bool) -> Vec<Name> {
    let mut all = vec![table.clone()];
    if !only {
        all.extend(drop::descendants(catalog, table));
    }
    all
}
