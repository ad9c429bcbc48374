//! Writes to views: which the server passes on, and which it refuses.

use super::given::Row;
use super::{BreakKind, Element, Faults, State, Target, checks};
use crate::schema::catalog::{Name, Relation, RelationKind, TriggerEvent};
use crate::schema::query::breaks::condition::{Known, outcome};
use crate::schema::query::breaks::element::When;
use crate::schema::query::contract::{Literal, Write};

/// Whether triggers of a view take the place of what is written to it.
pub(super) fn instead(name: &Name, events: &[TriggerEvent], at: &State<'_>) -> bool {
    at.relation(name).is_some_and(|own| {
        events.iter().all(|event| {
            own.triggers
                .iter()
                .any(|trigger| trigger.instead && trigger.enabled && trigger.events.contains(event))
        })
    })
}

/// The table that a write reaches; tells why it is refused.
pub(super) fn written<'a>(
    write: &'a Write,
    at: &State<'a>,
    out: &mut Faults<'_>,
) -> Option<(&'a Name, &'a Relation)> {
    let name = write.relation();
    let own = at.relation(name)?;
    let found = at.written(name);
    let known = own.view.is_some();
    let reason = match (own.kind, &found) {
        (RelationKind::MaterializedView, _) => {
            format!("`{name}` is a materialized view, which cannot be written")
        }
        (RelationKind::View, None) if known => format!(
            "`{name}` is a view whose rows are not those of one table, so it cannot be written"
        ),
        (RelationKind::View, None) => {
            format!("`{name}` is a view that cannot be written, as far as is known")
        }
        (RelationKind::View, Some(_)) => {
            for column in columns(write, own) {
                computed(name, &column, own, at, out);
            }
            return found;
        }
        _ => return found,
    };
    let certain = known || own.kind == RelationKind::MaterializedView;
    out.push(
        BreakKind::NotWritable,
        certain,
        Element::Relation(name.clone()),
        reason,
    );
    None
}

/// The columns of the view that a write gives.
fn columns(write: &Write, view: &Relation) -> Vec<String> {
    let of = |set: &[(String, _)]| set.iter().map(|(column, _)| column.clone()).collect();
    match write {
        Write::Delete { .. } => Vec::new(),
        Write::Update { set, .. } => of(set),
        Write::Insert(insert) => {
            let mut all: Vec<String> = match &insert.columns {
                Some(columns) => columns.clone(),
                None => {
                    let count = insert.rows.iter().map(Vec::len).max().unwrap_or(0);
                    let own = view.columns.iter().take(count);
                    own.map(|column| column.name.clone()).collect()
                }
            };
            if let Some(conflict) = &insert.conflict {
                all.extend::<Vec<String>>(of(&conflict.set));
            }
            all
        }
    }
}

fn computed(name: &Name, column: &str, own: &Relation, at: &State<'_>, out: &mut Faults<'_>) {
    if own.view.is_some() && own.column(column).is_some() && at.under(name, column).is_none() {
        out.push_with(
            BreakKind::NotWritable,
            "0A000",
            When::Always,
            true,
            Element::Column(name.clone(), column.to_string()),
            format!("`{name}.{column}` is computed by the view, so it cannot be written"),
            format!("{name} {column}"),
        );
    }
}

/// Rows that a view made `WITH CHECK OPTION` would not show.
pub(super) fn checked(
    row: &Row<'_>,
    target: &Target<'_>,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    let view = at.relation(target.name).and_then(|own| own.view.as_ref());
    let Some((view, condition)) =
        view.and_then(|view| Some((view, view.condition.as_ref().filter(|_| view.checked)?)))
    else {
        return;
    };
    let value = |column: &str| checks::known_of(row, column, at, built);
    let certain = match outcome(condition, &value) {
        Known::Literal(Literal::Bool(true)) => return,
        Known::Literal(Literal::Bool(false)) | Known::Null => true,
        _ => false,
    };
    let verb = if certain { "refuses" } else { "may refuse" };
    out.push_as(
        BreakKind::ViewCheck,
        certain,
        Element::Relation(target.name.clone()),
        format!(
            "view `{}` {verb} rows that do not fulfil {condition}",
            target.name
        ),
        format!("{} {condition} {}", target.name, view.checked),
    );
}
