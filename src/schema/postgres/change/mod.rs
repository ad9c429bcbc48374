//! What one statement, or one subcommand of `ALTER TABLE`, asks the server to do.

mod object;
mod table;

pub use object::{
    CreateFunction, CreateIndex, CreateSequence, CreateTrigger, CreateView, DomainAction,
    DropTarget, FunctionAction, FunctionSignature, IndexAction, Output, Query, ReindexTarget,
    SequenceAction, Timeout, TypeAction, Write, WriteKind,
};
pub use table::{
    ColumnDefinition, ConstraintDefinition, CreateTable, LikeClause, PartitionBound, Setting,
    TableAction, TableItem,
};

use super::lock::LockMode;
use crate::schema::catalog::{ConstraintKind, Identity, Name, TypeKind};

/// One typed operation. Each carries what its effects and its cost depend on.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// `CREATE TABLE`, `CREATE TABLE AS`, `SELECT INTO`, `CREATE FOREIGN TABLE`
    CreateTable(Box<CreateTable>),
    /// One subcommand of `ALTER TABLE`, `ALTER FOREIGN TABLE`, or one that other `ALTER`s share.
    AlterTable {
        /// The table, or the view.
        relation: Name,
        /// Whether a relation that is not there is passed over.
        if_exists: bool,
        /// Whether partitions and children are left alone.
        only: bool,
        /// What is done to it.
        action: Box<TableAction>,
    },
    /// `CREATE [OR REPLACE] [MATERIALIZED] VIEW`
    CreateView(Box<CreateView>),
    /// `DROP ...` of whatever has a name of its own, with all names of the statement.
    Drop {
        /// What is dropped.
        target: DropTarget,
        /// Their names.
        names: Vec<Name>,
        /// Whether names that are not there are passed over.
        if_exists: bool,
        /// Whether what depends on them goes too.
        cascade: bool,
    },
    /// `CREATE INDEX`
    CreateIndex(Box<CreateIndex>),
    /// `ALTER INDEX`
    AlterIndex {
        /// The index.
        index: Name,
        /// Whether an index that is not there is passed over.
        if_exists: bool,
        /// What is done to it.
        action: IndexAction,
    },
    /// `REINDEX`
    Reindex {
        /// What is built anew.
        target: ReindexTarget,
        /// Whether writes go on meanwhile.
        concurrently: bool,
    },
    /// `CLUSTER`; without a table, all that were clustered before.
    Cluster(Option<Name>),
    /// `VACUUM`; without tables, the whole database.
    Vacuum {
        /// The tables.
        tables: Vec<Name>,
        /// Whether they are written anew.
        full: bool,
    },
    /// `ANALYZE`
    Analyze(Vec<Name>),
    /// `CREATE STATISTICS` on a table.
    CreateStatistics(Name),
    /// `CREATE TYPE`, `CREATE DOMAIN`
    CreateType {
        /// Its name.
        name: Name,
        /// What it is.
        kind: TypeKind,
    },
    /// `ALTER TYPE`
    AlterType {
        /// The type.
        name: Name,
        /// What is done to it.
        action: TypeAction,
    },
    /// `ALTER DOMAIN`
    AlterDomain {
        /// The domain.
        name: Name,
        /// What is done to it.
        action: DomainAction,
    },
    /// `CREATE SEQUENCE`
    CreateSequence(CreateSequence),
    /// `ALTER SEQUENCE`
    AlterSequence {
        /// The sequence.
        name: Name,
        /// Whether one that is not there is passed over.
        if_exists: bool,
        /// What is done to it.
        action: SequenceAction,
    },
    /// `CREATE [OR REPLACE] FUNCTION` or `PROCEDURE`, `CREATE AGGREGATE`
    CreateFunction(Box<CreateFunction>),
    /// `DROP FUNCTION`, `PROCEDURE`, `ROUTINE`, `AGGREGATE`
    DropFunction {
        /// Which ones.
        functions: Vec<FunctionSignature>,
        /// Whether those that are not there are passed over.
        if_exists: bool,
        /// Whether what depends on them goes too.
        cascade: bool,
    },
    /// `ALTER FUNCTION`
    AlterFunction {
        /// Which one.
        function: FunctionSignature,
        /// What is done to it.
        action: FunctionAction,
    },
    /// `CREATE TRIGGER`
    CreateTrigger(Box<CreateTrigger>),
    /// `DROP TRIGGER`
    DropTrigger {
        /// Its table.
        relation: Name,
        /// Its name.
        name: String,
        /// Whether one that is not there is passed over.
        if_exists: bool,
    },
    /// `ALTER TRIGGER ... RENAME TO`
    RenameTrigger {
        /// Its table.
        relation: Name,
        /// Its name.
        from: String,
        /// Its new name.
        to: String,
    },
    /// `CREATE RULE`
    CreateRule(Name),
    /// `DROP RULE`, `ALTER RULE`
    DropRule(Name),
    /// `CREATE POLICY`
    CreatePolicy {
        /// Its table.
        relation: Name,
        /// Its name.
        name: String,
    },
    /// `ALTER POLICY`; `to` is its new name.
    AlterPolicy {
        /// Its table.
        relation: Name,
        /// Its name.
        name: String,
        /// Its new name, if that is what changes.
        to: Option<String>,
    },
    /// `DROP POLICY`
    DropPolicy {
        /// Its table.
        relation: Name,
        /// Its name.
        name: String,
        /// Whether one that is not there is passed over.
        if_exists: bool,
    },
    /// `CREATE EXTENSION`
    CreateExtension {
        /// Its name.
        name: String,
        /// Whether one that is there is passed over.
        if_not_exists: bool,
    },
    /// `CREATE COLLATION`
    CreateCollation {
        /// Its name.
        name: Name,
        /// Whether one that is there is passed over.
        if_not_exists: bool,
    },
    /// `ALTER EXTENSION`
    AlterExtension(String),
    /// `CREATE SCHEMA`
    CreateSchema {
        /// Its name.
        name: String,
        /// Whether one that is there is passed over.
        if_not_exists: bool,
    },
    /// `ALTER SCHEMA ... RENAME TO`
    RenameSchema {
        /// Its name.
        from: String,
        /// Its new name.
        to: String,
    },
    /// `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `COPY ... FROM`
    Write(Box<Write>),
    /// `TRUNCATE`
    Truncate {
        /// The tables.
        tables: Vec<Name>,
        /// Whether tables that reference them are emptied too.
        cascade: bool,
    },
    /// `REFRESH MATERIALIZED VIEW`
    Refresh {
        /// The view.
        view: Name,
        /// Whether it can be read meanwhile.
        concurrently: bool,
        /// `WITH NO DATA`: it cannot be read after it.
        empty: bool,
    },
    /// `SELECT` and the likes of it, run once.
    Select {
        /// What it reads.
        reads: Vec<Name>,
        /// The sequences that it sets (`setval`).
        sets: Vec<Name>,
    },
    /// `LOCK TABLE`
    Lock {
        /// The tables.
        tables: Vec<Name>,
        /// How.
        mode: LockMode,
    },
    /// `SET lock_timeout`, `SET statement_timeout`
    SetTimeout {
        /// Which one.
        timeout: Timeout,
        /// Milliseconds; 0 is none, `None` the server's own setting.
        milliseconds: Option<u64>,
        /// Whether it ends with the transaction.
        local: bool,
    },
    /// Another `SET` or `RESET`.
    SetParameter {
        /// Its name, folded; `all` for `RESET ALL`.
        name: String,
        /// Its value as text; `None` is the server's own setting.
        value: Option<String>,
    },
    /// `BEGIN`
    Begin,
    /// `COMMIT`
    Commit,
    /// `ROLLBACK`
    Rollback,
    /// `SAVEPOINT`
    Savepoint(String),
    /// `ROLLBACK TO SAVEPOINT`
    RollbackTo(String),
    /// `GRANT`
    Grant(Vec<Name>),
    /// `REVOKE`
    Revoke(Vec<Name>),
    /// `COMMENT ON`; the relation that it is about, if any.
    Comment(Option<Name>),
    /// `CREATE PUBLICATION` and what follows it, with the tables that it names.
    Publication(Vec<Name>),
    /// `CALL`, `EXECUTE`: what runs stands elsewhere.
    Call(String),
    /// A statement without effect on what a version can rely on: `NOTIFY`, `SECURITY LABEL`.
    Neutral(&'static str),
    /// A statement on objects that a catalog does not keep: casts, operators, roles, databases.
    Other {
        /// The command, as it begins: `CREATE CAST`.
        command: String,
        /// Whether it takes something away.
        removes: bool,
    },
    /// A statement on objects that it does not name, so that the catalog is unknown after it:
    /// `DROP OWNED`, `IMPORT FOREIGN SCHEMA`, `ALTER TABLE ALL IN TABLESPACE`.
    Unnamed(&'static str),
    /// Not understood: what it does is unknown.
    Unknown {
        /// Why, as half a sentence.
        reason: String,
    },
}

impl Change {
    /// The relation that a message about this change names first.
    pub fn relation(&self) -> Option<&Name> {
        match self {
            Change::CreateTable(table) => Some(&table.name),
            Change::AlterTable { relation, .. }
            | Change::CreateStatistics(relation)
            | Change::CreateRule(relation)
            | Change::DropRule(relation)
            | Change::DropTrigger { relation, .. }
            | Change::RenameTrigger { relation, .. }
            | Change::CreatePolicy { relation, .. }
            | Change::AlterPolicy { relation, .. }
            | Change::DropPolicy { relation, .. }
            | Change::Refresh { view: relation, .. } => Some(relation),
            Change::CreateView(view) => Some(&view.name),
            Change::CreateIndex(index) => Some(&index.relation),
            Change::CreateTrigger(trigger) => Some(&trigger.relation),
            Change::Write(write) => Some(&write.table),
            Change::Drop { names, .. } => names.first(),
            Change::Truncate { tables, .. } | Change::Lock { tables, .. } => tables.first(),
            _ => None,
        }
    }

    /// Whether it is one of `BEGIN`, `COMMIT`, `ROLLBACK` and the likes.
    pub fn is_transaction_control(&self) -> bool {
        matches!(
            self,
            Change::Begin
                | Change::Commit
                | Change::Rollback
                | Change::Savepoint(_)
                | Change::RollbackTo(_)
        )
    }

    /// Whether its cost and effects cannot be told from the text.
    pub fn is_unknown(&self) -> bool {
        match self {
            Change::Unknown { .. } | Change::Call(_) => true,
            Change::AlterTable { action, .. } => matches!(**action, TableAction::Unknown(_)),
            _ => false,
        }
    }
}

/// Whether a constraint stands on an index.
pub(super) fn has_index(kind: &ConstraintKind) -> bool {
    matches!(
        kind,
        ConstraintKind::Unique(_) | ConstraintKind::PrimaryKey(_) | ConstraintKind::Exclude(_)
    )
}

/// What an identity clause means for `INSERT`s that give a value.
pub(super) fn refuses_values(identity: Identity) -> bool {
    identity == Identity::Always
}
