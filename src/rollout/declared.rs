//! What a plan declares of a migration whose SQL nobody understands, done to the schema.

use crate::diagnostic::{Diagnostic, Findings};
use crate::model::{DUPLICATE_NAME, DeclaredEffect, DeclaredMigration, EffectKind, UNKNOWN_NAME};
use crate::schema::catalog::{Catalog, Column, Name, Relation, RelationKind};
use crate::schema::postgres::change::{ColumnDefinition, DropTarget, TableAction};
use crate::schema::postgres::{Change, apply};
use crate::source::{Span, Spanned};

/// A table, or a column of it.
struct Element {
    relation: Name,
    column: Option<String>,
}

/// Does the effects of a migration to a schema, one after another. What is not there, or is there
/// already, is told at its place. Gives whether the schema can be relied on: not so where an effect
/// is wrong, or does not say what it is done to.
pub(super) fn perform(
    declared: &DeclaredMigration,
    catalog: &mut Catalog,
    server: u32,
    out: &mut Findings,
) -> bool {
    let mut right = true;
    for effect in &declared.effects {
        let Some(written) = &effect.element else {
            // that it names nothing was told where it was read
            right &= effect.kind == EffectKind::None;
            continue;
        };
        // an earlier statement that is unknown may have made or removed it
        let certain = !catalog.is_partly_unknown();
        if let Err(found) = one(effect, written, &declared.id.value, catalog, server)
            && certain
        {
            out.push(*found);
            right = false;
        }
    }
    right
}

fn one(
    effect: &DeclaredEffect,
    written: &Spanned<String>,
    migration: &str,
    catalog: &mut Catalog,
    server: u32,
) -> Result<(), Box<Diagnostic>> {
    let element = element(&written.value, catalog);
    let Element { relation, column } = &element;
    let known = catalog.relation(relation);
    let absent = |what: &str, help: String| {
        let message = format!(
            "there is no {what} before the statement of migration `{migration}` that is not understood"
        );
        Box::new(Diagnostic::new(&UNKNOWN_NAME, written.span, message).help(help))
    };
    let no_table = || {
        let help = format!("name a table that there is, or add it first: `adds {relation}`");
        absent(&format!("table `{relation}`"), help)
    };
    let there = |what: &str, place: Span| {
        let message = format!("{what} is there before migration `{migration}` adds it");
        let found = Diagnostic::new(&DUPLICATE_NAME, written.span, message)
            .also(place, "declared here")
            .help("take the effect out, or name what the migration really adds");
        Box::new(found)
    };
    let change = match (effect.kind, known, column) {
        (EffectKind::Adds, None, None) => {
            // its columns are those that further effects add, and whatever else it has
            let mut made = Relation::empty(RelationKind::Table, written.span);
            made.columns_known = false;
            catalog
                .relations
                .insert(relation.clone(), std::sync::Arc::new(made));
            return Ok(());
        }
        (EffectKind::Adds, Some(known), None) => {
            return Err(there(&format!("table `{relation}`"), known.span));
        }
        (EffectKind::Adds, Some(known), Some(column)) => {
            if let Some(known) = known.column(column) {
                return Err(there(&format!("column `{relation}.{column}`"), known.span));
            }
            add_column(relation, column, written.span)
        }
        (EffectKind::Drops | EffectKind::Renames, Some(known), Some(column)) => {
            if known.column(column).is_none() && known.columns_known {
                let names = known.columns.iter().map(|column| column.name.as_str());
                let meant = crate::diagnostic::nearest(column, names);
                let help = match meant {
                    Some(meant) => format!("write `{relation}.{meant}`"),
                    None => format!("name a column that `{relation}` has"),
                };
                return Err(absent(&format!("column `{relation}.{column}`"), help));
            }
            Change::AlterTable {
                relation: relation.clone(),
                if_exists: false,
                only: false,
                action: Box::new(TableAction::DropColumn {
                    column: column.clone(),
                    if_exists: true,
                    cascade: true,
                }),
            }
        }
        (EffectKind::Drops | EffectKind::Renames, Some(known), None) => Change::Drop {
            target: match known.kind {
                RelationKind::Table | RelationKind::Partitioned => DropTarget::Table,
                RelationKind::View => DropTarget::View,
                RelationKind::MaterializedView => DropTarget::MaterializedView,
                RelationKind::Foreign => DropTarget::ForeignTable,
            },
            names: vec![relation.clone()],
            if_exists: false,
            cascade: true,
        },
        (EffectKind::None, ..) | (EffectKind::Rewrites | EffectKind::Locks, Some(_), _) => {
            return Ok(());
        }
        (_, None, _) => return Err(no_table()),
    };
    match apply(&change, catalog, written.span, server) {
        Ok(_) => Ok(()),
        Err(refused) => {
            let message = format!(
                "migration `{migration}` cannot do this: {}",
                refused.message
            );
            let found = Diagnostic::new(&UNKNOWN_NAME, written.span, message)
                .help("name the tables and columns as they are when the migration is run");
            Err(Box::new(found))
        }
    }
}

/// A column that may be `NULL`, of a type that nobody said.
fn add_column(relation: &Name, column: &str, span: Span) -> Change {
    let column = Column {
        name: column.to_string(),
        ty: None,
        not_null: false,
        default: None,
        generated: None,
        identity: None,
        span,
    };
    Change::AlterTable {
        relation: relation.clone(),
        if_exists: false,
        only: false,
        action: Box::new(TableAction::AddColumn {
            column: ColumnDefinition {
                column,
                serial: false,
                constraints: Vec::new(),
            },
            if_not_exists: false,
        }),
    }
}

/// What `a`, `a.b` or `a.b.c` names: `a.b` is a table of a schema where there is one, else a column.
fn element(written: &str, catalog: &Catalog) -> Element {
    let parts: Vec<String> = written.split('.').map(Name::fold).collect();
    match parts.as_slice() {
        [schema, relation, rest @ ..] if !rest.is_empty() => Element {
            relation: Name::folded(Some(schema), relation),
            column: Some(rest.join(".")),
        },
        [first, second] => {
            let inside = Name::folded(Some(first), second);
            let outside = Name::folded(None, first);
            let of_schema = catalog.relation(&outside).is_none()
                && (catalog.relation(&inside).is_some() || catalog.schemas.contains(first));
            if of_schema {
                Element {
                    relation: inside,
                    column: None,
                }
            } else {
                Element {
                    relation: outside,
                    column: Some(second.clone()),
                }
            }
        }
        _ => Element {
            relation: Name::folded(None, parts.first().map_or("", String::as_str)),
            column: None,
        },
    }
}
