//! Triggers: what they refuse, and write beside.

use super::{BreakKind, Element, Faults, State, Target};
use crate::schema::catalog::{Relation, Trigger, TriggerEvent};
use crate::schema::query::contract::{Contract, Write};

pub(super) fn active<'a>(
    relation: &'a Relation,
    events: &'a [TriggerEvent],
) -> impl Iterator<Item = &'a Trigger> {
    relation.triggers.iter().filter(move |trigger| {
        trigger.enabled && events.iter().any(|event| trigger.events.contains(event))
    })
}

pub(super) fn bodies<'a>(trigger: &'a Trigger, at: &'a State<'_>) -> impl Iterator<Item = &'a str> {
    trigger
        .function
        .as_ref()
        .and_then(|name| at.catalog.functions.get(name))
        .into_iter()
        .flatten()
        .map(|function| function.body.as_str())
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
            for body in bodies(trigger, at) {
                inner(body, trigger, target, at, built, out);
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

/// The statements in the body of a function that read or write tables, each from its first word on.
fn statements(body: &str) -> Vec<&str> {
    let words = ["insert", "update", "delete", "select", "perform"];
    body.split(';')
        .filter_map(|piece| {
            let lower = piece.to_ascii_lowercase();
            let starts = words.iter().filter_map(|word| {
                let found = lower.match_indices(word).map(|(at, _)| at);
                let is_word = |at: &usize| {
                    let next_to = |c: Option<char>| {
                        c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '"'))
                    };
                    let before = lower.get(..*at).and_then(|text| text.chars().next_back());
                    let behind = lower.get(at + word.len()..);
                    !next_to(before) && !next_to(behind.and_then(|text| text.chars().next()))
                };
                found.into_iter().find(is_word)
            });
            piece.get(starts.min()?..)
        })
        .collect()
}

/// What the body of a trigger meets in the tables that it names.
fn inner(
    body: &str,
    trigger: &Trigger,
    target: &Target<'_>,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    let place = out.query.place;
    for sql in statements(body) {
        let sql = match sql.get(..7) {
            Some(word) if word.eq_ignore_ascii_case("perform") => {
                format!("SELECT{}", sql.get(7..).unwrap_or(""))
            }
            _ => sql.to_string(),
        };
        let start = place.start as usize;
        let contract = Contract::from_sql(&sql, place.file, start, built.catalog);
        for query in &contract.queries {
            let mut within = Faults {
                query,
                found: Vec::new(),
                nested: true,
            };
            for name in &query.relations {
                if at.relation(name).is_none() {
                    within.push(
                        BreakKind::MissingRelation,
                        false,
                        Element::Relation(name.clone()),
                        format!("`{name}` does not exist"),
                    );
                }
            }
            for (name, column) in &query.reads {
                super::column_is_there(name, column, at, &mut within);
            }
            for write in query.writes.iter().filter(|write| keeps_rows(write)) {
                super::judge(write, at, built, &mut within);
            }
            for mut fault in within.found {
                let found = &mut fault.found;
                found.certain = false;
                found.reason = format!(
                    "trigger `{}` of `{}` writes beside: {}",
                    trigger.name, target.table, found.reason
                );
                found.query = Some(place);
                found.origin = out.query.origin;
                fault.key = format!("{} in {}", fault.key, trigger.name);
                out.found.push(fault);
            }
        }
    }
}

/// Rows that a trigger takes away are judged with the tables that refer to them.
fn keeps_rows(write: &Write) -> bool {
    !matches!(write, Write::Delete { .. })
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn what_a_body_writes_is_found() {
        let body = "BEGIN IF x THEN INSERT INTO log(a) VALUES (1); END IF; updated := 1; END";
        assert_eq!(statements(body), ["INSERT INTO log(a) VALUES (1)"]);
    }
}
