//! Contracts without queries: from `uses` items, and from nothing at all.

use std::collections::BTreeMap;

use super::contract::{
    Arbiter, Conflict, Contract, Insert, Origin, Output, Query, Unknown, Value, Write,
};
use super::demand::Demand;
use super::{Catalog, Name};
use crate::schema::catalog::{Identity, Relation, RelationKind};
use crate::source::{Span, Spanned};

impl Contract {
    /// From `uses` items: `orders` is the whole relation, `orders.id` one column of it,
    /// `shop.orders.id` one with its schema. Each is taken as read and written, with any value
    /// that `built` accepts; queries name their columns.
    ///
    /// An item that `built` does not hold is unknown.
    pub fn from_uses(items: &[Spanned<String>], built: &Catalog) -> Contract {
        let mut contract = Contract::new();
        let mut used: BTreeMap<Name, (Span, Option<Vec<String>>)> = BTreeMap::new();
        for item in items {
            match element(&item.value, built) {
                Some((name, column)) => {
                    let entry = used
                        .entry(name)
                        .or_insert_with(|| (item.span, Some(Vec::new())));
                    match (column, &mut entry.1) {
                        (None, columns) => *columns = None,
                        (Some(column), Some(columns)) => columns.push(column),
                        (Some(_), None) => {}
                    }
                }
                None => contract.unknown.push(Unknown {
                    place: item.span,
                    reason: format!(
                        "the schema that the version was built against has no `{}`",
                        item.value
                    ),
                }),
            }
        }
        for (name, (place, columns)) in used {
            if let Some(relation) = built.relation(&name) {
                let wanted = |column: &str| {
                    columns
                        .as_ref()
                        .is_none_or(|columns| columns.iter().any(|name| name == column))
                };
                contract
                    .queries
                    .push(all_of(&name, relation, place, Origin::Uses, wanted));
            }
        }
        contract
    }

    /// The contract of a version of which nothing more is known than the schema that it was built
    /// against: it reads every column of every relation, inserts rows with a column list and any
    /// value that the schema accepts, updates every column and deletes rows. It has no `SELECT *`,
    /// no insert by position; it leaves columns to their defaults, names every unique set in `ON
    /// CONFLICT`, calls every function, and names every type, collation and extension.
    ///
    /// `place` is what messages point at: the `schema` line of the version.
    pub fn whole(built: &Catalog, place: Span) -> Contract {
        let mut contract = Contract::new();
        for (name, relation) in &built.relations {
            let query = all_of(name, relation, place, Origin::Schema, |_| true);
            contract.queries.push(query);
        }
        let mut calls = Query::new(place, Origin::Schema);
        for (name, overloads) in &built.functions {
            for function in overloads.iter().filter(|function| !function.is_trigger) {
                calls
                    .functions
                    .insert((name.clone(), function.arguments.len()));
            }
        }
        let types = built.types.keys().cloned().map(Demand::Type);
        let collations = built.collations.iter().cloned().map(Demand::Collation);
        let extensions = built.extensions.iter().cloned().map(Demand::Extension);
        calls
            .demands
            .extend(types.chain(collations).chain(extensions));
        if !calls.functions.is_empty() || !calls.demands.is_empty() {
            contract.queries.push(calls);
        }
        if !built.unknown.is_empty() {
            contract.unknown.push(Unknown {
                place,
                reason:
                    "some statements of the schema that it was built against are not understood"
                        .into(),
            });
        }
        contract
    }
}

/// The relation and column that an item names.
fn element(item: &str, built: &Catalog) -> Option<(Name, Option<String>)> {
    let parts: Vec<String> = item.split('.').map(Name::fold).collect();
    let relation = |schema: Option<&str>, name: &str| {
        let name = Name::folded(schema, name);
        built.relation(&name).is_some().then_some(name)
    };
    let with_column = |name: Name, column: &String| {
        built.relation(&name)?.column(column)?;
        Some((name, Some(column.clone())))
    };
    match parts.as_slice() {
        [one] => Some((relation(None, one)?, None)),
        [one, two] => match relation(None, one) {
            Some(name) => with_column(name, two),
            None => Some((relation(Some(one), two)?, None)),
        },
        [schema, name, column] => with_column(relation(Some(schema), name)?, column),
        _ => None,
    }
}

/// A query that reads and writes those columns in every way that does not depend on the others.
fn all_of(
    name: &Name,
    relation: &Relation,
    place: Span,
    origin: Origin,
    wanted: impl Fn(&str) -> bool,
) -> Query {
    let mut query = Query::new(place, origin);
    query.relations.insert(name.clone());
    let used = || relation.columns.iter().filter(|c| wanted(&c.name));
    for column in used() {
        query.reads.insert((name.clone(), column.name.clone()));
        query
            .output
            .push(Output::Column(name.clone(), column.name.clone()));
    }
    if !matches!(
        relation.kind,
        RelationKind::Table | RelationKind::Partitioned
    ) {
        return query;
    }
    let given: Vec<String> = used()
        .filter(|c| c.generated.is_none() && c.identity != Some(Identity::Always))
        .map(|c| c.name.clone())
        .collect();
    query.writes.push(Write::Insert(Insert {
        relation: name.clone(),
        rows: vec![vec![Value::Parameter; given.len()]],
        columns: Some(given.clone()),
        overriding: false,
        conflict: None,
    }));
    // which columns it leaves to their defaults, and what it calls a conflict, nobody has said
    let filled: Vec<&str> = used()
        .filter(|column| column.is_filled())
        .map(|column| column.name.as_str())
        .collect();
    if origin == Origin::Schema && !filled.is_empty() {
        let columns: Vec<String> = given
            .iter()
            .filter(|column| !filled.contains(&column.as_str()))
            .cloned()
            .collect();
        query.writes.push(Write::Insert(Insert {
            relation: name.clone(),
            rows: vec![vec![Value::Parameter; columns.len()]],
            columns: Some(columns),
            overriding: false,
            conflict: None,
        }));
    }
    if origin == Origin::Schema {
        for unique in relation.unique_sets() {
            let columns = unique.into_iter().map(str::to_string).collect();
            query.writes.push(Write::Insert(Insert {
                relation: name.clone(),
                rows: vec![vec![Value::Parameter; given.len()]],
                columns: Some(given.clone()),
                overriding: false,
                conflict: Some(Conflict {
                    arbiter: Arbiter::Columns(columns),
                    set: Vec::new(),
                }),
            }));
        }
    }
    query.writes.push(Write::Update {
        relation: name.clone(),
        set: given
            .into_iter()
            .map(|column| (column, Value::Parameter))
            .collect(),
    });
    query.writes.push(Write::Delete {
        relation: name.clone(),
    });
    query
}
