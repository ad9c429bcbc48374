//! A folder of migrations, statement by statement: the catalog after each, its cost, its effects,
//! and whether others see it yet.

mod session;

use std::sync::{Arc, mpsc};
use std::thread;

use super::apply::permitted;
use super::{Applied, Change, Context, Cost, Effects, ReplayError, apply, cost, effects, lower};
use crate::schema::catalog::Catalog;
use crate::schema::parse::ahead::{self, Ahead};
use crate::schema::{Engine, Migration, Script, Transaction};
use crate::source::{SourceMap, Span};
use session::Session;

/// What replaying gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    /// One for each statement, in the order in which they run.
    pub steps: Vec<Step>,
    /// The catalog after the last statement.
    pub last: Arc<Catalog>,
}

/// One statement that was run.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Which of the migrations, counted from 0.
    pub migration: usize,
    /// Which statement of its script, counted from 0.
    pub statement: usize,
    /// Where the statement stands in its file.
    pub span: Span,
    /// What it does; one for each subcommand.
    pub changes: Vec<ChangeStep>,
    /// The transaction that it runs in: steps with the same number are seen by others all at once.
    pub transaction: usize,
    /// Whether others see the catalog after it: it is the last of its transaction.
    pub visible: bool,
    /// The catalog after it; the one before it where the server refuses it.
    pub after: Arc<Catalog>,
    /// Why the server would refuse it.
    pub errors: Vec<ReplayError>,
}

/// One change of a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeStep {
    /// What is done.
    pub change: Change,
    /// Where its text stands: the subcommand of an `ALTER TABLE`.
    pub span: Span,
    /// What it costs.
    pub cost: Cost,
    /// What it means for the versions around it.
    pub effects: Effects,
    /// What came of it.
    pub applied: Applied,
}

impl Step {
    /// The locks of all its changes, each relation with its strongest, sorted by name.
    pub fn locks(&self) -> Vec<(crate::schema::catalog::Name, super::LockMode)> {
        let mut all = std::collections::BTreeMap::new();
        for (name, mode) in self.changes.iter().flat_map(|change| &change.cost.locks) {
            let held = all.entry(name.clone()).or_insert(*mode);
            *held = (*held).max(*mode);
        }
        all.into_iter().collect()
    }
}

/// Replays the ups of migrations, in their order, from an empty schema on a server of that major
/// version (10 to 18).
///
/// A migration whose up cannot be read leaves the catalog partly unknown. Linear in the text and in
/// the number of statements times the number of relations: a catalog shares its objects with the
/// one before.
pub fn replay(sources: &SourceMap, migrations: &[&Migration], server: u32) -> Replay {
    replay_declared(sources, migrations, server, &mut |_, _| false)
}

/// Does to a catalog what is declared of the migration of that number, behind a statement of it
/// that is not understood; whether anything is declared of it. A migration with several such
/// statements is asked for at each.
pub type Declared<'a> = dyn FnMut(usize, &mut Catalog) -> bool + 'a;

/// Like [`replay`], where something is declared of migrations that are not understood.
pub fn replay_declared(
    sources: &SourceMap,
    migrations: &[&Migration],
    server: u32,
    declared: &mut Declared<'_>,
) -> Replay {
    let mut replay = Replay {
        steps: Vec::new(),
        last: Arc::new(Catalog {
            server,
            ..Catalog::default()
        }),
    };
    let mut one = |at: usize, migration: &Migration| match &migration.up {
        Some(script) => run(&mut replay, sources, script, (at, server), declared),
        None => {
            let mut catalog = Catalog::clone(&replay.last);
            if !declared(at, &mut catalog) {
                catalog.unknown.push(migration.span);
            }
            replay.last = Arc::new(catalog);
        }
    };
    let statements = |migration: &Migration| {
        let script = migration.up.as_ref();
        script.map_or_else(Ahead::default, |script| parse_script(sources, script))
    };
    if migrations.len() < LONG {
        for (at, migration) in migrations.iter().enumerate() {
            ahead::with(statements(migration), || one(at, migration));
        }
        return replay;
    }
    // parsing takes more than half of the time and rests on nothing, so another core does it
    thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel(AHEAD);
        scope.spawn(move || {
            for migration in migrations {
                if send.send(statements(migration)).is_err() {
                    return;
                }
            }
        });
        for (at, migration) in migrations.iter().enumerate() {
            // where the other thread has ended, this one parses
            let parsed = receive.recv().unwrap_or_default();
            ahead::with(parsed, || one(at, migration));
        }
    });
    replay
}

/// So many migrations are worth a thread of their own that parses them.
const LONG: usize = 64;

/// So many migrations are parsed ahead at most.
const AHEAD: usize = 64;

/// Replays one script, a down for instance, from a catalog on.
pub fn replay_onto(
    sources: &SourceMap,
    catalog: Arc<Catalog>,
    script: &Script,
    server: u32,
) -> Replay {
    let mut replay = Replay {
        steps: Vec::new(),
        last: catalog,
    };
    ahead::with(parse_script(sources, script), || {
        run(&mut replay, sources, script, (0, server), &mut |_, _| false);
    });
    replay
}

fn parse_script(sources: &SourceMap, script: &Script) -> Ahead {
    let text = sources.file(script.file).text.as_str();
    let cut = script.statements(sources, Some(Engine::PostgreSql));
    let each = cut.statements.into_iter();
    ahead::parse(each.filter_map(|one| text.get(one.range)))
}

/// Runs a script behind what was run so far.
fn run(
    replay: &mut Replay,
    sources: &SourceMap,
    script: &Script,
    (migration, server): (usize, u32),
    declared: &mut Declared<'_>,
) {
    let text = sources.file(script.file).text.as_str();
    let cut = script.statements(sources, Some(Engine::PostgreSql));
    let several = cut.statements.len() > 1;
    let first = replay.steps.last().map_or(0, |step| step.transaction + 1);
    let mut session = Session::new(script.transaction, several, first, Arc::clone(&replay.last));
    let count = cut.statements.len();
    for (at, statement) in cut.statements.iter().enumerate() {
        let sql = text.get(statement.range.clone()).unwrap_or("");
        let span = Span::new(script.file, statement.range.start, statement.range.end);
        let mut step = Step {
            migration,
            statement: at,
            span,
            changes: Vec::new(),
            transaction: session.transaction,
            visible: false,
            after: Arc::clone(&replay.last),
            errors: Vec::new(),
        };
        execute(&mut step, sql, &mut session, server);
        let known = replay.last.unknown.len();
        if step.after.unknown.len() > known {
            let mut catalog = Catalog::clone(&step.after);
            catalog.unknown.truncate(known);
            if declared(migration, &mut catalog) {
                step.after = Arc::new(catalog);
            }
        }
        let end = at + 1 == count;
        step.visible = session.is_committed() || (end && session.ends_with_script());
        if end && !step.visible {
            step.errors.push(ReplayError {
                sqlstate: "25P01",
                message: "the script ends in a transaction that it began, so that nothing of it is committed".into(),
                certain: true,
                span,
            });
        }
        replay.last = Arc::clone(&step.after);
        if step.visible {
            session.next(&replay.last);
        }
        replay.steps.push(step);
    }
}

/// Runs one statement: all its changes, or none where the server refuses one.
fn execute(step: &mut Step, sql: &str, session: &mut Session, server: u32) {
    let before = Arc::clone(&step.after);
    let changes = lower(sql, step.span, &before, &session.schema);
    session.before_statement(&changes, step);
    let mut now = Arc::clone(&before);
    for found in changes {
        let (change, span) = (found.value, found.span);
        let mut next = Arc::clone(&now);
        let outcome = match permitted(&change, &now, span, server) {
            Some(outcome) => outcome,
            // the catalog is shared with the state before, so this copies its tables of names
            None => apply(&change, Arc::make_mut(&mut next), span, server),
        };
        let effects = effects(&change, &now);
        let (cost, applied, refused) = match outcome {
            Ok(applied) => {
                let context = Context {
                    before: &now,
                    after: &next,
                    server,
                    utc: session.utc,
                };
                (cost(&change, context), applied, false)
            }
            Err(error) => {
                step.errors.push(error);
                (Cost::default(), Applied::default(), true)
            }
        };
        let found = ChangeStep {
            change,
            span,
            cost,
            effects,
            applied,
        };
        if refused {
            step.changes.push(found);
            // a statement is run whole or not at all
            now = before;
            break;
        }
        session.check(&found, step, sql);
        // what changed nothing shares the catalog before it
        if !found.applied.vacuous {
            now = session.control(&found.change, next);
        }
        step.changes.push(found);
    }
    step.after = now;
}

/// How a script's transaction begins.
pub(super) fn begins(transaction: Transaction, several: bool) -> bool {
    match transaction {
        Transaction::Wrapped => true,
        Transaction::Implicit => several,
        Transaction::None => false,
    }
}

#[cfg(test)]
pub(super) mod tests;
