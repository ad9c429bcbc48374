//! SC05: no migration keeps live versions from a table for long.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::model::{Database, Table};
use crate::rollout::{History, Statement};
use crate::schema::catalog::{Catalog, ConstraintKind, Name, RelationKind};
use crate::schema::postgres::change::{TableAction, Timeout, WriteKind};
use crate::schema::postgres::{Change, ChangeStep, LockMode};
use crate::source::Span;

use super::run_migrations::{Run, run_migrations, running};
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

/// A table of so many rows is read or written anew within the time that a request can wait.
const SMALL: u64 = 10_000;

/// A table of so many rows takes longer than any request waits.
const LARGE: u64 = 1_000_000;

static RULE: Rule = Rule {
    name: "lock-hazard",
    code: "SC05",
    severity: Severity::Warning,
    summary: "no migration keeps live versions from a table for longer than a request can wait",
    why: "A statement that reads all rows, writes them anew or builds an index keeps its lock until its transaction ends: with `ACCESS EXCLUSIVE` nobody can read or write the table meanwhile, with `SHARE` nobody can write. Even a lock that is held for a moment waits behind the longest running query, and everybody else waits behind it, unless `lock_timeout` ends the wait. It is an error where the table is declared to have a million rows or to be written; a table that the plan itself has made, and that no live version knows, holds nobody up.",
    failing: migrated!(
        "CREATE INDEX users_email ON users (email);\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: migrated!(
        "CREATE TABLE notes (id bigint PRIMARY KEY, body text);\nCREATE INDEX notes_body ON notes (body);\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    // what is known is the same for all migrations of one action
    let (mut at, mut names) = (None, Arc::default());
    for run in run_migrations(context) {
        if at.replace(run.at) != Some(run.at) {
            names = Arc::new(known(context, &run));
        }
        let Ok(history) = context.schemas.of(run.database) else {
            continue;
        };
        let script = Script {
            context,
            history,
            database: &context.model.databases[run.database],
            known: Arc::clone(&names),
            old: history
                .after(run.start)
                .relations
                .values()
                .map(|relation| relation.span)
                .collect(),
            start: history.after(run.start),
            before: run
                .position
                .checked_sub(1)
                .map(|at| history.after(at))
                .unwrap_or_default(),
            after: history.after(run.position),
            run,
        };
        script.check(out);
    }
}

/// The relations that versions which run, or have run before, name.
fn known(context: &Context<'_>, run: &Run) -> BTreeSet<Name> {
    running(context, run.at, true)
        .into_iter()
        .filter_map(|version| {
            context
                .schemas
                .contract(version.service, version.version, run.database)
        })
        .flat_map(|contract| &contract.queries)
        .flat_map(|query| query.relations.iter().cloned())
        .collect()
}

/// A lock that keeps live versions out of a table.
struct Lock {
    name: Name,
    mode: LockMode,
    span: Span,
}

/// A migration that is run.
struct Script<'a> {
    context: &'a Context<'a>,
    history: &'a History,
    database: &'a Database,
    run: Run,
    known: Arc<BTreeSet<Name>>,
    /// Where the relations that were there before the plan were made.
    old: BTreeSet<Span>,
    start: Arc<Catalog>,
    before: Arc<Catalog>,
    after: Arc<Catalog>,
}

impl Script<'_> {
    fn check(&self, out: &mut Vec<Found>) {
        let mut limit = Limit::default();
        let mut transaction = None;
        // the strongest lock of the transaction that keeps others out, and what took it
        let mut held: Option<Lock> = None;
        let mut told_of_limit = false;
        for statement in self.history.statements(self.run.position) {
            if transaction.replace(statement.transaction) != Some(statement.transaction) {
                held = None;
                limit.local = None;
            }
            let mut told = false;
            for change in &statement.changes {
                limit.set(&change.change);
                if !told && let Some(found) = self.long(change, held.as_ref()) {
                    out.push(found);
                    told = true;
                }
            }
            for change in &statement.changes {
                if let Some((name, mode)) = self.keeps_out(change)
                    && held.as_ref().is_none_or(|lock| mode > lock.mode)
                {
                    held = Some(Lock {
                        name: name.clone(),
                        mode,
                        span: change.span,
                    });
                }
            }
            if !told
                && !told_of_limit
                && !limit.is_set()
                && let Some(found) = self.unlimited(statement)
            {
                out.push(found);
                told_of_limit = true;
            }
        }
    }

    /// Whether live versions can meet a table: it was there before the plan, perhaps under another
    /// name, or one of them knows it.
    fn is_met(&self, name: &Name) -> bool {
        let found = self
            .after
            .relation(name)
            .or_else(|| self.before.relation(name))
            .or_else(|| self.start.relation(name));
        let Some(found) = found else { return false };
        !matches!(found.kind, RelationKind::View)
            && !found.temporary
            && (self.known.contains(name)
                || self.start.relations.contains_key(name)
                || self.old.contains(&found.span))
    }

    /// The strongest lock of a change that keeps live versions out of a table.
    fn keeps_out<'c>(&self, change: &'c ChangeStep) -> Option<(&'c Name, LockMode)> {
        change
            .cost
            .locks
            .iter()
            .filter(|(name, mode)| mode.blocks_writes() && self.is_met(name))
            .map(|(name, mode)| (name, *mode))
            .max_by_key(|(_, mode)| *mode)
    }

    /// What a change does for as long as its table is large, while a lock keeps others out.
    fn long(&self, change: &ChangeStep, earlier: Option<&Lock>) -> Option<Found> {
        let cost = &change.cost;
        let fills = match &change.change {
            Change::Write(write) => matches!(
                write.kind,
                WriteKind::Update | WriteKind::Delete | WriteKind::Merge
            ),
            _ => false,
        };
        if !cost.long && !fills {
            return None;
        }
        let mut worked: Vec<&Name> = cost.rewrites.iter().chain(&cost.scans).collect();
        if worked.is_empty() {
            worked.extend(change.change.relation());
        }
        worked.retain(|name| self.is_met(name));
        let declared: Vec<Option<&Table>> = worked.iter().map(|name| self.table(name)).collect();
        let rows =
            |table: &Option<&Table>| table.and_then(|table| table.rows).map(|rows| rows.value);
        let small = |table: &Option<&Table>| rows(table).is_some_and(|rows| rows < SMALL);
        if declared.iter().all(small) {
            return None;
        }
        let own = self
            .keeps_out(change)
            .map(|(name, mode)| (name, mode, None));
        let kept = earlier.map(|lock| (&lock.name, lock.mode, Some(lock.span)));
        let (name, mode, since) = match (own, kept) {
            (Some(own), Some(kept)) if kept.1 > own.1 => kept,
            (Some(own), _) => own,
            (None, kept) => kept?,
        };
        let work = match (&*cost.rewrites, fills) {
            ([_, ..], _) => "every row is written anew",
            (_, true) => "rows are written",
            _ if !cost.builds.is_empty() => "an index is built",
            _ => "every row is read",
        };
        let who = if mode.blocks_reads() {
            "read or write"
        } else {
            "write"
        };
        let written = self
            .table(name)
            .and_then(|table| table.writes)
            .is_some_and(|writes| writes.value.value() > 0.0);
        let large = declared
            .iter()
            .any(|table| rows(table).is_some_and(|rows| rows >= LARGE));
        let message = format!(
            "nobody can {who} `{name}` while {work}: {} is held",
            mode.name()
        );
        let mut found = Diagnostic::new(&RULE, change.span, message)
            .severity(match large || written {
                true => Severity::Error,
                false => Severity::Warning,
            })
            .here(match since {
                Some(_) => {
                    "takes as long as its table is large, in the transaction that holds the lock"
                }
                None => "takes as long as its table is large",
            });
        if let Some(since) = since {
            found = found.also(since, format!("takes {}", mode.name()));
        }
        Some(self.found(found.help(match since {
            Some(_) => "put this statement into the next migration, so that the lock is gone when it runs".to_string(),
            None => recipe(&change.change),
        })))
    }

    /// A lock that everybody waits behind, taken without a limit of the wait for it.
    fn unlimited(&self, statement: &Statement) -> Option<Found> {
        let (change, name) = statement.changes.iter().find_map(|change| {
            let locked = change.cost.locks.iter().find(|(name, mode)| {
                mode.blocks_reads() && self.is_met(name) && self.start.relation(name).is_some()
            })?;
            Some((change, &locked.0))
        })?;
        let message = format!(
            "everybody waits for `{name}` while this waits for its lock, and nothing ends the wait"
        );
        let found = Diagnostic::new(&RULE, change.span, message)
            .severity(Severity::Advice)
            .here("takes ACCESS EXCLUSIVE for a moment")
            .help("write `SET lock_timeout = '2s';` above it, and run the migration again where it gives up");
        Some(self.found(found))
    }

    fn table(&self, name: &Name) -> Option<&Table> {
        let shown = name.to_string();
        self.database
            .tables
            .iter()
            .find(|table| table.name.value == shown || table.name.value == name.name)
    }

    fn found(&self, found: Diagnostic) -> Found {
        let (step, _) = self.run.at;
        let found = found.also(self.run.action, "the plan runs it here");
        Found {
            diagnostic: with_origin(found, &self.context.plan.steps[step]),
            step: Some(step),
        }
    }
}

/// `lock_timeout`, as far as the script sets it.
#[derive(Default)]
struct Limit {
    session: bool,
    local: Option<bool>,
}

impl Limit {
    fn set(&mut self, change: &Change) {
        if let Change::SetTimeout {
            timeout: Timeout::Lock,
            milliseconds,
            local,
        } = change
        {
            let limited = milliseconds.is_some_and(|limit| limit > 0);
            match local {
                true => self.local = Some(limited),
                false => self.session = limited,
            }
        }
    }

    fn is_set(&self) -> bool {
        self.local.unwrap_or(self.session)
    }
}

/// How the same is reached without keeping others out.
fn recipe(change: &Change) -> String {
    let constraint = |kind: &ConstraintKind| match kind {
        ConstraintKind::Unique(_) | ConstraintKind::PrimaryKey(_) => {
            "build the index by `CREATE UNIQUE INDEX CONCURRENTLY` first, and add the constraint by `USING INDEX`"
        }
        ConstraintKind::Exclude(_) => {
            "there is no way beside the lock: run it while nobody needs the table"
        }
        _ => "add it `NOT VALID`, and `VALIDATE CONSTRAINT` in the next migration",
    };
    let text = match change {
        Change::CreateIndex(_) => {
            "`CREATE INDEX CONCURRENTLY`, in a migration of its own that runs outside of a transaction"
        }
        Change::Refresh { .. } => "`REFRESH MATERIALIZED VIEW CONCURRENTLY`",
        Change::AlterTable { action, .. } => match &**action {
            TableAction::AddConstraint(added) => constraint(&added.kind),
            TableAction::SetNotNull(_) => {
                "prove it first: `CHECK (... IS NOT NULL) NOT VALID`, `VALIDATE CONSTRAINT` in the next migration, then `SET NOT NULL`, which servers from 12 on take from the check"
            }
            TableAction::AlterType { .. } => {
                "add a column of the new type, fill it by a trigger and a backfill, and drop the old one when nobody reads it"
            }
            TableAction::AddColumn { column, .. } => match column.constraints.first() {
                Some(first) => constraint(&first.kind),
                None => {
                    "add the column without it, `SET DEFAULT` for new rows, and fill the others in batches"
                }
            },
            _ => "do it in steps that take no lock for long, or while nobody needs the table",
        },
        _ => "do it in steps that take no lock for long, or while nobody needs the table",
    };
    text.to_string()
}
