//! The contract of a version: what each of its queries reads and writes.

use std::collections::BTreeSet;

use super::demand::Demand;
use super::{Catalog, Name};
use crate::source::Span;

/// What a version relies on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contract {
    /// What it sends, each by itself.
    pub queries: Vec<Query>,
    /// What of it is not understood. As long as there is any, the absence of breaks proves nothing.
    pub unknown: Vec<Unknown>,
}

/// A place that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Where it stands.
    pub place: Span,
    /// Why, as half a sentence.
    pub reason: String,
}

/// How a query is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// From its text.
    Sql,
    /// From a `uses` item: the version reads and writes that, in an unknown way.
    Uses,
    /// From nothing: the version may use all of the schema that it was built against.
    Schema,
}

/// What one query relies on. Names are folded; columns are resolved against the schema that the
/// version was built against.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Where it stands.
    pub place: Span,
    /// How it is known.
    pub origin: Origin,
    /// Whether a plan of it may be kept over a change of the schema: prepared statements, which
    /// most drivers use unasked.
    pub prepared: bool,
    /// The relations that it names.
    pub relations: BTreeSet<Name>,
    /// The columns that it names to read, or to decide by.
    pub reads: BTreeSet<(Name, String)>,
    /// The columns by which it finds, joins or sorts rows.
    pub filters: BTreeSet<(Name, String)>,
    /// The columns of its result, in their order.
    pub output: Vec<Output>,
    /// Columns that it names without their relation although it has several.
    pub unqualified: BTreeSet<Unqualified>,
    /// What it writes.
    pub writes: Vec<Write>,
    /// The functions that it calls, with the number of arguments.
    pub functions: BTreeSet<(Name, usize)>,
    /// What it compares or computes with columns.
    pub comparisons: BTreeSet<Comparison>,
    /// What else it needs.
    pub demands: BTreeSet<Demand>,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Output {
    /// A column as it is.
    Column(Name, String),
    /// All columns of a relation, whatever they are when the query runs: `*`.
    Star(Name),
    /// An expression over these columns, whose type may follow theirs.
    Expression(Vec<(Name, String)>),
    /// The same, of which `NULL` is never the outcome: `coalesce(name, '')`.
    Filled(Vec<(Name, String)>),
    /// Something whose type does not depend on any column: a cast, a count, a constant.
    Fixed,
}

/// A column that is named without its relation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unqualified {
    /// The column.
    pub column: String,
    /// The relation that it is found in.
    pub owner: Name,
    /// The other relations beside it.
    pub others: Vec<Name>,
}

/// A change of rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// `INSERT`
    Insert(Insert),
    /// `UPDATE`, with what each column is set to.
    Update {
        /// The relation.
        relation: Name,
        /// The columns and their values.
        set: Vec<(String, Value)>,
    },
    /// `DELETE`
    Delete {
        /// The relation.
        relation: Name,
    },
}

impl Write {
    /// The relation that is written.
    pub fn relation(&self) -> &Name {
        match self {
            Write::Insert(insert) => &insert.relation,
            Write::Update { relation, .. } | Write::Delete { relation } => relation,
        }
    }
}

/// An `INSERT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// The relation.
    pub relation: Name,
    /// The columns that it lists; `None` where it gives values by position.
    pub columns: Option<Vec<String>>,
    /// The rows: one value for each column. A row of a query is one row.
    pub rows: Vec<Vec<Value>>,
    /// `OVERRIDING SYSTEM VALUE`
    pub overriding: bool,
    /// `ON CONFLICT`
    pub conflict: Option<Conflict>,
}

/// What an `INSERT` does with a row that is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// How it tells that it is there.
    pub arbiter: Arbiter,
    /// What it sets then; empty for `DO NOTHING`.
    pub set: Vec<(String, Value)>,
}

/// How `ON CONFLICT` tells that a row is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arbiter {
    /// By any unique index.
    Any,
    /// By a unique index over these columns.
    Columns(BTreeSet<String>),
    /// By the constraint of this name.
    Constraint(String),
    /// By a unique index over these keys, some of which may be expressions, and over the rows that
    /// a condition lets in: `(lower(email)) WHERE deleted IS NULL`.
    Index {
        /// The keys, as written.
        keys: Vec<String>,
        /// The condition, as written.
        condition: Option<String>,
    },
    /// Nobody knows.
    Other,
}

/// A value that is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `DEFAULT`, or the column is left out.
    Default,
    /// `NULL`
    Null,
    /// A constant.
    Literal(Literal),
    /// Anything that the schema which the version was built against accepts in that column.
    Parameter,
    /// The outcome of an expression.
    Computed {
        /// Whether it may be `NULL` for another reason than that one of the columns is.
        null: bool,
        /// The columns whose `NULL` would make it `NULL`.
        columns: Vec<(Name, String)>,
        /// The column that it is a copy of.
        copy: Option<(Name, String)>,
    },
}

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Literal {
    /// A number, as written.
    Number(String),
    /// A text, unquoted. The server takes its type from where it stands.
    Text(String),
    /// `TRUE` or `FALSE`
    Bool(bool),
}

/// A column and what it is compared or computed with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Comparison {
    /// The relation.
    pub relation: Name,
    /// The column.
    pub column: String,
    /// The operator, as written.
    pub operator: String,
    /// The other side.
    pub other: Operand,
}

/// The other side of an operator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operand {
    /// A constant.
    Literal(Literal),
    /// A parameter, whose type the driver or the server chose when the query was prepared.
    Parameter,
    /// Another column.
    Column(Name, String),
}

impl Contract {
    /// A contract that relies on nothing.
    pub fn new() -> Contract {
        Contract::default()
    }

    /// Adds all that `other` relies on.
    pub fn merge(&mut self, other: Contract) {
        self.queries.extend(other.queries);
        self.unknown.extend(other.unknown);
    }

    /// Says that no plan is kept over a change of the schema: the driver sends plain text, or
    /// connections are made anew behind each migration.
    #[must_use]
    pub fn unprepared(mut self) -> Contract {
        for query in &mut self.queries {
            query.prepared = false;
        }
        self
    }

    /// Whether some query may leave `NULL` in the column, on a schema that allows it. `built` is
    /// the schema that the version was built against: it bounds what its parameters may be.
    pub fn may_write_null(&self, built: &Catalog, relation: &Name, column: &str) -> bool {
        let nullable = |name: &Name, column: &str| {
            built
                .relation(name)
                .and_then(|found| found.column(column))
                .is_none_or(|found| !found.not_null)
        };
        self.written(built, relation, column)
            .any(|value| match value {
                Value::Null => true,
                Value::Default => built
                    .relation(relation)
                    .and_then(|found| found.column(column))
                    .is_some_and(|found| !found.is_filled()),
                Value::Literal(_) => false,
                Value::Parameter => nullable(relation, column),
                Value::Computed { null, columns, .. } => {
                    *null || columns.iter().any(|(name, column)| nullable(name, column))
                }
            })
    }

    /// Whether some query may write that label into the column.
    pub fn may_write_label(
        &self,
        built: &Catalog,
        relation: &Name,
        column: &str,
        label: &str,
    ) -> bool {
        let known = built
            .relation(relation)
            .and_then(|found| found.column(column)?.ty.as_ref())
            .and_then(|ty| built.labels(ty))
            .is_none_or(|labels| labels.iter().any(|found| found == label));
        self.written(built, relation, column)
            .any(|value| match value {
                Value::Literal(Literal::Text(text)) => text == label,
                Value::Parameter | Value::Computed { .. } => known,
                _ => false,
            })
    }

    /// Whether some query says in its text that it writes `NULL` into the column, or leaves it out
    /// where nothing fills it.
    pub fn writes_null(&self, built: &Catalog, relation: &Name, column: &str) -> bool {
        let filled = || {
            built
                .relation(relation)
                .and_then(|found| found.column(column))
                .is_none_or(|found| found.is_filled() || found.not_null)
        };
        self.said(built, relation, column).any(|value| match value {
            Value::Null => true,
            Value::Default => !filled(),
            _ => false,
        })
    }

    /// Whether some query says in its text that it writes that label into the column.
    pub fn writes_label(
        &self,
        built: &Catalog,
        relation: &Name,
        column: &str,
        label: &str,
    ) -> bool {
        self.said(built, relation, column)
            .any(|value| matches!(value, Value::Literal(Literal::Text(text)) if text == label))
    }

    /// Whether some query gives the column a value of its own.
    pub fn gives(&self, relation: &Name, column: &str) -> bool {
        let queries = self.queries.iter().filter(|own| own.origin == Origin::Sql);
        let mut writes = queries.flat_map(|query| &query.writes);
        writes.any(|write| {
            let set = match write {
                Write::Delete { .. } => return false,
                Write::Update { set, .. } => set,
                Write::Insert(insert) => {
                    let listed = insert.columns.as_ref();
                    let listed = listed.is_none_or(|all| all.iter().any(|own| own == column));
                    if insert.relation == *relation && listed {
                        return true;
                    }
                    match &insert.conflict {
                        Some(conflict) => &conflict.set,
                        None => return false,
                    }
                }
            };
            write.relation() == relation && set.iter().any(|(own, _)| own == column)
        })
    }

    /// Whether some query writes rows of the relation.
    pub fn writes_rows(&self, relation: &Name) -> bool {
        let mut writes = self.queries.iter().flat_map(|query| &query.writes);
        writes.any(|write| write.relation() == relation && !matches!(write, Write::Delete { .. }))
    }

    /// Whether some query gives values of the column to the program.
    pub fn shows(&self, relation: &Name, column: &str) -> bool {
        let mut outputs = self.queries.iter().flat_map(|query| &query.output);
        outputs.any(|output| match output {
            Output::Column(own, name) => own == relation && name == column,
            Output::Star(own) => own == relation,
            Output::Expression(columns) => columns
                .iter()
                .any(|(own, name)| own == relation && name == column),
            // `coalesce(new_name, name)` is how a program gets along without the value
            Output::Filled(_) | Output::Fixed => false,
        })
    }

    /// The values that texts of queries put into the column.
    fn said<'a>(
        &'a self,
        built: &'a Catalog,
        relation: &'a Name,
        column: &'a str,
    ) -> impl Iterator<Item = &'a Value> {
        self.queries
            .iter()
            .filter(|query| query.origin == Origin::Sql)
            .flat_map(|query| &query.writes)
            .filter(move |write| write.relation() == relation)
            .flat_map(move |write| write.values(built, column))
    }

    /// The values that queries put into the column.
    fn written<'a>(
        &'a self,
        built: &'a Catalog,
        relation: &'a Name,
        column: &'a str,
    ) -> impl Iterator<Item = &'a Value> {
        self.queries
            .iter()
            .flat_map(|query| &query.writes)
            .filter(move |write| write.relation() == relation)
            .flat_map(move |write| write.values(built, column))
    }
}

impl Write {
    /// The values that it puts into the column.
    fn values<'a>(&'a self, built: &Catalog, column: &str) -> Vec<&'a Value> {
        let set_to = |set: &'a [(String, Value)]| {
            set.iter()
                .filter(|(name, _)| name == column)
                .map(|(_, value)| value)
                .collect::<Vec<_>>()
        };
        match self {
            Write::Delete { .. } => Vec::new(),
            Write::Update { set, .. } => set_to(set),
            Write::Insert(insert) => {
                let place = match &insert.columns {
                    Some(columns) => columns.iter().position(|name| name == column),
                    None => built
                        .relation(&insert.relation)
                        .and_then(|found| found.columns.iter().position(|c| c.name == column)),
                };
                let mut found: Vec<&Value> = insert
                    .rows
                    .iter()
                    .map(|row| {
                        place
                            .and_then(|place| row.get(place))
                            .unwrap_or(&Value::Default)
                    })
                    .collect();
                if let Some(conflict) = &insert.conflict {
                    found.extend(set_to(&conflict.set));
                }
                found
            }
        }
    }
}

impl Query {
    /// A query that relies on nothing yet.
    pub fn new(place: Span, origin: Origin) -> Query {
        Query {
            place,
            origin,
            prepared: true,
            relations: BTreeSet::new(),
            reads: BTreeSet::new(),
            filters: BTreeSet::new(),
            output: Vec::new(),
            unqualified: BTreeSet::new(),
            writes: Vec::new(),
            functions: BTreeSet::new(),
            comparisons: BTreeSet::new(),
            demands: BTreeSet::new(),
        }
    }
}
