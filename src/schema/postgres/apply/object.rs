//! What is no table: which room of this one it belongs to; sequences, triggers, policies, schemas.

use std::sync::Arc;

use super::{
    Outcome, create, declared, done, function, missing_or, names, refuse, relation_mut, vacuous,
};
use crate::schema::catalog::{Catalog, Name, Sequence, Trigger, UserType};
use crate::schema::postgres::Change;
use crate::schema::postgres::change::SequenceAction;
use crate::schema::postgres::lower::trigger_is_understood;
use crate::source::Span;

pub(super) fn apply(catalog: &mut Catalog, change: &Change, span: Span) -> Outcome {
    match change {
        Change::CreateType { name, kind } => {
            create::in_schema(catalog, name)?;
            if catalog.types.contains_key(name) {
                return refuse("42710", format!("type `{name}` already exists"));
            }
            let kind = kind.clone();
            catalog
                .types
                .insert(name.clone(), Arc::new(UserType { kind, span }));
            done()
        }
        Change::AlterType { name, action } => declared::alter_type(catalog, name, action),
        Change::AlterDomain { name, action } => declared::alter_domain(catalog, name, action),
        Change::CreateSequence(wanted) => {
            create::in_schema(catalog, &wanted.name)?;
            if names::is_taken(catalog, &wanted.name) {
                if wanted.if_not_exists {
                    return vacuous();
                }
                return refuse(
                    "42P07",
                    format!("relation `{}` already exists", wanted.name),
                );
            }
            let owned_by = wanted.owned_by.clone();
            catalog
                .sequences
                .insert(wanted.name.clone(), Sequence { owned_by, span });
            done()
        }
        Change::AlterSequence {
            name,
            if_exists,
            action,
        } => sequence(catalog, name, *if_exists, action),
        Change::CreateFunction(wanted) => {
            let outcome = function::function(catalog, wanted)?;
            let fires = |trigger: &&Trigger| trigger.function.as_ref() == Some(&wanted.name);
            // triggers that are there run the new body
            let fires = wanted.function.is_trigger
                && catalog.relations.iter().any(|(table, own)| {
                    own.triggers
                        .iter()
                        .filter(fires)
                        .any(|trigger| !trigger_is_understood(catalog, table, trigger))
                });
            if fires {
                catalog.unknown.push(span);
            }
            Ok(outcome)
        }
        Change::DropFunction {
            functions,
            if_exists,
            cascade,
        } => function::drop_functions(catalog, functions, *if_exists, *cascade),
        Change::AlterFunction { function, action } => {
            function::alter_function(catalog, function, action)
        }
        Change::CreateSchema {
            name,
            if_not_exists,
        } => {
            if !Arc::make_mut(&mut catalog.schemas).insert(name.clone()) {
                if *if_not_exists {
                    return vacuous();
                }
                return refuse("42P06", format!("schema `{name}` already exists"));
            }
            done()
        }
        Change::RenameSchema { from, to } => rename_schema(catalog, from, to),
        Change::CreateExtension {
            name,
            if_not_exists,
        } => {
            if !Arc::make_mut(&mut catalog.extensions).insert(name.clone()) {
                if *if_not_exists {
                    return vacuous();
                }
                return refuse("42710", format!("extension `{name}` already exists"));
            }
            done()
        }
        Change::CreateCollation {
            name,
            if_not_exists,
        } => {
            if !Arc::make_mut(&mut catalog.collations).insert(name.clone()) {
                if *if_not_exists {
                    return vacuous();
                }
                return refuse("42710", format!("collation `{name}` already exists"));
            }
            done()
        }
        Change::Refresh { view, empty, .. } => {
            if let Some(own) = catalog.relation_mut(view) {
                own.populated = !empty;
            }
            done()
        }
        // a newer version of it may bring other things, and take some away
        Change::AlterExtension(name) => {
            if catalog.extensions.contains(name) {
                catalog.unknown.push(span);
            }
            done()
        }
        _ => on_table(catalog, change, span),
    }
}

/// Triggers and policies.
fn on_table(catalog: &mut Catalog, change: &Change, span: Span) -> Outcome {
    let trigger_missing = |relation: &Name, name: &str| {
        refuse(
            "42704",
            format!("trigger `{name}` of `{relation}` does not exist"),
        )
    };
    match change {
        Change::CreateTrigger(wanted) => {
            let own = relation_mut(catalog, &wanted.relation)?;
            let trigger = &wanted.trigger;
            if own.triggers.iter().any(|other| other.name == trigger.name) {
                if !wanted.replace {
                    return refuse(
                        "42710",
                        format!(
                            "trigger `{}` of `{}` already exists",
                            trigger.name, wanted.relation
                        ),
                    );
                }
                own.triggers.retain(|other| other.name != trigger.name);
            }
            own.triggers.push(trigger.clone());
            // it may refuse, drop or change what versions write
            if !trigger_is_understood(catalog, &wanted.relation, trigger) {
                catalog.unknown.push(span);
            }
            done()
        }
        Change::DropTrigger {
            relation,
            name,
            if_exists,
        } => {
            let Some(own) = catalog.relation_mut(relation) else {
                return missing_or(*if_exists, "relation", relation);
            };
            let before = own.triggers.len();
            own.triggers.retain(|other| other.name != *name);
            match (own.triggers.len() < before, if_exists) {
                (true, _) => done(),
                (_, true) => vacuous(),
                _ => trigger_missing(relation, name),
            }
        }
        Change::RenameTrigger { relation, from, to } => {
            let own = relation_mut(catalog, relation)?;
            match own.triggers.iter_mut().find(|other| other.name == *from) {
                Some(found) => {
                    found.name.clone_from(to);
                    done()
                }
                None => trigger_missing(relation, from),
            }
        }
        Change::CreatePolicy { relation, name } => {
            if !relation_mut(catalog, relation)?
                .policies
                .insert(name.clone())
            {
                return refuse(
                    "42710",
                    format!("policy `{name}` of `{relation}` already exists"),
                );
            }
            done()
        }
        Change::AlterPolicy { relation, name, to } => {
            let own = relation_mut(catalog, relation)?;
            if !own.policies.contains(name) {
                return refuse(
                    "42704",
                    format!("policy `{name}` of `{relation}` does not exist"),
                );
            }
            if let Some(to) = to {
                own.policies.remove(name);
                own.policies.insert(to.clone());
            }
            done()
        }
        Change::DropPolicy {
            relation,
            name,
            if_exists,
        } => {
            let Some(own) = catalog.relation_mut(relation) else {
                return missing_or(*if_exists, "relation", relation);
            };
            match (own.policies.remove(name), if_exists) {
                (true, _) => done(),
                (_, true) => vacuous(),
                _ => refuse(
                    "42704",
                    format!("policy `{name}` of `{relation}` does not exist"),
                ),
            }
        }
        _ => done(),
    }
}

fn sequence(
    catalog: &mut Catalog,
    name: &Name,
    if_exists: bool,
    action: &SequenceAction,
) -> Outcome {
    let Some(found) = catalog.sequences.get_mut(name) else {
        return missing_or(if_exists, "sequence", name);
    };
    let to = match action {
        SequenceAction::Rename(to) => Name::folded(Some(&name.schema), to),
        SequenceAction::SetSchema(schema) => Name::folded(Some(schema), &name.name),
        SequenceAction::OwnedBy(owner) => {
            found.owned_by.clone_from(owner);
            return done();
        }
        _ => return done(),
    };
    if names::is_taken(catalog, &to) {
        return refuse("42P07", format!("relation `{to}` already exists"));
    }
    if let Some(found) = catalog.sequences.remove(name) {
        catalog.sequences.insert(to, found);
    }
    done()
}

fn rename_schema(catalog: &mut Catalog, from: &str, to: &str) -> Outcome {
    if catalog.schemas.contains(to) {
        return refuse("42P06", format!("schema `{to}` already exists"));
    }
    if !Arc::make_mut(&mut catalog.schemas).remove(from) && from != Name::DEFAULT_SCHEMA {
        return refuse("3F000", format!("schema `{from}` does not exist"));
    }
    Arc::make_mut(&mut catalog.schemas).insert(to.to_string());
    let inside = |names: Vec<&Name>| -> Vec<Name> {
        names
            .into_iter()
            .filter(|name| name.schema == from)
            .cloned()
            .collect()
    };
    for name in inside(catalog.types.keys().collect()) {
        declared::rename_type(catalog, &name, Name::folded(Some(to), &name.name))?;
    }
    for name in inside(catalog.relations.keys().collect()) {
        super::relation::rename(catalog, &name, Name::folded(Some(to), &name.name))?;
    }
    for name in inside(catalog.sequences.keys().collect()) {
        if let Some(found) = catalog.sequences.remove(&name) {
            catalog
                .sequences
                .insert(Name::folded(Some(to), &name.name), found);
        }
    }
    for name in inside(catalog.functions.keys().collect()) {
        if let Some(found) = catalog.functions.remove(&name) {
            catalog
                .functions
                .insert(Name::folded(Some(to), &name.name), found);
        }
    }
    done()
}
