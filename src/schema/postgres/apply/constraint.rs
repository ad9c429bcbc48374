//! Adding, dropping and changing constraints.

use super::{
    Applied, Dropped, Outcome, Refusal, done, dropping, names, refuse, relation, relation_mut,
    vacuous,
};
use crate::schema::catalog::{Catalog, Constraint, ConstraintKind, Index, Name};
use crate::schema::postgres::change::{ConstraintDefinition, has_index};

/// Adds a constraint to a table, with its index and the `NOT NULL` of a primary key.
pub(super) fn add(
    catalog: &mut Catalog,
    table: &Name,
    definition: &ConstraintDefinition,
    server: u32,
) -> Outcome {
    let own = relation(catalog, table)?;
    let mut kind = definition.kind.clone();
    let mut index = None;
    if let Some(using) = &definition.using_index {
        let Some(found) = own.indexes.iter().find(|found| found.name == *using) else {
            return refuse("42704", format!("index `{using}` does not exist"));
        };
        if !found.unique {
            return refuse("42809", format!("`{using}` is not a unique index"));
        }
        let keys: Vec<String> = found.keys.iter().flatten().cloned().collect();
        kind = match kind {
            ConstraintKind::PrimaryKey(_) => ConstraintKind::PrimaryKey(keys),
            _ => ConstraintKind::Unique(keys),
        };
        index = Some(using.clone());
    }
    for column in columns_of(&kind) {
        if own.columns_known && own.column(column).is_none() {
            return refuse(
                "42703",
                format!("column `{column}` of `{table}` does not exist"),
            );
        }
    }
    let is_key = matches!(kind, ConstraintKind::PrimaryKey(_));
    if is_key
        && own
            .constraints
            .iter()
            .any(|c| matches!(c.kind, ConstraintKind::PrimaryKey(_)))
    {
        return refuse(
            "42P16",
            format!("table `{table}` already has a primary key"),
        );
    }
    if let ConstraintKind::ForeignKey {
        references,
        referenced,
        ..
    } = &kind
    {
        foreign_key(catalog, references, referenced)?;
    }
    let name = match &definition.name {
        Some(name) => name.clone(),
        None => match &index {
            Some(index) => index.clone(),
            None => generated(catalog, table, &kind),
        },
    };
    if relation(catalog, table)?.constraint(&name).is_some() {
        return refuse(
            "42710",
            format!("constraint `{name}` of `{table}` already exists"),
        );
    }
    if has_index(&kind) {
        let full = Name::folded(Some(&table.schema), &name);
        if index.as_ref() != Some(&name) && names::is_taken(catalog, &full) {
            return refuse("42P07", format!("relation `{full}` already exists"));
        }
        match index {
            Some(old) => super::index::rename(catalog, table, &old, &name, Some(&name)),
            None => {
                let keys = columns_of(&kind).to_vec();
                let made = Index {
                    name: name.clone(),
                    text: keys.join(", "),
                    columns: keys.iter().chain(&definition.include).cloned().collect(),
                    keys: keys.into_iter().map(Some).collect(),
                    unique: !matches!(kind, ConstraintKind::Exclude(_)),
                    strict_nulls: definition.strict_nulls,
                    predicate: None,
                    constraint: Some(name.clone()),
                    span: definition.span,
                };
                relation_mut(catalog, table)?.indexes.push(made);
                catalog.indexes.insert(full, table.clone());
            }
        }
    }
    let own = relation_mut(catalog, table)?;
    if let ConstraintKind::PrimaryKey(columns) = &kind {
        for column in columns {
            if let Some(column) = own.column_mut(column) {
                column.not_null = true;
            }
        }
    }
    if let ConstraintKind::NotNull(column) = &kind {
        if let Some(column) = own.column_mut(column) {
            column.not_null = true;
        }
        // before 18 the name of a `NOT NULL` is not kept
        if server < 18 {
            return done();
        }
    }
    own.constraints.push(Constraint {
        name,
        kind,
        validated: definition.validated,
        enforced: definition.enforced,
        deferrable: definition.deferrable,
        strict_nulls: definition.strict_nulls,
        span: definition.span,
    });
    done()
}

/// What a foreign key rests on must be there, and be unique.
fn foreign_key(catalog: &Catalog, to: &Name, columns: &[String]) -> Result<(), Refusal> {
    if super::of_server(to) {
        return Ok(());
    }
    let target = relation(catalog, to)?;
    if columns.is_empty() {
        let has_key = target
            .constraints
            .iter()
            .any(|c| matches!(c.kind, ConstraintKind::PrimaryKey(_)));
        if !has_key && !catalog.is_partly_unknown() {
            return refuse(
                "42704",
                format!("there is no primary key for referenced table `{to}`"),
            );
        }
        return Ok(());
    }
    for column in columns {
        if target.columns_known && target.column(column).is_none() {
            return refuse(
                "42703",
                format!("column `{column}` of `{to}` does not exist"),
            );
        }
    }
    let wanted: std::collections::BTreeSet<&str> = columns.iter().map(String::as_str).collect();
    let is_unique = target.unique_sets().any(|set| set == wanted);
    if !is_unique && !catalog.is_partly_unknown() {
        return refuse(
            "42830",
            format!("there is no unique constraint on `{to}` that matches the given columns"),
        );
    }
    Ok(())
}

/// The columns that a constraint names in its own table.
pub(in crate::schema::postgres) fn columns_of(kind: &ConstraintKind) -> &[String] {
    match kind {
        ConstraintKind::Check(condition) => &condition.columns,
        ConstraintKind::NotNull(column) => std::slice::from_ref(column),
        ConstraintKind::Unique(columns)
        | ConstraintKind::PrimaryKey(columns)
        | ConstraintKind::Exclude(columns)
        | ConstraintKind::ForeignKey { columns, .. } => columns,
    }
}

/// The name that the server gives to a constraint without one.
pub(in crate::schema::postgres) fn generated(
    catalog: &Catalog,
    table: &Name,
    kind: &ConstraintKind,
) -> String {
    let columns = columns_of(kind);
    let joined = names::addition(columns);
    let of_index = |columns, label| names::for_relation(catalog, table, columns, label);
    let of_constraint = |columns, label| names::for_constraint(catalog, table, columns, label);
    match kind {
        ConstraintKind::PrimaryKey(_) => of_index(None, "pkey"),
        ConstraintKind::Unique(_) => of_index(Some(&joined), "key"),
        ConstraintKind::Exclude(_) => of_index(Some(&joined), "excl"),
        ConstraintKind::ForeignKey { .. } => of_constraint(Some(&joined), "fkey"),
        ConstraintKind::NotNull(_) => of_constraint(Some(&joined), "not_null"),
        // named after its column where it is about one only
        ConstraintKind::Check(_) => match columns {
            [only] => of_constraint(Some(only), "check"),
            _ => of_constraint(None, "check"),
        },
    }
}

/// Drops a constraint, its index, and with `CASCADE` the foreign keys that rest on it.
pub(super) fn drop(
    catalog: &mut Catalog,
    table: &Name,
    name: &str,
    if_exists: bool,
    cascade: bool,
) -> Outcome {
    let own = relation(catalog, table)?;
    let Some(constraint) = own.constraint(name).cloned() else {
        if if_exists {
            return vacuous();
        }
        return refuse(
            "42704",
            format!("constraint `{name}` of `{table}` does not exist"),
        );
    };
    let mut dropped = Vec::new();
    if let ConstraintKind::Unique(columns) | ConstraintKind::PrimaryKey(columns) = &constraint.kind
    {
        let is_key = matches!(constraint.kind, ConstraintKind::PrimaryKey(_));
        // another unique index with the same columns may be what the foreign key rests on
        let again = own
            .constraints
            .iter()
            .filter(|other| match &other.kind {
                ConstraintKind::Unique(same) | ConstraintKind::PrimaryKey(same) => same == columns,
                _ => false,
            })
            .count();
        let resting = super::drop::resting_on(catalog, table, columns, is_key);
        if again < 2 {
            if let (false, Some((by, key))) = (cascade, resting.first()) {
                return refuse(
                    "2BP01",
                    format!(
                        "constraint `{name}` of `{table}` cannot be dropped: constraint `{key}` of `{by}` depends on it"
                    ),
                );
            }
            for (by, key) in resting {
                relation_mut(catalog, &by)?
                    .constraints
                    .retain(|c| c.name != key);
                dropped.push(Dropped {
                    kind: "constraint",
                    name: format!("{by}.{key}"),
                });
            }
        }
    }
    let own = relation_mut(catalog, table)?;
    own.constraints.retain(|c| c.name != name);
    if let ConstraintKind::NotNull(column) = &constraint.kind
        && let Some(column) = own.column_mut(column)
    {
        column.not_null = false;
    }
    if has_index(&constraint.kind) {
        own.indexes
            .retain(|index| index.constraint.as_deref() != Some(name));
        catalog
            .indexes
            .remove(&Name::folded(Some(&table.schema), name));
        dropped.push(Dropped {
            kind: "index",
            name: Name::folded(Some(&table.schema), name).to_string(),
        });
    }
    dropping(dropped)
}

/// Renames a constraint, and the index behind it.
pub(super) fn rename(catalog: &mut Catalog, table: &Name, from: &str, to: &str) -> Outcome {
    let own = relation(catalog, table)?;
    if own.constraint(to).is_some() {
        return refuse(
            "42710",
            format!("constraint `{to}` of `{table}` already exists"),
        );
    }
    let Some(found) = own.constraint(from) else {
        return refuse(
            "42704",
            format!("constraint `{from}` of `{table}` does not exist"),
        );
    };
    if has_index(&found.kind) {
        super::index::rename(catalog, table, from, to, Some(to));
    }
    for constraint in &mut relation_mut(catalog, table)?.constraints {
        if constraint.name == from {
            constraint.name = to.to_string();
        }
    }
    done()
}

/// Changes one constraint.
pub(super) fn change(
    catalog: &mut Catalog,
    table: &Name,
    name: &str,
    with: impl FnOnce(&mut Constraint),
) -> Outcome {
    let own = relation_mut(catalog, table)?;
    match own.constraints.iter_mut().find(|c| c.name == name) {
        Some(found) => {
            with(found);
            Ok(Applied::default())
        }
        None => refuse(
            "42704",
            format!("constraint `{name}` of `{table}` does not exist"),
        ),
    }
}
