//! Types that migrations declare: enums, domains, composite types.

use std::sync::Arc;

use super::{Outcome, Refusal, done, refuse, vacuous};
use crate::schema::catalog::{Catalog, Constraint, Function, Name, Relation, Type, TypeKind};
use crate::schema::postgres::change::{DomainAction, TypeAction};
use crate::schema::postgres::lower::type_name;

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

fn type_mut<'a>(catalog: &'a mut Catalog, name: &Name) -> Result<&'a mut TypeKind, Refusal> {
    match catalog.types.get_mut(name) {
        Some(found) => Ok(&mut Arc::make_mut(found).kind),
        None => refuse("42704", format!("type `{name}` does not exist")),
    }
}

/// Gives a type another name, in all columns that have it.
pub(super) fn rename_type(catalog: &mut Catalog, from: &Name, to: Name) -> Outcome {
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

pub(super) fn alter_type(catalog: &mut Catalog, name: &Name, action: &TypeAction) -> Outcome {
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

pub(super) fn alter_domain(catalog: &mut Catalog, name: &Name, action: &DomainAction) -> Outcome {
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
                strict_nulls: false,
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
