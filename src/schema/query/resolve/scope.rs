//! What names mean at a place in a query.

use std::collections::BTreeSet;

use super::select::{Item, Label};
use super::{Catalog, Name};
use crate::schema::query::contract::{Output, Value};

/// A query that has a name: `WITH name AS (...)`.
pub(super) struct Cte {
    pub name: String,
    pub source: Columns,
}

/// What a source gives.
#[derive(Clone)]
pub(super) enum Columns {
    /// The columns of a relation.
    Of(Name),
    /// Those of a query.
    Items(Vec<Item>),
    /// Those of a function or another thing that no migration of this schema makes.
    Foreign,
    /// Nobody knows: a relation that is not known.
    Unknown,
}

/// One item of `FROM`, or the table that is written.
pub(super) struct Source {
    pub alias: String,
    pub columns: Columns,
    /// Columns that its alias names anew, in their order.
    pub renamed: Vec<String>,
    /// The values of an insert, which `excluded` gives.
    pub values: Vec<(String, Value)>,
}

impl Source {
    pub(super) fn new(alias: String, columns: Columns) -> Source {
        Source {
            alias,
            columns,
            renamed: Vec::new(),
            values: Vec::new(),
        }
    }

    /// What the column is, if the source has it.
    pub(super) fn find(&self, column: &str, built: &Catalog) -> Found {
        let at = self.renamed.iter().position(|name| name == column);
        match &self.columns {
            Columns::Of(name) => {
                let Some(relation) = built.relation(name) else {
                    return Found::Unknown;
                };
                let found = match at {
                    Some(at) => relation.columns.get(at),
                    None => relation.column(column),
                };
                match found {
                    Some(found) => Found::Column(Output::Column(name.clone(), found.name.clone())),
                    None if super::names::is_system_column(column) => Found::Column(Output::Fixed),
                    None if relation.columns_known => Found::Absent,
                    None => Found::Unknown,
                }
            }
            Columns::Items(items) => {
                if let Some(item) = at.and_then(|at| items.get(at)) {
                    return Found::Column(item.output.clone());
                }
                for item in items {
                    match &item.label {
                        Label::Name(name) if name == column => {
                            return Found::Column(item.output.clone());
                        }
                        Label::All(name) => {
                            let owner = built.relation(name);
                            if owner.is_some_and(|found| found.column(column).is_some()) {
                                return Found::Column(Output::Column(
                                    name.clone(),
                                    column.to_string(),
                                ));
                            }
                        }
                        Label::Any => return Found::Column(Output::Fixed),
                        Label::Name(_) => {}
                    }
                }
                Found::Absent
            }
            Columns::Foreign => Found::Foreign,
            Columns::Unknown => Found::Unknown,
        }
    }

    /// The relation behind it, if it is one as a whole.
    pub(super) fn relation(&self) -> Option<&Name> {
        match &self.columns {
            Columns::Of(name) => Some(name),
            _ => None,
        }
    }
}

/// The answer to a question for a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    Column(Output),
    /// It may be there; what it is does not depend on this schema.
    Foreign,
    Absent,
    Unknown,
}

/// The sources that names are looked up in, and those of the query around.
pub(super) struct Scope<'s> {
    pub sources: Vec<Source>,
    /// Columns that `USING` makes one.
    pub merged: BTreeSet<String>,
    /// Names that the select list gives, which `ORDER BY` and `GROUP BY` may use.
    pub labels: BTreeSet<String>,
    pub outer: Option<&'s Scope<'s>>,
}

impl<'s> Scope<'s> {
    pub(super) fn new(outer: Option<&'s Scope<'s>>) -> Scope<'s> {
        Scope {
            sources: Vec::new(),
            merged: BTreeSet::new(),
            labels: BTreeSet::new(),
            outer,
        }
    }

    /// The source of that alias, here or around.
    pub(super) fn source(&self, alias: &str) -> Option<&Source> {
        let mut scope = Some(self);
        while let Some(here) = scope {
            if let Some(found) = here.sources.iter().find(|source| source.alias == alias) {
                return Some(found);
            }
            scope = here.outer;
        }
        None
    }
}
