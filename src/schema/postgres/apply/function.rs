//! Functions and procedures, and what calls them.

use std::sync::Arc;

use super::{Dropped, Outcome, Refusal, create, depends, done, dropping, refuse, relation_mut};
use crate::schema::catalog::{Catalog, Function, Name, Trigger};
use crate::schema::postgres::change::{CreateFunction, FunctionAction, FunctionSignature};

pub(super) fn function(catalog: &mut Catalog, wanted: &CreateFunction) -> Outcome {
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
fn find(catalog: &Catalog, wanted: &FunctionSignature) -> Result<Option<usize>, Refusal> {
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

pub(super) fn drop_functions(
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
        // of several functions of one name the text does not tell which is called
        if catalog
            .functions
            .get(&wanted.name)
            .is_some_and(|all| all.len() == 1)
        {
            let what = format!("function `{}`", wanted.name);
            let meant = |called: &str| called == wanted.name.name;
            depends::take(catalog, &what, &meant, cascade, &mut dropped)?;
        }
        take_function(catalog, &wanted.name, at);
    }
    let mut applied = dropping(dropped)?;
    applied.vacuous = !met;
    Ok(applied)
}

pub(super) fn alter_function(
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
        FunctionAction::Options(said) => {
            let all = catalog.functions.get_mut(&wanted.name);
            if let (Some(found), Some(said)) = (all.and_then(|all| all.get_mut(at)), said) {
                Arc::make_mut(found).volatility = *said;
            }
            return done();
        }
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
