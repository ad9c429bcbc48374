//! What a query needs beside the relations and columns that it names.

use std::collections::BTreeSet;

use super::Name;
use super::contract::{Literal, Output};
use crate::schema::catalog::Type;

/// Something that must be there, or be so, for a query to run as it was meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// A declared type, by name: in a cast.
    Type(Name),
    /// A constant that is read as a value of a declared type: `'a'::status`.
    Constant(Type, Literal),
    /// A value that the program gives for a declared type: `$1::status`.
    Given(Type),
    /// An attribute of a composite type: `(o.address).city`.
    Attribute(Name, String),
    /// A sequence; `None` is one whose name is computed.
    Sequence(Option<Name>),
    /// A collation.
    Collation(Name),
    /// A function that an extension brings.
    Function(String),
    /// An extension, by any of what it brings.
    Extension(String),
    /// An operator that extensions bring.
    Operator(String),
    /// A column is used in a way that only some types allow.
    Use {
        /// The relation.
        relation: Name,
        /// The column.
        column: String,
        /// What is done with it.
        usage: Usage,
    },
    /// Rows of the relation are locked: `FOR UPDATE` and its kin.
    Locked(Name),
    /// `MERGE` into the relation.
    Merged(Name),
    /// Something that only rows which are stored have: `ctid`, `TABLESAMPLE`.
    Stored(Name),
    /// A constraint of the relation is named in `SET CONSTRAINTS`.
    Deferrable(Name, String),
    /// `TRUNCATE` of the relation.
    Truncated(Name),
    /// `COPY` of the relation by its name, to it (`true`) or from it.
    Copied(Name, bool),
    /// Columns are given that are not grouped by: the primary key must be among those that are.
    Grouped {
        /// The relation.
        relation: Name,
        /// Its columns behind `GROUP BY`.
        by: BTreeSet<String>,
    },
    /// A query within must have as many columns as its place takes.
    Width {
        /// Its columns.
        columns: Vec<Output>,
        /// How many the place takes.
        wanted: Width,
    },
}

impl Demand {
    /// Whether it is for an object that is no relation.
    pub(super) fn is_for_object(&self) -> bool {
        matches!(
            self,
            Demand::Type(_)
                | Demand::Sequence(_)
                | Demand::Collation(_)
                | Demand::Function(_)
                | Demand::Extension(_)
                | Demand::Operator(_)
        )
    }
}

/// What is done with a column, as far as its type decides whether it can be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Usage {
    /// It stands for a truth value: `WHERE active`.
    Truth,
    /// An operator with something that is no constant, parameter or column of its own.
    Operator(String),
    /// A function takes it.
    Function(String),
    /// It is sorted, grouped or made distinct by.
    Order,
    /// It is cast to a type.
    Cast(Type),
    /// Something else: a part of an array, a branch of `CASE`.
    Other,
}

/// How many columns a place takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// That many.
    Exactly(usize),
    /// That many at least: an alias that names them.
    AtLeast(usize),
    /// As many as the relation has, or fewer: an `INSERT` without a list of columns.
    Into(Name),
    /// As many as these: the first query of a `UNION`.
    As(Vec<Output>),
}
