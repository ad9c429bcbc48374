//! Tables: how they are made, and what can be done to one.

use crate::schema::catalog::{Column, ConstraintKind, Expression, Identity, Name, Type};
use crate::source::Span;

use super::Query;

/// A table to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTable {
    /// Its name.
    pub name: Name,
    /// Whether a relation of that name is passed over.
    pub if_not_exists: bool,
    /// Whether it lives as long as the session only.
    pub temporary: bool,
    /// Whether it is lost in a crash.
    pub unlogged: bool,
    /// Whether its rows are kept elsewhere.
    pub foreign: bool,
    /// Columns, constraints and `LIKE` clauses in their order.
    pub items: Vec<TableItem>,
    /// The table that it is a partition of.
    pub partition_of: Option<(Name, PartitionBound)>,
    /// The columns that it is partitioned by; expressions are left out.
    pub partition_by: Option<Vec<String>>,
    /// The tables that it inherits from.
    pub inherits: Vec<Name>,
    /// The composite type that gives its columns.
    pub of_type: Option<Name>,
    /// The query of `CREATE TABLE AS`, and the names that it gives to its columns.
    pub query: Option<(Query, Vec<String>)>,
}

/// One item between the brackets of `CREATE TABLE`.
#[derive(Clone, Debug, PartialEq)]
pub enum TableItem {
    /// A column.
    Column(ColumnDefinition),
    /// A constraint of the table.
    Constraint(ConstraintDefinition),
    /// `LIKE source INCLUDING ...`
    Like(LikeClause),
}

/// What `LIKE` takes over beside names, types and `NOT NULL`.
#[derive(Clone, Debug, PartialEq)]
pub struct LikeClause {
    /// Where it is taken from.
    pub source: Name,
    /// Default expressions.
    pub defaults: bool,
    /// `CHECK`s.
    pub constraints: bool,
    /// Indexes, with primary keys and unique constraints.
    pub indexes: bool,
    /// Identity columns.
    pub identity: bool,
    /// Generated columns.
    pub generated: bool,
}

/// A column with what is written beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDefinition {
    /// The column; a primary key's `NOT NULL` is not yet in it.
    pub column: Column,
    /// Whether its type was written as a serial, so that a sequence is made.
    pub serial: bool,
    /// `CHECK`, `UNIQUE`, `PRIMARY KEY`, `REFERENCES`, and a named `NOT NULL`.
    pub constraints: Vec<ConstraintDefinition>,
}

/// A constraint as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct ConstraintDefinition {
    /// Its name, if one is written.
    pub name: Option<String>,
    /// What it demands.
    pub kind: ConstraintKind,
    /// Whether existing rows must satisfy it: not so with `NOT VALID`.
    pub validated: bool,
    /// Whether it is checked at all: not so with `NOT ENFORCED`.
    pub enforced: bool,
    /// Whether it may be checked at commit.
    pub deferrable: bool,
    /// Whether `NULL` is held against it: `MATCH FULL`, `NULLS NOT DISTINCT`.
    pub strict_nulls: bool,
    /// The index that becomes it.
    pub using_index: Option<String>,
    /// Columns that its index keeps beside its keys.
    pub include: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// Which rows a partition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartitionBound {
    /// Those that no other holds.
    Default,
    /// `FROM (...) TO (...)`, the texts of the values.
    Range(Vec<String>, Vec<String>),
    /// `IN (...)`
    List(Vec<String>),
    /// `WITH (MODULUS m, REMAINDER r)`
    Hash,
}

/// Something about a table that no query can notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// `SET STATISTICS`
    Statistics,
    /// `ALTER COLUMN ... SET (n_distinct = ...)`
    ColumnOptions,
    /// `SET STORAGE`
    Storage,
    /// `SET COMPRESSION`
    Compression,
    /// `SET (fillfactor = ...)`, `RESET (...)`
    Parameters,
    /// `CLUSTER ON`, `SET WITHOUT CLUSTER`
    ClusterOn,
    /// `REPLICA IDENTITY`
    ReplicaIdentity,
    /// `OF type`, `NOT OF`
    OfType,
    /// `OPTIONS (...)` of a foreign table or column.
    ForeignOptions,
    /// `DEPENDS ON EXTENSION`
    DependsOnExtension,
    /// `SET WITHOUT OIDS`
    WithoutOids,
    /// The options of an identity column's sequence.
    SequenceOptions,
}

/// One subcommand of `ALTER TABLE`.
#[derive(Clone, Debug, PartialEq)]
pub enum TableAction {
    /// `ADD COLUMN`
    AddColumn {
        /// The column.
        column: ColumnDefinition,
        /// Whether one of that name is passed over.
        if_not_exists: bool,
    },
    /// `DROP COLUMN`
    DropColumn {
        /// The column.
        column: String,
        /// Whether one that is not there is passed over.
        if_exists: bool,
        /// Whether what depends on it goes too.
        cascade: bool,
    },
    /// `RENAME COLUMN`
    RenameColumn {
        /// The column.
        from: String,
        /// Its new name.
        to: String,
    },
    /// `RENAME TO`
    Rename(String),
    /// `SET SCHEMA`
    SetSchema(String),
    /// `ALTER COLUMN ... TYPE`
    AlterType {
        /// The column.
        column: String,
        /// Its new type.
        ty: Type,
        /// The expression that makes new values.
        using: Option<Expression>,
        /// The new collation.
        collation: Option<String>,
    },
    /// `SET DEFAULT`
    SetDefault {
        /// The column.
        column: String,
        /// The expression.
        default: Expression,
    },
    /// `DROP DEFAULT`
    DropDefault(String),
    /// `SET NOT NULL`
    SetNotNull(String),
    /// `DROP NOT NULL`
    DropNotNull(String),
    /// `SET EXPRESSION AS`
    SetExpression(String),
    /// `DROP EXPRESSION`
    DropExpression {
        /// The column.
        column: String,
        /// Whether a column that is not generated is passed over.
        if_exists: bool,
    },
    /// `ADD GENERATED ... AS IDENTITY`
    AddIdentity {
        /// The column.
        column: String,
        /// Who may give values.
        identity: Identity,
    },
    /// `SET GENERATED`
    SetIdentity {
        /// The column.
        column: String,
        /// Who may give values.
        identity: Identity,
    },
    /// `DROP IDENTITY`
    DropIdentity {
        /// The column.
        column: String,
        /// Whether a column that is none is passed over.
        if_exists: bool,
    },
    /// `ADD CONSTRAINT`
    AddConstraint(ConstraintDefinition),
    /// `DROP CONSTRAINT`
    DropConstraint {
        /// Its name.
        name: String,
        /// Whether one that is not there is passed over.
        if_exists: bool,
        /// Whether foreign keys that rest on it go too.
        cascade: bool,
    },
    /// `RENAME CONSTRAINT`
    RenameConstraint {
        /// Its name.
        from: String,
        /// Its new name.
        to: String,
    },
    /// `VALIDATE CONSTRAINT`
    ValidateConstraint(String),
    /// `ALTER CONSTRAINT`
    AlterConstraint {
        /// Its name.
        name: String,
        /// Whether it may be checked at commit, if that is said.
        deferrable: Option<bool>,
        /// Whether it is checked, if that is said.
        enforced: Option<bool>,
    },
    /// `ENABLE TRIGGER`, `DISABLE TRIGGER`; `None` is all of them.
    SwitchTrigger {
        /// Its name.
        trigger: Option<String>,
        /// Whether it is switched on.
        enabled: bool,
    },
    /// `ENABLE RULE`, `DISABLE RULE`
    SwitchRule {
        /// Whether it is switched on.
        enabled: bool,
    },
    /// `ENABLE ROW LEVEL SECURITY`, `DISABLE ...`
    RowSecurity(bool),
    /// `FORCE ROW LEVEL SECURITY`, `NO FORCE ...`
    ForceRowSecurity(bool),
    /// What no query notices.
    Set(Setting),
    /// `OWNER TO`
    Owner,
    /// `SET LOGGED`, `SET UNLOGGED`
    SetLogged(bool),
    /// `SET ACCESS METHOD`
    SetAccessMethod,
    /// `SET TABLESPACE`
    SetTablespace(String),
    /// `INHERIT`
    Inherit(Name),
    /// `NO INHERIT`
    NoInherit(Name),
    /// `ATTACH PARTITION`
    AttachPartition {
        /// The table that becomes a partition.
        partition: Name,
        /// Its rows.
        bound: PartitionBound,
    },
    /// `DETACH PARTITION`
    DetachPartition {
        /// The partition.
        partition: Name,
        /// Whether queries go on meanwhile.
        concurrently: bool,
        /// Whether it ends a detaching that was interrupted.
        finalize: bool,
    },
    /// Not understood.
    Unknown(String),
}
