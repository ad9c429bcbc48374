//! What a schema holds at one moment: the state that statements move and that queries rely on.
//!
//! A catalog is what replaying a folder of migrations gives. It knows what compatibility of two
//! versions can depend on; storage parameters, statistics, comments and owners are left out.

mod computed;
mod difference;
mod extension;
mod map;
mod name;
mod objects;
mod places;
mod types;
mod view;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use computed::Computed;
pub use difference::{Difference, differences};
pub use extension::Extension;
pub use name::Name;
pub use objects::{Links, Objects};
pub use places::Places;
pub use types::Type;
pub use view::View;

use crate::source::Span;

/// A schema at one moment. A copy shares with the other what neither changes, so that a state for
/// each statement costs what the statement touches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    /// Tables and views by name.
    pub relations: Objects<Arc<Relation>>,
    /// Enums, domains, composite types.
    pub types: Objects<Arc<UserType>>,
    /// Functions and procedures by name, one for each signature.
    pub functions: Objects<Vec<Arc<Function>>>,
    /// Sequences that stand alone.
    pub sequences: Objects<Sequence>,
    /// Indexes by name: the relation that each belongs to. Indexes share the names of relations.
    pub indexes: Objects<Name>,
    /// Schemas (`CREATE SCHEMA`) beside `public`.
    pub schemas: Arc<BTreeSet<String>>,
    /// Extensions that were created.
    pub extensions: Arc<BTreeSet<String>>,
    /// Collations that were created.
    pub collations: Arc<BTreeSet<Name>>,
    /// The major version of the server, 0 where nobody said it.
    pub server: u32,
    /// Where statements stand whose effects are unknown: whatever they touched may be otherwise.
    pub unknown: Places,
}

/// What a relation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// An ordinary table; a partition of another is one too.
    Table,
    /// A table that is partitioned.
    Partitioned,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A foreign table.
    Foreign,
}

/// A table or a view.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// What it is.
    pub kind: RelationKind,
    /// Its columns in their order. Of a view whose query is not understood, see `columns_known`.
    pub columns: Vec<Column>,
    /// Whether `columns` are all there are.
    pub columns_known: bool,
    /// Constraints, those of columns included (`NOT NULL` is a fact of the column).
    pub constraints: Vec<Constraint>,
    /// Indexes, those behind constraints included.
    pub indexes: Vec<Index>,
    /// Triggers.
    pub triggers: Vec<Trigger>,
    /// The relation that it is a partition of, or inherits from.
    pub parents: Vec<Name>,
    /// The columns that a partitioned table is divided by; expressions are left out.
    pub partition_key: Vec<String>,
    /// The partition that holds what no other does.
    pub default_partition: Option<Name>,
    /// What a view reads: relations, and their columns where its query names them.
    pub reads: Vec<Dependency>,
    /// Of a view, which statements it takes.
    pub view: Option<View>,
    /// Whether it can be read: a materialized view made `WITH NO DATA` cannot until it is refreshed.
    pub populated: bool,
    /// Whether row level security is on.
    pub row_security: bool,
    /// Whether it binds the owner too.
    pub force_row_security: bool,
    /// Policies by name.
    pub policies: BTreeSet<String>,
    /// Whether it lives as long as the session only.
    pub temporary: bool,
    /// Where it was created.
    pub span: Span,
}

/// What a view or function depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// The relation.
    pub relation: Name,
    /// The column; `None` is the relation as a whole.
    pub column: Option<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name, folded as the server folds it.
    pub name: String,
    /// Its type; `None` where a view's query does not tell.
    pub ty: Option<Type>,
    /// Whether `NULL` is refused.
    pub not_null: bool,
    /// The default expression.
    pub default: Option<Expression>,
    /// `GENERATED ALWAYS AS (...)`
    pub generated: Option<Generated>,
    /// `GENERATED ... AS IDENTITY`; a serial is a default from a sequence.
    pub identity: Option<Identity>,
    /// Where it was declared.
    pub span: Span,
}

/// An expression of which only the text is kept, with what cost depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    /// The text, as written.
    pub text: String,
    /// How often its value may change.
    pub volatility: Volatility,
    /// The columns of the same relation that it names.
    pub columns: Vec<String>,
}

/// How often the value of an expression may change (PostgreSQL manual, "Function Volatility
/// Categories").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Volatility {
    /// Never.
    Immutable,
    /// Not within one statement: `now()`.
    Stable,
    /// With each row: `random()`, `clock_timestamp()`, `nextval()`, and functions that are not known.
    Volatile,
}

/// How a generated column is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Generated {
    /// Computed when written.
    Stored,
    /// Computed when read (PostgreSQL 18).
    Virtual,
}

/// Who may give the value of an identity column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// Only the server, unless `OVERRIDING SYSTEM VALUE` is said.
    Always,
    /// The server where a statement gives none.
    ByDefault,
}

/// A constraint of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// Its name; generated names are the server's (`t_a_key`, `t_pkey`, `t_a_fkey`, `t_a_check`).
    pub name: String,
    /// What it demands.
    pub kind: ConstraintKind,
    /// Whether existing rows are known to satisfy it.
    pub validated: bool,
    /// Whether new rows are checked (`NOT ENFORCED` is PostgreSQL 18).
    pub enforced: bool,
    /// Whether it may be checked at commit.
    pub deferrable: bool,
    /// Whether `NULL` is held against it as a value is: `MATCH FULL` of a foreign key, `NULLS NOT
    /// DISTINCT` of what is unique.
    pub strict_nulls: bool,
    /// Where it was declared.
    pub span: Span,
}

/// What a constraint demands.
#[derive(Clone, Debug, PartialEq)]
pub enum ConstraintKind {
    /// A condition on each row.
    Check(Expression),
    /// A named `NOT NULL` (PostgreSQL 18 keeps them as constraints).
    NotNull(String),
    /// No two rows alike in these columns.
    Unique(Vec<String>),
    /// Unique and not null.
    PrimaryKey(Vec<String>),
    /// A row of another table with these values.
    ForeignKey {
        /// The columns here.
        columns: Vec<String>,
        /// The referenced table.
        references: Name,
        /// Its columns; empty means its primary key.
        referenced: Vec<String>,
        /// What is done here when a referenced row goes (`ON DELETE`), and when its key changes
        /// (`ON UPDATE`): something, or the statement is refused.
        follows: Follows,
    },
    /// No two rows conflict.
    Exclude(Vec<String>),
}

/// What happens to rows that refer to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Follows {
    /// When the row is deleted.
    pub delete: Follow,
    /// When its key is updated.
    pub update: Follow,
}

/// What happens to a row when the one that it refers to goes, or gets another key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Follow {
    /// Nothing: the statement is refused (`NO ACTION`, `RESTRICT`).
    #[default]
    Refused,
    /// The same: `CASCADE`.
    Cascade,
    /// Its columns become `NULL`: `SET NULL`.
    SetNull,
    /// Its columns get their defaults: `SET DEFAULT`.
    SetDefault,
}

/// An index.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its keys: a column, or `None` for an expression.
    pub keys: Vec<Option<String>>,
    /// The text of its keys, for messages and for `ON CONFLICT (expression)`.
    pub text: String,
    /// The columns that its keys, predicate and `INCLUDE` name.
    pub columns: Vec<String>,
    /// Whether it refuses rows alike.
    pub unique: bool,
    /// Whether two `NULL`s are alike: `NULLS NOT DISTINCT`.
    pub strict_nulls: bool,
    /// The condition of a partial index.
    pub predicate: Option<String>,
    /// The constraint that it stands behind.
    pub constraint: Option<String>,
    /// Where it was created.
    pub span: Span,
}

/// A trigger.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The function that it calls.
    pub function: Option<Name>,
    /// Whether it runs before the row is written, so that it can change it.
    pub before: bool,
    /// Whether it runs instead of the write: `INSTEAD OF`, on views.
    pub instead: bool,
    /// Whether it runs for each row, so that there is a `NEW` or an `OLD`.
    pub row: bool,
    /// Whether it fires on `INSERT`, `UPDATE`, `DELETE`, `TRUNCATE`.
    pub events: Vec<TriggerEvent>,
    /// Of an `UPDATE`, the columns one of which it must set: `UPDATE OF`. Empty is any.
    pub columns: Vec<String>,
    /// The condition behind `WHEN`, as it is written.
    pub when: Option<String>,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Where it was created.
    pub span: Span,
}

/// What a trigger fires on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TriggerEvent {
    /// `INSERT`
    Insert,
    /// `UPDATE`
    Update,
    /// `DELETE`
    Delete,
    /// `TRUNCATE`
    Truncate,
}

/// A type that migrations declare.
#[derive(Clone, Debug, PartialEq)]
pub struct UserType {
    /// What it is.
    pub kind: TypeKind,
    /// Where it was created.
    pub span: Span,
}

/// What a declared type is.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// Labels in their order.
    Enum(Vec<String>),
    /// A base type with conditions.
    Domain {
        /// What it is made of.
        base: Type,
        /// Whether `NULL` is refused.
        not_null: bool,
        /// The default expression.
        default: Option<Expression>,
        /// Its conditions.
        checks: Vec<Constraint>,
    },
    /// Attributes in their order.
    Composite(Vec<(String, Type)>),
    /// A range or base type; nothing more is known of it.
    Other,
}

/// A function or procedure.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// The types of its arguments, canonical.
    pub arguments: Vec<Type>,
    /// How many of the last arguments have a default, so that a call may leave them out.
    pub optional: usize,
    /// What it returns, as written; `None` for a procedure.
    pub returns: Option<String>,
    /// Its arguments with names and modes, and what it returns, as written: what a call can notice.
    pub declaration: String,
    /// The language of its body, folded: `plpgsql`, `sql`.
    pub language: String,
    /// The text of its body, to tell whether it was changed.
    pub body: String,
    /// Its declared volatility.
    pub volatility: Volatility,
    /// Whether it returns a trigger.
    pub is_trigger: bool,
    /// What its SQL names, as far as that was understood.
    pub reads: Vec<Dependency>,
    /// Where it was created.
    pub span: Span,
}

/// A sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// The column that owns it.
    pub owned_by: Option<Dependency>,
    /// Where it was created.
    pub span: Span,
}

impl Catalog {
    /// The relation that `name` means: as it is, or in `public` where it names no schema.
    pub fn relation(&self, name: &Name) -> Option<&Relation> {
        self.relations.get(name).map(Arc::as_ref)
    }

    /// The relation, to be changed. What other states share is copied first.
    pub fn relation_mut(&mut self, name: &Name) -> Option<&mut Relation> {
        self.relations.get_mut(name).map(Arc::make_mut)
    }

    /// The enum's labels, if that is what `ty` is.
    pub fn labels(&self, ty: &Type) -> Option<&[String]> {
        match &self.types.get(&Name::folded(None, &ty.name))?.kind {
            TypeKind::Enum(labels) => Some(labels),
            _ => None,
        }
    }

    /// Whether nothing is known of some statement that was run.
    pub fn is_partly_unknown(&self) -> bool {
        !self.unknown.is_empty()
    }
}

impl Relation {
    /// A relation without anything, as `CREATE TABLE t ()` makes it.
    pub fn empty(kind: RelationKind, span: Span) -> Relation {
        Relation {
            kind,
            columns: Vec::new(),
            columns_known: true,
            constraints: Vec::new(),
            indexes: Vec::new(),
            triggers: Vec::new(),
            parents: Vec::new(),
            partition_key: Vec::new(),
            default_partition: None,
            reads: Vec::new(),
            view: None,
            populated: true,
            row_security: false,
            force_row_security: false,
            policies: BTreeSet::new(),
            temporary: false,
            span,
        }
    }

    /// The column of that (folded) name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column, to be changed.
    pub fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| column.name == name)
    }

    /// The constraint of that name.
    pub fn constraint(&self, name: &str) -> Option<&Constraint> {
        self.constraints.iter().find(|found| found.name == name)
    }

    /// The sets of columns in which no two rows are alike, unconditionally: what `ON CONFLICT
    /// (...)` can name.
    pub fn unique_sets(&self) -> impl Iterator<Item = BTreeSet<&str>> {
        self.indexes
            .iter()
            .filter(|index| index.unique && index.predicate.is_none())
            .filter(|index| index.keys.iter().all(Option::is_some))
            .map(|index| index.keys.iter().flatten().map(String::as_str).collect())
    }
}

impl Column {
    /// Whether an `INSERT` that leaves it out gets a value other than `NULL`.
    pub fn is_filled(&self) -> bool {
        self.default.is_some() || self.identity.is_some() || self.generated.is_some()
    }

    /// Whether an `INSERT` must give it.
    pub fn is_required(&self) -> bool {
        self.not_null && !self.is_filled()
    }
}

impl ConstraintKind {
    /// Whether it is a foreign key by which rows follow the row that they refer to when that is
    /// deleted.
    pub fn follows_delete(&self) -> bool {
        matches!(self, ConstraintKind::ForeignKey { follows, .. } if follows.delete != Follow::Refused)
    }
}
