//! The effects of each subcommand of `ALTER TABLE`.

use super::Direction::{AcceptLess, AcceptMore, ProvideLess, ProvideMore};
use super::{Effects, Element, Phase, Reversible};
use crate::schema::catalog::{Catalog, ConstraintKind, Identity, Name, TypeKind};
use crate::schema::postgres::change::{CreateTable, TableAction as A, TableItem, refuses_values};
use crate::schema::postgres::lower::type_name;
use crate::schema::postgres::types::{Conversion, conversion};

/// The foreign keys that a new table has: its columns and the table that they reference.
pub(super) fn foreign_keys(table: &CreateTable) -> Vec<(Vec<String>, Name)> {
    let mut found = Vec::new();
    let definitions = table.items.iter().flat_map(|item| match item {
        TableItem::Column(column) => column.constraints.as_slice(),
        TableItem::Constraint(constraint) => std::slice::from_ref(constraint),
        TableItem::Like(_) => &[],
    });
    for definition in definitions {
        if let ConstraintKind::ForeignKey {
            columns,
            references,
            ..
        } = &definition.kind
        {
            found.push((columns.clone(), references.clone()));
        }
    }
    found
}

pub(super) fn effects(table: &Name, action: &A, before: &Catalog) -> Effects {
    use Phase::{Any, Contract, Expand, Never, Unknown};
    let column = |name: &String| Element::Column(table.clone(), name.clone());
    let constraint = |name: &str| Element::Constraint(table.clone(), name.to_string());
    let own = before.relation(table);
    let known = |name: &String| own.and_then(|own| own.column(name));
    match action {
        A::AddColumn { .. } => add_column(table, action, before),
        A::DropColumn {
            column: name,
            cascade,
            ..
        } => {
            let also = if *cascade {
                ", and what depends on it"
            } else {
                ""
            };
            Effects::new(Contract)
                .with(ProvideLess, column(name))
                .with(AcceptLess, column(name))
                .reversible(Reversible::Lossy)
                .loses(format!("column `{name}` of `{table}`{also}"))
        }
        A::RenameColumn { from, to } => Effects::new(Never)
            .with(ProvideLess, column(from))
            .with(AcceptLess, column(from))
            .with(ProvideMore, column(to)),
        A::Rename(_) | A::SetSchema(_) => {
            let to = crate::schema::postgres::apply::moved(table, action);
            let made = Effects::new(Never)
                .with(ProvideLess, Element::Table(table.clone()))
                .with(AcceptLess, Element::Table(table.clone()));
            match to {
                Some(to) => made.with(ProvideMore, Element::Table(to)),
                None => made,
            }
        }
        A::AlterType {
            column: name,
            ty,
            using,
            ..
        } => {
            let old = known(name).and_then(|found| found.ty.as_ref());
            let kind = old.map(|old| conversion(old, ty, before));
            match kind {
                None => Effects::new(Unknown)
                    .with(ProvideLess, column(name))
                    .with(AcceptLess, column(name))
                    .reversible(Reversible::Unknown),
                Some(Conversion::Same) => Effects::new(Any),
                Some(Conversion::Widening) => Effects::new(Expand)
                    .with(AcceptMore, column(name))
                    .with(ProvideLess, column(name))
                    .reversible(Reversible::Lossy),
                Some(Conversion::Meaning) => Effects::new(Never)
                    .with(ProvideLess, column(name))
                    .with(AcceptLess, column(name))
                    .reversible(Reversible::Lossy),
                Some(Conversion::Other) => {
                    let made = Effects::new(Contract)
                        .with(ProvideLess, column(name))
                        .with(AcceptLess, column(name))
                        .reversible(Reversible::Lossy);
                    if using.is_some() {
                        made.loses(format!(
                            "what the new type of column `{name}` of `{table}` does not hold"
                        ))
                    } else {
                        made
                    }
                }
            }
        }
        A::SetDefault { column: name, .. } => {
            let required = known(name).is_some_and(|found| found.is_required());
            let made = Effects::new(Expand);
            if required {
                made.with(AcceptMore, column(name))
            } else {
                made
            }
        }
        A::DropDefault(name) => {
            let required = known(name).is_none_or(|found| found.not_null);
            let made = Effects::new(Contract);
            if required {
                made.with(AcceptLess, column(name))
            } else {
                // writers that leave it out now write `NULL`
                made.with(ProvideLess, column(name))
            }
        }
        A::SetNotNull(name) => {
            if known(name).is_some_and(|found| found.not_null) {
                return Effects::new(Any);
            }
            Effects::new(Contract)
                .with(AcceptLess, column(name))
                .with(ProvideMore, column(name))
        }
        A::DropNotNull(name) => Effects::new(Expand)
            .with(AcceptMore, column(name))
            .with(ProvideLess, column(name))
            .reversible(Reversible::Lossy),
        A::AddIdentity {
            column: name,
            identity,
        }
        | A::SetIdentity {
            column: name,
            identity,
        } => {
            if refuses_values(*identity) {
                Effects::new(Contract).with(AcceptLess, column(name))
            } else {
                Effects::new(Expand).with(AcceptMore, column(name))
            }
        }
        A::DropIdentity { column: name, .. } => {
            let always = known(name).and_then(|found| found.identity) == Some(Identity::Always);
            let made = Effects::new(Contract).with(AcceptLess, column(name));
            if always {
                made.with(AcceptMore, column(name))
            } else {
                made
            }
        }
        A::DropExpression { column: name, .. } => Effects::new(Contract)
            .with(ProvideLess, column(name))
            .with(AcceptMore, column(name))
            .reversible(Reversible::No)
            .loses(format!("how column `{name}` of `{table}` is derived")),
        A::SetExpression(name) => Effects::new(Never).with(ProvideLess, column(name)),
        A::AddConstraint(definition) => {
            if !definition.enforced {
                return Effects::new(Any);
            }
            let name = definition.name.clone().unwrap_or_else(|| {
                crate::schema::postgres::apply::generated(before, table, &definition.kind)
            });
            let mut made = Effects::new(Contract).with(AcceptLess, constraint(&name));
            match &definition.kind {
                ConstraintKind::ForeignKey { references, .. } => {
                    made = made.with(AcceptLess, Element::Table(references.clone()));
                }
                // something that an upsert may name
                ConstraintKind::Unique(_) | ConstraintKind::PrimaryKey(_) => {
                    made = made.with(ProvideMore, constraint(&name));
                }
                ConstraintKind::NotNull(name) => made = made.with(ProvideMore, column(name)),
                _ => {}
            }
            if definition.using_index.is_some() {
                // the index already refuses what it refuses
                made.phase = Expand;
            }
            made
        }
        A::DropConstraint { name, .. } => {
            let found = own.and_then(|own| own.constraint(name));
            let made = Effects::new(Expand)
                .with(AcceptMore, constraint(name))
                .with(ProvideLess, constraint(name))
                .reversible(Reversible::Lossy);
            match found.map(|found| &found.kind) {
                // `ON CONFLICT` may name it
                Some(ConstraintKind::Unique(_) | ConstraintKind::PrimaryKey(_)) => Effects {
                    phase: Contract,
                    ..made
                },
                _ => made,
            }
        }
        A::RenameConstraint { from, to } => Effects::new(Contract)
            .with(ProvideLess, constraint(from))
            .with(ProvideMore, constraint(to)),
        A::AlterConstraint { name, enforced, .. } => match enforced {
            Some(true) => Effects::new(Contract).with(AcceptLess, constraint(name)),
            Some(false) => Effects::new(Expand).with(AcceptMore, constraint(name)),
            None => Effects::new(Expand),
        },
        A::SwitchTrigger { trigger, enabled } => {
            let element = match trigger {
                Some(name) => Element::Trigger(table.clone(), name.clone()),
                None => Element::Table(table.clone()),
            };
            if *enabled {
                Effects::new(Expand).with(AcceptLess, element)
            } else {
                Effects::new(Contract)
                    .with(AcceptMore, element.clone())
                    .with(ProvideLess, element)
            }
        }
        A::SwitchRule { .. } => {
            Effects::new(Unknown).with(AcceptLess, Element::Table(table.clone()))
        }
        A::RowSecurity(true) | A::ForceRowSecurity(true) => Effects::new(Contract)
            .with(ProvideLess, Element::Table(table.clone()))
            .with(AcceptLess, Element::Table(table.clone())),
        A::RowSecurity(false) | A::ForceRowSecurity(false) => Effects::new(Expand)
            .with(ProvideMore, Element::Table(table.clone()))
            .with(AcceptMore, Element::Table(table.clone())),
        A::SetLogged(false) => {
            let rows = format!("the rows of `{table}` if the server crashes");
            Effects::new(Never)
                .loses(rows)
                .with(ProvideLess, Element::Rows(table.clone()))
        }
        A::AttachPartition { partition, .. } => Effects::new(Expand)
            .with(ProvideMore, Element::Rows(table.clone()))
            .with(AcceptMore, Element::Table(table.clone()))
            .with(AcceptLess, Element::Table(partition.clone())),
        A::DetachPartition { partition, .. } => Effects::new(Contract)
            .with(ProvideLess, Element::Rows(table.clone()))
            .with(AcceptLess, Element::Table(table.clone()))
            .with(AcceptMore, Element::Table(partition.clone())),
        A::Inherit(parent) => Effects::new(Expand).with(ProvideMore, Element::Rows(parent.clone())),
        A::NoInherit(parent) => {
            Effects::new(Contract).with(ProvideLess, Element::Rows(parent.clone()))
        }
        A::Unknown(_) => Effects::new(Unknown).reversible(Reversible::Unknown),
        A::ValidateConstraint(_)
        | A::Set(_)
        | A::Owner
        | A::SetLogged(true)
        | A::SetAccessMethod
        | A::SetTablespace(_) => Effects::new(Any),
    }
}

fn add_column(table: &Name, action: &A, before: &Catalog) -> Effects {
    let A::AddColumn {
        column: definition,
        if_not_exists,
    } = action
    else {
        return Effects::new(Phase::Any);
    };
    let name = &definition.column.name;
    let there = before
        .relation(table)
        .is_some_and(|own| own.column(name).is_some());
    if *if_not_exists && there {
        return Effects::new(Phase::Any);
    }
    let element = Element::Column(table.clone(), name.clone());
    let mut made = Effects::new(Phase::Expand)
        .with(ProvideMore, element.clone())
        .with(AcceptMore, element.clone());
    let key = definition
        .constraints
        .iter()
        .any(|one| matches!(one.kind, ConstraintKind::PrimaryKey(_)));
    let filled = definition.column.is_filled() || definition.serial;
    let domain = definition
        .column
        .ty
        .as_ref()
        .and_then(|ty| before.types.get(&type_name(ty)));
    let (strict, filled) = match domain.map(|found| &found.kind) {
        Some(TypeKind::Domain {
            not_null, default, ..
        }) => (*not_null, filled || default.is_some()),
        _ => (false, filled),
    };
    // a writer that does not know the column leaves it out
    if (definition.column.not_null || key || strict) && !filled {
        made = made.with(AcceptLess, element);
        made.phase = Phase::Contract;
    }
    for constraint in &definition.constraints {
        if let ConstraintKind::ForeignKey { references, .. } = &constraint.kind {
            made = made.with(AcceptLess, Element::Table(references.clone()));
        }
    }
    made
}
