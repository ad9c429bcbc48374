//! `CREATE TABLE` in all its forms.

use std::sync::Arc;

use super::{Outcome, Refusal, constraint, done, names, refuse, relation, vacuous, view};
use crate::schema::catalog::{
    Catalog, Column, ConstraintKind, Dependency, Expression, Index, Name, Relation, RelationKind,
    Sequence, TypeKind, Volatility,
};
use crate::schema::postgres::change::{
    ColumnDefinition, ConstraintDefinition, CreateTable, LikeClause, PartitionBound, TableItem,
};
use crate::source::Span;

pub(super) fn table(
    catalog: &mut Catalog,
    table: &CreateTable,
    span: Span,
    server: u32,
) -> Outcome {
    if names::is_taken(catalog, &table.name) {
        if table.if_not_exists {
            return vacuous();
        }
        return refuse("42P07", format!("relation `{}` already exists", table.name));
    }
    in_schema(catalog, &table.name)?;
    let kind = match (table.foreign, &table.partition_by) {
        (true, _) => RelationKind::Foreign,
        (_, Some(_)) => RelationKind::Partitioned,
        _ => RelationKind::Table,
    };
    let mut made = Relation::empty(kind, span);
    made.temporary = table.temporary;
    made.partition_key = table.partition_by.clone().unwrap_or_default();
    let mut later: Vec<ConstraintDefinition> = Vec::new();
    let mut copied: Vec<(Index, Option<ConstraintDefinition>)> = Vec::new();
    for parent in table
        .inherits
        .iter()
        .chain(table.partition_of.iter().map(|(parent, _)| parent))
    {
        inherit(relation(catalog, parent)?, parent, &mut made);
    }
    if let Some(of) = &table.of_type
        && let Some(TypeKind::Composite(fields)) = catalog.types.get(of).map(|found| &found.kind)
    {
        made.columns.extend(fields.iter().map(|(name, ty)| Column {
            name: name.clone(),
            ty: Some(ty.clone()),
            not_null: false,
            default: None,
            generated: None,
            identity: None,
            span,
        }));
    }
    let mut serials = Vec::new();
    for item in &table.items {
        match item {
            TableItem::Column(definition) => {
                let name = &definition.column.name;
                // a column that a parent has too is merged with it
                match made.column_mut(name) {
                    Some(_) if table.inherits.is_empty() && table.partition_of.is_none() => {
                        return refuse(
                            "42701",
                            format!("column `{name}` stands twice in `{}`", table.name),
                        );
                    }
                    Some(merged) => {
                        merged.not_null |= definition.column.not_null;
                        if definition.column.default.is_some() {
                            merged.default.clone_from(&definition.column.default);
                        }
                    }
                    None => made.columns.push(definition.column.clone()),
                }
                if definition.serial || definition.column.identity.is_some() {
                    serials.push((name.clone(), definition.serial));
                }
                later.extend(definition.constraints.iter().cloned());
            }
            TableItem::Constraint(definition) => later.push(definition.clone()),
            TableItem::Like(like) => copy(catalog, like, span, &mut made, &mut copied)?,
        }
    }
    if let Some((query, columns)) = &table.query {
        let seen = view::resolve(catalog, query, span)?;
        made.columns_known = seen.complete;
        made.columns = seen.columns;
        for (column, name) in made.columns.iter_mut().zip(columns) {
            column.name.clone_from(name);
        }
        for column in &mut made.columns {
            column.not_null = false;
        }
    }
    catalog.relations.insert(table.name.clone(), Arc::new(made));
    for (column, serial) in serials {
        sequence(catalog, &table.name, &column, serial, span);
    }
    // keys come first, as the server makes them, so that foreign keys may rest on them
    later.sort_by_key(|definition| match definition.kind {
        ConstraintKind::PrimaryKey(_) => 0,
        ConstraintKind::Unique(_) => 1,
        ConstraintKind::ForeignKey { .. } => 3,
        _ => 2,
    });
    for definition in &later {
        constraint::add(catalog, &table.name, definition, server)?;
    }
    for (index, definition) in copied {
        match definition {
            Some(definition) => {
                constraint::add(catalog, &table.name, &definition, server)?;
            }
            None => add_copy(catalog, &table.name, index),
        }
    }
    if let Some((parent, bound)) = &table.partition_of {
        if *bound == PartitionBound::Default {
            super::relation_mut(catalog, parent)?.default_partition = Some(table.name.clone());
        }
        super::index::adopt(catalog, parent, &table.name);
    }
    done()
}

/// The schema of a new object must be there.
pub(super) fn in_schema(catalog: &Catalog, name: &Name) -> Result<(), Refusal> {
    let schema = name.schema.as_str();
    let known = schema == Name::DEFAULT_SCHEMA
        || catalog.schemas.contains(schema)
        || schema.starts_with("pg_")
        // a schema may be made outside of the migrations, by whoever made the database
        || catalog.is_partly_unknown();
    if known || catalog.relations.in_schema(schema).next().is_some() {
        return Ok(());
    }
    refuse("3F000", format!("schema `{schema}` does not exist"))
}

fn inherit(parent: &Relation, name: &Name, made: &mut Relation) {
    for column in &parent.columns {
        if made.column(&column.name).is_none() {
            made.columns.push(column.clone());
        }
    }
    for constraint in &parent.constraints {
        let comes = matches!(
            constraint.kind,
            ConstraintKind::Check(_) | ConstraintKind::NotNull(_)
        );
        if comes && made.constraint(&constraint.name).is_none() {
            made.constraints.push(constraint.clone());
        }
    }
    made.columns_known &= parent.columns_known;
    made.parents.push(name.clone());
}

fn copy(
    catalog: &Catalog,
    like: &LikeClause,
    span: Span,
    made: &mut Relation,
    indexes: &mut Vec<(Index, Option<ConstraintDefinition>)>,
) -> Result<(), Refusal> {
    let source = relation(catalog, &like.source)?;
    for column in &source.columns {
        let mut column = Column {
            span,
            ..column.clone()
        };
        if !like.generated && column.generated.is_some() {
            column.generated = None;
            column.default = None;
        } else if !like.defaults && column.generated.is_none() {
            column.default = None;
        }
        if !like.identity {
            column.identity = None;
        }
        if made.column(&column.name).is_some() {
            return refuse("42701", format!("column `{}` stands twice", column.name));
        }
        made.columns.push(column);
    }
    made.columns_known &= source.columns_known;
    if like.constraints {
        let checks = source.constraints.iter();
        made.constraints.extend(
            checks
                .filter(|c| matches!(c.kind, ConstraintKind::Check(_)))
                .cloned(),
        );
    }
    if like.indexes {
        for index in &source.indexes {
            let behind = index
                .constraint
                .as_ref()
                .and_then(|name| source.constraint(name));
            let definition = behind.map(|constraint| ConstraintDefinition {
                name: None,
                kind: constraint.kind.clone(),
                validated: true,
                enforced: constraint.enforced,
                deferrable: constraint.deferrable,
                strict_nulls: constraint.strict_nulls,
                using_index: None,
                include: Vec::new(),
                span,
            });
            indexes.push((index.clone(), definition));
        }
    }
    Ok(())
}

/// Adds a copy of another table's index, named as the server names one without a name.
pub(super) fn add_copy(catalog: &mut Catalog, table: &Name, mut index: Index) {
    let keys: Vec<String> = index
        .keys
        .iter()
        .map(|key| key.clone().unwrap_or_else(|| "expr".into()))
        .collect();
    index.name = names::for_relation(catalog, table, Some(&names::addition(&keys)), "idx");
    index.constraint = None;
    let full = Name::folded(Some(&table.schema), &index.name);
    if let Some(own) = catalog.relation_mut(table) {
        own.indexes.push(index);
        catalog.indexes.insert(full, table.clone());
    }
}

/// Makes the sequence of a serial or identity column, and the serial's default.
pub(super) fn sequence(
    catalog: &mut Catalog,
    table: &Name,
    column: &str,
    serial: bool,
    span: Span,
) {
    let name = names::for_relation(catalog, table, Some(column), "seq");
    let full = Name::folded(Some(&table.schema), &name);
    if serial
        && let Some(found) = catalog
            .relation_mut(table)
            .and_then(|own| own.column_mut(column))
    {
        found.default = Some(Expression {
            text: format!("nextval('{full}'::regclass)"),
            volatility: Volatility::Volatile,
            columns: Vec::new(),
        });
    }
    let owned_by = Some(Dependency {
        relation: table.clone(),
        column: Some(column.to_string()),
    });
    catalog.sequences.insert(full, Sequence { owned_by, span });
}

/// Adds a column and what stands beside it.
pub(super) fn add_column(
    catalog: &mut Catalog,
    table: &Name,
    definition: &ColumnDefinition,
    span: Span,
    server: u32,
) -> Outcome {
    let own = super::relation_mut(catalog, table)?;
    own.columns.push(definition.column.clone());
    if definition.serial || definition.column.identity.is_some() {
        sequence(
            catalog,
            table,
            &definition.column.name,
            definition.serial,
            span,
        );
    }
    for constraint in &definition.constraints {
        constraint::add(catalog, table, constraint, server)?;
    }
    done()
}
