//! What an effect is about.

use std::fmt;

use crate::schema::catalog::Name;

/// Something of a schema that versions rely on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// A table.
    Table(Name),
    /// A view.
    View(Name),
    /// A column of a table or view.
    Column(Name, String),
    /// A constraint of a table.
    Constraint(Name, String),
    /// An index.
    Index(Name),
    /// A trigger of a table.
    Trigger(Name, String),
    /// A type or domain.
    Type(Name),
    /// A label of an enum.
    Label(Name, String),
    /// A sequence.
    Sequence(Name),
    /// A function or procedure.
    Function(Name),
    /// A schema.
    Schema(String),
    /// An extension.
    Extension(String),
    /// The rows of a table.
    Rows(Name),
}

impl Element {
    /// The word for its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Element::Table(_) => "table",
            Element::View(_) => "view",
            Element::Column(..) => "column",
            Element::Constraint(..) => "constraint",
            Element::Index(_) => "index",
            Element::Trigger(..) => "trigger",
            Element::Type(_) => "type",
            Element::Label(..) => "label",
            Element::Sequence(_) => "sequence",
            Element::Function(_) => "function",
            Element::Schema(_) => "schema",
            Element::Extension(_) => "extension",
            Element::Rows(_) => "rows",
        }
    }
}

impl fmt::Display for Element {
    /// The name: a column, constraint, trigger or label stands behind a dot.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Element::Table(name)
            | Element::View(name)
            | Element::Index(name)
            | Element::Type(name)
            | Element::Sequence(name)
            | Element::Function(name)
            | Element::Rows(name) => name.fmt(f),
            Element::Column(of, name)
            | Element::Constraint(of, name)
            | Element::Trigger(of, name)
            | Element::Label(of, name) => write!(f, "{of}.{name}"),
            Element::Schema(name) | Element::Extension(name) => f.write_str(name),
        }
    }
}
