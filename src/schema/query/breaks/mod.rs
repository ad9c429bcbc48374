//! Which queries of a contract fail, or mean something else, on a given schema.
//!
//! Each query is judged on the schema that the version was built against and on the one that it
//! meets, by the same rules; what is wrong in the second and not in the first is a break. So a
//! schema that did not change breaks nothing, whatever the rules do not know.

mod body;
mod condition;
mod demand;
mod element;
mod meaning;
mod program;
mod state;
mod structure;
mod value;
mod words;
mod write;

use std::collections::BTreeSet;

pub(super) use condition::{constant, operands, operator};
pub use element::{Break, BreakKind, Element, When};

use super::contract::{Contract, Origin, Query};
use crate::schema::catalog::Catalog;
pub(super) use state::returned_relation;
use state::{State, Touched};
pub use write::left_null;

/// Something that is wrong in one state, with what tells it apart from others.
struct Fault {
    /// What is wrong, without names that may differ although the demand is the same.
    key: String,
    found: Break,
}

/// Faults of one query in one state.
struct Faults<'a> {
    query: &'a Query,
    found: Vec<Fault>,
    /// Whether it is what a trigger sends, of which the triggers are not followed.
    nested: bool,
    /// The functions of which the bodies were judged for it.
    bodies: BTreeSet<String>,
}

impl Faults<'_> {
    fn push(&mut self, kind: BreakKind, certain: bool, element: Element, reason: String) {
        let key = element.to_string();
        self.push_as(kind, certain, element, reason, key);
    }

    fn push_as(
        &mut self,
        kind: BreakKind,
        certain: bool,
        element: Element,
        reason: String,
        key: String,
    ) {
        self.push_with(
            kind,
            kind.sqlstate(),
            kind.when(),
            certain,
            element,
            reason,
            key,
        );
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one finding")]
    fn push_with(
        &mut self,
        kind: BreakKind,
        sqlstate: &'static str,
        when: When,
        certain: bool,
        element: Element,
        reason: String,
        key: String,
    ) {
        self.found.push(Fault {
            key: format!("{kind:?} {key}"),
            found: Break {
                sqlstate,
                when,
                certain,
                element,
                query: Some(self.query.place),
                origin: self.query.origin,
                reason,
                kind,
            },
        });
    }
}

/// What of the contract breaks on the schema `now`, for a version that was built against `built`.
///
/// In the order of the queries, and for each in the order in which the server would tell. Empty
/// when `built` and `now` are equal. Rights (`GRANT`, `REVOKE`) are not part of a catalog and not
/// judged. What either catalog or the contract does not know ([`Catalog::unknown`],
/// [`Contract::unknown`]) is the caller's to tell.
///
/// Time is linear in the contract and the catalogs, with a factor for the constraints of a table.
pub fn breaks(contract: &Contract, built: &Catalog, now: &Catalog) -> Vec<Break> {
    let touched = Touched::between(built, now);
    if touched.is_empty() {
        return sequences(contract, built, now);
    }
    let before = State::new(built);
    let after = State::new(now);
    let mut out = sequences(contract, built, now);
    let mut told: BTreeSet<(String, Option<crate::source::Span>)> = BTreeSet::new();
    for query in contract
        .queries
        .iter()
        .filter(|query| touched.concerns(query))
    {
        let found = faults(query, &after, &before);
        if found.is_empty() {
            continue;
        }
        let known: BTreeSet<String> = faults(query, &before, &before)
            .into_iter()
            .map(|fault| fault.key)
            .collect();
        let mut fresh: Vec<Fault> = found
            .into_iter()
            .filter(|fault| !known.contains(&fault.key))
            .collect();
        fresh.sort_by_key(|fault| fault.found.kind.stage());
        for fault in fresh {
            if told.insert((fault.key, fault.found.query)) {
                out.push(fault.found);
            }
        }
    }
    out
}

/// Sequences that are gone, where nothing is known of what the version asks.
fn sequences(contract: &Contract, built: &Catalog, now: &Catalog) -> Vec<Break> {
    let asks = |query: &&Query| query.origin == Origin::Schema;
    let Some(query) = contract.queries.iter().find(asks) else {
        return Vec::new();
    };
    built
        .sequences
        .iter()
        .filter(|(name, sequence)| sequence.owned_by.is_none() && !now.sequences.contains_key(name))
        .map(|(name, _)| Break {
            sqlstate: BreakKind::MissingRelation.sqlstate(),
            when: When::Always,
            certain: false,
            element: Element::Relation(name.clone()),
            query: Some(query.place),
            origin: query.origin,
            reason: format!("sequence `{name}` does not exist"),
            kind: BreakKind::MissingRelation,
        })
        .collect()
}

/// What is wrong with `query` in the state `at`; `built` tells what its parameters may be.
fn faults(query: &Query, at: &State<'_>, built: &State<'_>) -> Vec<Fault> {
    let mut faults = Faults {
        query,
        found: Vec::new(),
        nested: false,
        bodies: BTreeSet::new(),
    };
    structure::judge(query, at, built, &mut faults);
    demand::judge(query, at, built, &mut faults);
    for one in &query.writes {
        write::judge(one, at, built, &mut faults);
    }
    program::judge(query, at, built, &mut faults);
    meaning::judge(query, at, built, &mut faults);
    faults.found
}
