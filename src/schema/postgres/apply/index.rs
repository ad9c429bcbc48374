//! Indexes.

use super::{
    Outcome, Refusal, create, done, missing_or, names, refuse, relation, relation_mut, vacuous,
};
use crate::schema::catalog::{Catalog, Index, Name, RelationKind};
use crate::schema::postgres::change::{CreateIndex, IndexAction, ReindexTarget};

pub(super) fn create(catalog: &mut Catalog, wanted: &CreateIndex, server: u32) -> Outcome {
    let table = &wanted.relation;
    let own = relation(catalog, table)?;
    match own.kind {
        RelationKind::Partitioned if server < 11 => {
            return refuse(
                "42809",
                format!("`{table}` is partitioned, which has no indexes before PostgreSQL 11"),
            );
        }
        RelationKind::Partitioned if wanted.concurrently => {
            return refuse(
                "0A000",
                format!("`{table}` is partitioned: its index cannot be built concurrently"),
            );
        }
        RelationKind::View | RelationKind::Foreign => {
            return refuse(
                "42809",
                format!("`{table}` is not a table or materialized view"),
            );
        }
        _ => {}
    }
    let partitioned = own.kind == RelationKind::Partitioned;
    for column in &wanted.index.columns {
        if own.columns_known && own.column(column).is_none() && !is_system(column) {
            return refuse(
                "42703",
                format!("column `{column}` of `{table}` does not exist"),
            );
        }
    }
    let name = match &wanted.name {
        Some(name) => name.clone(),
        None => names::for_relation(
            catalog,
            table,
            Some(&names::addition(&wanted.key_names)),
            "idx",
        ),
    };
    let full = Name::folded(Some(&table.schema), &name);
    if names::is_taken(catalog, &full) {
        if wanted.if_not_exists {
            return vacuous();
        }
        return refuse("42P07", format!("relation `{full}` already exists"));
    }
    let index = Index {
        name,
        ..wanted.index.clone()
    };
    relation_mut(catalog, table)?.indexes.push(index.clone());
    catalog.indexes.insert(full, table.clone());
    if partitioned && !wanted.only {
        for child in super::descendants(catalog, table) {
            create::add_copy(catalog, &child, index.clone());
        }
    }
    done()
}

fn is_system(column: &str) -> bool {
    matches!(column, "ctid" | "xmin" | "xmax" | "tableoid" | "oid")
}

/// A partition gets the indexes of its table that it does not have yet.
pub(super) fn adopt(catalog: &mut Catalog, parent: &Name, child: &Name) {
    let of = |name: &Name| {
        catalog
            .relation(name)
            .map_or(Vec::new(), |own| own.indexes.clone())
    };
    let had = of(child);
    for index in missing(&of(parent), &had) {
        create::add_copy(catalog, child, index);
    }
}

/// The indexes of a table that a partition has none like.
fn missing(wanted: &[Index], had: &[Index]) -> Vec<Index> {
    let alike = |one: &Index, other: &Index| {
        one.text == other.text && one.unique == other.unique && one.predicate == other.predicate
    };
    wanted
        .iter()
        .filter(|index| !had.iter().any(|other| alike(index, other)))
        .cloned()
        .collect()
}

/// Renames an index of a table.
pub(super) fn rename(
    catalog: &mut Catalog,
    table: &Name,
    from: &str,
    to: &str,
    constraint: Option<&str>,
) {
    if let Some(own) = catalog.relation_mut(table) {
        for index in &mut own.indexes {
            if index.name == from {
                index.name = to.to_string();
                if let Some(constraint) = constraint {
                    index.constraint = Some(constraint.to_string());
                }
            }
        }
    }
    catalog
        .indexes
        .remove(&Name::folded(Some(&table.schema), from));
    catalog
        .indexes
        .insert(Name::folded(Some(&table.schema), to), table.clone());
}

pub(super) fn alter(
    catalog: &mut Catalog,
    index: &Name,
    if_exists: bool,
    action: &IndexAction,
) -> Outcome {
    let Some(table) = catalog.indexes.get(index).cloned() else {
        // `ALTER INDEX` takes a table's name too
        if catalog.relations.contains_key(index) {
            return done();
        }
        return missing_or(if_exists, "index", index);
    };
    match action {
        IndexAction::Rename(to) => {
            let full = Name::folded(Some(&index.schema), to);
            if names::is_taken(catalog, &full) {
                return refuse("42P07", format!("relation `{full}` already exists"));
            }
            let own = relation_mut(catalog, &table)?;
            let constraint = own
                .indexes
                .iter()
                .find(|found| found.name == index.name)
                .and_then(|found| found.constraint.clone());
            if let Some(name) = constraint {
                for found in &mut own.constraints {
                    if found.name == name {
                        found.name = to.clone();
                    }
                }
                rename(catalog, &table, &index.name, to, Some(to));
            } else {
                rename(catalog, &table, &index.name, to, None);
            }
            done()
        }
        IndexAction::Attach(child) if !catalog.indexes.contains_key(child) => {
            missing_or(false, "index", child)
        }
        _ => done(),
    }
}

pub(super) fn reindex(catalog: &Catalog, target: &ReindexTarget) -> Outcome {
    match target {
        ReindexTarget::Index(name) if !catalog.indexes.contains_key(name) => {
            missing_or(false, "index", name)
        }
        ReindexTarget::Table(name) => {
            relation(catalog, name)?;
            done()
        }
        _ => done(),
    }
}

/// Drops an index; not one that a constraint stands on.
pub(super) fn drop(catalog: &mut Catalog, name: &Name) -> Result<(), Refusal> {
    let Some(table) = catalog.indexes.get(name).cloned() else {
        return Ok(());
    };
    let own = relation_mut(catalog, &table)?;
    let found = own.indexes.iter().find(|index| index.name == name.name);
    if let Some(constraint) = found.and_then(|index| index.constraint.as_ref()) {
        return refuse(
            "2BP01",
            format!(
                "index `{name}` cannot be dropped: constraint `{constraint}` of `{table}` stands on it"
            ),
        );
    }
    own.indexes.retain(|index| index.name != name.name);
    catalog.indexes.remove(name);
    Ok(())
}
