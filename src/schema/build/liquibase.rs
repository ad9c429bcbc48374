//! Liquibase: changesets of files of formatted SQL.

use std::collections::{BTreeMap, BTreeSet};

use super::{Back, Builder, Label, Part};
use crate::diagnostic::Diagnostic;
use crate::schema::changelog::{self, Changeset, Rollback};
use crate::schema::discover::Candidate;
use crate::schema::names::printable;
use crate::schema::rules::{MIXED_LAYOUTS, SQL_NOT_UNDERSTOOD};
use crate::schema::{Engine, Kind, Transaction, Version};
use crate::source::{FileId, Span};

/// Every changeset of the files, in the order of the root changelog where the folder holds one, else
/// in that of their names. Gives the files that the changelog leaves out.
pub(in crate::schema) fn liquibase(
    builder: &mut Builder,
    mut candidates: Vec<Candidate>,
    names: &[(String, bool)],
) -> Vec<String> {
    candidates.sort_by(|a, b| a.name.cmp(&b.name));
    let left_out = ordered(builder, &mut candidates, names);
    let mut number = 0_usize;
    for candidate in candidates {
        let Some(file) = candidate.file else { continue };
        let found = changelog::changesets(builder.reader.text(file));
        if found.is_empty() {
            none(builder, file);
        }
        let lines = found
            .iter()
            .any(|changeset| matches!(changeset.rollback, Rollback::Lines(_)));
        let view = lines.then(|| {
            let text = changelog::rollbacks(builder.reader.text(file));
            builder.reader.view(file, text)
        });
        let mut first: BTreeMap<String, Span> = BTreeMap::new();
        for changeset in found {
            let Ok(engine) = engine(&changeset.dbms) else {
                continue;
            };
            number += 1;
            let line = Span::new(file, changeset.line.start, changeset.line.end);
            if let Some(earlier) = first.get(&changeset.id) {
                builder
                    .duplicates
                    .push((*earlier, line, changeset.id.clone()));
            }
            first.entry(changeset.id.clone()).or_insert(line);
            add(builder, file, view, changeset, engine, number);
        }
    }
    left_out
}

/// Statements above every changeset are run by nobody.
fn none(builder: &mut Builder, file: FileId) {
    let cut = crate::schema::split(builder.reader.text(file), None, false);
    if cut.statements.is_empty() {
        return;
    }
    let place = builder.reader.first_line(file);
    let message = "this file has no line `--changeset`, so Liquibase runs nothing of it";
    let finding = Diagnostic::new(&SQL_NOT_UNDERSTOOD, place, message)
        .help("write `--changeset author:id` above the statements")
        .missing("the effects of this file");
    builder.reader.findings.push(finding);
}

fn add(
    builder: &mut Builder,
    file: FileId,
    view: Option<FileId>,
    changeset: Changeset,
    engine: Option<Engine>,
    number: usize,
) {
    let transaction = match changeset.alone {
        true => Transaction::None,
        false => Transaction::Wrapped,
    };
    let part = |file: FileId, range: std::ops::Range<usize>| Part {
        span: Span::new(file, range.start, range.end),
        transaction,
        goose_blocks: false,
    };
    let line = Span::new(file, changeset.line.start, changeset.line.end);
    if let Some(why) = changeset.odd {
        let id = printable(&changeset.id);
        let message = format!("changeset `{id}` is not read: {why}");
        let finding = Diagnostic::new(&SQL_NOT_UNDERSTOOD, line, message)
            .help(format!(
                "say in the database what it does: `migration \"{id}\" {{ effects ... }}`"
            ))
            .missing(format!("the effects of migration `{id}`"));
        builder.reader.findings.push(finding);
    }
    let up = changeset.odd.is_none().then(|| part(file, changeset.body));
    let back = match (changeset.rollback, view) {
        (Rollback::Missing, _) => Back::Missing,
        (Rollback::Nothing(range), _) => Back::Part(part(file, range)),
        (Rollback::Block(range), _) => Back::Part(part(file, range)),
        (Rollback::Lines(range), Some(view)) => Back::Part(part(view, range)),
        (Rollback::Lines(_) | Rollback::Other, _) => Back::Unknown,
    };
    let Some(version) = Version::number(&number.to_string()) else {
        return;
    };
    let label = Label {
        title: String::new(),
        full_name: changeset.id.clone(),
        id: changeset.id,
        version,
        kind: Kind::Versioned,
        engine,
    };
    builder.add_at(label, line, up, back);
}

/// The engine that a changeset is for; `Err` when it is for none that is known here.
fn engine(dbms: &[String]) -> Result<Option<Engine>, ()> {
    let (not, named): (Vec<&String>, Vec<&String>) =
        dbms.iter().partition(|name| name.starts_with('!'));
    if named.is_empty() || !not.is_empty() || named.iter().any(|name| *name == "all") {
        return Ok(None);
    }
    let known: Vec<Engine> = named
        .iter()
        .filter_map(|name| Engine::from_word(name))
        .collect();
    match known.as_slice() {
        [] => Err(()),
        [one] => Ok(Some(*one)),
        _ => Ok(None),
    }
}

/// Puts the files into the order of the root changelog. Gives those that it leaves out, which go.
fn ordered(
    builder: &mut Builder,
    candidates: &mut Vec<Candidate>,
    names: &[(String, bool)],
) -> Vec<String> {
    let roots: Vec<&String> = names
        .iter()
        .filter(|(name, folder)| !folder && changelog::may_be_root(name))
        .map(|(name, _)| name)
        .collect();
    let mut left_out = Vec::new();
    for name in roots {
        let Some(file) = builder.reader.read(name) else {
            continue;
        };
        let files: Vec<&str> = candidates.iter().map(|c| c.name.as_str()).collect();
        let root = changelog::root(builder.reader.text(file), &files);
        if root.own {
            let message = format!(
                "the changesets of `{}` are not read: they are no SQL",
                printable(name)
            );
            let finding = Diagnostic::new(&MIXED_LAYOUTS, builder.reader.first_line(file), message)
                .help("print their SQL with `liquibase update-sql` and `liquibase future-rollback-sql`, and keep it as a changeset of formatted SQL");
            builder.reader.findings.push(finding);
        }
        if root.included.is_empty() {
            continue;
        }
        let mut rest: Vec<Option<Candidate>> =
            std::mem::take(candidates).into_iter().map(Some).collect();
        let taken: BTreeSet<usize> = root.included.iter().copied().collect();
        candidates.extend(
            root.included
                .iter()
                .filter_map(|&at| rest.get_mut(at)?.take()),
        );
        debug_assert_eq!(taken.len(), root.included.len());
        let rest = rest.into_iter().flatten();
        if root.all {
            candidates.extend(rest);
        } else {
            left_out.extend(rest.map(|candidate| candidate.name));
        }
        break;
    }
    left_out
}
