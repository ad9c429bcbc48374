//! Relations that get another name or schema.

use std::sync::Arc;

use super::{Outcome, done, names, refuse};
use crate::schema::catalog::{Catalog, ConstraintKind, Name};
use crate::schema::postgres::change::TableAction;

/// Gives a relation another name; what names it follows.
pub(super) fn rename(catalog: &mut Catalog, from: &Name, to: Name) -> Outcome {
    if names::is_taken(catalog, &to) {
        return refuse("42P07", format!("relation `{to}` already exists"));
    }
    let Some(mut own) = catalog.relations.remove(from) else {
        return refuse("42P01", format!("relation `{from}` does not exist"));
    };
    for index in &own.indexes {
        catalog
            .indexes
            .remove(&Name::folded(Some(&from.schema), &index.name));
        catalog
            .indexes
            .insert(Name::folded(Some(&to.schema), &index.name), to.clone());
    }
    follow(Arc::make_mut(&mut own), from, &to);
    catalog.relations.insert(to.clone(), own);
    let concerned = catalog.relations.naming(from).into_iter();
    let concerned: Vec<Name> = concerned.map(|(name, _)| name.clone()).collect();
    for name in concerned {
        if let Some(other) = catalog.relation_mut(&name) {
            follow(other, from, &to);
        }
    }
    let owned = catalog.sequences.naming(from).into_iter();
    let owned: Vec<Name> = owned.map(|(name, _)| name.clone()).collect();
    for name in owned {
        if let Some(sequence) = catalog.sequences.get_mut(&name)
            && let Some(owner) = &mut sequence.owned_by
        {
            owner.relation = to.clone();
        }
    }
    done()
}

fn follow(relation: &mut crate::schema::catalog::Relation, from: &Name, to: &Name) {
    let swap = |name: &mut Name| {
        if name == from {
            *name = to.clone();
        }
    };
    let base = relation
        .view
        .iter_mut()
        .filter_map(|view| view.base.as_mut());
    base.for_each(swap);
    relation.parents.iter_mut().for_each(swap);
    relation.default_partition.iter_mut().for_each(swap);
    relation
        .reads
        .iter_mut()
        .for_each(|read| swap(&mut read.relation));
    for constraint in &mut relation.constraints {
        if let ConstraintKind::ForeignKey { references, .. } = &mut constraint.kind {
            swap(references);
        }
    }
}

/// Where a rename leads, if that is what an action does.
pub(in crate::schema::postgres) fn moved(name: &Name, action: &TableAction) -> Option<Name> {
    match action {
        TableAction::Rename(to) => Some(Name::folded(Some(&name.schema), to)),
        TableAction::SetSchema(schema) => Some(Name::folded(Some(schema), &name.name)),
        _ => None,
    }
}

/// `ALTER TABLE` of an index or a sequence.
pub(super) fn alter_other(catalog: &mut Catalog, name: &Name, action: &TableAction) -> Outcome {
    let Some(to) = moved(name, action) else {
        return done();
    };
    if names::is_taken(catalog, &to) {
        return refuse("42P07", format!("relation `{to}` already exists"));
    }
    if let Some(table) = catalog.indexes.get(name).cloned() {
        super::index::rename(catalog, &table, &name.name, &to.name, None);
    } else if let Some(sequence) = catalog.sequences.remove(name) {
        catalog.sequences.insert(to, sequence);
    }
    done()
}
