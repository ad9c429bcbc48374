//! Views: which columns their queries give, and what they depend on.

use std::sync::Arc;

use super::{Outcome, Refusal, create, done, names, of_server, refuse, vacuous};
use crate::schema::catalog::{Catalog, Column, Dependency, Name, Relation, RelationKind, View};
use crate::schema::postgres::change::{CreateView, Output, Query};
use crate::source::Span;

/// What a query gives.
pub(super) struct Seen {
    pub(super) columns: Vec<Column>,
    pub(super) complete: bool,
    pub(super) reads: Vec<Dependency>,
}

/// The columns of a query and what it reads.
///
/// # Errors
/// Where a relation or column that it names is not there.
pub(super) fn resolve(catalog: &Catalog, query: &Query, span: Span) -> Result<Seen, Refusal> {
    for name in &query.relations {
        if catalog.relation(name).is_none()
            && !catalog.sequences.contains_key(name)
            && !of_server(name)
        {
            return refuse("42P01", format!("relation `{name}` does not exist"));
        }
    }
    let of = |called: Option<&str>| -> Vec<&Name> {
        let all = query.from.iter();
        all.filter(|(_, alias)| called.is_none_or(|called| called == alias))
            .map(|(name, _)| name)
            .collect()
    };
    let find = |qualifier: Option<&str>, column: &str| {
        of(qualifier).into_iter().find_map(|name| {
            let own = catalog.relation(name)?;
            Some((name.clone(), own.column(column)?))
        })
    };
    let mut reads: Vec<Dependency> = query
        .relations
        .iter()
        .map(|relation| Dependency {
            relation: relation.clone(),
            column: None,
        })
        .collect();
    for (qualifier, column) in &query.names {
        // a name inside of a subquery may mean any relation of the query
        let found = find(qualifier.as_deref(), column)
            .map(|(name, _)| name)
            .or_else(|| {
                query
                    .relations
                    .iter()
                    .find(|name| {
                        catalog
                            .relation(name)
                            .is_some_and(|own| own.column(column).is_some())
                    })
                    .cloned()
            });
        reads.extend(found.map(|relation| Dependency {
            relation,
            column: Some(column.clone()),
        }));
    }
    let mut columns = Vec::new();
    let mut complete = query.outputs.is_some();
    for output in query.outputs.iter().flatten() {
        match output {
            Output::Star(qualifier) => {
                complete &= query.from_is_complete || qualifier.is_some();
                let mut any = false;
                for name in of(qualifier.as_deref()) {
                    let Some(own) = catalog.relation(name) else {
                        complete = false;
                        continue;
                    };
                    any = true;
                    complete &= own.columns_known;
                    for column in &own.columns {
                        columns.push(bare(&column.name, Some(column), span));
                        reads.push(Dependency {
                            relation: name.clone(),
                            column: Some(column.name.clone()),
                        });
                    }
                }
                complete &= any;
            }
            Output::Column {
                qualifier,
                column,
                name,
            } => {
                let found = find(qualifier.as_deref(), column);
                let known = query.from_is_complete
                    && of(None)
                        .into_iter()
                        .all(|name| catalog.relation(name).is_some_and(|own| own.columns_known));
                let subtle = qualifier
                    .as_ref()
                    .is_some_and(|of| !query.from.iter().any(|(_, alias)| alias == of));
                if found.is_none()
                    && known
                    && !subtle
                    && !query.from.is_empty()
                    && !is_system(column)
                {
                    return refuse("42703", format!("column `{column}` does not exist"));
                }
                columns.push(bare(name, found.map(|(_, column)| column), span));
            }
            Output::Expression { name, ty } => {
                let mut column = bare(name, None, span);
                column.ty.clone_from(ty);
                columns.push(column);
            }
        }
    }
    reads.sort();
    reads.dedup();
    Ok(Seen {
        columns,
        complete,
        reads,
    })
}

fn is_system(column: &str) -> bool {
    matches!(
        column,
        "ctid" | "xmin" | "xmax" | "tableoid" | "oid" | "cmin" | "cmax"
    )
}

/// A column of a view: name and type, and no more.
fn bare(name: &str, of: Option<&Column>, span: Span) -> Column {
    Column {
        name: name.to_string(),
        ty: of.and_then(|column| column.ty.clone()),
        not_null: false,
        default: None,
        generated: None,
        identity: None,
        span,
    }
}

pub(super) fn create(catalog: &mut Catalog, view: &CreateView, span: Span) -> Outcome {
    let name: &Name = &view.name;
    create::in_schema(catalog, name)?;
    let seen = resolve(catalog, &view.query, span)?;
    let kind = if view.materialized {
        RelationKind::MaterializedView
    } else {
        RelationKind::View
    };
    let mut made = Relation::empty(kind, span);
    made.columns = seen.columns;
    made.columns_known = seen.complete;
    made.temporary = view.temporary;
    // a view that reads itself reads what it was before
    made.reads = seen.reads;
    made.reads.retain(|read| read.relation != *name);
    if view.columns.len() > made.columns.len() && made.columns_known {
        return refuse(
            "42601",
            format!("view `{name}` names more columns than its query has"),
        );
    }
    for (at, column) in view.columns.iter().enumerate() {
        match made.columns.get_mut(at) {
            Some(found) => found.name.clone_from(column),
            None => made.columns.push(bare(column, None, span)),
        }
    }
    made.populated = !view.empty;
    if kind == RelationKind::View {
        made.view = Some(facts(catalog, view, made.columns.len()));
    }
    if let Some(old) = catalog.relation(name) {
        if view.if_not_exists {
            return vacuous();
        }
        if !view.replace || old.kind != RelationKind::View {
            return refuse("42P07", format!("relation `{name}` already exists"));
        }
        if old.columns_known && made.columns_known {
            replaceable(name, old, &made)?;
        }
        made.triggers.clone_from(&old.triggers);
    } else if names::is_taken(catalog, name) {
        return refuse("42P07", format!("relation `{name}` already exists"));
    }
    catalog.relations.insert(name.clone(), Arc::new(made));
    done()
}

/// What the view says of the statements that it takes; `count` is the number of its columns.
fn facts(catalog: &Catalog, view: &CreateView, count: usize) -> View {
    let query = &view.query;
    let mut facts = View {
        under: None,
        base: None,
        lockable: !query.grouped,
        condition: query.condition.clone(),
        checked: view.checked,
        calls: query.calls.clone(),
    };
    let ([(base, _)], true, Some(outputs)) = (query.from.as_slice(), query.simple, &query.outputs)
    else {
        return facts;
    };
    let Some(own) = catalog.relation(base) else {
        return facts;
    };
    if own.kind == RelationKind::MaterializedView || !own.columns_known {
        return facts;
    }
    let mut under: Vec<Option<String>> = Vec::new();
    // a column that stands twice can be written by its first name
    let first = |name: &String, under: &[Option<String>]| {
        let new = !under.iter().flatten().any(|other| other == name);
        (new && own.column(name).is_some()).then(|| name.clone())
    };
    for output in outputs {
        match output {
            Output::Star(_) => {
                for column in &own.columns {
                    let found = first(&column.name, &under);
                    under.push(found);
                }
            }
            Output::Column { column, .. } => {
                let found = first(column, &under);
                under.push(found);
            }
            Output::Expression { .. } => under.push(None),
        }
    }
    if under.len() == count {
        facts.under = Some(under);
        facts.base = Some(base.clone());
    }
    facts
}

/// `CREATE OR REPLACE VIEW` may only add columns at the end.
fn replaceable(name: &Name, old: &Relation, new: &Relation) -> Result<(), Refusal> {
    for (at, column) in old.columns.iter().enumerate() {
        match new.columns.get(at) {
            None => {
                return refuse(
                    "42P16",
                    format!("view `{name}` cannot lose its column `{}`", column.name),
                );
            }
            Some(other) if other.name != column.name => {
                return refuse(
                    "42P16",
                    format!(
                        "view `{name}` cannot rename its column `{}` to `{}`",
                        column.name, other.name
                    ),
                );
            }
            Some(other) => {
                if let (Some(one), Some(two)) = (&column.ty, &other.ty)
                    && one != two
                {
                    return refuse(
                        "42P16",
                        format!(
                            "view `{name}` cannot change the type of its column `{}` from {one} to {two}",
                            column.name
                        ),
                    );
                }
            }
        }
    }
    Ok(())
}
