//! Changes moving a catalog: what the server would make of each, and where it would refuse.

mod alter;
mod column;
mod constraint;
mod create;
mod declared;
mod depends;
mod drop;
mod function;
mod index;
mod names;
mod object;
mod relation;
mod view;

use std::fmt;

use super::Change;
use super::change::DropTarget;
use crate::schema::catalog::{Catalog, Extension, Name, Relation};
use crate::source::Span;

pub(super) use constraint::{columns_of, generated};
pub(super) use drop::{descendants, referencing};
pub(super) use relation::moved;

/// What came of a change that the server would take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Whether nothing was done: `IF EXISTS` met nothing, `IF NOT EXISTS` something.
    pub vacuous: bool,
    /// What went beside what the statement names: indexes and constraints of a dropped column,
    /// dependents that `CASCADE` takes along. In the order of dropping.
    pub dropped: Vec<Dropped>,
}

/// An object that went with another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dropped {
    /// What it is: `view`, `index`, `constraint`, `table`, `column`, `sequence`, `trigger`, `type`.
    pub kind: &'static str,
    /// Its name; a constraint, trigger or column stands behind its table and a dot.
    pub name: String,
}

/// Why the server would refuse a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayError {
    /// The server's code: `42P01`.
    pub sqlstate: &'static str,
    /// The reason, lower case, without a full stop.
    pub message: String,
    /// Whether it is sure. It is not where an earlier statement is unknown, since that may have
    /// made what is missing.
    pub certain: bool,
    /// Where the statement or its subcommand stands.
    pub span: Span,
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.sqlstate)
    }
}

/// A refusal before it has a place.
pub(super) struct Refusal {
    sqlstate: &'static str,
    message: String,
}

pub(super) fn refuse<T>(sqlstate: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal {
        sqlstate,
        message: message.into(),
    })
}

type Outcome = Result<Applied, Refusal>;

fn done() -> Outcome {
    Ok(Applied::default())
}

fn vacuous() -> Outcome {
    Ok(Applied {
        vacuous: true,
        ..Applied::default()
    })
}

fn dropping(dropped: Vec<Dropped>) -> Outcome {
    Ok(Applied {
        dropped,
        ..Applied::default()
    })
}

/// Changes the catalog as the server would, or tells why it would refuse; the catalog may then be
/// half changed, and the caller drops it. `server` is the major version.
///
/// # Errors
/// [`ReplayError`] with the code that the server gives.
pub fn apply(
    change: &Change,
    catalog: &mut Catalog,
    span: Span,
    server: u32,
) -> Result<Applied, ReplayError> {
    dispatch(change, catalog, span, server).map_err(|refusal| placed(refusal, catalog, span))
}

fn dispatch(change: &Change, catalog: &mut Catalog, span: Span, server: u32) -> Outcome {
    if let Some((version, what)) = super::version::needs(change)
        && server < version
    {
        return refuse(
            "42601",
            format!("{what} needs PostgreSQL {version}, and this is {server}"),
        );
    }
    match change {
        Change::CreateTable(table) => create::table(catalog, table, span, server),
        Change::AlterTable {
            relation,
            if_exists,
            only,
            action,
        } => {
            if catalog.relation(relation).is_none() {
                // `ALTER TABLE` takes indexes and sequences too, to rename or to own them
                if catalog.indexes.contains_key(relation)
                    || catalog.sequences.contains_key(relation)
                {
                    return relation::alter_other(catalog, relation, action);
                }
                return missing_or(*if_exists, "relation", relation);
            }
            alter::alter(catalog, relation, *only, action, span, server)
        }
        Change::CreateView(view) => view::create(catalog, view, span),
        Change::Drop {
            target,
            names,
            if_exists,
            cascade,
        } => {
            // what goes with it is known of few extensions, and of no collation
            let open = |name: &Name| match target {
                DropTarget::Extension => {
                    catalog.extensions.contains(&name.name)
                        && Extension::named(&name.name).is_none()
                }
                DropTarget::Collation => *cascade && catalog.collations.contains(name),
                _ => false,
            };
            let unknown = names.iter().any(open);
            let outcome = drop::drop(catalog, *target, names, *if_exists, *cascade);
            if unknown {
                catalog.unknown.push(span);
            }
            outcome
        }
        Change::CreateIndex(index) => index::create(catalog, index, server),
        Change::AlterIndex {
            index,
            if_exists,
            action,
        } => index::alter(catalog, index, *if_exists, action),
        Change::Reindex { target, .. } => index::reindex(catalog, target),
        Change::Unknown { .. } | Change::Unnamed(_) | Change::Call(_) => {
            catalog.unknown.push(span);
            done()
        }
        // rules rewrite queries, and rights and settings decide who may send them: no part of a
        // catalog says so
        Change::CreateRule(relation) | Change::DropRule(relation) => {
            let outcome = readable(catalog, std::slice::from_ref(relation));
            catalog.unknown.push(span);
            outcome
        }
        Change::Revoke(tables) => {
            let outcome = readable(catalog, tables);
            catalog.unknown.push(span);
            outcome
        }
        Change::Other { command, removes }
            if decides_access(command, *removes) || decides_queries(command, *removes) =>
        {
            catalog.unknown.push(span);
            done()
        }
        _ => match needed(change, catalog) {
            Some(outcome) => outcome,
            None => object::apply(catalog, change, span),
        },
    }
}

/// Whether a statement on roles, databases or the server may keep a version out.
fn decides_access(command: &str, removes: bool) -> bool {
    let object = ["ROLE", "USER", "GROUP", "DATABASE", "SYSTEM"]
        .iter()
        .any(|object| command.split(' ').any(|word| word == *object));
    object && (removes || command.starts_with("ALTER"))
}

/// Whether a statement takes away or changes what queries may name although a catalog does not keep
/// it.
fn decides_queries(command: &str, removes: bool) -> bool {
    let objects = [
        "OPERATOR",
        "CAST",
        "TEXT",
        "CONVERSION",
        "LANGUAGE",
        "SERVER",
        "WRAPPER",
        "METHOD",
        "TRANSFORM",
        "GRAPH",
    ];
    let meant = |object: &&str| command.split(' ').any(|word| word == *object);
    let changes = removes || command.starts_with("ALTER");
    changes && (objects.iter().any(meant) || command.starts_with("ALTER COLLATION"))
}

/// What a change that moves no catalog needs to be there; `None` for those that move one.
fn needed(change: &Change, catalog: &Catalog) -> Option<Outcome> {
    match change {
        Change::Write(write) => Some(readable(catalog, std::slice::from_ref(&write.table))),
        Change::Truncate { tables, cascade } => Some(drop::truncate(catalog, tables, *cascade)),
        Change::Lock { tables, .. }
        | Change::Grant(tables)
        | Change::Analyze(tables)
        | Change::Vacuum { tables, .. } => Some(readable(catalog, tables)),
        Change::Cluster(table) => Some(readable(catalog, table.as_slice())),
        Change::CreateStatistics(table) => Some(readable(catalog, std::slice::from_ref(table))),
        Change::Refresh { view, empty, .. } => {
            let known = catalog.relation(view);
            let moves = known.is_some_and(|own| own.populated == *empty);
            (!moves).then(|| readable(catalog, std::slice::from_ref(view)))
        }
        Change::Select { reads, .. } => Some(readable(catalog, reads)),
        Change::SetTimeout { .. }
        | Change::SetParameter { .. }
        | Change::Comment(_)
        | Change::Publication(_)
        | Change::Neutral(_) => Some(done()),
        Change::Other { command, removes }
            if !decides_access(command, *removes) && !decides_queries(command, *removes) =>
        {
            Some(done())
        }
        _ if change.is_transaction_control() => Some(done()),
        _ => None,
    }
}

/// Like [`apply`] for a change that moves no catalog, which needs no copy of it; `None` for those
/// that move one.
pub(super) fn permitted(
    change: &Change,
    catalog: &Catalog,
    span: Span,
    server: u32,
) -> Option<Result<Applied, ReplayError>> {
    let outcome = match (super::version::needs(change), needed(change, catalog)?) {
        (Some((version, what)), _) if server < version => refuse(
            "42601",
            format!("{what} needs PostgreSQL {version}, and this is {server}"),
        ),
        (_, outcome) => outcome,
    };
    Some(outcome.map_err(|refusal| placed(refusal, catalog, span)))
}

fn placed(refusal: Refusal, catalog: &Catalog, span: Span) -> ReplayError {
    ReplayError {
        sqlstate: refusal.sqlstate,
        message: refusal.message,
        certain: !catalog.is_partly_unknown(),
        span,
    }
}

/// `42P01`, or nothing done where `IF EXISTS` stands.
fn missing_or(if_exists: bool, what: &str, name: &Name) -> Outcome {
    if if_exists {
        return vacuous();
    }
    refuse("42P01", format!("{what} `{name}` does not exist"))
}

/// Whether the relation belongs to the server itself.
pub(super) fn of_server(name: &Name) -> bool {
    matches!(name.schema.as_str(), "pg_catalog" | "information_schema")
        || (name.name.starts_with("pg_") && name.schema == Name::DEFAULT_SCHEMA)
}

fn readable(catalog: &Catalog, names: &[Name]) -> Outcome {
    for name in names {
        let known = catalog.relations.contains_key(name)
            || catalog.sequences.contains_key(name)
            || of_server(name);
        if !known {
            return missing_or(false, "relation", name);
        }
    }
    done()
}

fn relation<'a>(catalog: &'a Catalog, name: &Name) -> Result<&'a Relation, Refusal> {
    match catalog.relation(name) {
        Some(found) => Ok(found),
        None => refuse("42P01", format!("relation `{name}` does not exist")),
    }
}

fn relation_mut<'a>(catalog: &'a mut Catalog, name: &Name) -> Result<&'a mut Relation, Refusal> {
    match catalog.relation_mut(name) {
        Some(found) => Ok(found),
        None => refuse("42P01", format!("relation `{name}` does not exist")),
    }
}

#[cfg(test)]
mod tests;
