//! What a session remembers from statement to statement: its transaction, its settings.

use std::sync::Arc;

use super::{ChangeStep, Step, begins};
use crate::schema::Transaction;
use crate::schema::catalog::{Catalog, Name};
use crate::schema::postgres::change::TypeAction;
use crate::schema::postgres::{Change, InTransaction, ReplayError};
use crate::source::Spanned;

/// Who began the transaction that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    /// Nobody: each statement is committed by itself.
    None,
    /// The tool.
    Tool,
    /// The server, for several statements that were sent at once.
    Implicit,
    /// The script, by `BEGIN`.
    Script,
}

pub(super) struct Session {
    block: Block,
    /// What a transaction falls back to after `COMMIT`.
    outer: Block,
    /// Whether the tool ends the script with `COMMIT`.
    tool: bool,
    /// The number of the transaction.
    pub(super) transaction: usize,
    /// The catalog at its beginning, and at each savepoint.
    start: Arc<Catalog>,
    savepoints: Vec<(String, Arc<Catalog>)>,
    /// Where names without a schema live.
    pub(super) schema: String,
    /// Whether the time zone was set to UTC.
    pub(super) utc: bool,
    /// The labels that this transaction added to enums that it did not make.
    labels: Vec<(Name, String)>,
}

impl Session {
    pub(super) fn new(
        transaction: Transaction,
        several: bool,
        number: usize,
        catalog: Arc<Catalog>,
    ) -> Session {
        let block = match (begins(transaction, several), transaction) {
            (true, Transaction::Wrapped) => Block::Tool,
            (true, _) => Block::Implicit,
            _ => Block::None,
        };
        Session {
            block,
            outer: if block == Block::Implicit {
                block
            } else {
                Block::None
            },
            tool: block == Block::Tool,
            transaction: number,
            start: catalog,
            savepoints: Vec::new(),
            schema: Name::DEFAULT_SCHEMA.into(),
            utc: false,
            labels: Vec::new(),
        }
    }

    /// Whether nothing is open, so that others see what was done.
    pub(super) fn is_committed(&self) -> bool {
        self.block == Block::None
    }

    /// Whether the end of the script commits what is open.
    pub(super) fn ends_with_script(&self) -> bool {
        self.tool || self.block != Block::Script
    }

    /// A new transaction begins behind a visible state.
    pub(super) fn next(&mut self, catalog: &Arc<Catalog>) {
        self.transaction += 1;
        // what was sent at once goes on in one more implicit block behind a `COMMIT`
        if self.outer == Block::Implicit {
            self.block = Block::Implicit;
        }
        self.start = Arc::clone(catalog);
        self.savepoints.clear();
        self.labels.clear();
    }

    /// What must be known before a statement runs: whether the transaction allows it.
    pub(super) fn before_statement(&mut self, changes: &[Spanned<Change>], step: &mut Step) {
        if let Some(Spanned {
            value: Change::Begin,
            span,
        }) = changes.first()
            && matches!(self.block, Block::Tool | Block::Script)
        {
            step.errors.push(ReplayError {
                sqlstate: "25001",
                message: "`BEGIN` in a transaction does nothing, and the next `COMMIT` ends the one that is open".into(),
                certain: true,
                span: *span,
            });
        }
    }

    /// What a change is refused for because of the transaction that it runs in.
    pub(super) fn check(&mut self, done: &ChangeStep, step: &mut Step, sql: &str) {
        if done.cost.in_transaction == InTransaction::Forbidden && self.block != Block::None {
            let by = match self.block {
                Block::Tool => "the tool runs the script in one",
                Block::Script => "the script began one",
                _ => "the server runs several statements that are sent at once in one",
            };
            step.errors.push(ReplayError {
                sqlstate: "25001",
                message: format!("it cannot run in a transaction, and {by}"),
                certain: true,
                span: done.span,
            });
        }
        if self.block == Block::None {
            return;
        }
        for (name, label) in &self.labels {
            if sql.contains(&format!("'{label}'")) {
                step.errors.push(ReplayError {
                    sqlstate: "55P04",
                    message: format!("label '{label}' of enum `{name}` cannot be used before the transaction that adds it is committed"),
                    // the text may mean something else
                    certain: false,
                    span: done.span,
                });
            }
        }
        if let Change::AlterType {
            name,
            action: TypeAction::AddValue { label, .. },
        } = &done.change
            && !done.applied.vacuous
            && self.start.types.contains_key(name)
        {
            self.labels.push((name.clone(), label.clone()));
        }
    }

    /// `BEGIN`, `COMMIT` and settings; gives the catalog that holds afterwards.
    pub(super) fn control(&mut self, change: &Change, now: Arc<Catalog>) -> Arc<Catalog> {
        match change {
            Change::Begin => {
                if matches!(self.block, Block::None | Block::Implicit) {
                    self.outer = self.block;
                    self.block = Block::Script;
                }
            }
            Change::Commit => self.block = Block::None,
            Change::Rollback => {
                self.block = Block::None;
                return Arc::clone(&self.start);
            }
            Change::Savepoint(name) => self.savepoints.push((name.clone(), Arc::clone(&now))),
            Change::RollbackTo(name) => {
                let at = self.savepoints.iter().rposition(|(other, _)| other == name);
                if let Some(at) = at {
                    self.savepoints.truncate(at + 1);
                    if let Some((_, back)) = self.savepoints.last() {
                        return Arc::clone(back);
                    }
                }
            }
            Change::SetParameter { name, value } => self.set(name, value.as_deref()),
            _ => {}
        }
        now
    }

    fn set(&mut self, name: &str, value: Option<&str>) {
        match name {
            "search_path" | "all" => {
                let first = value
                    .and_then(|value| {
                        value
                            .split(',')
                            .map(str::trim)
                            .find(|part| *part != "\"$user\"" && *part != "$user")
                    })
                    .filter(|part| !part.is_empty());
                self.schema = first.map_or_else(|| Name::DEFAULT_SCHEMA.into(), Name::fold);
            }
            "timezone" => {
                let utc = |value: &str| {
                    matches!(
                        value.to_lowercase().as_str(),
                        "utc" | "etc/utc" | "gmt" | "0"
                    )
                };
                self.utc = value.is_some_and(utc);
            }
            _ => {}
        }
    }
}
