//! Whether what the function of a trigger does to rows is understood: assignments of columns that
//! exist, `IF` around them, plain `INSERT` and `UPDATE` of tables that exist, and a `RETURN` that
//! keeps the row. Everything else may refuse, drop or change what versions write.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::block::word_at;
use super::expression::{calls, columns, is_of_server};
use super::steps::{Step, steps};
use crate::schema::catalog::{
    Catalog, Function, Name, Relation, RelationKind, Trigger, TriggerEvent,
};
use crate::schema::parse;
use crate::schema::postgres::Change;
use crate::source::Span;

/// Whether a trigger of `relation` surely lets every row through that was let through before.
///
/// Linear in the text of its function.
pub(in crate::schema::postgres) fn is_understood(
    catalog: &Catalog,
    relation: &Name,
    trigger: &Trigger,
) -> bool {
    let of_server = [
        "suppress_redundant_updates_trigger",
        "tsvector_update_trigger",
    ];
    if trigger
        .function
        .as_ref()
        .is_some_and(|name| of_server.contains(&name.name.as_str()))
    {
        return true;
    }
    let function = trigger
        .function
        .as_ref()
        .and_then(|name| catalog.functions.get(name))
        .and_then(|all| all.iter().find(|one| one.arguments.is_empty()));
    let (Some(function), Some(own)) = (function, catalog.relation(relation)) else {
        return false;
    };
    // instead of a row of a view, the function alone decides what is written
    if !function.is_trigger || function.language != "plpgsql" || own.kind == RelationKind::View {
        return false;
    }
    let mut body = Body {
        catalog,
        relation,
        own,
        trigger,
        function,
        frames: Vec::new(),
        closed: false,
    };
    body.follow().is_some() && body.closed
}

/// A block or an `IF` that is open.
struct Frame {
    /// Whether it is an `IF`.
    is_if: bool,
    /// Whether each branch before this one returns.
    all: bool,
    /// Whether this branch has returned.
    now: bool,
    /// Whether an `ELSE` was met.
    otherwise: bool,
}

struct Body<'a> {
    catalog: &'a Catalog,
    relation: &'a Name,
    own: &'a Relation,
    trigger: &'a Trigger,
    function: &'a Function,
    frames: Vec<Frame>,
    closed: bool,
}

impl Body<'_> {
    fn follow(&mut self) -> Option<()> {
        let function = self.function;
        for step in steps(&function.body)? {
            self.step(step)?;
        }
        Some(())
    }

    /// One step; `None` is not understood.
    fn step(&mut self, step: Step<'_>) -> Option<()> {
        if self.closed || (self.frames.is_empty() && step != Step::Begin) {
            return None;
        }
        match step {
            // a block within may have handlers
            Step::Begin if !self.frames.is_empty() => return None,
            Step::Begin => self.frames.push(Frame {
                is_if: false,
                all: true,
                now: false,
                otherwise: true,
            }),
            Step::If(condition) => {
                self.expression(condition)?;
                self.frames.push(Frame {
                    is_if: true,
                    all: true,
                    now: false,
                    otherwise: false,
                });
            }
            Step::ElseIf(condition) => {
                self.expression(condition)?;
                self.branch(false)?;
            }
            Step::Else => self.branch(true)?,
            Step::End | Step::EndIf => {
                let frame = self.frames.pop()?;
                if frame.is_if != (step == Step::EndIf) {
                    return None;
                }
                let returns = frame.all && frame.now && frame.otherwise;
                match self.frames.last_mut() {
                    Some(outer) => outer.now |= returns,
                    // the server refuses a row where the end is reached without a `RETURN`
                    None if returns => self.closed = true,
                    None => return None,
                }
            }
            Step::Return(what) => {
                self.returned(what)?;
                self.frames.last_mut()?.now = true;
            }
            Step::Nothing => {}
            Step::Assign(column, value) => self.assignment(column, value)?,
            Step::Write(text) => self.write(text)?,
        }
        Some(())
    }

    /// The next branch of an `IF`.
    fn branch(&mut self, otherwise: bool) -> Option<()> {
        let frame = self.frames.last_mut()?;
        if !frame.is_if || frame.otherwise {
            return None;
        }
        frame.all &= frame.now;
        frame.now = false;
        frame.otherwise = otherwise;
        Some(())
    }

    /// Whether what is returned keeps the row: of a trigger that runs before it, what the event
    /// writes; nobody asks for what any other returns.
    fn returned(&self, what: &str) -> Option<()> {
        let what = what.to_ascii_lowercase();
        let row = self.trigger.row;
        let deletes = |event: &TriggerEvent| *event == TriggerEvent::Delete;
        let events = &self.trigger.events;
        let kept = match what.as_str() {
            "new" => !events.iter().any(deletes),
            "old" => events.iter().all(deletes),
            "null" => false,
            _ => return None,
        };
        (kept || !self.trigger.before || !row).then_some(())
    }

    /// `NEW.column := value`
    fn assignment(&self, name: &str, value: &str) -> Option<()> {
        let column = self.own.column(&Name::fold(name))?;
        let null = column.not_null && value.trim().eq_ignore_ascii_case("null");
        // the server computes it, and refuses another value
        if null || column.generated.is_some() || !self.trigger.row {
            return None;
        }
        self.expression(value)
    }

    /// An expression over columns of the row, with functions of the server alone.
    fn expression(&self, text: &str) -> Option<()> {
        let sql = format!("SELECT {}", text.trim());
        let read = parse::with_tree(&sql, |tree| {
            let queries = tree.descendants().filter(|inner| {
                matches!(
                    inner.kind(),
                    K::SELECT | K::COMPOUND_SELECT | K::VALUES | K::TABLE
                )
            });
            queries.count() == 1 && self.knows(tree, &[])
        });
        read.ok().filter(|known| *known).map(|_| ())
    }

    /// Whether all functions are the server's, and all columns are of the row or of `tables`.
    fn knows(&self, tree: &SyntaxNode, tables: &[&Relation]) -> bool {
        let called = calls(tree, Name::DEFAULT_SCHEMA);
        if !called.iter().all(|(name, _)| is_of_server(name)) {
            return false;
        }
        columns(tree)
            .iter()
            .all(|(of, column)| match of.as_deref() {
                Some("new" | "old") => self.trigger.row && self.own.column(column).is_some(),
                None if column.starts_with("tg_") => true,
                None if matches!(column.as_str(), "new" | "old") => self.trigger.row,
                _ => tables.iter().any(|table| table.column(column).is_some()),
            })
    }

    /// A row of another table.
    fn write(&self, text: &str) -> Option<()> {
        let at = Span::new(self.function.span.file, 0, text.len());
        let changes = super::lower(text, at, self.catalog, Name::DEFAULT_SCHEMA);
        let [change] = changes.as_slice() else {
            return None;
        };
        let Change::Write(write) = &change.value else {
            return None;
        };
        // a write of the own table comes here once more
        if write.table == *self.relation {
            return None;
        }
        let table = self.catalog.relation(&write.table)?;
        let mut tables = vec![table];
        for read in &write.reads {
            tables.push(self.catalog.relation(read)?);
        }
        let known = write
            .columns
            .iter()
            .all(|column| table.column(column).is_some());
        let inserts = word_at(text).eq_ignore_ascii_case("insert");
        let given = table.columns.iter().all(|column| {
            !inserts
                || !column.not_null
                || column.is_filled()
                || write.columns.contains(&column.name)
        });
        if table.kind == RelationKind::View || !known || !given || write.columns.is_empty() {
            return None;
        }
        let read = parse::with_tree(text, |tree| self.knows(tree, &tables));
        read.ok().filter(|known| *known).map(|_| ())
    }
}
