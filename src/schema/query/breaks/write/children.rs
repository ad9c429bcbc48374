//! Rows that a write of a table keeps in its partitions, or meets in the tables that inherit from
//! it: these have constraints and triggers of their own.

use std::collections::BTreeSet;

use super::{BreakKind, Faults, State};
use crate::schema::catalog::{Name, Relation, RelationKind};
use crate::schema::query::contract::Write;

/// What the tables below `table` make of a write; nothing of it is certain, because the rows may
/// be those of another one. A table that the version's schema does not have is left out: its rows
/// are none that the version knows.
pub(super) fn judge(
    write: &Write,
    (table, relation): (&Name, &Relation),
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    let mut write = write.clone();
    if let Write::Insert(insert) = &mut write {
        // a table that is inherited from keeps the rows that are put into it
        if relation.kind != RelationKind::Partitioned {
            return;
        }
        // a child may have its columns in another order
        if insert.columns.is_none() {
            let count = insert.rows.iter().map(Vec::len).max().unwrap_or(0);
            let columns = relation.columns.iter().take(count);
            insert.columns = Some(columns.map(|column| column.name.clone()).collect());
        }
    }
    for child in below(table, at) {
        let Some(before) = built.relation(child) else {
            continue;
        };
        match &mut write {
            Write::Insert(insert) => insert.relation = child.clone(),
            Write::Update { relation, .. } | Write::Delete { relation } => {
                *relation = child.clone();
            }
        }
        let mut inner = Faults {
            query: out.query,
            found: Vec::new(),
            nested: out.nested,
            bodies: std::mem::take(&mut out.bodies),
        };
        super::judge_one(&write, at, built, &mut inner);
        out.bodies = inner.bodies;
        // what became a part of the table brings keys that the whole has as well
        let joined = !before.parents.iter().any(|parent| parent == table);
        for mut fault in inner.found {
            let told = match fault.found.kind {
                BreakKind::NullRefused | BreakKind::Check | BreakKind::TriggerRefuses => true,
                BreakKind::Unique | BreakKind::Exclusion | BreakKind::ForeignKey => !joined,
                _ => false,
            };
            let known = |other: &super::super::Fault| other.key == fault.key;
            if told && !out.found.iter().any(known) {
                fault.found.certain = false;
                out.found.push(fault);
            }
        }
    }
}

/// The tables below, at any depth.
fn below<'a>(table: &Name, at: &State<'a>) -> Vec<&'a Name> {
    let mut found: Vec<&'a Name> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut next = vec![table];
    while let Some(parent) = next.pop() {
        for (child, own) in at.catalog.relations.naming(parent) {
            if own.parents.contains(parent) && seen.insert(child) {
                found.push(child);
                next.push(child);
            }
        }
    }
    found.sort();
    found
}
