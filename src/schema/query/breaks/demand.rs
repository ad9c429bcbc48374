//! What a query needs beside relations and columns: types, sequences, collations, extensions, rows
//! that can be locked, numbers of columns.

mod usage;
mod width;

use super::element::{BreakKind, Element, When};
use super::state::State;
use super::{Faults, value};
use crate::schema::catalog::{
    ConstraintKind, Extension, Name, Relation, RelationKind, TriggerEvent, Type, TypeKind,
};
use crate::schema::query::contract::{Literal, Output, Query};
use crate::schema::query::demand::Demand;

pub(super) fn judge(query: &Query, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    for demand in &query.demands {
        match demand {
            Demand::Type(name) => declared_type(name, at, out),
            Demand::Constant(ty, literal) => {
                constant(ty, literal, at, out);
                demanded(ty, at, built, out);
            }
            Demand::Given(ty) => {
                given(ty, at, built, out);
                demanded(ty, at, built, out);
            }
            Demand::Attribute(name, attribute) => composite(name, attribute, at, out),
            Demand::Sequence(name) => sequence(name.as_ref(), at, built, out),
            Demand::Collation(name) => {
                if !at.catalog.collations.contains(name) {
                    let reason = format!("collation `{name}` does not exist");
                    let element = Element::Collation(name.clone());
                    out.push(BreakKind::MissingCollation, true, element, reason);
                }
            }
            Demand::Extension(name) => {
                if !at.catalog.extensions.contains(name) {
                    let reason = format!("extension `{name}` does not exist");
                    let element = Element::Function(Name::folded(None, name));
                    out.push(BreakKind::MissingFunction, false, element, reason);
                }
            }
            Demand::Function(name) => brought_function(name, at, built, out),
            Demand::Operator(sign) => brought_operator(sign, at, built, out),
            Demand::Use {
                relation,
                column,
                usage,
            } => usage::judge(relation, column, usage, at, built, out),
            Demand::Locked(name) => locked(name, at, out),
            Demand::Merged(name) => merged(name, at, out),
            Demand::Truncated(name) => truncated(name, at, out),
            Demand::Stored(name) => stored(name, at, out),
            Demand::Deferrable(relation, name) => deferrable(relation, name, at, out),
            Demand::Copied(name, into) => copied(name, *into, at, out),
            Demand::Grouped { relation, by } => {
                let keyed = |own: &Relation| {
                    own.constraints.iter().any(|found| match &found.kind {
                        ConstraintKind::PrimaryKey(columns) => {
                            !found.deferrable && columns.iter().all(|column| by.contains(column))
                        }
                        _ => false,
                    })
                };
                if at.relation(relation).is_some_and(|own| !keyed(own)) {
                    out.push(
                        BreakKind::NotGrouped,
                        true,
                        Element::Relation(relation.clone()),
                        format!(
                            "columns of `{relation}` are given that are not grouped by, and its primary key, which decided them, is not there"
                        ),
                    );
                }
            }
            Demand::Width { columns, wanted } => width::judge(columns, wanted, at, built, out),
        }
    }
    for name in &query.relations {
        if let Some(own) = at.relation(name) {
            shown(query, name, own, at, built, out);
        }
    }
}

/// The extensions of a state of which it is known what they bring.
fn known<'a>(state: &State<'a>) -> impl Iterator<Item = &'static Extension> + use<'a> {
    let all = state.catalog.extensions.iter();
    all.filter_map(|name| Extension::named(name))
}

fn declared_type(name: &Name, at: &State<'_>, out: &mut Faults<'_>) {
    let there = at.catalog.types.contains_key(name)
        || known(at).any(|extension| extension.has_type(&name.name));
    if !there {
        out.push(
            BreakKind::MissingType,
            true,
            Element::Type(name.clone()),
            format!("type `{name}` does not exist"),
        );
    }
}

fn constant(ty: &Type, literal: &Literal, at: &State<'_>, out: &mut Faults<'_>) {
    let name = value::type_name(ty);
    if !at.catalog.types.contains_key(&name) {
        return;
    }
    if let Some(fault) = value::constant(literal, ty, at.catalog, false) {
        let when = match fault.label {
            // a kept plan holds the label as it was read
            true => When::Fresh,
            false => When::Always,
        };
        out.push_with(
            fault.kind,
            fault.kind.sqlstate(),
            when,
            fault.certain,
            Element::Type(name.clone()),
            fault.reason,
            format!("{name} {literal:?}"),
        );
    }
}

/// A label that a value of the enum `was` may be, and that the enum `is` has not.
pub(super) fn lost_label(
    was: &Type,
    is: &Type,
    at: &State<'_>,
    built: &State<'_>,
) -> Option<String> {
    let labels = |ty: &Type, state: &State<'_>| -> Option<Vec<String>> {
        let base = value::base(ty, state.catalog);
        match &state.catalog.types.get(&value::type_name(&base))?.kind {
            TypeKind::Enum(labels) => Some(labels.clone()),
            _ => None,
        }
    };
    let now = labels(is, at)?;
    labels(was, built)?
        .into_iter()
        .find(|label| !now.contains(label))
}

fn given(ty: &Type, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    if let Some(label) = lost_label(ty, ty, at, built) {
        out.push(
            BreakKind::Constant,
            false,
            Element::Type(value::type_name(ty)),
            format!("`{ty}` has no label '{label}', which the version may give"),
        );
    }
}

/// Conditions of a domain that it did not have.
fn demanded(ty: &Type, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    let name = value::type_name(ty);
    let conditions = |state: &State<'_>| -> Vec<String> {
        let Some(found) = state.catalog.types.get(&name) else {
            return Vec::new();
        };
        let TypeKind::Domain { checks, .. } = &found.kind else {
            return Vec::new();
        };
        let texts = checks.iter().filter(|check| check.enforced);
        texts
            .filter_map(|check| match &check.kind {
                ConstraintKind::Check(condition) => Some(condition.text.clone()),
                _ => None,
            })
            .collect()
    };
    let before = conditions(built);
    for condition in conditions(at) {
        if !before.contains(&condition) {
            out.push_as(
                BreakKind::Check,
                false,
                Element::Type(name.clone()),
                format!("domain `{name}` demands {condition}"),
                format!("{name} {condition}"),
            );
        }
    }
}

fn composite(name: &Name, attribute: &str, at: &State<'_>, out: &mut Faults<'_>) {
    let Some(found) = at.catalog.types.get(name) else {
        return;
    };
    if let TypeKind::Composite(fields) = &found.kind
        && !fields.iter().any(|(field, _)| field == attribute)
    {
        out.push_as(
            BreakKind::MissingColumn,
            true,
            Element::Type(name.clone()),
            format!("type `{name}` has no attribute `{attribute}`"),
            format!("{name} {attribute}"),
        );
    }
}

fn sequence(name: Option<&Name>, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    let gone: Vec<&Name> = match name {
        Some(name) => vec![name],
        None => built.catalog.sequences.keys().collect(),
    };
    for gone in gone {
        if !at.catalog.sequences.contains_key(gone) {
            out.push(
                BreakKind::MissingRelation,
                name.is_some(),
                Element::Relation(gone.clone()),
                format!("sequence `{gone}` does not exist"),
            );
        }
    }
}

fn brought_function(name: &str, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    let brings = |state: &State<'_>| {
        let server = state.catalog.server;
        known(state).find(|found| found.has_function(name, server))
    };
    let declared = |found: &Name| found.name == name;
    let Some(extension) = brings(built) else {
        return;
    };
    if brings(at).is_none() && !at.catalog.functions.keys().any(declared) {
        out.push(
            BreakKind::MissingFunction,
            true,
            Element::Function(Name::folded(None, name)),
            format!(
                "function `{name}` does not exist without extension `{}`",
                extension.name()
            ),
        );
    }
}

/// Signs that the server has for some types of its own.
const OF_SERVER_TOO: [&str; 3] = ["<->", "@@", "<@>"];

fn brought_operator(sign: &str, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    let brings = |state: &State<'_>| known(state).find(|found| found.has_operator(sign));
    let Some(extension) = brings(built) else {
        return;
    };
    if brings(at).is_none() {
        out.push(
            BreakKind::Operator,
            !OF_SERVER_TOO.contains(&sign),
            Element::Function(Name::folded(None, sign)),
            format!(
                "operator `{sign}` does not exist without extension `{}`",
                extension.name()
            ),
        );
    }
}

/// How many views may stand on each other.
const MAX_VIEWS: usize = 16;

fn locked(name: &Name, at: &State<'_>, out: &mut Faults<'_>) {
    let mut under = vec![name];
    for _ in 0..MAX_VIEWS {
        let Some(next) = under.pop() else { return };
        let Some(own) = at.relation(next) else {
            continue;
        };
        let reason = match own.kind {
            RelationKind::View if own.view.as_ref().is_some_and(|view| !view.lockable) => format!(
                "`{next}` is a view that groups or joins rows into others, and they cannot be locked by `FOR UPDATE`"
            ),
            RelationKind::MaterializedView => {
                format!("`{next}` is a materialized view, and its rows cannot be locked")
            }
            RelationKind::View => {
                under.extend(own.view.as_ref().and_then(|view| view.base.as_ref()));
                continue;
            }
            _ => continue,
        };
        out.push(
            BreakKind::NotLockable,
            true,
            Element::Relation(name.clone()),
            reason,
        );
        return;
    }
}

fn is_view(own: &Relation) -> bool {
    matches!(
        own.kind,
        RelationKind::View | RelationKind::MaterializedView
    )
}

fn merged(name: &Name, at: &State<'_>, out: &mut Faults<'_>) {
    let server = at.catalog.server;
    if server >= 17 || !at.relation(name).is_some_and(is_view) {
        return;
    }
    let known = match server {
        0 => "before PostgreSQL 17".to_string(),
        server => format!("on PostgreSQL {server}"),
    };
    out.push(
        BreakKind::NotATable,
        server > 0,
        Element::Relation(name.clone()),
        format!("`{name}` is a view, into which `MERGE` is refused {known}"),
    );
}

fn truncated(name: &Name, at: &State<'_>, out: &mut Faults<'_>) {
    if at.relation(name).is_some_and(is_view) {
        out.push(
            BreakKind::NotATable,
            true,
            Element::Relation(name.clone()),
            format!("`{name}` is a view, and `TRUNCATE` takes tables only"),
        );
    }
}

fn stored(name: &Name, at: &State<'_>, out: &mut Faults<'_>) {
    if at
        .relation(name)
        .is_some_and(|own| own.kind == RelationKind::View)
    {
        out.push(
            BreakKind::NotATable,
            true,
            Element::Relation(name.clone()),
            format!("`{name}` is a view, whose rows are not stored and have no place of their own"),
        );
    }
}

fn deferrable(relation: &Name, name: &str, at: &State<'_>, out: &mut Faults<'_>) {
    let Some(own) = at.relation(relation) else {
        return;
    };
    let (sqlstate, reason) = match own.constraint(name) {
        None => ("42704", "does not exist"),
        Some(constraint) if !constraint.deferrable => ("42809", "cannot be deferred"),
        Some(_) => return,
    };
    let element = Element::Constraint(relation.clone(), name.to_string());
    let kind = BreakKind::ConflictConstraint;
    out.push_with(
        kind,
        sqlstate,
        kind.when(),
        true,
        element.clone(),
        format!("constraint `{name}` of `{relation}` {reason}, and `SET CONSTRAINTS` names it"),
        format!("{element} deferred"),
    );
}

fn copied(name: &Name, into: bool, at: &State<'_>, out: &mut Faults<'_>) {
    let Some(own) = at.relation(name) else { return };
    let takes = own.triggers.iter().any(|trigger| {
        trigger.instead && trigger.enabled && trigger.events.contains(&TriggerEvent::Insert)
    });
    let refused = match own.kind {
        RelationKind::View => !(into && takes),
        RelationKind::MaterializedView => into,
        RelationKind::Partitioned => !into,
        _ => false,
    };
    if refused {
        let (kind, way) = match (own.kind, into) {
            (RelationKind::Partitioned, _) => ("partitioned", "from it by its name"),
            (_, true) => ("a view", "into it"),
            (_, false) => ("a view", "from it by its name"),
        };
        out.push(
            BreakKind::NotATable,
            true,
            Element::Relation(name.clone()),
            format!("`{name}` is {kind}, and `COPY` {way} is refused"),
        );
    }
}

/// Rows that a relation does not show any more.
fn shown(
    query: &Query,
    name: &Name,
    own: &Relation,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    if !own.populated {
        out.push(
            BreakKind::NotPopulated,
            true,
            Element::Relation(name.clone()),
            format!("materialized view `{name}` is made `WITH NO DATA` and cannot be read until it is refreshed"),
        );
    }
    let Some(before) = built.relation(name) else {
        return;
    };
    let read = query.reads.iter().any(|(owner, _)| owner == name)
        || query
            .output
            .iter()
            .any(|output| matches!(output, Output::Star(owner) if owner == name));
    if !read {
        return;
    }
    let hidden = |reason: String, out: &mut Faults<'_>| {
        let key = format!("{name} {reason}");
        let element = Element::Relation(name.clone());
        out.push_as(BreakKind::RowsHidden, false, element, reason, key);
    };
    if let Some(view) = &own.view {
        let was = before.view.as_ref();
        let condition = was.and_then(|was| was.condition.as_ref());
        match &view.condition {
            Some(now) if condition != Some(now) && view.base.is_some() => hidden(
                format!("`{name}` is a view that shows only rows where {now}"),
                out,
            ),
            _ if view.base.is_none() && was.is_none() && before.kind != RelationKind::View => {
                hidden(
                    format!("`{name}` is a view, and its rows are not those of one table"),
                    out,
                );
            }
            _ => {}
        }
    }
    for part in gone_partitions(name, at, built) {
        hidden(format!("the rows of `{part}` are no rows of `{name}`"), out);
    }
}

/// The partitions that a table had and has not.
pub(super) fn gone_partitions<'a>(name: &Name, at: &State<'a>, built: &State<'a>) -> Vec<&'a Name> {
    let is_partition = |state: &State<'_>, part: &Name| {
        let found = state.relation(part);
        found.is_some_and(|own| own.parents.contains(name))
    };
    if !built
        .relation(name)
        .is_some_and(|own| own.kind == RelationKind::Partitioned)
    {
        return Vec::new();
    }
    built
        .catalog
        .relations
        .naming(name)
        .into_iter()
        .map(|(part, _)| part)
        .filter(|part| is_partition(built, part) && !is_partition(at, part))
        .collect()
}
