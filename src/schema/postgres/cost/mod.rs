//! What a change costs: which relations it locks and how, which tables it writes anew or reads
//! whole meanwhile, which indexes it builds. By the server's manual and source, for 10 to 18.

mod alter;
mod object;
mod proof;

use std::collections::{BTreeMap, BTreeSet};

use super::apply::{descendants, referencing};
use super::change::ReindexTarget;
use super::{Change, LockMode};
use crate::schema::catalog::{Catalog, Name, Relation};
use LockMode::{
    AccessExclusive, AccessShare, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive,
    ShareUpdateExclusive,
};

/// What a change costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The strongest lock on each relation, index and sequence, by name as it was before.
    pub locks: Vec<(Name, LockMode)>,
    /// The tables that are written anew, with all their indexes.
    pub rewrites: Vec<Name>,
    /// The tables that are read whole to check their rows.
    pub scans: Vec<Name>,
    /// The indexes that are built, new or anew.
    pub builds: Vec<Name>,
    /// Whether it can run in a transaction block.
    pub in_transaction: InTransaction,
    /// Whether it waits until all transactions that are older have ended.
    pub waits: bool,
    /// Whether it is as long as its table is large, unlike a change of the catalog alone.
    pub long: bool,
}

/// Whether a statement can run in a transaction block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InTransaction {
    /// It can.
    #[default]
    Allowed,
    /// It cannot: the server answers `25001`.
    Forbidden,
}

/// What a cost depends on beside the change.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The catalog before the change.
    pub before: &'a Catalog,
    /// The catalog after it; names that the server makes up are read from it.
    pub after: &'a Catalog,
    /// The server's major version, 10 to 18.
    pub server: u32,
    /// Whether the session's time zone is UTC, where that is known.
    pub utc: bool,
}

impl Cost {
    /// The lock on one relation.
    pub fn lock(&self, name: &Name) -> Option<LockMode> {
        let found = self.locks.iter().find(|(locked, _)| locked == name);
        found.map(|(_, mode)| *mode)
    }

    /// The strongest lock of all.
    pub fn strongest(&self) -> Option<LockMode> {
        self.locks.iter().map(|(_, mode)| *mode).max()
    }
}

/// What `change` costs. A lock on a table of another schema state is never less than the server's
/// where the catalog is whole; it cannot be told where the catalog is partly unknown.
pub fn cost(change: &Change, context: Context) -> Cost {
    let mut made = Costing {
        context,
        locks: BTreeMap::new(),
        rewrites: BTreeSet::new(),
        scans: BTreeSet::new(),
        builds: BTreeSet::new(),
        forbidden: false,
        waits: false,
    };
    made.change(change);
    let long = !made.rewrites.is_empty() || !made.scans.is_empty() || !made.builds.is_empty();
    Cost {
        locks: made.locks.into_iter().collect(),
        rewrites: made.rewrites.into_iter().collect(),
        scans: made.scans.into_iter().collect(),
        builds: made.builds.into_iter().collect(),
        in_transaction: if made.forbidden {
            InTransaction::Forbidden
        } else {
            InTransaction::Allowed
        },
        waits: made.waits,
        long,
    }
}

struct Costing<'a> {
    context: Context<'a>,
    locks: BTreeMap<Name, LockMode>,
    rewrites: BTreeSet<Name>,
    scans: BTreeSet<Name>,
    builds: BTreeSet<Name>,
    forbidden: bool,
    waits: bool,
}

impl<'a> Costing<'a> {
    fn before(&self, name: &Name) -> Option<&'a Relation> {
        self.context.before.relation(name)
    }

    fn lock(&mut self, name: &Name, mode: LockMode) {
        let held = self.locks.entry(name.clone()).or_insert(mode);
        *held = (*held).max(mode);
    }

    fn lock_all<'n>(&mut self, names: impl IntoIterator<Item = &'n Name>, mode: LockMode) {
        for name in names {
            self.lock(name, mode);
        }
    }

    fn scan(&mut self, name: &Name) {
        self.scans.insert(name.clone());
    }

    /// The indexes of a table, by their full names.
    fn indexes(relation: Option<&Relation>, table: &Name) -> Vec<Name> {
        let own = relation.map_or(&[][..], |relation| &relation.indexes);
        own.iter()
            .map(|index| Name::folded(Some(&table.schema), &index.name))
            .collect()
    }

    /// A table written anew, with its indexes.
    fn rewrite(&mut self, table: &Name) {
        self.lock(table, AccessExclusive);
        self.rewrites.insert(table.clone());
        for index in Self::indexes(self.before(table), table) {
            self.lock(&index, AccessExclusive);
            self.builds.insert(index);
        }
    }

    /// The indexes that a table has after the change and had not before it are built.
    fn build_new(&mut self, table: &Name) {
        let had = Self::indexes(self.before(table), table);
        for index in Self::indexes(self.context.after.relation(table), table) {
            if !had.contains(&index) {
                self.lock(&index, AccessExclusive);
                self.builds.insert(index);
            }
        }
    }

    /// The indexes that a table had before the change and has not after it.
    fn drop_lost(&mut self, table: &Name) {
        let has = Self::indexes(self.context.after.relation(table), table);
        for index in Self::indexes(self.before(table), table) {
            if !has.contains(&index) {
                self.lock(&index, AccessExclusive);
            }
        }
    }

    /// The table with its partitions and children.
    fn family(&self, table: &Name) -> Vec<Name> {
        let mut all = vec![table.clone()];
        all.extend(descendants(self.context.before, table));
        all
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::AlterTable {
                relation,
                only,
                action,
                ..
            } => self.alter(relation, *only, action),
            Change::CreateTable(table) => self.create_table(table),
            Change::CreateView(view) => {
                self.lock_all(&view.query.relations, AccessShare);
                self.lock(&view.name, AccessExclusive);
            }
            Change::Drop { target, names, .. } => self.drop(*target, names),
            Change::CreateIndex(index) => self.create_index(index),
            Change::AlterIndex { index, action, .. } => self.alter_index(index, action),
            Change::Reindex {
                target,
                concurrently,
            } => self.reindex(target, *concurrently),
            Change::AlterType { action, .. } => self.alter_type(action),
            Change::AlterDomain { name, action } => self.alter_domain(name, action),
            Change::AlterSequence { name, action, .. } => self.alter_sequence(name, action),
            Change::CreateSequence(sequence) => self.lock(&sequence.name, AccessExclusive),
            Change::CreateTrigger(trigger) => self.lock(&trigger.relation, ShareRowExclusive),
            Change::DropTrigger { relation, .. }
            | Change::RenameTrigger { relation, .. }
            | Change::CreateRule(relation)
            | Change::DropRule(relation)
            | Change::CreatePolicy { relation, .. }
            | Change::AlterPolicy { relation, .. }
            | Change::DropPolicy { relation, .. } => {
                if self.before(relation).is_some() {
                    self.lock(relation, AccessExclusive);
                }
            }
            Change::Comment(Some(name)) => self.lock(name, ShareUpdateExclusive),
            Change::CreateStatistics(name) => self.lock(name, ShareUpdateExclusive),
            Change::Publication(names) => self.lock_all(names, ShareUpdateExclusive),
            Change::Grant(names) | Change::Revoke(names) if self.context.server >= 18 => {
                self.lock_all(names, AccessShare);
            }
            Change::Lock { tables, mode } => {
                for table in tables {
                    self.lock_all(&self.family(table), *mode);
                }
            }
            Change::Select { reads, sets } => {
                self.lock_all(reads, AccessShare);
                self.lock_all(sets, RowExclusive);
            }
            Change::Write(write) => self.write(write),
            _ => self.maintenance(change),
        }
    }

    fn maintenance(&mut self, change: &Change) {
        match change {
            Change::Truncate { tables, cascade } => {
                let mut all: Vec<Name> = Vec::new();
                let mut open: Vec<Name> = tables.clone();
                while let Some(next) = open.pop() {
                    if all.contains(&next) {
                        continue;
                    }
                    open.extend(descendants(self.context.before, &next));
                    if *cascade {
                        let others = referencing(self.context.before, &next);
                        open.extend(others.into_iter().map(|(name, _)| name));
                    }
                    all.push(next);
                }
                for table in all {
                    self.rewrite(&table);
                }
            }
            Change::Refresh {
                view, concurrently, ..
            } => {
                let reads: BTreeSet<Name> = self.before(view).map_or_else(BTreeSet::new, |own| {
                    own.reads.iter().map(|read| read.relation.clone()).collect()
                });
                self.lock_all(&reads, AccessShare);
                if *concurrently {
                    self.lock(view, Exclusive);
                    self.scan(view);
                } else {
                    self.rewrite(view);
                }
            }
            Change::Cluster(Some(table)) => self.rewrite(table),
            Change::Cluster(None) => self.forbidden = true,
            Change::Vacuum { tables, full } => {
                self.forbidden = true;
                for table in tables {
                    if *full {
                        self.rewrite(table);
                    } else {
                        self.lock(table, ShareUpdateExclusive);
                    }
                }
            }
            Change::Analyze(tables) => self.lock_all(tables, ShareUpdateExclusive),
            Change::Other { command, .. } => {
                const ALONE: [&str; 7] = [
                    "CREATE DATABASE",
                    "DROP DATABASE",
                    "CREATE TABLESPACE",
                    "DROP TABLESPACE",
                    "ALTER SYSTEM",
                    "CREATE SUBSCRIPTION",
                    "DROP SUBSCRIPTION",
                ];
                self.forbidden = ALONE.iter().any(|alone| command.starts_with(alone));
            }
            _ => {}
        }
    }

    fn reindex(&mut self, target: &ReindexTarget, concurrently: bool) {
        self.forbidden = concurrently;
        self.waits = concurrently;
        let (on_table, on_index) = if concurrently {
            (ShareUpdateExclusive, ShareUpdateExclusive)
        } else {
            (Share, AccessExclusive)
        };
        let (table, indexes) = match target {
            ReindexTarget::Index(name) => match self.context.before.indexes.get(name) {
                Some(table) => (table.clone(), vec![name.clone()]),
                None => return,
            },
            ReindexTarget::Table(table) => {
                (table.clone(), Self::indexes(self.before(table), table))
            }
            ReindexTarget::All(schema) => {
                self.forbidden = true;
                let inside =
                    |name: &Name| schema.as_ref().is_none_or(|schema| name.schema == *schema);
                let all = self.context.before.indexes.iter();
                for (index, table) in all.filter(|(index, _)| inside(index)) {
                    self.lock(table, on_table);
                    self.lock(index, on_index);
                    self.builds.insert(index.clone());
                }
                return;
            }
        };
        self.lock(&table, on_table);
        for index in indexes {
            self.lock(&index, on_index);
            self.builds.insert(index);
        }
    }

    fn write(&mut self, write: &super::change::Write) {
        use super::change::WriteKind as W;
        self.lock_all(&write.reads, AccessShare);
        self.lock(&write.table, RowExclusive);
        let own = self.before(&write.table);
        if matches!(write.kind, W::Insert | W::Copy | W::Merge) {
            // each new row holds the row that it references
            for constraint in own.map_or(&[][..], |own| &own.constraints) {
                if let crate::schema::catalog::ConstraintKind::ForeignKey { references, .. } =
                    &constraint.kind
                {
                    self.lock(references, RowShare);
                }
            }
        }
        if !write.bounded {
            self.scan(&write.table);
        }
    }
}

#[cfg(test)]
mod tests;
