//! Types, sequences, functions, triggers, policies, schemas, extensions.

use std::sync::Arc;

use super::{
    Dropped, Outcome, create, done, dropping, missing_or, names, refuse, relation_mut, vacuous,
};
use crate::schema::catalog::{
    Catalog, Constraint, Function, Name, Relation, Sequence, Trigger, Type, TypeKind, UserType,
};
use crate::schema::postgres::Change;
use crate::schema::postgres::change::{
    CreateFunction, DomainAction, FunctionAction, FunctionSignature, SequenceAction, TypeAction,
};
use crate::schema::postgres::lower::{trigger_is_understood, type_name};
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
        Change::AlterType { name, action } => alter_type(catalog, name, action),
        Change::AlterDomain { name, action } => alter_domain(catalog, name, action),
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
            let outcome = function(catalog, wanted)?;
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
        } => drop_functions(catalog, functions, *if_exists, *cascade),
        Change::AlterFunction { function, action } => alter_function(catalog, function, action),
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

/// The columns that have a declared type: table and column.
pub(super) fn using_type(catalog: &Catalog, name: &Name) -> Vec<(Name, String)> {
    let mut found = Vec::new();
    for (table, own) in &catalog.relations {
        for column in &own.columns {
            if column.ty.as_ref().is_some_and(|ty| type_name(ty) == *name) && own.reads.is_empty() {
                found.push((table.clone(), column.name.clone()));
            }
        }
    }
    found
}

fn type_mut<'a>(catalog: &'a mut Catalog, name: &Name) -> Result<&'a mut TypeKind, super::Refusal> {
    match catalog.types.get_mut(name) {
        Some(found) => Ok(&mut Arc::make_mut(found).kind),
        None => refuse("42704", format!("type `{name}` does not exist")),
    }
}

/// Gives a type another name, in all columns that have it.
fn rename_type(catalog: &mut Catalog, from: &Name, to: Name) -> Outcome {
    if catalog.types.contains_key(&to) {
        return refuse("42710", format!("type `{to}` already exists"));
    }
    let Some(found) = catalog.types.remove(from) else {
        // the row type of a table can be renamed by its table only; extensions bring types
        return refuse("42704", format!("type `{from}` does not exist"));
    };
    catalog.types.insert(to.clone(), found);
    let spelled = to.to_string();
    let swap = |ty: &mut Type| {
        if type_name(ty) == *from {
            ty.name.clone_from(&spelled);
        }
    };
    let has = |ty: &Type| type_name(ty) == *from;
    let of = |own: &Relation| {
        let mut types = own.columns.iter().filter_map(|column| column.ty.as_ref());
        types.any(has)
    };
    let concerned = catalog.relations.iter().filter(|(_, own)| of(own));
    let concerned: Vec<Name> = concerned.map(|(table, _)| table.clone()).collect();
    for table in concerned {
        if let Some(own) = catalog.relation_mut(&table) {
            own.columns
                .iter_mut()
                .filter_map(|column| column.ty.as_mut())
                .for_each(swap);
        }
    }
    let takes = |all: &[Arc<Function>]| all.iter().any(|one| one.arguments.iter().any(has));
    let concerned = catalog.functions.iter().filter(|(_, all)| takes(all));
    let concerned: Vec<Name> = concerned.map(|(function, _)| function.clone()).collect();
    for name in concerned {
        for function in catalog.functions.get_mut(&name).into_iter().flatten() {
            if function.arguments.iter().any(|ty| type_name(ty) == *from) {
                Arc::make_mut(function).arguments.iter_mut().for_each(swap);
            }
        }
    }
    done()
}

fn alter_type(catalog: &mut Catalog, name: &Name, action: &TypeAction) -> Outcome {
    match action {
        TypeAction::Rename(to) => {
            return rename_type(catalog, name, Name::folded(Some(&name.schema), to));
        }
        TypeAction::SetSchema(schema) => {
            return rename_type(catalog, name, Name::folded(Some(schema), &name.name));
        }
        _ => {}
    }
    let kind = type_mut(catalog, name)?;
    match (action, kind) {
        (
            TypeAction::AddValue {
                label,
                if_not_exists,
                place,
            },
            TypeKind::Enum(labels),
        ) => {
            if labels.contains(label) {
                if *if_not_exists {
                    return vacuous();
                }
                return refuse(
                    "42710",
                    format!("enum `{name}` already has the label '{label}'"),
                );
            }
            let at = match place {
                None => labels.len(),
                Some((before, beside)) => match labels.iter().position(|other| other == beside) {
                    Some(found) if *before => found,
                    Some(found) => found + 1,
                    None => {
                        return refuse("22023", format!("enum `{name}` has no label '{beside}'"));
                    }
                },
            };
            labels.insert(at, label.clone());
        }
        (TypeAction::RenameValue { from, to }, TypeKind::Enum(labels)) => {
            if labels.contains(to) {
                return refuse(
                    "42710",
                    format!("enum `{name}` already has the label '{to}'"),
                );
            }
            match labels.iter_mut().find(|label| *label == from) {
                Some(found) => found.clone_from(to),
                None => return refuse("22023", format!("enum `{name}` has no label '{from}'")),
            }
        }
        (TypeAction::AddValue { .. } | TypeAction::RenameValue { .. }, _) => {
            return refuse("42809", format!("`{name}` is not an enum"));
        }
        (TypeAction::AddAttribute(field, ty), TypeKind::Composite(fields)) => {
            if fields.iter().any(|(other, _)| other == field) {
                return refuse(
                    "42701",
                    format!("attribute `{field}` of `{name}` already exists"),
                );
            }
            fields.push((field.clone(), ty.clone()));
        }
        (
            TypeAction::DropAttribute {
                name: field,
                if_exists,
            },
            TypeKind::Composite(fields),
        ) => {
            if !fields.iter().any(|(other, _)| other == field) {
                if *if_exists {
                    return vacuous();
                }
                return refuse(
                    "42703",
                    format!("attribute `{field}` of `{name}` does not exist"),
                );
            }
            fields.retain(|(other, _)| other != field);
        }
        (TypeAction::AlterAttribute(field, ty), TypeKind::Composite(fields)) => {
            match fields.iter_mut().find(|(other, _)| other == field) {
                Some((_, found)) => found.clone_from(ty),
                None => {
                    return refuse(
                        "42703",
                        format!("attribute `{field}` of `{name}` does not exist"),
                    );
                }
            }
        }
        (TypeAction::RenameAttribute { from, to }, TypeKind::Composite(fields)) => {
            match fields.iter_mut().find(|(other, _)| other == from) {
                Some((found, _)) => found.clone_from(to),
                None => {
                    return refuse(
                        "42703",
                        format!("attribute `{from}` of `{name}` does not exist"),
                    );
                }
            }
        }
        _ => {}
    }
    done()
}

fn alter_domain(catalog: &mut Catalog, name: &Name, action: &DomainAction) -> Outcome {
    match action {
        DomainAction::Rename(to) => {
            return rename_type(catalog, name, Name::folded(Some(&name.schema), to));
        }
        DomainAction::SetSchema(schema) => {
            return rename_type(catalog, name, Name::folded(Some(schema), &name.name));
        }
        _ => {}
    }
    let TypeKind::Domain {
        not_null,
        default,
        checks,
        ..
    } = type_mut(catalog, name)?
    else {
        return refuse("42809", format!("`{name}` is not a domain"));
    };
    let missing = |constraint: &str| {
        refuse(
            "42704",
            format!("constraint `{constraint}` of domain `{name}` does not exist"),
        )
    };
    match action {
        DomainAction::AddConstraint(definition) => {
            let own = || format!("{}_check", name.name);
            checks.push(Constraint {
                name: definition.name.clone().unwrap_or_else(own),
                kind: definition.kind.clone(),
                validated: definition.validated,
                enforced: definition.enforced,
                deferrable: false,
                span: definition.span,
            });
        }
        DomainAction::DropConstraint {
            name: constraint,
            if_exists,
        } => {
            let before = checks.len();
            checks.retain(|check| check.name != *constraint);
            if checks.len() == before {
                return if *if_exists {
                    vacuous()
                } else {
                    missing(constraint)
                };
            }
        }
        DomainAction::ValidateConstraint(constraint) => {
            match checks.iter_mut().find(|check| check.name == *constraint) {
                Some(check) => check.validated = true,
                None => return missing(constraint),
            }
        }
        DomainAction::RenameConstraint { from, to } => {
            match checks.iter_mut().find(|check| check.name == *from) {
                Some(check) => check.name.clone_from(to),
                None => return missing(from),
            }
        }
        DomainAction::SetNotNull => *not_null = true,
        DomainAction::DropNotNull => *not_null = false,
        DomainAction::SetDefault(value) => *default = Some(value.clone()),
        DomainAction::DropDefault => *default = None,
        _ => {}
    }
    done()
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

fn function(catalog: &mut Catalog, wanted: &CreateFunction) -> Outcome {
    create::in_schema(catalog, &wanted.name)?;
    let Some(all) = catalog.functions.get_mut(&wanted.name) else {
        let all = vec![Arc::new(wanted.function.clone())];
        catalog.functions.insert(wanted.name.clone(), all);
        return done();
    };
    let same = |other: &Arc<Function>| other.arguments == wanted.function.arguments;
    match all.iter_mut().find(|other| same(other)) {
        Some(_) if !wanted.replace => refuse(
            "42723",
            format!(
                "function `{}` already exists with these arguments",
                wanted.name
            ),
        ),
        Some(found) => {
            let spelled =
                |returns: &Option<String>| returns.as_ref().map(|text| text.to_lowercase());
            if spelled(&found.returns) != spelled(&wanted.function.returns) {
                return refuse(
                    "42P13",
                    format!("function `{}` cannot change what it returns", wanted.name),
                );
            }
            *found = Arc::new(wanted.function.clone());
            done()
        }
        None => {
            all.push(Arc::new(wanted.function.clone()));
            done()
        }
    }
}

/// Where a function stands among those of its name.
fn find(catalog: &Catalog, wanted: &FunctionSignature) -> Result<Option<usize>, super::Refusal> {
    let Some(all) = catalog.functions.get(&wanted.name) else {
        return Ok(None);
    };
    match &wanted.arguments {
        Some(arguments) => Ok(all.iter().position(|one| one.arguments == *arguments)),
        None if all.len() > 1 => refuse(
            "42725",
            format!("there are several functions `{}`", wanted.name),
        ),
        None => Ok((!all.is_empty()).then_some(0)),
    }
}

fn drop_functions(
    catalog: &mut Catalog,
    functions: &[FunctionSignature],
    if_exists: bool,
    cascade: bool,
) -> Outcome {
    let mut dropped = Vec::new();
    let mut met = false;
    for wanted in functions {
        let Some(at) = find(catalog, wanted)? else {
            // extensions bring functions that migrations may drop
            if if_exists || !catalog.extensions.is_empty() {
                continue;
            }
            return refuse(
                "42883",
                format!("function `{}` does not exist", wanted.name),
            );
        };
        met = true;
        let called = |trigger: &Trigger| trigger.function.as_ref() == Some(&wanted.name);
        let users: Vec<(Name, String)> = catalog
            .relations
            .iter()
            .flat_map(|(name, own)| own.triggers.iter().map(move |trigger| (name, trigger)))
            .filter(|(_, trigger)| called(trigger))
            .map(|(name, trigger)| (name.clone(), trigger.name.clone()))
            .collect();
        for (table, trigger) in users {
            if !cascade {
                return refuse(
                    "2BP01",
                    format!(
                        "function `{}` cannot be dropped: trigger `{trigger}` of `{table}` calls it",
                        wanted.name
                    ),
                );
            }
            relation_mut(catalog, &table)?
                .triggers
                .retain(|other| other.name != trigger);
            dropped.push(Dropped {
                kind: "trigger",
                name: format!("{table}.{trigger}"),
            });
        }
        take_function(catalog, &wanted.name, at);
    }
    let mut applied = dropping(dropped)?;
    applied.vacuous = !met;
    Ok(applied)
}

fn alter_function(
    catalog: &mut Catalog,
    wanted: &FunctionSignature,
    action: &FunctionAction,
) -> Outcome {
    let Some(at) = find(catalog, wanted)? else {
        if !catalog.extensions.is_empty() {
            return done();
        }
        return refuse(
            "42883",
            format!("function `{}` does not exist", wanted.name),
        );
    };
    let to = match action {
        FunctionAction::Rename(to) => Name::folded(Some(&wanted.name.schema), to),
        FunctionAction::SetSchema(schema) => Name::folded(Some(schema), &wanted.name.name),
        FunctionAction::Options => return done(),
    };
    let Some(moved) = take_function(catalog, &wanted.name, at) else {
        return done();
    };
    let mut all = catalog.functions.get(&to).cloned().unwrap_or_default();
    all.push(moved);
    catalog.functions.insert(to.clone(), all);
    let calls = |trigger: &Trigger| trigger.function.as_ref() == Some(&wanted.name);
    let concerned = catalog.relations.iter();
    let concerned: Vec<Name> = concerned
        .filter(|(_, own)| own.triggers.iter().any(calls))
        .map(|(table, _)| table.clone())
        .collect();
    for table in concerned {
        for trigger in &mut relation_mut(catalog, &table)?.triggers {
            if calls(trigger) {
                trigger.function = Some(to.clone());
            }
        }
    }
    done()
}

/// Takes one of the functions of that name out.
fn take_function(catalog: &mut Catalog, name: &Name, at: usize) -> Option<Arc<Function>> {
    let all = catalog.functions.get_mut(name)?;
    let taken = (at < all.len()).then(|| all.remove(at));
    if all.is_empty() {
        catalog.functions.remove(name);
    }
    taken
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
        rename_type(catalog, &name, Name::folded(Some(to), &name.name))?;
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
