//! What makes a version break where the schema alone does not: other versions that write what it does
//! not expect, or whose rows a trigger no longer completes.

use crate::proof::{Event, Point};
use crate::schema::catalog::Catalog;
use crate::schema::query::{Break, BreakKind, Element, filled};

use super::super::plan_lane::Running;
use super::schema::Reliance;

/// What makes a version break beside the schema: other versions that write what it does not expect.
pub(super) struct Cause {
    /// The versions, each with whether its queries say so in their text.
    pub by: Vec<(Running, bool)>,
    /// Whether what was written is still met when the writer is gone.
    pub lasts: bool,
}

/// A cause in a state.
#[derive(Clone, Debug, Default)]
pub(super) struct MetCause {
    /// Whether the queries of whoever causes it say so in their text.
    pub certain: bool,
    /// What must have happened before.
    pub happened: Vec<Event>,
    /// The states in which the cause runs.
    pub points: Vec<Point>,
}

/// What makes a version break, where the schema alone does not; empty where nobody does.
pub(super) fn cause(
    writers: &[(Running, Reliance<'_>)],
    reader: Running,
    found: &Break,
    now: &Catalog,
) -> Option<Cause> {
    let others = || writers.iter().filter(|(running, _)| *running != reader);
    let lasting = |by: Vec<(Running, bool)>| Some(Cause { by, lasts: true });
    match (&found.kind, &found.element) {
        (BreakKind::NullRead, Element::Column(relation, column)) => {
            let by = others().filter_map(|(running, own)| {
                let (contract, built) = (own.contract, &own.built);
                let sure = contract.writes_null(built, relation, column);
                let may = contract.may_write_null(built, relation, column);
                may.then_some((*running, sure))
            });
            lasting(by.collect())
        }
        (
            BreakKind::NewLabel,
            Element::Label {
                relation,
                column,
                label,
            },
        ) => {
            let by = others().filter_map(|(running, own)| {
                let (contract, built) = (own.contract, &own.built);
                let sure = contract.writes_label(built, relation, column, label);
                let may = contract.may_write_label(built, relation, column, label);
                may.then_some((*running, sure))
            });
            lasting(by.collect())
        }
        (BreakKind::TriggerGone, Element::Trigger(table, name)) => {
            let (_, own) = writers.iter().find(|(running, _)| *running == reader)?;
            let trigger = own.built.relation(table)?.triggers.iter();
            let function = trigger.into_iter().find(|found| found.name == *name)?;
            let bodies = own.built.functions.get(function.function.as_ref()?)?;
            let [body] = bodies.as_slice() else {
                return None;
            };
            let left = filled(&body.body)?;
            let there = now.relation(table)?;
            // whoever writes what the value was made of, and not the value, leaves it as it is
            let by = writers.iter().filter_map(|(running, writer)| {
                let contract = writer.contract;
                let mut missed = left.iter().filter(|filled| {
                    let mut from = filled.from.iter();
                    there.column(&filled.column).is_some()
                        && !contract.gives(table, &filled.column)
                        && match filled.from.is_empty() {
                            true => contract.writes_rows(table),
                            false => from.any(|from| contract.gives(table, from)),
                        }
                });
                let first = missed.next()?;
                let sure = own.contract.shows(table, &first.column);
                Some((*running, sure && *running != reader))
            });
            Some(Cause {
                by: by.collect(),
                lasts: false,
            })
        }
        _ => None,
    }
}

/// Whether what a reader does not expect is written by another version at all: a `NULL` or a
/// label that the schema allows is met only where somebody writes it.
pub(super) fn is_written(
    writers: &[(Running, Reliance<'_>)],
    reader: Running,
    found: &Break,
) -> bool {
    let mut others = writers
        .iter()
        .filter(|(running, _)| *running != reader)
        .map(|(_, reliance)| reliance);
    match (&found.kind, &found.element) {
        (BreakKind::NullRead, Element::Column(relation, column)) => others.any(|other| {
            other
                .contract
                .may_write_null(&other.built, relation, column)
        }),
        (
            BreakKind::NewLabel,
            Element::Label {
                relation,
                column,
                label,
            },
        ) => others.any(|other| {
            other
                .contract
                .may_write_label(&other.built, relation, column, label)
        }),
        _ => true,
    }
}
