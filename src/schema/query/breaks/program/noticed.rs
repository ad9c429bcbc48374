//! What differs between two schemas so that the text of a program may notice it, and whether a text
//! does.

use crate::schema::catalog::{
    Column, Constraint, ConstraintKind, Function, Name, Relation, RelationKind, TypeKind,
};
use crate::schema::query::breaks::element::{BreakKind, Element};
use crate::schema::query::breaks::state::State;
use crate::schema::query::breaks::words::Word;

/// Something that is otherwise than the version knows it.
pub(super) struct Noticed {
    /// What.
    pub element: Element,
    /// How the server says that it does not fit.
    pub kind: BreakKind,
    /// What is the matter with it, behind its name: `does not exist`.
    pub reason: String,
    /// What a text has to hold.
    by: By,
}

/// What a text has to hold to notice something.
enum By {
    /// The name of a relation.
    Relation(Name),
    /// A column of a relation.
    Column(Name, String),
    /// Something of a relation, in a statement of one of these kinds.
    Statement(Name, &'static [&'static str]),
    /// All columns of a relation, whatever they are.
    Star(Name),
    /// A name that is no column of another relation that the text names.
    New(Name, String),
    /// A name that means one thing only.
    Word(String),
    /// A constant.
    Constant(String),
}

/// The statements that store rows.
const STORES: &[&str] = &["insert", "update", "merge", "copy"];
/// The statements that take away keys.
const TAKES: &[&str] = &["delete", "update", "merge", "truncate"];

/// The statements that take tables alone, or views that are simple.
const TABLES: &[&str] = &[
    "insert", "update", "delete", "merge", "truncate", "lock", "copy",
];

/// A text, for the questions that are asked of it.
pub(super) struct Text<'a> {
    /// Its names.
    pub words: &'a [Word],
    /// As it is written.
    pub text: &'a str,
    /// The relation of which it gets the rows.
    pub fired_on: Option<&'a Name>,
    /// The relation of which it gives rows.
    pub returns: Option<Name>,
}

/// What the version knows and is not there.
pub(super) fn gone(at: &State<'_>, built: &State<'_>) -> Vec<Noticed> {
    let mut found = Vec::new();
    let relations = &built.catalog.relations;
    for name in relations.differing(&at.catalog.relations) {
        let (Some(before), now) = (built.relation(name), at.relation(name)) else {
            continue;
        };
        match now {
            None => found.push(absent(
                Element::Relation(name.clone()),
                BreakKind::MissingRelation,
                By::Relation(name.clone()),
            )),
            Some(now) if now.columns_known => {
                let missing = |column: &&Column| now.column(&column.name).is_none();
                for column in before.columns.iter().filter(missing) {
                    let column = column.name.clone();
                    let element = Element::Column(name.clone(), column.clone());
                    let by = By::Column(name.clone(), column);
                    found.push(absent(element.clone(), BreakKind::MissingColumn, by));
                    let by = By::Star(name.clone());
                    found.push(absent(element, BreakKind::TooManyValues, by));
                }
            }
            Some(_) => {}
        }
    }
    let functions = &built.catalog.functions;
    for name in functions.differing(&at.catalog.functions) {
        let before = functions.get(name).into_iter().flatten();
        let now = at.catalog.functions.get(name);
        for function in before {
            let same = |one: &&std::sync::Arc<Function>| one.arguments == function.arguments;
            let element = Element::Function(name.clone());
            let by = By::Word(name.name.clone());
            match now.and_then(|now| now.iter().find(same)) {
                None => found.push(absent(element, BreakKind::MissingFunction, by)),
                Some(now) if now.declaration != function.declaration => found.push(Noticed {
                    element,
                    kind: BreakKind::MissingFunction,
                    reason: format!(
                        "is declared as `{}`, and was as `{}`",
                        now.declaration, function.declaration
                    ),
                    by,
                }),
                Some(_) => {}
            }
        }
    }
    let sequences = built.catalog.sequences.keys();
    for name in sequences.filter(|name| !at.catalog.sequences.contains_key(name)) {
        found.push(absent(
            Element::Relation(name.clone()),
            BreakKind::MissingRelation,
            By::Word(name.name.clone()),
        ));
    }
    for name in built.catalog.types.differing(&at.catalog.types) {
        let (Some(before), now) = (built.catalog.types.get(name), at.catalog.types.get(name))
        else {
            continue;
        };
        let element = Element::Type(name.clone());
        let by = By::Word(name.name.clone());
        match (&before.kind, now.map(|now| &now.kind)) {
            (_, None) => found.push(absent(element, BreakKind::MissingType, by)),
            (TypeKind::Enum(labels), Some(TypeKind::Enum(now))) => {
                let lost = labels.iter().filter(|label| !now.contains(label));
                found.extend(lost.map(|label| Noticed {
                    element: element.clone(),
                    kind: BreakKind::Constant,
                    reason: format!("has no label '{label}'"),
                    by: By::Constant(label.clone()),
                }));
            }
            (before, Some(now)) if before != now => found.push(Noticed {
                element,
                kind: BreakKind::WrongType,
                reason: "is another type than it was".into(),
                by,
            }),
            _ => {}
        }
    }
    found
}

fn absent(element: Element, kind: BreakKind, by: By) -> Noticed {
    Noticed {
        element,
        kind,
        reason: "does not exist".into(),
        by,
    }
}

/// What is there in both and not the same: what a text that nobody has changed may not be written
/// for.
pub(super) fn changed(at: &State<'_>, built: &State<'_>) -> Vec<Noticed> {
    let mut found = Vec::new();
    let relations = &built.catalog.relations;
    for name in relations.differing(&at.catalog.relations) {
        if let (Some(before), Some(now)) = (built.relation(name), at.relation(name)) {
            relation(name, before, now, &mut found);
        }
    }
    found
}

fn relation(name: &Name, before: &Relation, now: &Relation, out: &mut Vec<Noticed>) {
    let is_view = |kind| matches!(kind, RelationKind::View | RelationKind::MaterializedView);
    if is_view(before.kind) != is_view(now.kind) {
        out.push(Noticed {
            element: Element::Relation(name.clone()),
            kind: BreakKind::NotATable,
            reason: "is a view in one schema and a table in the other".into(),
            by: By::Statement(name.clone(), TABLES),
        });
    }
    for column in &now.columns {
        let element = Element::Column(name.clone(), column.name.clone());
        let Some(was) = before.column(&column.name) else {
            if before.columns_known {
                out.push(Noticed {
                    element: element.clone(),
                    kind: BreakKind::TooManyValues,
                    reason: "is new, and `*` has a column more".into(),
                    by: By::Star(name.clone()),
                });
                out.push(Noticed {
                    element,
                    kind: BreakKind::AmbiguousColumn,
                    reason: "is new, and has the name of something else".into(),
                    by: By::New(name.clone(), column.name.clone()),
                });
            }
            continue;
        };
        let types = (&was.ty, &column.ty);
        if let (Some(was), Some(ty)) = types
            && was != ty
        {
            for by in [
                By::Column(name.clone(), column.name.clone()),
                By::Star(name.clone()),
            ] {
                out.push(Noticed {
                    element: element.clone(),
                    kind: BreakKind::WrongType,
                    reason: format!("is `{ty}`, and was `{was}`"),
                    by,
                });
            }
        }
        if column.not_null && !was.not_null {
            out.push(Noticed {
                element,
                kind: BreakKind::NullRefused,
                reason: "refuses `NULL` now".into(),
                by: By::Statement(name.clone(), STORES),
            });
        }
    }
    for constraint in now.constraints.iter().filter(|one| one.enforced) {
        let same = |other: &&Constraint| {
            other.enforced && other.kind == constraint.kind && other.name == constraint.name
        };
        if !before.constraints.iter().any(|other| same(&other)) {
            demanded(name, constraint, out);
        }
    }
    let plain = now.indexes.iter().filter(|index| index.unique);
    for index in plain.filter(|index| index.constraint.is_none()) {
        let same = |other: &&crate::schema::catalog::Index| {
            other.unique && other.text == index.text && other.predicate == index.predicate
        };
        if !before.indexes.iter().any(|other| same(&other)) {
            out.push(Noticed {
                element: Element::Index(name.clone(), index.name.clone()),
                kind: BreakKind::Unique,
                reason: "refuses rows alike".into(),
                by: By::Statement(name.clone(), STORES),
            });
        }
    }
    if now.row_security && !before.row_security {
        out.push(Noticed {
            element: Element::Relation(name.clone()),
            kind: BreakKind::RowSecurity,
            reason: "has row level security now".into(),
            by: By::Statement(name.clone(), STORES),
        });
    }
}

/// A constraint that was not there.
fn demanded(name: &Name, constraint: &Constraint, out: &mut Vec<Noticed>) {
    let element = Element::Constraint(name.clone(), constraint.name.clone());
    let (kind, reason) = match &constraint.kind {
        ConstraintKind::Check(_) => (BreakKind::Check, "refuses rows"),
        ConstraintKind::NotNull(_) => (BreakKind::NullRefused, "refuses `NULL`"),
        ConstraintKind::Unique(_) | ConstraintKind::PrimaryKey(_) => {
            (BreakKind::Unique, "refuses rows alike")
        }
        ConstraintKind::ForeignKey { references, .. } => {
            out.push(Noticed {
                element: element.clone(),
                kind: BreakKind::ForeignKey,
                reason: "keeps rows that are referred to".into(),
                by: By::Statement(references.clone(), TAKES),
            });
            (BreakKind::ForeignKey, "refuses rows that refer to none")
        }
        ConstraintKind::Exclude(_) => (BreakKind::Exclusion, "refuses rows"),
    };
    out.push(Noticed {
        element,
        kind,
        reason: format!("is new and {reason}"),
        by: By::Statement(name.clone(), STORES),
    });
}

impl Text<'_> {
    fn holds(&self, word: &str) -> bool {
        self.words.iter().any(|own| own.text == word)
    }

    /// Whether it may be noticed here.
    pub(super) fn notices(&self, what: &Noticed, at: &State<'_>) -> bool {
        match &what.by {
            By::Relation(name) => self.holds(&name.name),
            By::Word(word) => self.holds(word),
            By::Constant(constant) => {
                let quoted = format!("'{}'", constant.replace('\'', "''"));
                self.text.contains(&quoted)
            }
            By::Statement(name, words) => {
                self.holds(&name.name) && words.iter().any(|word| self.holds(word))
            }
            // rows of the table itself may have any columns
            By::Star(name) => {
                self.returns.as_ref() != Some(name) && self.means(name) && has_star(self.text)
            }
            By::New(name, column) => {
                // elsewhere it is said which one is meant
                let bare = |word: &&Word| word.text == *column && word.of.is_none();
                self.holds(&name.name) && self.words.iter().any(|word| bare(&word))
            }
            By::Column(name, column) => self.names_column(name, column, at),
        }
    }

    /// Whether it gets rows of that relation, or names it.
    fn means(&self, name: &Name) -> bool {
        self.fired_on == Some(name) || self.holds(&name.name)
    }

    /// Whether it names that column of the relation.
    fn names_column(&self, relation: &Name, column: &str, at: &State<'_>) -> bool {
        let is_row = |of: &str| matches!(of, "new" | "old");
        let table = self.means(relation);
        let mut named = self.words.iter().filter(|word| word.text == column);
        named.any(|word| match word.of.as_deref() {
            Some(of) if is_row(of) => self.fired_on == Some(relation),
            // another relation that has one of that name
            Some(of) if *of != relation.name => {
                let other = at.column(&Name::folded(None, of), column);
                table && other.is_none()
            }
            _ => table,
        })
    }
}

/// Whether a text gives all columns of something: `SELECT *`, `NEW.*`, and not `count(*)` or `a * b`.
fn has_star(text: &str) -> bool {
    text.match_indices('*').any(|(at, _)| {
        let before = text.get(..at).unwrap_or("").trim_end();
        let word = before
            .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .unwrap_or("");
        let opens = ["select", "returning", "distinct", "all"];
        let comment = text
            .get(at + 1..)
            .is_some_and(|behind| behind.starts_with('/'));
        before.ends_with(['.', ','])
            || (!comment && opens.iter().any(|open| word.eq_ignore_ascii_case(open)))
    })
}

#[cfg(test)]
mod tests {
    use super::has_star;

    #[test]
    fn a_star_is_one_where_columns_stand() {
        for (text, is_star) in [
            ("SELECT * FROM t", true),
            ("insert into h select NEW.*", true),
            ("SELECT a, * FROM t", true),
            ("SELECT count(*) FROM t", false),
            ("SELECT a * b FROM t /* all */", false),
        ] {
            assert_eq!(has_star(text), is_star, "{text}");
        }
    }
}
