//! Triggers: what they refuse, and write beside.

use super::{BreakKind, Element, Faults, State, Target};
use crate::schema::catalog::{Function, Relation, Trigger, TriggerEvent};
use crate::schema::query::breaks::body;

pub(super) fn active<'a>(
    relation: &'a Relation,
    events: &'a [TriggerEvent],
) -> impl Iterator<Item = &'a Trigger> {
    relation.triggers.iter().filter(move |trigger| {
        trigger.enabled && events.iter().any(|event| trigger.events.contains(event))
    })
}

pub(super) fn bodies<'a>(trigger: &'a Trigger, at: &'a State<'_>) -> impl Iterator<Item = &'a str> {
    functions(trigger, at).map(|function| function.body.as_str())
}

fn functions<'a>(trigger: &'a Trigger, at: &'a State<'_>) -> impl Iterator<Item = &'a Function> {
    trigger
        .function
        .as_ref()
        .and_then(|name| at.catalog.functions.get(name))
        .into_iter()
        .flatten()
        .map(std::sync::Arc::as_ref)
}

/// Triggers that raise an error, or write what is not there.
pub(super) fn triggers(
    target: &Target<'_>,
    events: &[TriggerEvent],
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    for trigger in active(target.relation, events) {
        if !out.nested {
            let who = format!("trigger `{}` of `{}`", trigger.name, target.table);
            for function in functions(trigger, at) {
                fields(&function.body, trigger, target, out);
                body::judge(function, &who, at, built, out);
            }
        }
        if bodies(trigger, at).any(raises) {
            out.push(
                BreakKind::TriggerRefuses,
                false,
                Element::Trigger(target.table.clone(), trigger.name.clone()),
                format!(
                    "trigger `{}` of `{}` may raise an error",
                    trigger.name, target.table
                ),
            );
        }
    }
}

/// Whether a body holds a `RAISE` that is more than a notice.
fn raises(body: &str) -> bool {
    let mut words = body
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .peekable();
    while let Some(word) = words.next() {
        if word.eq_ignore_ascii_case("raise") {
            let level = words.peek().copied().unwrap_or("");
            let quiet = ["notice", "info", "log", "debug", "warning"];
            if !quiet.iter().any(|word| level.eq_ignore_ascii_case(word)) {
                return true;
            }
        }
    }
    false
}

/// Fields of the row that the table has not.
fn fields(body: &str, trigger: &Trigger, target: &Target<'_>, out: &mut Faults<'_>) {
    if !trigger.row || !target.relation.columns_known {
        return;
    }
    let lower = body.to_lowercase();
    let mut told: Vec<&str> = Vec::new();
    for row in ["new.", "old."] {
        for (at, _) in lower.match_indices(row) {
            let before = lower.get(..at).and_then(|text| text.chars().next_back());
            if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '"')) {
                continue;
            }
            let rest = lower.get(at + row.len()..).unwrap_or("");
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            let field = rest.get(..end).unwrap_or("");
            let known = field.is_empty() || target.relation.column(field).is_some();
            if known || told.contains(&field) {
                continue;
            }
            told.push(field);
            out.push(
                BreakKind::MissingColumn,
                false,
                Element::Column(target.table.clone(), field.to_string()),
                format!(
                    "trigger `{}` of `{}` names `{field}` of the row, which does not exist",
                    trigger.name, target.table
                ),
            );
        }
    }
}
