//! Rows: what a statement that writes meets.

mod arbiter;
mod changed;
mod checks;
mod children;
mod given;
mod implied;
mod partition;
mod referenced;
mod through;
mod trigger;

use std::collections::BTreeSet;

use super::condition::Known;
use super::demand::lost_label;
use super::element::{BreakKind, Element, When};
use super::state::State;
use super::structure::column_is_there;
use super::{Faults, value};
use crate::schema::catalog::{
    Catalog, ConstraintKind, Identity, Name, Relation, TriggerEvent, TypeKind,
};
use crate::schema::query::contract::{Conflict, Contract, Insert, Literal, Origin, Value, Write};
use changed::Changed;
pub(super) use changed::counts_on;
use given::{Given, Row};
use referenced::referenced;
use trigger::triggers;

pub(super) fn judge(write: &Write, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    judge_one(write, at, built, out);
    if let Some(table) = at.written(write.relation()) {
        children::judge(write, table, at, built, out);
    }
}

/// What a write meets in the table itself.
fn judge_one(write: &Write, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    let name = write.relation();
    if at.relation(name).is_none() {
        return;
    }
    let events = events(write);
    let instead = through::instead(name, events, at);
    if instead {
        // what is written the function of the trigger decides
        if let Some(view) = at.relation(name) {
            let target = Target {
                name,
                table: name,
                relation: view,
            };
            triggers(&target, events, at, built, out);
        }
        return;
    }
    let Some((table, relation)) = through::written(write, at, out) else {
        return;
    };
    let target = Target {
        name,
        table,
        relation,
    };
    match write {
        Write::Insert(insert) => insert_judged(insert, &target, at, built, out),
        Write::Update { set, .. } => update_judged(set, &target, at, built, out),
        Write::Delete { .. } => {
            triggers(&target, &[TriggerEvent::Delete], at, built, out);
            referenced(&target, None, at, out);
        }
    }
}

/// What a write fires.
fn events(write: &Write) -> &'static [TriggerEvent] {
    match write {
        Write::Insert(_) => &[TriggerEvent::Insert],
        Write::Update { .. } => &[TriggerEvent::Update],
        Write::Delete { .. } => &[TriggerEvent::Delete],
    }
}

/// The first query of the contract whose new rows have `NULL` in a column of a table for certain, on
/// the schema `now`: it leaves the column out or writes `NULL`, and neither a default nor a trigger
/// fills it.
///
/// A version of which no query is known leaves out a column that the schema `built`, which it was
/// built against, does not have. Linear in the contract.
pub fn left_null(
    contract: &Contract,
    built: &Catalog,
    now: &Catalog,
    table: &Name,
    column: &str,
) -> Option<crate::source::Span> {
    let (at, before) = (State::new(now), State::new(built));
    let found = at.column(table, column)?;
    let relation = at.relation(table)?;
    if found.not_null || found.is_filled() {
        return None;
    }
    let filled = |row: &Row<'_>, name: &Name| {
        let target = Target {
            name,
            table,
            relation,
        };
        changed::changed(row, &target, &at, &before).fills(column)
    };
    let any = Row {
        event: TriggerEvent::Insert,
        given: Vec::new(),
    };
    for query in &contract.queries {
        // what is only said to be used may be read alone
        if query.origin == Origin::Uses {
            continue;
        }
        if query.origin == Origin::Schema {
            let knows = before.column(table, column).is_some();
            let writes = before.relation(table).is_some() && query.relations.contains(table);
            if !knows && writes && !filled(&any, table) {
                return Some(query.place);
            }
            continue;
        }
        let mut ignored = Faults {
            query,
            found: Vec::new(),
            nested: true,
            bodies: BTreeSet::new(),
        };
        for write in &query.writes {
            let Write::Insert(insert) = write else {
                continue;
            };
            let Some((under, relation)) = at.written(&insert.relation) else {
                continue;
            };
            let target = Target {
                name: &insert.relation,
                table: under,
                relation,
            };
            let left = insert.rows.iter().any(|values| {
                given::inserted(insert, values, &target, &at, &before, &mut ignored).is_some_and(
                    |row| {
                        let null = |given: &Given<'_>| given.null(&at, &before).1;
                        row.of(column).is_some_and(null) && !filled(&row, &insert.relation)
                    },
                )
            });
            if under == table && left {
                return Some(query.place);
            }
        }
    }
    None
}

/// What is written: the relation that the statement names, and the table under it.
struct Target<'a> {
    name: &'a Name,
    table: &'a Name,
    relation: &'a Relation,
}

fn insert_judged(
    insert: &Insert,
    target: &Target<'_>,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    let mut complete = true;
    if let Some(columns) = &insert.columns {
        for column in columns {
            complete &= column_is_there(target.name, column, at, out);
        }
    }
    if let Some(conflict) = &insert.conflict {
        for (column, _) in &conflict.set {
            complete &= column_is_there(target.name, column, at, out);
        }
    }
    if !complete {
        return;
    }
    triggers(target, &[TriggerEvent::Insert], at, built, out);
    partition::judge(None, target, at, built, out);
    row_security(target, out);
    for values in &insert.rows {
        let Some(row) = given::inserted(insert, values, target, at, built, out) else {
            continue;
        };
        stored(&row, insert.overriding, target, at, built, out);
        let changed = changed::changed(&row, target, at, built);
        let conflict = insert.conflict.as_ref();
        kept(&row, &changed, conflict, target, at, built, out);
    }
    if let Some(conflict) = &insert.conflict {
        arbiter::judge(&conflict.arbiter, target, at, out);
        if !conflict.set.is_empty() {
            update_judged(&conflict.set, target, at, built, out);
        }
    }
}

fn update_judged(
    set: &[(String, Value)],
    target: &Target<'_>,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    let mut complete = true;
    for (column, _) in set {
        complete &= column_is_there(target.name, column, at, out);
    }
    if !complete {
        return;
    }
    triggers(target, &[TriggerEvent::Update], at, built, out);
    let set_columns: Vec<&str> = set.iter().map(|(column, _)| column.as_str()).collect();
    partition::judge(Some(&set_columns), target, at, built, out);
    let row = given::updated(set, target, at, built);
    stored(&row, false, target, at, built, out);
    let changed = changed::changed(&row, target, at, built);
    kept(&row, &changed, None, target, at, built, out);
    let names: BTreeSet<&str> = set.iter().map(|(column, _)| column.as_str()).collect();
    referenced(target, Some(&names), at, out);
}

/// Whether the table keeps the row that its triggers have changed.
fn kept(
    row: &Row<'_>,
    changed: &Changed,
    conflict: Option<&Conflict>,
    target: &Target<'_>,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    let told = out.found.len();
    nulls(row, changed, target, at, built, out);
    through::checked(row, target, at, built, out);
    checks::checks(row, changed, target, at, built, out);
    checks::uniques(row, changed, conflict, target, built, out);
    checks::foreign_keys(row, changed, target, built, out);
    if out.nested {
        // its values come from the row that sets the trigger off, and nobody knows them
        let mut number = 0;
        out.found.retain(|fault| {
            number += 1;
            number <= told || fault.found.certain
        });
    }
}

/// Whether the values fit the types, and whether they may be given at all.
fn stored(
    row: &Row<'_>,
    overriding: bool,
    target: &Target<'_>,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    for given in &row.given {
        let column = given.column;
        let element = Element::Column(target.name.clone(), column.name.clone());
        let said = !matches!(given.value, Value::Default);
        let owned = match column.identity {
            Some(Identity::Always) => !overriding,
            _ => column.generated.is_some(),
        };
        if said && owned {
            out.push(
                BreakKind::Generated,
                true,
                element,
                format!(
                    "`{}.{}` is generated, and only the server gives its value",
                    target.name, column.name
                ),
            );
            continue;
        }
        let Some(now) = &column.ty else { continue };
        let misfit = match given.value {
            Value::Literal(literal) => value::constant(literal, now, at.catalog, false),
            Value::Computed {
                copy: Some((owner, source)),
                ..
            } => at
                .column(owner, source)
                .and_then(|found| found.ty.as_ref())
                .and_then(|was| value::narrower(was, now, at.catalog)),
            Value::Parameter | Value::Computed { .. } => given
                .meant
                .and_then(|meant| meant.ty.as_ref())
                .and_then(|was| value::narrower(was, now, at.catalog)),
            Value::Default | Value::Null => None,
        };
        // with an enum that a copy has too, each label goes under its name of today
        let free = matches!(
            given.value,
            Value::Parameter | Value::Computed { copy: None, .. }
        );
        if free
            && misfit.is_none()
            && let Some(was) = given.meant.and_then(|meant| meant.ty.as_ref())
            && let Some(label) = lost_label(was, now, at, built)
        {
            out.push(
                BreakKind::Constant,
                false,
                element.clone(),
                format!(
                    "`{now}` of `{}.{}` has no label '{label}', which the version may write",
                    target.name, column.name
                ),
            );
        }
        if let Some(misfit) = misfit {
            // a kept plan holds a label as it was read
            let when = if misfit.label {
                When::Fresh
            } else {
                When::Always
            };
            out.push_with(
                misfit.kind,
                misfit.kind.sqlstate(),
                when,
                misfit.certain,
                element.clone(),
                format!("{} in `{}.{}`", misfit.reason, target.name, column.name),
                match given.value {
                    Value::Literal(literal) => format!("{element} {literal:?}"),
                    _ => element.to_string(),
                },
            );
        }
    }
}

/// `NULL` in columns that refuse it.
fn nulls(
    row: &Row<'_>,
    changed: &Changed,
    target: &Target<'_>,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    for given in &row.given {
        let column = given.column;
        let refused = column.not_null || target.relation.constraints.iter().any(|constraint| {
            constraint.enforced
                && matches!(&constraint.kind, ConstraintKind::NotNull(name) if *name == column.name)
        }) || domain_refuses_null(given, at);
        if !refused || column.generated.is_some() {
            continue;
        }
        let (may, certain) = given.null(at, built);
        let refused_before = || checks::refuse_null(target, &column.name, built);
        if !may || (matches!(given.value, Value::Parameter) && refused_before()) {
            continue;
        }
        let filled = match changed.known(&column.name) {
            Some(Known::Literal(_) | Known::Something) => continue,
            Some(Known::Unknown) => true,
            Some(Known::Null) | None => false,
        };
        let reason = match given.value {
            Value::Default => format!(
                "`{}.{}` refuses `NULL`, has no default, and is not given",
                target.name, column.name
            ),
            _ => format!("`{}.{}` refuses `NULL`", target.name, column.name),
        };
        out.push(
            BreakKind::NullRefused,
            certain && !filled,
            Element::Column(target.name.clone(), column.name.clone()),
            reason,
        );
    }
}

fn domain_refuses_null(given: &Given<'_>, at: &State<'_>) -> bool {
    given
        .column
        .ty
        .as_ref()
        .and_then(|ty| at.catalog.types.get(&value::type_name(ty)))
        .is_some_and(|found| matches!(found.kind, TypeKind::Domain { not_null: true, .. }))
}

/// Rows that no policy lets in. The owner is bound only where that is forced.
fn row_security(target: &Target<'_>, out: &mut Faults<'_>) {
    let relation = target.relation;
    if !relation.row_security {
        return;
    }
    let forced = relation.force_row_security;
    let names: Vec<&str> = relation.policies.iter().map(String::as_str).collect();
    let reason = match (forced, relation.policies.is_empty()) {
        (true, true) => "and no policy lets rows in",
        (true, false) => "and its policies may refuse the row",
        (false, true) => "and no policy lets in rows of others than its owner",
        (false, false) => "and its policies may refuse rows of others than its owner",
    };
    out.push_as(
        BreakKind::RowSecurity,
        forced && relation.policies.is_empty(),
        Element::Relation(target.table.clone()),
        format!("`{}` has row level security, {reason}", target.table),
        format!("{} {forced} {}", target.table, names.join(",")),
    );
}

/// A literal as a text, for messages.
fn shown(literal: &Literal) -> String {
    match literal {
        Literal::Number(number) => number.clone(),
        Literal::Text(text) => format!("'{text}'"),
        Literal::Bool(value) => value.to_string(),
    }
}
