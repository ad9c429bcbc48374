//! Names and types: what the server finds wrong before it looks at a row.

use super::demand::lost_label;
use super::element::{BreakKind, Element, When};
use super::state::{State, returned_relation};
use super::{Faults, body, value};
use crate::schema::catalog::{Catalog, Function, Name, Type};
use crate::schema::query::contract::{Comparison, Operand, Output, Query};
use crate::schema::query::resolve::takes;

pub(super) fn judge(query: &Query, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    let mut complete = true;
    for name in &query.relations {
        if at.relation(name).is_none() {
            complete = false;
            out.push(
                BreakKind::MissingRelation,
                true,
                Element::Relation(name.clone()),
                format!("`{name}` does not exist"),
            );
        }
    }
    for (name, column) in &query.reads {
        complete &= column_is_there(name, column, at, out);
    }
    for bare in &query.unqualified {
        for other in &bare.others {
            if at.column(other, &bare.column).is_some() {
                out.push(
                    BreakKind::AmbiguousColumn,
                    true,
                    Element::Column(other.clone(), bare.column.clone()),
                    format!(
                        "`{}` is named without its table, and both `{}` and `{other}` have it",
                        bare.column, bare.owner
                    ),
                );
            }
        }
    }
    for comparison in &query.comparisons {
        compare(comparison, at, built, out);
    }
    body::missing_calls(query, at, out);
    let nested = out.nested;
    for (name, arguments) in query.functions.iter().filter(|_| !nested) {
        call(name, *arguments, at, built, out);
    }
    if query.prepared && complete {
        result_shape(query, at, built, out);
    }
}

/// Tells a column that is missing from a relation that is there.
pub(super) fn column_is_there(
    name: &Name,
    column: &str,
    at: &State<'_>,
    out: &mut Faults<'_>,
) -> bool {
    let Some(relation) = at.relation(name) else {
        return false;
    };
    if !relation.columns_known || relation.column(column).is_some() {
        return true;
    }
    out.push(
        BreakKind::MissingColumn,
        true,
        Element::Column(name.clone(), column.to_string()),
        format!("`{name}.{column}` does not exist"),
    );
    false
}

/// The columns of a result: their names and types.
fn shape<'a>(output: &'a Output, catalog: &'a Catalog) -> Option<Vec<(&'a str, Option<&'a Type>)>> {
    let column = |name: &Name, column: &str| {
        let found = catalog.relation(name)?.column(column)?;
        Some((found.name.as_str(), found.ty.as_ref()))
    };
    match output {
        Output::Column(name, one) => Some(vec![column(name, one)?]),
        Output::Star(name) => Some(
            catalog
                .relation(name)?
                .columns
                .iter()
                .map(|found| (found.name.as_str(), found.ty.as_ref()))
                .collect(),
        ),
        Output::Expression(columns) | Output::Filled(columns) => columns
            .iter()
            .map(|(name, one)| column(name, one))
            .collect(),
        Output::Fixed => Some(Vec::new()),
    }
}

fn result_shape(query: &Query, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    for output in &query.output {
        let (Some(before), Some(after)) = (shape(output, built.catalog), shape(output, at.catalog))
        else {
            continue;
        };
        if before == after {
            continue;
        }
        let (element, reason) = match output {
            Output::Star(name) => (
                Element::Relation(name.clone()),
                format!("`*` of `{name}` gives other columns than when it was prepared"),
            ),
            Output::Column(name, column) => (
                Element::Column(name.clone(), column.clone()),
                format!("`{name}.{column}` has another type than when it was prepared"),
            ),
            Output::Expression(columns) | Output::Filled(columns) => {
                let changed = before.iter().zip(&after).position(|(one, two)| one != two);
                let Some((name, column)) = changed.and_then(|at| columns.get(at)) else {
                    continue;
                };
                (
                    Element::Column(name.clone(), column.clone()),
                    format!(
                        "an expression over `{name}.{column}` may have another type than when it was prepared"
                    ),
                )
            }
            Output::Fixed => continue,
        };
        // types that a view's query does not tell may be what they were
        let told = before.len() != after.len()
            || before.iter().zip(&after).any(|((name, ty), (other, now))| {
                name != other || (ty.is_some() && now.is_some() && ty != now)
            });
        let certain = told && !matches!(output, Output::Expression(_) | Output::Filled(_));
        out.push(BreakKind::ResultShape, certain, element, reason);
    }
}

fn compare(comparison: &Comparison, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    let Comparison {
        relation,
        column,
        operator,
        other,
    } = comparison;
    let ty = |state: &State<'_>| state.column(relation, column).and_then(|c| c.ty.clone());
    let Some(now) = ty(at) else {
        return;
    };
    let element = Element::Column(relation.clone(), column.clone());
    match other {
        Operand::Literal(literal) => {
            if let Some(fault) = value::constant(literal, &now, at.catalog, true) {
                // a kept plan holds the constant as it was read
                let when = if fault.label {
                    When::Fresh
                } else {
                    When::Always
                };
                out.push_with(
                    fault.kind,
                    fault.kind.sqlstate(),
                    when,
                    fault.certain,
                    element.clone(),
                    format!("{} in `{relation}.{column}`", fault.reason),
                    format!("{element} {literal:?}"),
                );
            }
        }
        Operand::Parameter => {
            let Some(was) = ty(built) else { return };
            if let Some(label) = lost_label(&was, &now, at, built) {
                out.push(
                    BreakKind::Constant,
                    false,
                    element.clone(),
                    format!(
                        "`{now}` of `{relation}.{column}` has no label '{label}', which the version may ask for"
                    ),
                );
            }
            if !value::comparable(&was, &now, at.catalog) {
                out.push(
                    BreakKind::Operator,
                    false,
                    element,
                    format!(
                        "`{relation}.{column}` is `{now}`, and `{operator}` with a parameter of type `{was}` has no operator"
                    ),
                );
            }
        }
        Operand::Column(name, second) => {
            let Some(opposite) = at.column(name, second).and_then(|c| c.ty.clone()) else {
                return;
            };
            if !value::comparable(&opposite, &now, at.catalog) {
                out.push(
                    BreakKind::Operator,
                    true,
                    element,
                    format!(
                        "`{relation}.{column}` is `{now}` and `{name}.{second}` is `{opposite}`, for which `{operator}` does not exist"
                    ),
                );
            }
        }
    }
}

fn call(name: &Name, arguments: usize, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    // functions that no migration made are the server's
    let Some(known) = built.catalog.functions.get(name) else {
        return;
    };
    let fits = |function: &&std::sync::Arc<Function>| function.arguments.len() == arguments;
    let now = at.catalog.functions.get(name);
    let exact = now.and_then(|overloads| overloads.iter().find(fits));
    // arguments with defaults may be left out
    let possible = now.and_then(|overloads| {
        overloads
            .iter()
            .find(|function| takes(function.arguments.len(), function.optional, arguments))
    });
    let was = known.iter().find(fits).or_else(|| known.first());
    let Some(function) = exact.or(possible) else {
        out.push(
            BreakKind::MissingFunction,
            true,
            Element::Function(name.clone()),
            format!("no function `{name}` takes {arguments} arguments"),
        );
        return;
    };
    // a call that two functions take is refused, unless one of them takes just those arguments
    let serving = |overloads: &[std::sync::Arc<Function>]| {
        let all = overloads.iter();
        all.filter(|one| takes(one.arguments.len(), one.optional, arguments))
            .filter(|one| {
                let shared = one.arguments.iter().zip(&function.arguments);
                shared.take(arguments).all(|(one, other)| one == other)
            })
            .count()
    };
    if now.is_some_and(|overloads| serving(overloads) > 1) {
        out.push_with(
            BreakKind::MissingFunction,
            "42725",
            When::Always,
            true,
            Element::Function(name.clone()),
            format!("several functions `{name}` take these {arguments} arguments"),
            format!("{name} {arguments} several"),
        );
    }
    if let Some(was) = was
        && known.iter().any(|function| fits(&function))
        && !now.is_some_and(|overloads| {
            overloads
                .iter()
                .any(|function| function.arguments == was.arguments)
        })
    {
        out.push(
            BreakKind::MissingFunction,
            exact.is_none(),
            Element::Function(name.clone()),
            format!("`{name}` takes other arguments than it did"),
        );
    }
    if let Some(was) = was
        && was.arguments == function.arguments
        && was.declaration != function.declaration
    {
        out.push(
            BreakKind::MissingFunction,
            was.returns.is_some() != function.returns.is_some(),
            Element::Function(name.clone()),
            format!(
                "`{name}` is declared as `{}`, and was as `{}`",
                function.declaration, was.declaration
            ),
        );
    }
    for read in &function.reads {
        if at.relation(&read.relation).is_none() {
            if built.relation(&read.relation).is_some() {
                out.push(
                    BreakKind::MissingRelation,
                    // what other languages reach depends on their conditions
                    function.language == "sql",
                    Element::Relation(read.relation.clone()),
                    format!(
                        "function `{name}` reads `{}`, which does not exist",
                        read.relation
                    ),
                );
            }
        } else if let Some(column) = &read.column
            && built.column(&read.relation, column).is_some()
        {
            column_is_there(&read.relation, column, at, out);
        }
    }
    body::judge(function, &format!("function `{name}`"), at, built, out);
    returned_rows(name, function, at, built, out);
}

/// Rows of a table that a function returns: a kept plan checks the type of each column.
fn returned_rows(
    name: &Name,
    function: &Function,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    let Some(row) = function.returns.as_deref().and_then(returned_relation) else {
        return;
    };
    let (Some(before), Some(after)) = (built.relation(&row), at.relation(&row)) else {
        return;
    };
    if !out.query.prepared {
        return;
    }
    for column in &before.columns {
        let (Some(was), Some(now)) = (
            column.ty.as_ref(),
            after.column(&column.name).and_then(|c| c.ty.as_ref()),
        ) else {
            continue;
        };
        if (&was.name, was.array) != (&now.name, now.array) {
            out.push(
                BreakKind::RowShape,
                true,
                Element::Column(row.clone(), column.name.clone()),
                format!(
                    "function `{name}` returns rows of `{row}`, and `{}` has another type than when it was prepared",
                    column.name
                ),
            );
        }
    }
}
