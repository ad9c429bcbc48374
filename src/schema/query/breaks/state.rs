//! A schema with what is asked of it often, and what differs between two.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::words::words;
use crate::schema::catalog::{
    Catalog, Column, Constraint, ConstraintKind, Name, Relation, RelationKind,
};
use crate::schema::query::contract::Query;
use crate::schema::query::demand::Demand;

/// How many views may stand on each other until a write reaches a table.
const MAX_VIEWS: usize = 16;

/// A schema and the foreign keys that lead to each of its relations.
pub(super) struct State<'a> {
    pub catalog: &'a Catalog,
    referencing: BTreeMap<&'a Name, Vec<(&'a Name, &'a Constraint)>>,
}

impl<'a> State<'a> {
    pub(super) fn new(catalog: &'a Catalog) -> State<'a> {
        let mut referencing: BTreeMap<&Name, Vec<_>> = BTreeMap::new();
        for (name, relation) in &catalog.relations {
            for constraint in &relation.constraints {
                if let ConstraintKind::ForeignKey { references, .. } = &constraint.kind {
                    referencing
                        .entry(references)
                        .or_default()
                        .push((name, constraint));
                }
            }
        }
        State {
            catalog,
            referencing,
        }
    }

    pub(super) fn relation(&self, name: &Name) -> Option<&'a Relation> {
        self.catalog.relation(name)
    }

    pub(super) fn column(&self, name: &Name, column: &str) -> Option<&'a Column> {
        self.relation(name)?.column(column)
    }

    /// The foreign keys of other tables that lead here.
    pub(super) fn referencing(&self, name: &Name) -> &[(&'a Name, &'a Constraint)] {
        self.referencing.get(name).map_or(&[], Vec::as_slice)
    }

    /// The column of the table under a view that a column of it is; `None` where it is computed.
    pub(super) fn under(&self, name: &Name, column: &str) -> Option<String> {
        let (mut name, mut column) = (name, column);
        for _ in 0..MAX_VIEWS {
            let relation = self.relation(name)?;
            let Some(view) = &relation.view else {
                return Some(column.to_string());
            };
            let at = relation.columns.iter().position(|own| own.name == column)?;
            column = view.under.as_ref()?.get(at)?.as_deref()?;
            name = view.base.as_ref()?;
        }
        None
    }

    /// The table that a write to `name` changes: itself, or what a simple view stands on.
    pub(super) fn written(&self, name: &'a Name) -> Option<(&'a Name, &'a Relation)> {
        let mut name = name;
        for _ in 0..MAX_VIEWS {
            let relation = self.relation(name)?;
            if relation.kind != RelationKind::View {
                return Some((name, relation));
            }
            if let Some(view) = &relation.view {
                view.under.as_ref()?;
                name = view.base.as_ref()?;
                continue;
            }
            let mut under = relation.reads.iter().map(|read| &read.relation);
            let first = under.next()?;
            if under.any(|other| other != first) {
                return None;
            }
            name = first;
        }
        None
    }
}

/// What differs between two schemas, as far as a query can notice.
pub(super) struct Touched {
    relations: BTreeSet<Name>,
    functions: BTreeSet<Name>,
    types: bool,
    /// Sequences, collations or extensions.
    objects: bool,
}

impl Touched {
    pub(super) fn between(built: &Catalog, now: &Catalog) -> Touched {
        let mut relations: BTreeSet<Name> = BTreeSet::new();
        let names: BTreeSet<&Name> = built.relations.keys().chain(now.relations.keys()).collect();
        for name in names {
            let (before, after) = (built.relations.get(name), now.relations.get(name));
            let same = match (before, after) {
                (Some(before), Some(after)) => Arc::ptr_eq(before, after) || before == after,
                _ => false,
            };
            if same {
                continue;
            }
            relations.insert(name.clone());
            let parents = before.into_iter().chain(after).flat_map(|own| &own.parents);
            relations.extend(parents.cloned());
            // the tables that its foreign keys lead to cannot lose rows as they could
            for relation in before.into_iter().chain(after) {
                for constraint in &relation.constraints {
                    if let ConstraintKind::ForeignKey { references, .. } = &constraint.kind {
                        relations.insert(references.clone());
                    }
                }
            }
        }
        let types = built.types != now.types;
        let objects = built.extensions != now.extensions
            || built.collations != now.collations
            || !built.sequences.keys().eq(now.sequences.keys());
        let functions = built
            .functions
            .keys()
            .chain(now.functions.keys())
            .filter(|name| built.functions.get(name) != now.functions.get(name))
            .cloned()
            .collect();
        let mut touched = Touched {
            relations,
            functions,
            types,
            objects,
        };
        if !touched.is_empty() {
            // the programs of triggers, defaults, checks, indexes and views may name anything
            let runs = now
                .relations
                .iter()
                .filter(|(_, own)| !own.triggers.is_empty() || runs_functions(own, now));
            touched.relations.extend(runs.map(|(name, _)| name.clone()));
        }
        touched.spread(built);
        touched.spread(now);
        touched
    }

    /// What stands on something that differs, differs.
    fn spread(&mut self, catalog: &Catalog) {
        // each round takes in one more layer of views
        for _ in 0..MAX_VIEWS {
            let before = self.relations.len() + self.functions.len();
            for (name, relation) in &catalog.relations {
                let fires = relation.triggers.iter().any(|trigger| {
                    trigger
                        .function
                        .as_ref()
                        .is_some_and(|function| self.functions.contains(function))
                });
                let reads = relation.reads.iter().map(|read| &read.relation);
                if fires || reads.into_iter().any(|read| self.relations.contains(read)) {
                    self.relations.insert(name.clone());
                }
            }
            for (name, overloads) in &catalog.functions {
                let stands = overloads.iter().any(|function| {
                    let returned = function.returns.as_deref().and_then(returned_relation);
                    function
                        .reads
                        .iter()
                        .map(|read| &read.relation)
                        .chain(returned.as_ref())
                        .any(|read| self.relations.contains(read))
                });
                if stands {
                    self.functions.insert(name.clone());
                }
            }
            if before == self.relations.len() + self.functions.len() {
                return;
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.relations.is_empty() && self.functions.is_empty() && !self.types && !self.objects
    }

    pub(super) fn concerns(&self, query: &Query) -> bool {
        self.types
            || (self.objects && query.demands.iter().any(Demand::is_for_object))
            || query
                .relations
                .iter()
                .any(|name| self.relations.contains(name))
            // the text of a function may name any relation
            || !query.functions.is_empty()
    }
}

/// Whether a function that migrations made may be run to read or to store its rows.
fn runs_functions(relation: &Relation, catalog: &Catalog) -> bool {
    if catalog.functions.is_empty() {
        return false;
    }
    let called = |text: &str| {
        let mut names = words(text).into_iter();
        names.any(|word| catalog.functions.contains_key(&word.object()))
    };
    let view = relation.view.as_ref();
    view.is_some_and(|view| !view.calls.is_empty())
        || relation.computed().any(|(_, text)| called(text))
}

/// The name that the `RETURNS` of a function gives a table, if it is one: `setof t`.
pub(in crate::schema::query) fn returned_relation(returns: &str) -> Option<Name> {
    let written = returns.trim();
    let bare = match written.get(..6) {
        Some(word) if word.eq_ignore_ascii_case("setof ") => written.get(6..)?.trim(),
        _ => written,
    };
    let (schema, name) = match bare.split_once('.') {
        Some((schema, name)) => (Some(Name::fold(schema.trim())), name.trim()),
        None => (None, bare),
    };
    Some(Name::folded(schema.as_deref(), &Name::fold(name)))
}
