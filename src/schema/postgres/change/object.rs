//! Everything beside tables: views and their queries, indexes, types, functions, triggers, rows.

use crate::schema::catalog::{Dependency, Expression, Function, Name, Trigger, Type, Volatility};

use super::ConstraintDefinition;

/// The query of a view, as far as its columns can be told from it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Query {
    /// Its text, as written.
    pub text: String,
    /// The relations of its `FROM` with the names that they have there; names of `WITH` queries
    /// are left out.
    pub from: Vec<(Name, String)>,
    /// Whether `from` is all that columns can come from.
    pub from_is_complete: bool,
    /// Its columns in their order; `None` where they cannot be told.
    pub outputs: Option<Vec<Output>>,
    /// All relations that it reads, those of subqueries too.
    pub relations: Vec<Name>,
    /// All columns that it names, with the name in front of the dot.
    pub names: Vec<(Option<String>, String)>,
    /// Whether each of its rows is a row of the one item of its `FROM`, and it leaves out rows by
    /// `WHERE` alone: the server writes through such a view.
    pub simple: bool,
    /// Whether rows are grouped, made distinct or put together, so that none of them can be locked.
    pub grouped: bool,
    /// The condition behind `WHERE`.
    pub condition: Option<String>,
    /// The functions that it calls.
    pub calls: Vec<Name>,
}

/// One item behind `SELECT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// `*`, or `t.*`
    Star(Option<String>),
    /// A column, and the name that it gets.
    Column {
        /// The name in front of the dot.
        qualifier: Option<String>,
        /// The column.
        column: String,
        /// The new name.
        name: String,
    },
    /// Anything else, the name that it gets, and its type if that stands there.
    Expression {
        /// The name.
        name: String,
        /// Its type.
        ty: Option<Type>,
    },
}

/// A view to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateView {
    /// Its name.
    pub name: Name,
    /// Whether its rows are kept.
    pub materialized: bool,
    /// `OR REPLACE`
    pub replace: bool,
    /// Whether a relation of that name is passed over.
    pub if_not_exists: bool,
    /// Whether it lives as long as the session only.
    pub temporary: bool,
    /// The names that it gives to its columns.
    pub columns: Vec<String>,
    /// Its query.
    pub query: Query,
    /// `WITH CHECK OPTION`
    pub checked: bool,
    /// `WITH NO DATA`
    pub empty: bool,
}

/// What `DROP` takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropTarget {
    /// A table.
    Table,
    /// A foreign table.
    ForeignTable,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// An index.
    Index {
        /// Whether queries go on meanwhile.
        concurrently: bool,
    },
    /// A type.
    Type,
    /// A domain.
    Domain,
    /// A sequence.
    Sequence,
    /// A schema.
    Schema,
    /// An extension.
    Extension,
    /// A collation.
    Collation,
}

/// An index to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateIndex {
    /// Its name, if one is written.
    pub name: Option<String>,
    /// The table.
    pub relation: Name,
    /// Whether partitions are left alone.
    pub only: bool,
    /// Whether writes go on meanwhile.
    pub concurrently: bool,
    /// Whether one of that name is passed over.
    pub if_not_exists: bool,
    /// The index; its name is empty until it has one.
    pub index: crate::schema::catalog::Index,
    /// For each key the name that an index without a name takes from it.
    pub key_names: Vec<String>,
    /// `NULLS NOT DISTINCT`
    pub nulls_not_distinct: bool,
    /// Whether columns are kept beside the keys.
    pub has_include: bool,
}

/// What `ALTER INDEX` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexAction {
    /// `RENAME TO`
    Rename(String),
    /// `ATTACH PARTITION`
    Attach(Name),
    /// `SET (...)`, `RESET (...)`, `SET STATISTICS`, `DEPENDS ON EXTENSION`
    Set,
    /// `SET TABLESPACE`
    SetTablespace,
}

/// What `REINDEX` builds anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReindexTarget {
    /// One index.
    Index(Name),
    /// The indexes of a table.
    Table(Name),
    /// Those of a schema or of the database.
    All(Option<String>),
}

/// What `ALTER TYPE` does.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeAction {
    /// `ADD VALUE`
    AddValue {
        /// The label.
        label: String,
        /// Whether one that is there is passed over.
        if_not_exists: bool,
        /// The label that it stands before (`true`) or behind.
        place: Option<(bool, String)>,
    },
    /// `RENAME VALUE`
    RenameValue {
        /// The label.
        from: String,
        /// The new one.
        to: String,
    },
    /// `RENAME TO`
    Rename(String),
    /// `SET SCHEMA`
    SetSchema(String),
    /// `ADD ATTRIBUTE`
    AddAttribute(String, Type),
    /// `DROP ATTRIBUTE`
    DropAttribute {
        /// The attribute.
        name: String,
        /// Whether one that is not there is passed over.
        if_exists: bool,
    },
    /// `ALTER ATTRIBUTE ... TYPE`
    AlterAttribute(String, Type),
    /// `RENAME ATTRIBUTE`
    RenameAttribute {
        /// The attribute.
        from: String,
        /// The new name.
        to: String,
    },
    /// `OWNER TO`
    Owner,
    /// `SET (...)`
    Set,
}

/// What `ALTER DOMAIN` does.
#[derive(Clone, Debug, PartialEq)]
pub enum DomainAction {
    /// `ADD CONSTRAINT`
    AddConstraint(ConstraintDefinition),
    /// `DROP CONSTRAINT`
    DropConstraint {
        /// Its name.
        name: String,
        /// Whether one that is not there is passed over.
        if_exists: bool,
    },
    /// `VALIDATE CONSTRAINT`
    ValidateConstraint(String),
    /// `RENAME CONSTRAINT`
    RenameConstraint {
        /// Its name.
        from: String,
        /// Its new name.
        to: String,
    },
    /// `SET NOT NULL`
    SetNotNull,
    /// `DROP NOT NULL`
    DropNotNull,
    /// `SET DEFAULT`
    SetDefault(Expression),
    /// `DROP DEFAULT`
    DropDefault,
    /// `RENAME TO`
    Rename(String),
    /// `SET SCHEMA`
    SetSchema(String),
    /// `OWNER TO`
    Owner,
}

/// A sequence to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateSequence {
    /// Its name.
    pub name: Name,
    /// Whether a relation of that name is passed over.
    pub if_not_exists: bool,
    /// The column that owns it.
    pub owned_by: Option<Dependency>,
}

/// What `ALTER SEQUENCE` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SequenceAction {
    /// `RENAME TO`
    Rename(String),
    /// `SET SCHEMA`
    SetSchema(String),
    /// `OWNED BY`; `None` is nobody.
    OwnedBy(Option<Dependency>),
    /// `RESTART`, so that values may come again.
    Restart,
    /// Other options: `AS`, `INCREMENT`, limits.
    Options,
    /// `OWNER TO`
    Owner,
    /// `SET LOGGED`, `SET UNLOGGED`
    SetLogged,
}

/// A function or procedure to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateFunction {
    /// Its name.
    pub name: Name,
    /// `OR REPLACE`
    pub replace: bool,
    /// Whether it is called by `CALL`.
    pub procedure: bool,
    /// The rest.
    pub function: Function,
}

/// Which function is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionSignature {
    /// Its name.
    pub name: Name,
    /// The types of its arguments; `None` where it is the only one of its name.
    pub arguments: Option<Vec<Type>>,
}

/// What `ALTER FUNCTION` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionAction {
    /// `RENAME TO`
    Rename(String),
    /// `SET SCHEMA`
    SetSchema(String),
    /// Its settings, its owner, and how often its value may change where that is said.
    Options(Option<Volatility>),
}

/// A trigger to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTrigger {
    /// Its table or view.
    pub relation: Name,
    /// `OR REPLACE`
    pub replace: bool,
    /// The trigger.
    pub trigger: Trigger,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WriteKind {
    /// `INSERT`
    Insert,
    /// `UPDATE`
    Update,
    /// `DELETE`
    Delete,
    /// `MERGE`
    Merge,
    /// `COPY ... FROM`
    Copy,
}

/// A statement that writes rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// How.
    pub kind: WriteKind,
    /// The table.
    pub table: Name,
    /// The columns that it names as written.
    pub columns: Vec<String>,
    /// Whether a condition or a join bounds the rows.
    pub bounded: bool,
    /// The other relations that it reads.
    pub reads: Vec<Name>,
}

/// A limit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timeout {
    /// How long a statement waits for a lock.
    Lock,
    /// How long a statement runs.
    Statement,
    /// How long a transaction may do nothing.
    IdleInTransaction,
}
