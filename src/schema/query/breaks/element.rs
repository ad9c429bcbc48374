//! What a break is called.

use std::fmt;

use crate::schema::catalog::Name;
use crate::schema::query::contract::Origin;
use crate::source::Span;

/// Something that does not work any more, or not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The server's code for the error; empty for what the server does not notice.
    pub sqlstate: &'static str,
    /// Which connections meet it.
    pub when: When,
    /// Whether every run of the query meets it. Otherwise it depends on values or rows.
    pub certain: bool,
    /// What of the schema it is about.
    pub element: Element,
    /// The query, or what stands for it: a `uses` item, the `schema` line of the version.
    pub query: Option<Span>,
    /// How the query is known. Where it is not from a text, the break is what would meet a version
    /// that uses the element in every way it can.
    pub origin: Origin,
    /// What is wrong, as half a sentence.
    pub reason: String,
    /// Its kind.
    pub kind: BreakKind,
}

/// Which connections meet a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// Those that prepared the query before the change.
    Prepared,
    /// Those that send or prepare it after the change.
    Fresh,
    /// All.
    Always,
    /// No error is told: the query works and means something else.
    Semantic,
}

/// A part of a schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// A table or view.
    Relation(Name),
    /// A column.
    Column(Name, String),
    /// A constraint.
    Constraint(Name, String),
    /// An index.
    Index(Name, String),
    /// A trigger.
    Trigger(Name, String),
    /// A function.
    Function(Name),
    /// A declared type.
    Type(Name),
    /// A collation.
    Collation(Name),
    /// A label of an enum, met in a column.
    Label {
        /// The relation.
        relation: Name,
        /// The column.
        column: String,
        /// The label.
        label: String,
    },
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Element::Relation(name)
            | Element::Function(name)
            | Element::Type(name)
            | Element::Collation(name) => write!(f, "{name}"),
            Element::Column(name, part)
            | Element::Constraint(name, part)
            | Element::Index(name, part)
            | Element::Trigger(name, part) => write!(f, "{name}.{part}"),
            Element::Label {
                relation,
                column,
                label,
            } => write!(f, "{relation}.{column} '{label}'"),
        }
    }
}

/// The kinds of breaks, in the order in which a server meets them: names and types first, then
/// the kept plan, then rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BreakKind {
    /// A relation is not there.
    MissingRelation,
    /// A type is not there.
    MissingType,
    /// A collation is not there.
    MissingCollation,
    /// A column is not there.
    MissingColumn,
    /// A column that is named without its relation is in two.
    AmbiguousColumn,
    /// A query within gives another number of columns than its place takes.
    ColumnCount,
    /// A column is given beside `GROUP BY` that no key decides.
    NotGrouped,
    /// A statement takes tables only.
    NotATable,
    /// Rows of a view cannot be locked.
    NotLockable,
    /// A materialized view was never filled.
    NotPopulated,
    /// An insert by position gives more values than there are columns.
    TooManyValues,
    /// An enum has no such label, or a constant does not fit its new type.
    Constant,
    /// No operator for the type that the column has.
    Operator,
    /// A function is not there.
    MissingFunction,
    /// A value of this type cannot be stored in the column.
    WrongType,
    /// The server alone gives the value of that column.
    Generated,
    /// The relation cannot be written: a view that is not simple.
    NotWritable,
    /// A kept plan gives other columns than it did.
    ResultShape,
    /// A kept plan calls a function that returns rows of a table whose types changed.
    RowShape,
    /// `ON CONFLICT` names columns without a unique index.
    ConflictColumns,
    /// `ON CONFLICT` names a constraint that is not there.
    ConflictConstraint,
    /// A text is longer than the column.
    TooLong,
    /// A number is larger than the column.
    OutOfRange,
    /// A trigger may refuse the row.
    TriggerRefuses,
    /// Row level security refuses the row.
    RowSecurity,
    /// `NULL` in a column that refuses it, or a column left out that has no default.
    NullRefused,
    /// A check refuses the row.
    Check,
    /// No partition takes the row, or a partition takes it not.
    NoPartition,
    /// A view that is made `WITH CHECK OPTION` refuses the row.
    ViewCheck,
    /// A unique index refuses the row.
    Unique,
    /// An exclusion constraint refuses the row.
    Exclusion,
    /// A foreign key refuses the row, or keeps the referenced row.
    ForeignKey,
    /// An insert by position puts values into other columns than meant.
    OtherColumns,
    /// A reader may get `NULL` where it never did.
    NullRead,
    /// A reader may get a label that it does not know.
    NewLabel,
    /// A label has another name.
    OtherLabel,
    /// A reader gets another type, or the same text with another meaning.
    OtherType,
    /// `SELECT *` no longer gives a column.
    ColumnNotGiven,
    /// A trigger that the version could count on does not run.
    TriggerGone,
    /// Rows alike are not refused any more.
    UniqueGone,
    /// No index helps to find the rows any more.
    IndexGone,
    /// Row level security hides rows.
    RowsHidden,
}

impl BreakKind {
    /// The server's code.
    pub fn sqlstate(self) -> &'static str {
        match self {
            BreakKind::MissingRelation => "42P01",
            BreakKind::MissingType | BreakKind::MissingCollation => "42704",
            BreakKind::ColumnCount => "42601",
            BreakKind::NotGrouped => "42803",
            BreakKind::NotATable => "42809",
            BreakKind::NotLockable => "0A000",
            BreakKind::NotPopulated => "55000",
            BreakKind::NoPartition => "23514",
            BreakKind::ViewCheck => "44000",
            BreakKind::MissingColumn => "42703",
            BreakKind::AmbiguousColumn => "42702",
            BreakKind::TooManyValues => "42601",
            BreakKind::Constant => "22P02",
            BreakKind::Operator | BreakKind::MissingFunction => "42883",
            BreakKind::WrongType | BreakKind::RowShape => "42804",
            BreakKind::Generated => "428C9",
            BreakKind::NotWritable => "55000",
            BreakKind::ResultShape => "0A000",
            BreakKind::ConflictColumns => "42P10",
            BreakKind::ConflictConstraint => "42704",
            BreakKind::TooLong => "22001",
            BreakKind::OutOfRange => "22003",
            BreakKind::TriggerRefuses => "P0001",
            BreakKind::RowSecurity => "42501",
            BreakKind::NullRefused => "23502",
            BreakKind::Check => "23514",
            BreakKind::Unique => "23505",
            BreakKind::Exclusion => "23P01",
            BreakKind::ForeignKey => "23503",
            BreakKind::OtherColumns
            | BreakKind::NullRead
            | BreakKind::NewLabel
            | BreakKind::OtherLabel
            | BreakKind::OtherType
            | BreakKind::ColumnNotGiven
            | BreakKind::TriggerGone
            | BreakKind::UniqueGone
            | BreakKind::IndexGone
            | BreakKind::RowsHidden => "",
        }
    }

    /// Which connections meet it.
    pub fn when(self) -> When {
        match self {
            BreakKind::ResultShape | BreakKind::RowShape => When::Prepared,
            kind if kind.sqlstate().is_empty() => When::Semantic,
            _ => When::Always,
        }
    }

    /// The order in which a server meets it.
    pub(super) fn stage(self) -> u8 {
        self as u8
    }
}
