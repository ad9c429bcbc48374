//! Programs that the server runs for a query: functions that it calls, and those of the triggers
//! that its writes set off. Each session reads their texts anew, so the server lets a migration take
//! away what they name, and refuses the query behind it.
//!
//! Only the words of a text are looked at: what names a thing that is gone may fail.

use std::collections::BTreeSet;

use super::Faults;
use super::element::{BreakKind, Element};
use super::state::State;
use crate::schema::catalog::{Function, Name, Trigger, TriggerEvent};
use crate::schema::query::contract::{Query, Write};

/// So many programs are followed from one query; a program calls others.
const MAX_PROGRAMS: usize = 64;

/// A program and why it runs.
struct Program<'a> {
    name: Name,
    function: &'a Function,
    /// The relation whose trigger runs it.
    fired_on: Option<Name>,
    /// `function x`, or `function x, which trigger y of z calls,`.
    why: String,
    /// Whether the query calls it, and its text is SQL, which is judged word by word elsewhere.
    judged: bool,
}

pub(super) fn judge(query: &Query, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    let mut open = Vec::new();
    for (name, _) in &query.functions {
        called(name, at, &mut open);
    }
    for program in &mut open {
        program.judged = program.function.language == "sql";
    }
    for write in &query.writes {
        let Some((table, relation)) = at.written(write.relation()) else {
            continue;
        };
        let events = events(write);
        let fires = |trigger: &&Trigger| trigger.events.iter().any(|one| events.contains(one));
        for trigger in relation.triggers.iter().filter(fires) {
            fired(table, trigger, at, &mut open);
        }
    }
    if open.is_empty() {
        return;
    }
    let gone = gone(at, built);
    if gone.is_empty() {
        return;
    }
    let mut seen: BTreeSet<(Name, Option<Name>)> = BTreeSet::new();
    while let Some(program) = open.pop() {
        let place = (program.name.clone(), program.fired_on.clone());
        if seen.len() >= MAX_PROGRAMS || !seen.insert(place) {
            continue;
        }
        let words = words(&program.function.body);
        if !program.judged {
            for (element, relation, column) in &gone {
                let fired_on = program.fired_on.as_ref();
                // what its statements meet may be told already
                let told = out
                    .found
                    .iter()
                    .any(|fault| fault.found.element == *element);
                if !told && names(&words, relation, column.as_deref(), fired_on, at) {
                    tell(&program, element, out);
                }
            }
        }
        follow(&words, at, &mut open);
    }
}

/// What a program of these words calls and sets off in its turn.
fn follow<'a>(words: &[Word], at: &State<'a>, open: &mut Vec<Program<'a>>) {
    let writes = |word: &Word| ["insert", "update", "delete"].contains(&word.text.as_str());
    let writes = words.iter().any(writes);
    for word in words {
        let name = Name::folded(None, &word.text);
        called(&name, at, open);
        if writes && let Some(relation) = at.relation(&name) {
            for trigger in &relation.triggers {
                fired(&name, trigger, at, open);
            }
        }
    }
}

/// What the statement sets off.
fn events(write: &Write) -> &'static [TriggerEvent] {
    match write {
        Write::Insert(insert) if insert.conflict.as_ref().is_some_and(|c| !c.set.is_empty()) => {
            &[TriggerEvent::Insert, TriggerEvent::Update]
        }
        Write::Insert(_) => &[TriggerEvent::Insert],
        Write::Update { .. } => &[TriggerEvent::Update],
        Write::Delete { .. } => &[TriggerEvent::Delete],
    }
}

fn called<'a>(name: &Name, at: &State<'a>, open: &mut Vec<Program<'a>>) {
    let Some(overloads) = at.catalog.functions.get(name) else {
        return;
    };
    for function in overloads.iter().filter(|function| !function.is_trigger) {
        open.push(Program {
            name: name.clone(),
            function,
            fired_on: None,
            why: format!("function `{name}`"),
            judged: false,
        });
    }
}

fn fired<'a>(table: &Name, trigger: &Trigger, at: &State<'a>, open: &mut Vec<Program<'a>>) {
    let Some(name) = trigger.function.as_ref().filter(|_| trigger.enabled) else {
        return;
    };
    for function in at.catalog.functions.get(name).into_iter().flatten() {
        open.push(Program {
            name: name.clone(),
            function,
            fired_on: Some(table.clone()),
            why: format!(
                "function `{name}`, which trigger `{}` of `{table}` calls,",
                trigger.name
            ),
            judged: false,
        });
    }
}

fn tell(program: &Program<'_>, element: &Element, out: &mut Faults<'_>) {
    let kind = match element {
        Element::Column(..) => BreakKind::MissingColumn,
        _ => BreakKind::MissingRelation,
    };
    out.push_as(
        kind,
        false,
        element.clone(),
        format!("{} names `{element}`, which does not exist", program.why),
        format!("{element} in {}", program.name),
    );
}

/// What the version knows and is not there: relations, and columns of those that are.
fn gone(at: &State<'_>, built: &State<'_>) -> Vec<(Element, Name, Option<String>)> {
    let mut found = Vec::new();
    let relations = &built.catalog.relations;
    for name in relations.differing(&at.catalog.relations) {
        let (Some(before), now) = (built.relation(name), at.relation(name)) else {
            continue;
        };
        match now {
            None => found.push((Element::Relation(name.clone()), name.clone(), None)),
            Some(now) if now.columns_known => {
                let missing = |column: &&str| now.column(column).is_none();
                let columns = before.columns.iter().map(|column| column.name.as_str());
                found.extend(columns.filter(missing).map(|column| {
                    let element = Element::Column(name.clone(), column.to_string());
                    (element, name.clone(), Some(column.to_string()))
                }));
            }
            Some(_) => {}
        }
    }
    found
}

/// Whether a text of these words names the relation, or that column of it.
fn names(
    words: &[Word],
    relation: &Name,
    column: Option<&str>,
    fired_on: Option<&Name>,
    at: &State<'_>,
) -> bool {
    let is_row = |of: &str| matches!(of, "new" | "old");
    let table = words.iter().any(|word| word.text == relation.name);
    let Some(column) = column else {
        return table;
    };
    words.iter().filter(|word| word.text == column).any(|word| {
        match word.of.as_deref() {
            Some(of) if is_row(of) => fired_on == Some(relation),
            // another relation that has one of that name
            Some(of) if *of != relation.name => {
                let other = at.column(&Name::folded(None, of), column);
                table && other.is_none()
            }
            _ => table,
        }
    })
}

/// A name in the text of a program, and the name before its dot.
struct Word {
    of: Option<String>,
    text: String,
}

/// The names in a text, folded, comments left out. Linear in the text.
fn words(text: &str) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let mut rest = text;
    // what stands before the dot that was just met
    let mut of: Option<String> = None;
    let mut joined = false;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'));
            let written = rest.get(..end.unwrap_or(rest.len())).unwrap_or("");
            let text = Name::fold(written);
            let of = of.take().filter(|_| joined);
            found.push(Word { of, text });
            joined = false;
            rest = rest.get(written.len()..).unwrap_or("");
            continue;
        } else if first == '"' {
            let inner = rest.get(1..).unwrap_or("");
            let end = inner.find('"').unwrap_or(inner.len());
            let text = inner.get(..end).unwrap_or("").to_string();
            let of = of.take().filter(|_| joined);
            found.push(Word { of, text });
            joined = false;
            rest = inner.get(end + 1..).unwrap_or("");
            continue;
        } else {
            if first == '.' {
                of = found.last().map(|word| word.text.clone());
            }
            joined = first == '.';
            first.len_utf8()
        };
        rest = rest.get(skipped..).unwrap_or("");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_a_text_are_its_words_outside_of_comments() {
        let text = "BEGIN -- not this\n NEW.\"Mail\" := lower(t.email) /* nor this */; END";
        let found: Vec<String> = words(text)
            .iter()
            .map(|word| match &word.of {
                Some(of) => format!("{of}.{}", word.text),
                None => word.text.clone(),
            })
            .collect();
        assert_eq!(
            found,
            ["begin", "new", "new.Mail", "lower", "t", "t.email", "end"]
        );
    }
}
