//! What the server computes to store a row: where a query runs functions that it does not name.

use std::fmt;

use super::{ConstraintKind, Relation};

/// What the server computes to store a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Computed<'a> {
    /// The default of a column, or what it is generated from.
    Column(&'a str),
    /// The condition of a check.
    Check(&'a str),
    /// A key or the condition of an index.
    Index(&'a str),
}

impl fmt::Display for Computed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Computed::Column(name) => write!(f, "the expression of column `{name}`"),
            Computed::Check(name) => write!(f, "check `{name}`"),
            Computed::Index(name) => write!(f, "index `{name}`"),
        }
    }
}

impl Relation {
    /// What the server computes to store a row, and its text.
    pub fn computed(&self) -> impl Iterator<Item = (Computed<'_>, &str)> {
        let columns = self.columns.iter().filter_map(|column| {
            let default = column.default.as_ref()?;
            Some((Computed::Column(&column.name), default.text.as_str()))
        });
        let checks = self.constraints.iter().filter_map(|constraint| {
            let ConstraintKind::Check(check) = &constraint.kind else {
                return None;
            };
            Some((Computed::Check(&constraint.name), check.text.as_str()))
        });
        let indexes = self.indexes.iter().flat_map(|index| {
            let texts = [Some(&index.text), index.predicate.as_ref()];
            let texts = texts.into_iter().flatten();
            texts.map(|text| (Computed::Index(&index.name), text.as_str()))
        });
        columns.chain(checks).chain(indexes)
    }
}
