//! What goes, and what goes with it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Dropped, Outcome, Refusal, dropping, missing_or, refuse, relation_mut};
use crate::schema::catalog::{Catalog, ConstraintKind, Extension, Name, RelationKind, Type};
use crate::schema::postgres::change::DropTarget;
use crate::schema::postgres::lower::type_name;

/// The partitions and children of a table, their own included, nearest first.
pub(in crate::schema::postgres) fn descendants(catalog: &Catalog, table: &Name) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    let mut known = BTreeSet::new();
    let mut at = 0;
    let mut next = Some(table.clone());
    while let Some(parent) = next {
        for (name, relation) in catalog.relations.naming(&parent) {
            let new = name != table && !known.contains(name);
            if new && relation.parents.contains(&parent) {
                known.insert(name);
                found.push(name.clone());
            }
        }
        next = found.get(at).cloned();
        at += 1;
    }
    found
}

/// The views that read a relation, or that column of it.
pub(super) fn readers(catalog: &Catalog, table: &Name, column: Option<&str>) -> Vec<Name> {
    let reads = |dependency: &crate::schema::catalog::Dependency| {
        dependency.relation == *table
            && column.is_none_or(|column| dependency.column.as_deref() == Some(column))
    };
    catalog
        .relations
        .naming(table)
        .into_iter()
        .filter(|(name, view)| *name != table && view.reads.iter().any(reads))
        .map(|(name, _)| name.clone())
        .collect()
}

/// The foreign keys of other tables to this one: table and constraint.
pub(in crate::schema::postgres) fn referencing(
    catalog: &Catalog,
    table: &Name,
) -> Vec<(Name, String)> {
    let mut found = Vec::new();
    for (name, other) in catalog.relations.naming(table) {
        for constraint in &other.constraints {
            if let ConstraintKind::ForeignKey { references, .. } = &constraint.kind
                && references == table
                && name != table
            {
                found.push((name.clone(), constraint.name.clone()));
            }
        }
    }
    found
}

/// The foreign keys that rest on these unique columns of a table, its own included.
pub(super) fn resting_on(
    catalog: &Catalog,
    table: &Name,
    columns: &[String],
    is_key: bool,
) -> Vec<(Name, String)> {
    let wanted: BTreeSet<&String> = columns.iter().collect();
    let mut found = Vec::new();
    for (name, other) in catalog.relations.naming(table) {
        for constraint in &other.constraints {
            if let ConstraintKind::ForeignKey {
                references,
                referenced,
                ..
            } = &constraint.kind
                && references == table
                && (referenced.iter().collect::<BTreeSet<_>>() == wanted
                    || (referenced.is_empty() && is_key))
            {
                found.push((name.clone(), constraint.name.clone()));
            }
        }
    }
    found
}

/// Drops the sequences that a table, or one column of it, owns.
pub(super) fn owned_sequences(
    catalog: &mut Catalog,
    table: &Name,
    column: Option<&str>,
) -> Vec<Name> {
    let owned: Vec<Name> = catalog
        .sequences
        .naming(table)
        .into_iter()
        .filter(|(_, sequence)| {
            sequence.owned_by.as_ref().is_some_and(|owner| {
                owner.relation == *table
                    && column.is_none_or(|column| owner.column.as_deref() == Some(column))
            })
        })
        .map(|(name, _)| name.clone())
        .collect();
    for name in &owned {
        catalog.sequences.remove(name);
    }
    owned
}

/// Drops a view and the views that read it.
pub(super) fn view(catalog: &mut Catalog, name: &Name, dropped: &mut Vec<Dropped>) {
    let mut open = vec![name.clone()];
    while let Some(next) = open.pop() {
        if catalog.relations.contains_key(&next) {
            open.extend(readers(catalog, &next, None));
            remove(catalog, &next);
            dropped.push(Dropped {
                kind: "view",
                name: next.to_string(),
            });
        }
    }
}

/// Takes a relation out with its indexes and sequences.
fn remove(catalog: &mut Catalog, name: &Name) {
    if let Some(gone) = catalog.relations.remove(name) {
        for index in &gone.indexes {
            catalog
                .indexes
                .remove(&Name::folded(Some(&name.schema), &index.name));
        }
    }
    owned_sequences(catalog, name, None);
}

pub(super) fn drop(
    catalog: &mut Catalog,
    target: DropTarget,
    names: &[Name],
    if_exists: bool,
    cascade: bool,
) -> Outcome {
    match target {
        DropTarget::Table
        | DropTarget::ForeignTable
        | DropTarget::View
        | DropTarget::MaterializedView => relations(catalog, target, names, if_exists, cascade),
        _ => {
            let mut dropped = Vec::new();
            let mut met = false;
            for name in names {
                met |= one(catalog, target, name, if_exists, cascade, &mut dropped)?;
            }
            let mut applied = dropping(dropped)?;
            applied.vacuous = !met;
            Ok(applied)
        }
    }
}

fn relations(
    catalog: &mut Catalog,
    target: DropTarget,
    names: &[Name],
    if_exists: bool,
    cascade: bool,
) -> Outcome {
    let mut going: Vec<Name> = Vec::new();
    for name in names {
        let Some(found) = catalog.relation(name) else {
            if !if_exists {
                let what = if target == DropTarget::View {
                    "view"
                } else {
                    "table"
                };
                return missing_or(false, what, name);
            }
            continue;
        };
        let fits = match target {
            DropTarget::View => found.kind == RelationKind::View,
            DropTarget::MaterializedView => found.kind == RelationKind::MaterializedView,
            DropTarget::ForeignTable => found.kind == RelationKind::Foreign,
            _ => matches!(found.kind, RelationKind::Table | RelationKind::Partitioned),
        };
        if !fits {
            return refuse("42809", format!("`{name}` is another kind of relation"));
        }
        going.push(name.clone());
    }
    if going.is_empty() {
        return super::vacuous();
    }
    let named = going.len();
    let mut at = 0;
    let mut dropped = Vec::new();
    let mut keys: Vec<(Name, String)> = Vec::new();
    // partitions go with their table; everything else that depends on it needs `CASCADE`
    while let Some(name) = going.get(at).cloned() {
        at += 1;
        let partitioned = catalog
            .relation(&name)
            .is_some_and(|own| own.kind == RelationKind::Partitioned);
        for child in descendants(catalog, &name) {
            if going.contains(&child) {
                continue;
            }
            if !partitioned && !cascade {
                return depends(&name, "table", &child.to_string());
            }
            dropped.push(Dropped {
                kind: "table",
                name: child.to_string(),
            });
            going.push(child);
        }
        for view in readers(catalog, &name, None) {
            if going.contains(&view) {
                continue;
            }
            if !cascade && !names.contains(&view) {
                return depends(&name, "view", &view.to_string());
            }
            dropped.push(Dropped {
                kind: "view",
                name: view.to_string(),
            });
            going.push(view);
        }
        for (by, key) in referencing(catalog, &name) {
            if names.contains(&by) || going.contains(&by) {
                continue;
            }
            if !cascade {
                return depends(&name, "constraint", &format!("{by}.{key}"));
            }
            dropped.push(Dropped {
                kind: "constraint",
                name: format!("{by}.{key}"),
            });
            keys.push((by, key));
        }
    }
    for (by, key) in keys {
        relation_mut(catalog, &by)?
            .constraints
            .retain(|c| c.name != key);
    }
    for (at, name) in going.iter().enumerate() {
        if at < named
            && let Some(own) = catalog.relation(name)
        {
            let indexes = own.indexes.iter();
            dropped.extend(indexes.map(|index| Dropped {
                kind: "index",
                name: Name::folded(Some(&name.schema), &index.name).to_string(),
            }));
        }
        remove(catalog, name);
    }
    dropping(dropped)
}

fn depends<T>(name: &Name, kind: &str, by: &str) -> Result<T, Refusal> {
    refuse(
        "2BP01",
        format!("`{name}` cannot be dropped: {kind} `{by}` depends on it"),
    )
}

/// Drops one object that is no relation; whether it was there.
fn one(
    catalog: &mut Catalog,
    target: DropTarget,
    name: &Name,
    if_exists: bool,
    cascade: bool,
    dropped: &mut Vec<Dropped>,
) -> Result<bool, Refusal> {
    let there = match target {
        DropTarget::Index { .. } => catalog.indexes.contains_key(name),
        DropTarget::Type | DropTarget::Domain => catalog.types.contains_key(name),
        DropTarget::Sequence => catalog.sequences.contains_key(name),
        DropTarget::Schema => {
            catalog.schemas.contains(&name.name)
                || catalog.relations.in_schema(&name.name).next().is_some()
        }
        DropTarget::Collation => catalog.collations.contains(name),
        _ => catalog.extensions.contains(&name.name),
    };
    if !there {
        // extensions may come with the database
        if if_exists || target == DropTarget::Extension {
            return Ok(false);
        }
        let (code, what) = match target {
            DropTarget::Index { .. } => ("42704", "index"),
            DropTarget::Sequence => ("42P01", "sequence"),
            DropTarget::Schema => ("3F000", "schema"),
            DropTarget::Collation => ("42704", "collation"),
            _ => ("42704", "type"),
        };
        return refuse(code, format!("{what} `{name}` does not exist"));
    }
    match target {
        DropTarget::Index { .. } => super::index::drop(catalog, name)?,
        DropTarget::Type | DropTarget::Domain => drop_type(catalog, name, cascade, dropped)?,
        DropTarget::Sequence => drop_sequence(catalog, name, cascade, dropped)?,
        DropTarget::Schema => drop_schema(catalog, &name.name, cascade, dropped)?,
        DropTarget::Collation => {
            Arc::make_mut(&mut catalog.collations).remove(name);
        }
        _ => drop_extension(catalog, &name.name, cascade, dropped)?,
    }
    Ok(true)
}

fn drop_type(
    catalog: &mut Catalog,
    name: &Name,
    cascade: bool,
    dropped: &mut Vec<Dropped>,
) -> Result<(), Refusal> {
    for (table, column) in super::declared::using_type(catalog, name) {
        if !cascade {
            return refuse(
                "2BP01",
                format!("type `{name}` cannot be dropped: column `{column}` of `{table}` has it"),
            );
        }
        super::column::drop(catalog, &table, &column, true, dropped)?;
        dropped.push(Dropped {
            kind: "column",
            name: format!("{table}.{column}"),
        });
    }
    catalog.types.remove(name);
    let uses = |ty: &crate::schema::catalog::Type| type_name(ty) == *name;
    if cascade {
        let all = catalog.functions.iter();
        let concerned: Vec<Name> = all
            .filter(|(_, all)| all.iter().any(|one| one.arguments.iter().any(uses)))
            .map(|(function, _)| function.clone())
            .collect();
        for function in concerned {
            if let Some(all) = catalog.functions.get_mut(&function) {
                all.retain(|one| !one.arguments.iter().any(uses));
            }
        }
        catalog.functions.retain(|_, all| !all.is_empty());
    }
    Ok(())
}

/// Drops an extension with what has its types or calls its functions.
fn drop_extension(
    catalog: &mut Catalog,
    name: &str,
    cascade: bool,
    dropped: &mut Vec<Dropped>,
) -> Result<(), Refusal> {
    if let Some(known) = Extension::named(name) {
        let what = format!("extension `{name}`");
        let columns: Vec<(Name, String)> = catalog
            .relations
            .iter()
            .filter(|(_, own)| own.reads.is_empty())
            .flat_map(|(table, own)| own.columns.iter().map(move |column| (table, column)))
            .filter(|(_, column)| {
                let declared = |ty: &Type| catalog.types.contains_key(&type_name(ty));
                let ty = column.ty.as_ref();
                ty.is_some_and(|ty| known.has_type(&type_name(ty).name) && !declared(ty))
            })
            .map(|(table, column)| (table.clone(), column.name.clone()))
            .collect();
        for (table, column) in columns {
            if !cascade {
                return refuse(
                    "2BP01",
                    format!(
                        "{what} cannot be dropped: column `{column}` of `{table}` has its type"
                    ),
                );
            }
            super::column::drop(catalog, &table, &column, true, dropped)?;
            dropped.push(Dropped {
                kind: "column",
                name: format!("{table}.{column}"),
            });
        }
        let server = catalog.server;
        let declared: BTreeSet<String> = catalog
            .functions
            .keys()
            .map(|function| function.name.clone())
            .collect();
        let meant = |called: &str| known.has_function(called, server) && !declared.contains(called);
        super::depends::take(catalog, &what, &meant, cascade, dropped)?;
    }
    Arc::make_mut(&mut catalog.extensions).remove(name);
    Ok(())
}

fn drop_sequence(
    catalog: &mut Catalog,
    name: &Name,
    cascade: bool,
    dropped: &mut Vec<Dropped>,
) -> Result<(), Refusal> {
    let mentions = |text: &str| {
        text.contains("nextval(")
            && (text.contains(&format!("'{name}'")) || text.contains(&format!("'{}'", name.name)))
    };
    let users: Vec<(Name, String)> = catalog
        .relations
        .iter()
        .flat_map(|(table, own)| own.columns.iter().map(move |column| (table, column)))
        .filter(|(_, column)| {
            column
                .default
                .as_ref()
                .is_some_and(|value| mentions(&value.text))
        })
        .map(|(table, column)| (table.clone(), column.name.clone()))
        .collect();
    for (table, column) in users {
        if !cascade {
            return depends(name, "default of column", &format!("{table}.{column}"));
        }
        if let Some(found) = relation_mut(catalog, &table)?.column_mut(&column) {
            found.default = None;
        }
        dropped.push(Dropped {
            kind: "default",
            name: format!("{table}.{column}"),
        });
    }
    catalog.sequences.remove(name);
    Ok(())
}

fn drop_schema(
    catalog: &mut Catalog,
    schema: &str,
    cascade: bool,
    dropped: &mut Vec<Dropped>,
) -> Result<(), Refusal> {
    let inside = |name: &Name| name.schema == schema;
    let tables: Vec<Name> = catalog.relations.in_schema(schema).cloned().collect();
    let filled = !tables.is_empty()
        || catalog.types.keys().any(inside)
        || catalog.functions.keys().any(inside)
        || catalog.sequences.keys().any(inside);
    if filled && !cascade {
        return refuse(
            "2BP01",
            format!("schema `{schema}` cannot be dropped: it is not empty"),
        );
    }
    for name in tables {
        let kind = match catalog.relation(&name).map(|own| own.kind) {
            None => continue,
            Some(RelationKind::View) => DropTarget::View,
            Some(RelationKind::MaterializedView) => DropTarget::MaterializedView,
            Some(RelationKind::Foreign) => DropTarget::ForeignTable,
            Some(_) => DropTarget::Table,
        };
        let applied = relations(catalog, kind, std::slice::from_ref(&name), true, true)?;
        dropped.push(Dropped {
            kind: "table",
            name: name.to_string(),
        });
        dropped.extend(applied.dropped);
    }
    catalog.types.retain(|name, _| !inside(name));
    catalog.functions.retain(|name, _| !inside(name));
    catalog.sequences.retain(|name, _| !inside(name));
    Arc::make_mut(&mut catalog.schemas).remove(schema);
    Ok(())
}

/// `TRUNCATE` changes no fact of the schema, but tables that others reference are refused.
pub(super) fn truncate(catalog: &Catalog, tables: &[Name], cascade: bool) -> Outcome {
    for name in tables {
        super::relation(catalog, name)?;
        let other = referencing(catalog, name)
            .into_iter()
            .find(|(by, _)| !tables.contains(by));
        if let (Some((by, key)), false) = (other, cascade) {
            return refuse(
                "0A000",
                format!("`{name}` cannot be truncated: constraint `{key}` of `{by}` references it"),
            );
        }
    }
    super::done()
}
