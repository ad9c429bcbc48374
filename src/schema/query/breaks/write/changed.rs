//! What triggers that run before a row is written make of it.

use std::collections::BTreeMap;

use super::given::{Row, inserted, updated};
use super::trigger::{active, bodies};
use super::{Faults, Known, State, Target, checks};
use crate::schema::catalog::{Name, Relation, Trigger, TriggerEvent};
use crate::schema::postgres::{TriggerStep as Step, trigger_steps};
use crate::schema::query::breaks::condition::outcome;
use crate::schema::query::contract::{Literal, Query, Write};

/// Conditions within conditions are followed so far.
const MAX_DEPTH: usize = 32;

/// A row behind the triggers that run before it is written.
pub(super) struct Changed {
    set: BTreeMap<String, Set>,
    /// Whether a trigger is among them whose program is not followed: it may set anything.
    opaque: bool,
}

/// A column that a trigger sets.
#[derive(Clone, Debug, PartialEq)]
struct Set {
    /// What is known of it behind that.
    known: Known,
    /// Whether it is set whatever the row holds, or left as it is only where something is `NULL` or
    /// did not change.
    surely: bool,
    /// The column that it is a copy of.
    copy: Option<String>,
}

impl Changed {
    /// What a trigger makes of the column; `None` where none sets it.
    pub(super) fn known(&self, column: &str) -> Option<Known> {
        match self.set.get(column) {
            Some(set) => Some(set.known.clone()),
            None => self.opaque.then_some(Known::Unknown),
        }
    }

    /// Whether each row is given a value of the column by a trigger, as far as is known.
    pub(super) fn fills(&self, column: &str) -> bool {
        match self.set.get(column) {
            Some(set) => set.surely && set.known != Known::Null,
            None => self.opaque,
        }
    }

    /// The column that a trigger copies into this one.
    pub(super) fn copied(&self, column: &str) -> Option<&str> {
        self.set.get(column)?.copy.as_deref()
    }
}

/// What the triggers of the table make of a row. Linear in their texts.
pub(super) fn changed(
    row: &Row<'_>,
    target: &Target<'_>,
    at: &State<'_>,
    built: &State<'_>,
) -> Changed {
    let mut changed = Changed {
        set: BTreeMap::new(),
        opaque: false,
    };
    let event = [row.event];
    let mut triggers: Vec<&Trigger> = active(target.relation, &event)
        .filter(|trigger| trigger.before && trigger.row && is_set(trigger, row, target))
        .collect();
    // the server runs them in this order
    triggers.sort_by(|one, other| one.name.cmp(&other.name));
    for trigger in triggers {
        let mut walk = Walk::new(row, target, at, built, changed.set);
        let followed = walk.trigger(trigger);
        changed.opaque |= followed.is_none();
        changed.set = followed.unwrap_or(walk.before);
    }
    changed
}

/// Whether what a write leaves behind may be another row, here or in another table, where the
/// trigger does not run any more: `now` is the table then, and `built` is the schema in which the
/// trigger still runs, and which the version was built against.
pub(in crate::schema::query::breaks) fn counts_on(
    write: &Write,
    trigger: &Trigger,
    (table, relation): (&Name, &Relation),
    now: &Relation,
    built: &State<'_>,
    query: &Query,
) -> bool {
    let target = Target {
        name: write.relation(),
        table,
        relation,
    };
    let mut ignored = Faults {
        query,
        found: Vec::new(),
        nested: true,
        bodies: std::collections::BTreeSet::new(),
    };
    let mut rows = Vec::new();
    match write {
        Write::Insert(insert) => {
            for values in &insert.rows {
                let row = inserted(insert, values, &target, built, built, &mut ignored);
                let Some(row) = row else { return true };
                rows.push(row);
            }
            if let Some(conflict) = insert.conflict.as_ref().filter(|c| !c.set.is_empty()) {
                rows.push(updated(&conflict.set, &target, built, built));
            }
        }
        Write::Update { set, .. } => rows.push(updated(set, &target, built, built)),
        Write::Delete { .. } => return true,
    }
    rows.iter().any(|row| {
        if !trigger.events.contains(&row.event) || !is_set(trigger, row, &target) {
            return false;
        }
        let mut walk = Walk::new(row, &target, built, built, BTreeMap::new());
        let followed = walk.trigger(trigger);
        let kept = |(column, set): (&String, &Set)| {
            now.column(column).is_none() || set.copy.as_ref() == Some(column)
        };
        let same = followed.is_some_and(|columns| columns.iter().all(kept));
        !trigger.row || walk.writes || !same
    })
}

/// Whether an update sets one of the columns that the trigger waits for. A column that was renamed
/// since is not known.
fn is_set(trigger: &Trigger, row: &Row<'_>, target: &Target<'_>) -> bool {
    let known = |column: &String| target.relation.column(column).is_some();
    row.event != TriggerEvent::Update
        || trigger.columns.is_empty()
        || !trigger.columns.iter().all(known)
        || trigger
            .columns
            .iter()
            .any(|column| row.of(column).is_some())
}

/// What is known of a condition.
#[derive(Clone, Copy, PartialEq)]
enum Decided {
    Yes,
    No,
    /// It depends on whether something is `NULL` or was changed.
    OfNull,
    /// It depends on values.
    OfValues,
}

type Columns = BTreeMap<String, Set>;

struct Walk<'a> {
    row: &'a Row<'a>,
    target: &'a Target<'a>,
    at: &'a State<'a>,
    built: &'a State<'a>,
    /// What the triggers before have set.
    before: Columns,
    /// The columns where a `RETURN` was met, on all ways to one so far.
    ended: Option<Columns>,
    /// Whether rows are written beside this one.
    writes: bool,
}

impl<'a> Walk<'a> {
    fn new(
        row: &'a Row<'a>,
        target: &'a Target<'a>,
        at: &'a State<'a>,
        built: &'a State<'a>,
        before: Columns,
    ) -> Walk<'a> {
        Walk {
            row,
            target,
            at,
            built,
            before,
            ended: None,
            writes: false,
        }
    }

    /// The columns behind a trigger; `None` is not followed.
    fn trigger(&mut self, trigger: &Trigger) -> Option<Columns> {
        let decided = match &trigger.when {
            Some(when) => self.decide(when, &self.before),
            None => Decided::Yes,
        };
        if decided == Decided::No {
            return Some(self.before.clone());
        }
        let bodies: Vec<&str> = bodies(trigger, self.at).collect();
        let [body] = bodies.as_slice() else {
            return None;
        };
        let set = self.run(&trigger_steps(body)?)?;
        Some(match decided {
            Decided::Yes => set,
            other => self.joined(&self.before, &set, other == Decided::OfNull),
        })
    }

    /// The columns behind the program; `None` is not followed.
    fn run(&mut self, steps: &[Step<'_>]) -> Option<Columns> {
        let mut next = 0;
        let start = self.before.clone();
        if steps.first() != Some(&Step::Begin) {
            return None;
        }
        next += 1;
        let open = self.block(steps, &mut next, Some(start), 0)?;
        let whole = steps.get(next) == Some(&Step::End) && next + 1 == steps.len();
        // the server refuses a row where the end is reached without a `RETURN`
        (whole && open.is_none())
            .then(|| self.ended.take())
            .flatten()
    }

    /// Follows steps up to the end of the block or branch; gives the columns there, `None` where
    /// each way to it has returned.
    fn block(
        &mut self,
        steps: &[Step<'_>],
        next: &mut usize,
        mut now: Option<Columns>,
        depth: usize,
    ) -> Option<Option<Columns>> {
        while let Some(step) = steps.get(*next) {
            match *step {
                Step::End | Step::EndIf | Step::Else | Step::ElseIf(_) => return Some(now),
                Step::Begin => return None,
                Step::If(condition) if depth < MAX_DEPTH => {
                    *next += 1;
                    now = self.branches(steps, next, condition, now, depth)?;
                    continue;
                }
                Step::If(_) => return None,
                Step::Return(_) => {
                    if let Some(columns) = now.take() {
                        self.ended = Some(match self.ended.take() {
                            Some(other) => self.joined(&other, &columns, false),
                            None => columns,
                        });
                    }
                }
                Step::Assign(column, value) => {
                    if let Some(columns) = &mut now {
                        let column = Name::fold(column);
                        let (known, before) =
                            (self.value(value, columns), self.set(&column, columns));
                        // `NULL` in the place of `NULL`
                        let same = known == Known::Null && before.known == Known::Null;
                        let copy = match same {
                            true => before.copy,
                            false => self.source(value, columns),
                        };
                        let set = Set {
                            known,
                            surely: true,
                            copy,
                        };
                        columns.insert(column, set);
                    }
                }
                Step::Write(_) => self.writes |= now.is_some(),
                Step::Nothing => {}
            }
            *next += 1;
        }
        Some(now)
    }

    /// An `IF` behind its first condition, up to behind its end.
    fn branches(
        &mut self,
        steps: &[Step<'_>],
        next: &mut usize,
        first: &str,
        now: Option<Columns>,
        depth: usize,
    ) -> Option<Option<Columns>> {
        let mut outcome: Option<Columns> = None;
        // what is still open for the branches that follow, and whether only `NULL` decides
        let (mut left, mut of_null) = (now, true);
        let mut condition = Some(first);
        loop {
            let decided = match (condition, &left) {
                (Some(condition), Some(columns)) => self.decide(condition, columns),
                (None, Some(_)) => Decided::Yes,
                (_, None) => Decided::No,
            };
            of_null &= decided != Decided::OfValues;
            let mut taken = left.clone().filter(|_| decided != Decided::No);
            if let (Some(columns), Some(column)) = (&mut taken, condition.and_then(null_asked)) {
                let set = self.set(&column, columns);
                let known = Known::Null;
                columns.insert(column, Set { known, ..set });
            }
            if decided == Decided::Yes {
                left = None;
            }
            let behind = self.block(steps, next, taken, depth + 1)?;
            outcome = self.either(outcome, behind, of_null);
            let step = steps.get(*next)?;
            *next += 1;
            condition = match *step {
                Step::ElseIf(condition) => Some(condition),
                Step::Else => None,
                Step::EndIf => break,
                _ => return None,
            };
        }
        Some(self.either(outcome, left, of_null))
    }

    fn either(
        &self,
        one: Option<Columns>,
        other: Option<Columns>,
        of_null: bool,
    ) -> Option<Columns> {
        match (one, other) {
            (Some(one), Some(other)) => Some(self.joined(&one, &other, of_null)),
            (one, other) => one.or(other),
        }
    }

    /// What holds on two ways; `of_null`: which of them is gone depends on `NULL` alone.
    fn joined(&self, one: &Columns, other: &Columns, of_null: bool) -> Columns {
        let names: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
        let joined = |name: &String| {
            let (left, right) = (self.set(name, one), self.set(name, other));
            let surely = match of_null {
                true => left.surely || right.surely,
                false => left.surely && right.surely,
            };
            let is_there = |known: &Known| matches!(known, Known::Literal(_) | Known::Something);
            let known = if left.known == right.known {
                left.known
            } else if is_there(&left.known) && is_there(&right.known) {
                Known::Something
            } else {
                Known::Unknown
            };
            let copy = left.copy.filter(|copy| right.copy.as_ref() == Some(copy));
            Set {
                known,
                surely,
                copy,
            }
        };
        names
            .into_iter()
            .map(|name| (name.clone(), joined(name)))
            .collect()
    }

    /// The column as it is after what was set so far.
    fn set(&self, column: &str, columns: &Columns) -> Set {
        columns.get(column).cloned().unwrap_or_else(|| Set {
            known: self.plain(column),
            surely: false,
            copy: Some(column.to_string()),
        })
    }

    fn decide(&self, condition: &str, columns: &Columns) -> Decided {
        if let Some(differs) = self.differs(condition, columns) {
            return if differs { Decided::Yes } else { Decided::No };
        }
        match self.value(condition, columns) {
            Known::Literal(Literal::Bool(true)) => Decided::Yes,
            Known::Literal(Literal::Bool(false)) | Known::Null => Decided::No,
            _ => {
                let text = condition.to_ascii_lowercase();
                // what is left alone has no value to give, or has it already
                match text.contains("null") || text.contains("distinct from") {
                    true => Decided::OfNull,
                    false => Decided::OfValues,
                }
            }
        }
    }

    /// The outcome of `NEW.column IS [NOT] DISTINCT FROM OLD.column` where an update leaves the
    /// column as it is.
    fn differs(&self, condition: &str, columns: &Columns) -> Option<bool> {
        let words = condition.to_ascii_lowercase();
        let words: Vec<&str> = words.split_whitespace().collect();
        let (new, negated, old) = match words.as_slice() {
            [new, "is", "distinct", "from", old] => (new, false, old),
            [new, "is", "not", "distinct", "from", old] => (new, true, old),
            _ => return None,
        };
        let column = new.strip_prefix("new.")?;
        let same = self.row.event == TriggerEvent::Update
            && old.strip_prefix("old.") == Some(column)
            && self.row.of(column).is_none()
            && !columns.contains_key(column);
        same.then_some(negated)
    }

    /// The column that a value is, as it was written: alone, or in a `coalesce` whose other values
    /// are `NULL` or come too late.
    fn source(&self, value: &str, columns: &Columns) -> Option<String> {
        let before = |column: String| match columns.get(&column) {
            Some(set) => set.copy.clone(),
            None => Some(column),
        };
        if let Some(column) = copied(value) {
            return before(column);
        }
        let inner = value.trim().to_ascii_lowercase();
        let inner = inner.strip_prefix("coalesce(")?.strip_suffix(')')?;
        if inner.contains(['(', '\'', '"']) {
            return None;
        }
        let mut left = inner
            .split(',')
            .map(|one| (one, self.value(one, columns)))
            .filter(|(_, known)| *known != Known::Null);
        let (first, known) = left.next()?;
        let alone = !matches!(known, Known::Unknown) || left.next().is_none();
        before(copied(first).filter(|_| alone)?)
    }

    /// What is known of an expression over the row.
    fn value(&self, text: &str, columns: &Columns) -> Known {
        let event = match self.row.event {
            TriggerEvent::Insert => "INSERT",
            TriggerEvent::Update => "UPDATE",
            TriggerEvent::Delete | TriggerEvent::Truncate => "",
        };
        outcome(text, &|name| match name.split_once('.') {
            Some(("new", column)) => match columns.get(column) {
                Some(set) => set.known.clone(),
                None => self.plain(column),
            },
            None if name == "tg_op" => Known::Literal(Literal::Text(event.to_string())),
            _ => Known::Unknown,
        })
    }

    /// What is known of a column that no trigger sets.
    fn plain(&self, column: &str) -> Known {
        if self.row.event == TriggerEvent::Update && self.row.of(column).is_none() {
            // what the row that is there holds
            let found = self.target.relation.column(column);
            return match found.is_some_and(|found| found.not_null) {
                true => Known::Something,
                false => Known::Unknown,
            };
        }
        checks::known_of(self.row, column, self.at, self.built)
    }
}

/// The column that a condition asks whether it is `NULL`, and nothing more.
fn null_asked(condition: &str) -> Option<String> {
    let words: Vec<&str> = condition.split_whitespace().collect();
    match words.as_slice() {
        [column, is, null]
            if is.eq_ignore_ascii_case("is") && null.eq_ignore_ascii_case("null") =>
        {
            copied(column)
        }
        _ => None,
    }
}

/// The column of the row that a value is, and nothing more.
fn copied(value: &str) -> Option<String> {
    let value = value.trim();
    let (row, column) = value.split_once('.')?;
    let is_name = column.chars().all(|c| c.is_alphanumeric() || c == '_');
    (row.eq_ignore_ascii_case("new") && is_name).then(|| Name::fold(column))
}
