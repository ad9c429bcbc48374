//! Programs that the server runs for a query: functions that it calls, those of the triggers that
//! its writes set off, and those that defaults, checks, indexes and views call. Each session reads
//! their texts anew, so the server lets a migration take away what they name, and refuses the query
//! behind it.
//!
//! Only the words of a text are looked at: what names a thing that is gone, or that is otherwise than
//! when the text was written, may fail.

mod noticed;

use std::collections::BTreeSet;

use super::Faults;
use super::state::{State, returned_relation};
use super::words::{Word, words};
use crate::schema::catalog::{Function, Name, Relation, Trigger, TriggerEvent};
use crate::schema::query::contract::{Query, Write};
use noticed::{Noticed, Text};

/// So many programs are followed from one query; a program calls others.
const MAX_PROGRAMS: usize = 64;
/// So many tables are followed from a row that is taken away.
const MAX_TABLES: usize = 64;

/// A program and why it runs.
struct Program<'a> {
    name: Name,
    function: &'a Function,
    /// The relation whose trigger runs it.
    fired_on: Option<Name>,
    /// `function x`, or `function x, which trigger y of z calls,`.
    why: String,
    /// Whether the query calls it, and its text is SQL, of which what is gone is told elsewhere.
    judged: bool,
}

pub(super) fn judge(query: &Query, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    if at.catalog.functions.is_empty() {
        return;
    }
    let mut open = Vec::new();
    for (name, _) in &query.functions {
        called(name, at, &mut open);
    }
    for program in &mut open {
        program.judged = program.function.language == "sql";
    }
    for name in &query.relations {
        if let Some(relation) = at.relation(name) {
            shown(name, relation, at, &mut open);
        }
    }
    for write in &query.writes {
        let Some((table, relation)) = at.written(write.relation()) else {
            continue;
        };
        let events = events(write);
        for trigger in fires(relation, events) {
            fired(table, trigger, at, &mut open);
        }
        if matches!(write, Write::Delete { .. }) {
            taken_along(table, at, &mut open);
        } else {
            computed(table, relation, at, &mut open);
        }
    }
    if open.is_empty() {
        return;
    }
    let gone = noticed::gone(at, built);
    let changed = noticed::changed(at, built);
    if gone.is_empty() && changed.is_empty() {
        return;
    }
    let mut seen: BTreeSet<(Name, Option<Name>)> = BTreeSet::new();
    while let Some(program) = open.pop() {
        let place = (program.name.clone(), program.fired_on.clone());
        if seen.len() >= MAX_PROGRAMS || !seen.insert(place) {
            continue;
        }
        let words = words(&program.function.body);
        let text = Text {
            words: &words,
            text: &program.function.body,
            fired_on: program.fired_on.as_ref(),
            returns: program
                .function
                .returns
                .as_deref()
                .and_then(returned_relation),
        };
        // whoever wrote the text anew knew what it meets
        let kept = is_kept(&program, built);
        let gone = gone.iter().filter(|_| !program.judged);
        for what in gone.chain(changed.iter().filter(|_| kept)) {
            // what its statements meet may be told already
            let mut told = out.found.iter();
            let told = told.any(|fault| fault.found.element == what.element);
            if !told && text.notices(what, at) {
                tell(&program, what, out);
            }
        }
        follow(&words, at, &mut open);
    }
}

/// Whether the version was built beside a program of the same text.
fn is_kept(program: &Program<'_>, built: &State<'_>) -> bool {
    let before = built.catalog.functions.get(&program.name);
    before.into_iter().flatten().any(|before| {
        before.arguments == program.function.arguments && before.body == program.function.body
    })
}

/// What a program of these words calls and sets off in its turn.
fn follow<'a>(words: &[Word], at: &State<'a>, open: &mut Vec<Program<'a>>) {
    let writes = |word: &Word| ["insert", "update", "delete"].contains(&word.text.as_str());
    let writes = words.iter().any(writes);
    for word in words {
        let name = word.object();
        called(&name, at, open);
        if let Some(relation) = at.relation(&name) {
            shown(&name, relation, at, open);
            if writes {
                computed(&name, relation, at, open);
                for trigger in &relation.triggers {
                    fired(&name, trigger, at, open);
                }
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

fn fires<'a>(relation: &'a Relation, events: &[TriggerEvent]) -> impl Iterator<Item = &'a Trigger> {
    let fires = move |trigger: &&Trigger| trigger.events.iter().any(|one| events.contains(one));
    relation.triggers.iter().filter(fires)
}

/// What runs in other tables when a row of this one goes, and the rows that refer to it follow.
fn taken_along<'a>(table: &Name, at: &State<'a>, open: &mut Vec<Program<'a>>) {
    let mut seen: BTreeSet<&Name> = BTreeSet::new();
    let mut tables: Vec<&Name> = vec![table];
    while let Some(table) = tables.pop() {
        for (child, constraint) in at.referencing(table) {
            if !constraint.kind.follows_delete() || seen.len() >= MAX_TABLES || !seen.insert(child)
            {
                continue;
            }
            if let Some(relation) = at.relation(child) {
                // a row that is set to `NULL` is updated
                let events = [TriggerEvent::Delete, TriggerEvent::Update];
                for trigger in fires(relation, &events) {
                    fired(child, trigger, at, open);
                }
            }
            tables.push(child);
        }
    }
}

/// The functions that a view, and those that it reads, call.
fn shown<'a>(name: &Name, relation: &Relation, at: &State<'a>, open: &mut Vec<Program<'a>>) {
    let calls = relation.view.iter().flat_map(|view| &view.calls);
    for call in calls {
        called_by(call, &format!("view `{name}`"), at, open);
    }
}

/// The functions that are run to store a row: by defaults, generated columns, checks and indexes.
fn computed<'a>(table: &Name, relation: &Relation, at: &State<'a>, open: &mut Vec<Program<'a>>) {
    for (what, text) in relation.computed() {
        for word in words(text) {
            called_by(&word.object(), &format!("{what} of `{table}`"), at, open);
        }
    }
}

fn called<'a>(name: &Name, at: &State<'a>, open: &mut Vec<Program<'a>>) {
    push(name, format!("function `{name}`"), at, open);
}

fn called_by<'a>(name: &Name, who: &str, at: &State<'a>, open: &mut Vec<Program<'a>>) {
    let why = format!("function `{name}`, which {who} calls,");
    push(name, why, at, open);
}

fn push<'a>(name: &Name, why: String, at: &State<'a>, open: &mut Vec<Program<'a>>) {
    let overloads = at.catalog.functions.get(name).into_iter().flatten();
    for function in overloads.filter(|function| !function.is_trigger) {
        open.push(Program {
            name: name.clone(),
            function,
            fired_on: None,
            why: why.clone(),
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

fn tell(program: &Program<'_>, what: &Noticed, out: &mut Faults<'_>) {
    out.push_as(
        what.kind,
        false,
        what.element.clone(),
        format!(
            "{} names `{}`, which {}",
            program.why, what.element, what.reason
        ),
        format!("{} in {}", what.element, program.name),
    );
}
