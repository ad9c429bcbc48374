//! The values of one row, column by column of the table that is written.

use std::collections::BTreeMap;

use super::{BreakKind, Element, Faults, State, Target};
use crate::schema::catalog::{Column, TriggerEvent};
use crate::schema::query::contract::{Insert, Value};

/// A row that is written.
pub(super) struct Row<'a> {
    pub event: TriggerEvent,
    /// Of an insert all columns, of an update those that it sets.
    pub given: Vec<Given<'a>>,
}

/// One column and its value.
pub(super) struct Given<'a> {
    /// The column as it is.
    pub column: &'a Column,
    /// The column that the version meant: the one of that name, or in that place, in the schema
    /// that it was built against.
    pub meant: Option<&'a Column>,
    pub value: &'a Value,
}

impl<'a> Row<'a> {
    pub(super) fn of(&self, column: &str) -> Option<&Given<'a>> {
        self.given.iter().find(|given| given.column.name == column)
    }
}

impl Given<'_> {
    /// Whether the value may be `NULL`, and whether it is for certain.
    pub(super) fn null(&self, at: &State<'_>, built: &State<'_>) -> (bool, bool) {
        match self.value {
            Value::Null => (true, true),
            Value::Default => {
                let without = !self.column.is_filled();
                (without, without)
            }
            Value::Literal(_) => (false, false),
            Value::Parameter => (self.meant.is_none_or(|meant| !meant.not_null), false),
            Value::Computed { null, columns, .. } => {
                let nullable = |(name, column): &(_, String)| {
                    let found = at
                        .column(name, column)
                        .or_else(|| built.column(name, column));
                    found.is_none_or(|found| !found.not_null)
                };
                (*null || columns.iter().any(nullable), false)
            }
        }
    }
}

/// The row that an insert writes; `None` when it gives more values than there are columns.
pub(super) fn inserted<'a>(
    insert: &'a Insert,
    values: &'a [Value],
    target: &Target<'a>,
    at: &State<'a>,
    built: &State<'a>,
    out: &mut Faults<'_>,
) -> Option<Row<'a>> {
    let before = built.relation(target.name);
    // `VALUES` by position fill the columns of the relation that is named, a view's or a table's
    let named = at.relation(target.name)?;
    let mut by_name: BTreeMap<String, (&Value, Option<&Column>)> = BTreeMap::new();
    match &insert.columns {
        Some(columns) => {
            for (column, value) in columns.iter().zip(values) {
                let meant = before.and_then(|found| found.column(column));
                let under = at.under(target.name, column);
                by_name.insert(under.unwrap_or_else(|| column.clone()), (value, meant));
            }
        }
        None => {
            if values.len() > named.columns.len() && named.columns_known {
                out.push(
                    BreakKind::TooManyValues,
                    true,
                    Element::Relation(target.name.clone()),
                    format!(
                        "{} values are given by position, and `{}` has {} columns",
                        values.len(),
                        target.name,
                        named.columns.len()
                    ),
                );
                return None;
            }
            for (place, (column, value)) in named.columns.iter().zip(values).enumerate() {
                let meant = before.and_then(|found| found.columns.get(place));
                if let Some(meant) = meant
                    && meant.name != column.name
                    && named.column(&meant.name).is_some()
                {
                    out.push(
                        BreakKind::OtherColumns,
                        true,
                        Element::Column(target.name.clone(), column.name.clone()),
                        format!(
                            "values are given by position, and what was meant for `{}` goes to `{}`",
                            meant.name, column.name
                        ),
                    );
                }
                let under = at.under(target.name, &column.name);
                by_name.insert(under.unwrap_or_else(|| column.name.clone()), (value, meant));
            }
        }
    }
    let given = target
        .relation
        .columns
        .iter()
        .map(|column| {
            let (value, meant) = by_name
                .get(column.name.as_str())
                .copied()
                .unwrap_or((&Value::Default, None));
            Given {
                column,
                meant,
                value,
            }
        })
        .collect();
    Some(Row {
        event: TriggerEvent::Insert,
        given,
    })
}

/// The columns that an update sets.
pub(super) fn updated<'a>(
    set: &'a [(String, Value)],
    target: &Target<'a>,
    at: &State<'a>,
    built: &State<'a>,
) -> Row<'a> {
    let given = set
        .iter()
        .filter_map(|(name, value)| {
            Some(Given {
                column: target
                    .relation
                    .column(&at.under(target.name, name).unwrap_or_else(|| name.clone()))?,
                meant: built.column(target.name, name),
                value,
            })
        })
        .collect();
    Row {
        event: TriggerEvent::Update,
        given,
    }
}
