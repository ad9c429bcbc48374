//! Conditions on rows: checks, unique indexes, exclusions, foreign keys.

use super::changed::Changed;
use super::given::{Given, Row};
use super::implied::implies;
use super::{BreakKind, Element, Faults, State, Target, arbiter, shown, value};
use crate::schema::catalog::{
    Constraint, ConstraintKind, Expression, Index, Relation, TriggerEvent, TypeKind, Volatility,
};
use crate::schema::query::breaks::condition::{Known, outcome};
use crate::schema::query::contract::{Conflict, Literal, Value};

/// A condition without what does not change its meaning.
fn normal(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match joined
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        // `(a) AND (b)` must keep its brackets
        Some(inner) if !inner.contains(['(', ')']) => inner.to_string(),
        _ => joined,
    }
}

fn check_texts(relation: &Relation) -> impl Iterator<Item = (&Constraint, &Expression)> {
    relation
        .constraints
        .iter()
        .filter_map(|constraint| match &constraint.kind {
            ConstraintKind::Check(expression) if constraint.enforced => {
                Some((constraint, expression))
            }
            _ => None,
        })
}

/// Whether a check of the schema which the version was built against refuses `NULL` in a column of
/// that name, so that no parameter of the version can be one.
pub(super) fn refuse_null(target: &Target<'_>, column: &str, built: &State<'_>) -> bool {
    let value = |name: &str| match name == column {
        true => Known::Null,
        false => Known::Unknown,
    };
    built.written(target.name).is_some_and(|(_, relation)| {
        check_texts(relation)
            .any(|(_, found)| outcome(&found.text, &value) == Known::Literal(Literal::Bool(false)))
    })
}

/// Checks that the schema which the version was built against did not have.
pub(super) fn checks(
    row: &Row<'_>,
    changed: &Changed,
    target: &Target<'_>,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    let before = built.written(target.name).map(|(_, relation)| relation);
    for (constraint, expression) in check_texts(target.relation) {
        let text = normal(&expression.text);
        let known = before.is_some_and(|relation| {
            check_texts(relation).any(|(_, found)| {
                let found = normal(&found.text);
                found == text || implies(&found, &text)
            })
        });
        if known {
            continue;
        }
        let touched = row.event == TriggerEvent::Insert
            || expression.columns.is_empty()
            || expression
                .columns
                .iter()
                .any(|column| row.of(column).is_some() || changed.known(column).is_some());
        let element = Element::Constraint(target.table.clone(), constraint.name.clone());
        if !touched {
            // any update looks at the whole row, and the old rows were not looked at
            if !constraint.validated {
                out.push_as(
                    BreakKind::Check,
                    false,
                    element,
                    format!(
                        "check `{}` ({text}) was never held against the rows that are there, and an update of one that fails it is refused",
                        constraint.name
                    ),
                    format!("{} {text}", target.table),
                );
            }
            continue;
        }
        let value = |column: &str| match changed.known(column) {
            Some(known) => known,
            None => known_of(row, column, at, built),
        };
        let certain = match outcome(&expression.text, &value) {
            Known::Null | Known::Literal(Literal::Bool(true)) => continue,
            Known::Literal(Literal::Bool(false)) => true,
            _ => false,
        };
        let given: Vec<String> = expression
            .columns
            .iter()
            .filter_map(|column| match row.of(column)?.value {
                Value::Literal(literal) => Some(format!("`{column}` = {}", shown(literal))),
                _ => None,
            })
            .collect();
        let with = match (certain, given.is_empty()) {
            (true, false) => format!("with {} ", given.join(", ")),
            _ => String::new(),
        };
        let verb = if certain { "refuses" } else { "may refuse" };
        out.push_as(
            BreakKind::Check,
            certain,
            element,
            format!(
                "check `{}` ({text}) {verb} the row {with}of `{}`",
                constraint.name, target.table
            ),
            format!("{} {text}", target.table),
        );
    }
    domains(row, target, at, built, out);
    exclusions(row, target, built, out);
}

/// What is known of the value that the statement gives a column.
pub(super) fn known_of(row: &Row<'_>, column: &str, at: &State<'_>, built: &State<'_>) -> Known {
    let Some(given) = row.of(column) else {
        return Known::Unknown;
    };
    match given.value {
        Value::Literal(literal) => Known::Literal(typed(literal, given)),
        Value::Null => Known::Null,
        Value::Default => match &given.column.default {
            Some(default) => match outcome(&default.text, &|_| Known::Unknown) {
                Known::Literal(literal) => Known::Literal(typed(&literal, given)),
                other => other,
            },
            None if given.column.is_filled() => Known::Something,
            None => Known::Null,
        },
        Value::Parameter | Value::Computed { .. } => match given.null(at, built) {
            (false, _) => Known::Something,
            _ => Known::Unknown,
        },
    }
}

/// A text that is stored as a number compares as one, and a number stored as text as that.
fn typed(literal: &Literal, given: &Given<'_>) -> Literal {
    let name = given.column.ty.as_ref().map(|ty| ty.name.as_str());
    match (literal, name) {
        (
            Literal::Text(text),
            Some("smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision"),
        ) => Literal::Number(text.trim().to_string()),
        (Literal::Number(number), Some("text" | "character varying" | "character")) => {
            Literal::Text(number.clone())
        }
        _ => literal.clone(),
    }
}

/// Conditions of domains that are new.
fn domains(
    row: &Row<'_>,
    target: &Target<'_>,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    for given in &row.given {
        let Some(ty) = &given.column.ty else { continue };
        let domain = |state: &State<'_>| match &state.catalog.types.get(&value::type_name(ty))?.kind
        {
            TypeKind::Domain { checks, .. } => Some(
                checks
                    .iter()
                    .filter(|check| check.enforced)
                    .filter_map(|check| match &check.kind {
                        ConstraintKind::Check(expression) => Some(normal(&expression.text)),
                        _ => None,
                    })
                    .collect::<Vec<_>>(),
            ),
            _ => None,
        };
        let Some(now) = domain(at) else { continue };
        let was_same = given.meant.and_then(|meant| meant.ty.as_ref()) == Some(ty);
        let before = if was_same { domain(built) } else { None };
        for text in now {
            if before.as_ref().is_some_and(|known| known.contains(&text)) {
                continue;
            }
            let of_value = |name: &str| {
                if name == "value" {
                    known_of(row, &given.column.name, at, built)
                } else {
                    Known::Unknown
                }
            };
            let certain = match outcome(&text, &of_value) {
                Known::Null | Known::Literal(Literal::Bool(true)) => continue,
                Known::Literal(Literal::Bool(false)) => true,
                _ => false,
            };
            out.push_as(
                BreakKind::Check,
                certain,
                Element::Column(target.table.clone(), given.column.name.clone()),
                format!(
                    "the domain `{ty}` of `{}.{}` demands {text}",
                    target.table, given.column.name
                ),
                format!("{} {} {text}", target.table, given.column.name),
            );
        }
    }
}

fn exclusions(row: &Row<'_>, target: &Target<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    let before = built.written(target.name).map(|(_, relation)| relation);
    for constraint in &target.relation.constraints {
        let ConstraintKind::Exclude(columns) = &constraint.kind else {
            continue;
        };
        let known = before.is_some_and(|relation| {
            relation
                .constraints
                .iter()
                .any(|found| found.kind == constraint.kind)
        });
        if known || !given_any(row, columns) {
            continue;
        }
        out.push_as(
            BreakKind::Exclusion,
            false,
            Element::Constraint(target.table.clone(), constraint.name.clone()),
            format!(
                "exclusion `{}` of `{}` may refuse the row",
                constraint.name, target.table
            ),
            format!("{} {columns:?}", target.table),
        );
    }
}

/// Whether the statement gives one of the columns; an expression may be over any.
fn given_any(row: &Row<'_>, columns: &[String]) -> bool {
    row.event == TriggerEvent::Insert
        || columns.is_empty()
        || columns.iter().any(|column| row.of(column).is_some())
}

/// Unique indexes that the schema which the version was built against did not have.
pub(super) fn uniques(
    row: &Row<'_>,
    changed: &Changed,
    conflict: Option<&Conflict>,
    target: &Target<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    let before = built.written(target.name).map(|(_, relation)| relation);
    for index in target.relation.indexes.iter().filter(|index| index.unique) {
        let by_trigger = |column: &String| changed.known(column).is_some();
        if before.is_some_and(|relation| implied(index, changed, relation))
            || !(given_any(row, &index.columns) || index.columns.iter().any(by_trigger))
            || never_alike(row, changed, index)
            || conflict.is_some_and(|conflict| arbiter::takes(&conflict.arbiter, index))
        {
            continue;
        }
        let list = match &index.predicate {
            Some(predicate) => format!("{} where {predicate}", index.text),
            None => index.text.clone(),
        };
        out.push_as(
            BreakKind::Unique,
            false,
            match &index.constraint {
                Some(name) => Element::Constraint(target.table.clone(), name.clone()),
                None => Element::Index(target.table.clone(), index.name.clone()),
            },
            format!("`{}` refuses rows alike in ({list})", target.table),
            format!("{} {list}", target.table),
        );
    }
}

/// Whether the rows of `relation` could not be alike in the keys of `index` before, nor in those
/// that a trigger copies into them.
fn implied(index: &Index, changed: &Changed, relation: &Relation) -> bool {
    relation
        .indexes
        .iter()
        .filter(|found| found.unique)
        .any(|found| {
            if found.keys.iter().any(Option::is_none) || index.keys.iter().any(Option::is_none) {
                return found.text == index.text
                    && found.predicate == index.predicate
                    && found.strict_nulls == index.strict_nulls;
            }
            let narrower = found.keys.iter().flatten().all(|key| {
                let mut keys = index.keys.iter().flatten();
                keys.any(|own| changed.copied(own).unwrap_or(own) == key)
            });
            narrower
                && (found.strict_nulls || !index.strict_nulls)
                && (found.predicate.is_none() || found.predicate == index.predicate)
        })
}

/// Whether the keys cannot meet a row that is there: one is `NULL`, or the server makes it up.
fn never_alike(row: &Row<'_>, changed: &Changed, index: &Index) -> bool {
    index.keys.iter().flatten().any(|key| {
        if let Some(known) = changed.known(key) {
            return known == Known::Null && !index.strict_nulls;
        }
        let Some(given) = row.of(key) else {
            return false;
        };
        match given.value {
            Value::Null => !index.strict_nulls,
            Value::Default => {
                (!given.column.is_filled() && !index.strict_nulls)
                    || given.column.identity.is_some()
                    || given
                        .column
                        .default
                        .as_ref()
                        .is_some_and(|default| default.volatility == Volatility::Volatile)
            }
            _ => false,
        }
    })
}

/// Foreign keys that the schema which the version was built against did not have.
pub(super) fn foreign_keys(
    row: &Row<'_>,
    changed: &Changed,
    target: &Target<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    let before = built.written(target.name).map(|(_, relation)| relation);
    for constraint in target.relation.constraints.iter().filter(|c| c.enforced) {
        let ConstraintKind::ForeignKey {
            columns,
            references,
            ..
        } = &constraint.kind
        else {
            continue;
        };
        let alike = |found: &&Constraint| {
            found.enforced
                && matches!(&found.kind, ConstraintKind::ForeignKey { columns: old, references: to, .. }
                    if old == columns && to == references)
        };
        let before = before.and_then(|relation| relation.constraints.iter().find(alike));
        let known = before.is_some_and(|found| {
            (found.strict_nulls || !constraint.strict_nulls)
                && (constraint.deferrable || !found.deferrable)
        });
        let by_trigger = |column: &String| changed.known(column).is_some();
        let absent = |column: &String| {
            if let Some(known) = changed.known(column) {
                return known == Known::Null;
            }
            row.of(column).is_some_and(|given| match given.value {
                Value::Null => true,
                Value::Default => !given.column.is_filled(),
                _ => false,
            })
        };
        let given = given_any(row, columns) || columns.iter().any(by_trigger);
        let refers_to_none = match constraint.strict_nulls {
            true => columns.iter().all(absent),
            false => columns.iter().any(absent),
        };
        if known || !given || refers_to_none {
            continue;
        }
        let how = match before {
            Some(found) if found.deferrable && !constraint.deferrable => {
                " when the statement ends, and not only at commit"
            }
            Some(found) if constraint.strict_nulls && !found.strict_nulls => {
                " by all of its columns, or by none"
            }
            _ => "",
        };
        out.push_as(
            BreakKind::ForeignKey,
            false,
            Element::Constraint(target.table.clone(), constraint.name.clone()),
            format!(
                "`{}.{}` must refer to a row of `{references}`{how}",
                target.table,
                columns.join(", ")
            ),
            format!("{} to {references} {columns:?}{how}", target.table),
        );
    }
}
