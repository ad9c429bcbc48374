//! Columns that go, are renamed, or change their type.

use super::{
    Dropped, Outcome, Refusal, alter, constraint, done, drop, refuse, relation, relation_mut,
};
use crate::schema::catalog::{Catalog, ConstraintKind, Name, Relation, Trigger, Type};

/// Drops a column with its indexes, constraints and sequences; views that read it only with
/// `CASCADE`.
pub(super) fn drop(
    catalog: &mut Catalog,
    table: &Name,
    column: &str,
    cascade: bool,
    dropped: &mut Vec<Dropped>,
) -> Result<(), Refusal> {
    if relation(catalog, table)?.column(column).is_none() {
        return Ok(());
    }
    let views = drop::readers(catalog, table, Some(column));
    if let (Some(view), false) = (views.first(), cascade) {
        return refuse(
            "2BP01",
            format!(
                "column `{column}` of `{table}` cannot be dropped: view `{view}` depends on it"
            ),
        );
    }
    for view in views {
        drop::view(catalog, &view, dropped);
    }
    if let Some(trigger) = trigger_on(relation(catalog, table)?, column).map(str::to_string) {
        if !cascade {
            return refuse(
                "2BP01",
                format!(
                    "column `{column}` of `{table}` cannot be dropped: trigger `{trigger}` names it"
                ),
            );
        }
        relation_mut(catalog, table)?
            .triggers
            .retain(|found| !names(found, column));
        dropped.push(Dropped {
            kind: "trigger",
            name: trigger,
        });
    }
    if let Some(other) = generated_from(relation(catalog, table)?, column).map(str::to_string) {
        if !cascade {
            return refuse(
                "2BP01",
                format!(
                    "column `{column}` of `{table}` cannot be dropped: column `{other}` is generated from it"
                ),
            );
        }
        relation_mut(catalog, table)?
            .columns
            .retain(|found| found.name != other);
        dropped.push(Dropped {
            kind: "column",
            name: format!("{table}.{other}"),
        });
    }
    let own = relation(catalog, table)?;
    let constraints: Vec<String> = own
        .constraints
        .iter()
        .filter(|c| {
            constraint::columns_of(&c.kind)
                .iter()
                .any(|of| of == column)
        })
        .map(|c| c.name.clone())
        .collect();
    for name in constraints {
        let applied = constraint::drop(catalog, table, &name, true, cascade)?;
        dropped.push(Dropped {
            kind: "constraint",
            name: format!("{table}.{name}"),
        });
        dropped.extend(applied.dropped);
    }
    let own = relation_mut(catalog, table)?;
    let (gone, kept) = std::mem::take(&mut own.indexes)
        .into_iter()
        .partition(|index| index.columns.iter().any(|of| of == column));
    own.indexes = kept;
    own.columns.retain(|found| found.name != column);
    for index in gone {
        let full = Name::folded(Some(&table.schema), &index.name);
        catalog.indexes.remove(&full);
        dropped.push(Dropped {
            kind: "index",
            name: full.to_string(),
        });
    }
    for sequence in drop::owned_sequences(catalog, table, Some(column)) {
        dropped.push(Dropped {
            kind: "sequence",
            name: sequence.to_string(),
        });
    }
    Ok(())
}

/// Renames a column; whatever names it follows.
pub(super) fn rename(catalog: &mut Catalog, table: &Name, from: &str, to: &str) -> Outcome {
    let own = relation(catalog, table)?;
    if own.column(from).is_none() {
        return alter::missing_column(catalog, table, from, false);
    }
    if own.column(to).is_some() {
        return refuse(
            "42701",
            format!("column `{to}` of `{table}` already exists"),
        );
    }
    let swap = |name: &mut String| {
        if name == from {
            *name = to.to_string();
        }
    };
    let own = relation_mut(catalog, table)?;
    for column in &mut own.columns {
        swap(&mut column.name);
        if let Some(default) = &mut column.default {
            default.columns.iter_mut().for_each(swap);
        }
    }
    for trigger in &mut own.triggers {
        trigger.columns.iter_mut().for_each(swap);
    }
    for found in &mut own.constraints {
        match &mut found.kind {
            ConstraintKind::Check(condition) => condition.columns.iter_mut().for_each(swap),
            ConstraintKind::NotNull(column) => swap(column),
            ConstraintKind::Unique(columns)
            | ConstraintKind::PrimaryKey(columns)
            | ConstraintKind::Exclude(columns)
            | ConstraintKind::ForeignKey { columns, .. } => columns.iter_mut().for_each(swap),
        }
    }
    for index in &mut own.indexes {
        index.keys.iter_mut().flatten().for_each(swap);
        index.columns.iter_mut().for_each(swap);
    }
    // others that name it: foreign keys, views, sequences
    let concerned = catalog.relations.naming(table).into_iter();
    let concerned: Vec<Name> = concerned.map(|(name, _)| name.clone()).collect();
    for name in concerned {
        let Some(other) = catalog.relation_mut(&name) else {
            continue;
        };
        if let Some(view) = &mut other.view
            && view.base.as_ref() == Some(table)
        {
            view.under.iter_mut().flatten().flatten().for_each(swap);
        }
        for read in &mut other.reads {
            if read.relation == *table && read.column.as_deref() == Some(from) {
                read.column = Some(to.to_string());
            }
        }
        for found in &mut other.constraints {
            if let ConstraintKind::ForeignKey {
                references,
                referenced,
                ..
            } = &mut found.kind
                && *references == *table
            {
                referenced.iter_mut().for_each(swap);
            }
        }
    }
    let owned = catalog.sequences.naming(table).into_iter();
    let owned: Vec<Name> = owned.map(|(name, _)| name.clone()).collect();
    for name in owned {
        if let Some(sequence) = catalog.sequences.get_mut(&name)
            && let Some(owner) = &mut sequence.owned_by
            && owner.column.as_deref() == Some(from)
        {
            owner.column = Some(to.to_string());
        }
    }
    done()
}

/// The column that is generated from another.
fn generated_from<'a>(relation: &'a Relation, column: &str) -> Option<&'a str> {
    let mut all = relation.columns.iter();
    let found = all.find(|other| {
        other.generated.is_some()
            && other.name != column
            && other
                .default
                .as_ref()
                .is_some_and(|of| of.columns.iter().any(|name| name == column))
    });
    found.map(|found| found.name.as_str())
}

/// The first trigger whose definition names a column. What its function does with it is no matter of
/// the server's.
fn trigger_on<'a>(relation: &'a Relation, column: &str) -> Option<&'a str> {
    let mut all = relation.triggers.iter();
    let found = all.find(|trigger| names(trigger, column));
    found.map(|trigger| trigger.name.as_str())
}

/// Whether a trigger fires on `UPDATE OF` a column. A column that only its `WHEN` names forbids the
/// same, but that is a text here which does not follow a renamed column.
fn names(trigger: &Trigger, column: &str) -> bool {
    trigger.columns.iter().any(|of| of == column)
}

/// Changes a column's type; a view that reads it, a trigger that names it and a column that is
/// generated from it forbid that.
pub(super) fn change_type(catalog: &mut Catalog, table: &Name, column: &str, ty: &Type) -> Outcome {
    if relation(catalog, table)?.column(column).is_none() {
        return alter::missing_column(catalog, table, column, false);
    }
    if let Some(view) = drop::readers(catalog, table, Some(column)).first() {
        return refuse(
            "0A000",
            format!(
                "the type of column `{column}` of `{table}` cannot change: view `{view}` reads it"
            ),
        );
    }
    let own = relation(catalog, table)?;
    let user = match (trigger_on(own, column), generated_from(own, column)) {
        (Some(trigger), _) => Some(format!("trigger `{trigger}` names it")),
        (None, Some(other)) => Some(format!("column `{other}` is generated from it")),
        (None, None) => None,
    };
    if let Some(user) = user {
        return refuse(
            "0A000",
            format!("the type of column `{column}` of `{table}` cannot change: {user}"),
        );
    }
    if let Some(found) = relation_mut(catalog, table)?.column_mut(column) {
        found.ty = Some(ty.clone());
    }
    done()
}
