//! What the server does not notice: queries that work and mean something else.

use super::Faults;
use super::element::{BreakKind, Element};
use super::state::State;
use super::write::counts_on;
use crate::schema::catalog::{Name, Relation, TriggerEvent, Type};
use crate::schema::query::contract::{Origin, Output, Query, Write};

pub(super) fn judge(query: &Query, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    for output in &query.output {
        match output {
            Output::Column(name, column) => read(name, column, at, built, out),
            Output::Star(name) => {
                let (Some(before), Some(after)) = (built.relation(name), at.relation(name)) else {
                    continue;
                };
                for column in &before.columns {
                    if after.columns_known && after.column(&column.name).is_none() {
                        out.push(
                            BreakKind::ColumnNotGiven,
                            false,
                            Element::Column(name.clone(), column.name.clone()),
                            format!("`*` of `{name}` no longer gives `{}`", column.name),
                        );
                    } else {
                        read(name, &column.name, at, built, out);
                    }
                }
            }
            Output::Expression(columns) => {
                for (name, column) in columns {
                    null_read(name, column, at, built, out);
                }
            }
            Output::Filled(_) | Output::Fixed => {}
        }
    }
    for name in &query.relations {
        if let (Some(before), Some(after)) = (built.relation(name), at.relation(name)) {
            if query.origin == Origin::Sql {
                // a simple view is searched by the indexes of the table that it stands on
                let searched = at.written(name).map_or(after, |(_, table)| table);
                index_gone(query, name, before, searched, out);
            }
            rows_hidden(query, name, before, after, out);
        }
    }
    for write in &query.writes {
        written(write, at, built, out);
    }
}

/// A column whose values reach the program.
fn read(name: &Name, column: &str, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    null_read(name, column, at, built, out);
    let (Some(before), Some(after)) = (built.column(name, column), at.column(name, column)) else {
        return;
    };
    let (Some(was), Some(now)) = (&before.ty, &after.ty) else {
        return;
    };
    let element = Element::Column(name.clone(), column.to_string());
    if (&was.name, was.array) != (&now.name, now.array) {
        let times =
            |ty: &Type| matches!(ty.name.as_str(), "timestamp" | "timestamp with time zone");
        // both are texts to whoever reads them
        let text =
            |ty: &Type| !ty.array && matches!(ty.name.as_str(), "text" | "character varying");
        if text(was) && text(now) {
            return;
        }
        let reason = if times(was) && times(now) {
            format!("`{name}.{column}` is `{now}` and was `{was}`: the same text is another time")
        } else {
            format!("`{name}.{column}` is `{now}`, and the version reads it as `{was}`")
        };
        out.push(BreakKind::OtherType, false, element, reason);
        return;
    }
    let (Some(known), Some(labels)) = (built.catalog.labels(was), at.catalog.labels(now)) else {
        return;
    };
    // a label that is gone was given another name: rows that are there show it
    let lost = known.iter().find(|label| !labels.contains(label));
    if let Some(lost) = lost {
        out.push(
            BreakKind::OtherLabel,
            false,
            element,
            format!("`{name}.{column}` gives another label where the version knows '{lost}'"),
        );
        return;
    }
    for label in labels.iter().filter(|label| !known.contains(label)) {
        out.push(
            BreakKind::NewLabel,
            false,
            Element::Label {
                relation: name.clone(),
                column: column.to_string(),
                label: label.clone(),
            },
            format!("`{name}.{column}` may hold '{label}', which the version does not know"),
        );
    }
}

fn null_read(name: &Name, column: &str, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    let (Some(before), Some(after)) = (built.column(name, column), at.column(name, column)) else {
        return;
    };
    if before.not_null && !after.not_null {
        out.push(
            BreakKind::NullRead,
            false,
            Element::Column(name.clone(), column.to_string()),
            format!("`{name}.{column}` may be `NULL`, which it never was"),
        );
    }
}

/// The columns that lead an index: what it can be searched by.
fn led_by<'a>(relation: &'a Relation, column: &'a str) -> impl Iterator<Item = &'a str> {
    relation
        .indexes
        .iter()
        .filter(move |index| index.keys.first().and_then(Option::as_deref) == Some(column))
        .map(|index| index.name.as_str())
}

fn index_gone(
    query: &Query,
    name: &Name,
    before: &Relation,
    after: &Relation,
    out: &mut Faults<'_>,
) {
    let filters = query.filters.iter().filter(|(owner, _)| owner == name);
    for (_, column) in filters {
        if after.column(column).is_none() || led_by(after, column).next().is_some() {
            continue;
        }
        if let Some(index) = led_by(before, column).next() {
            out.push(
                BreakKind::IndexGone,
                false,
                Element::Index(name.clone(), index.to_string()),
                format!("no index leads with `{name}.{column}` any more, so its rows are found by reading all"),
            );
        }
    }
}

fn rows_hidden(
    query: &Query,
    name: &Name,
    before: &Relation,
    after: &Relation,
    out: &mut Faults<'_>,
) {
    let reads = query.reads.iter().any(|(owner, _)| owner == name)
        || query.output.iter().any(|output| match output {
            Output::Star(owner) => owner == name,
            _ => false,
        });
    let stricter = after.row_security
        && (!before.row_security || (after.force_row_security && !before.force_row_security));
    if reads && stricter {
        out.push(
            BreakKind::RowsHidden,
            false,
            Element::Relation(name.clone()),
            format!("row level security of `{name}` hides rows that no policy shows"),
        );
    }
}

fn written(write: &Write, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    let name = write.relation();
    let (Some((table, before)), Some((_, after))) = (built.written(name), at.written(name)) else {
        return;
    };
    let events: &[TriggerEvent] = match write {
        Write::Insert(insert) if insert.conflict.as_ref().is_some_and(|c| !c.set.is_empty()) => {
            &[TriggerEvent::Insert, TriggerEvent::Update]
        }
        Write::Insert(_) => &[TriggerEvent::Insert],
        Write::Update { .. } => &[TriggerEvent::Update],
        Write::Delete { .. } => &[TriggerEvent::Delete],
    };
    let fires = |relation: &Relation, trigger: &str| {
        relation.triggers.iter().any(|found| {
            found.name == trigger
                && found.enabled
                && events.iter().any(|event| found.events.contains(event))
        })
    };
    for trigger in &before.triggers {
        let gone = fires(before, &trigger.name) && !fires(after, &trigger.name);
        let known = (table, before);
        if gone && counts_on(write, trigger, known, after, built, out.query) {
            out.push(
                BreakKind::TriggerGone,
                false,
                Element::Trigger(table.clone(), trigger.name.clone()),
                format!(
                    "trigger `{}` no longer runs for what is written to `{table}`",
                    trigger.name
                ),
            );
        }
    }
    if matches!(write, Write::Delete { .. }) || out.query.origin != Origin::Sql {
        return;
    }
    for set in before.unique_sets() {
        let kept = after.unique_sets().any(|found| found.is_subset(&set));
        let there = set.iter().all(|column| after.column(column).is_some());
        if !kept && there {
            let list: Vec<&str> = set.iter().copied().collect();
            let list = list.join(", ");
            out.push_as(
                BreakKind::UniqueGone,
                false,
                Element::Relation(table.clone()),
                format!("`{table}` takes rows alike in `{list}`, which it refused"),
                format!("{table} {list}"),
            );
        }
    }
}
