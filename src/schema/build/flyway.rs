//! Flyway's four kinds of scripts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Back, Builder, Label, stem};
use crate::schema::discover::Candidate;
use crate::schema::names::{FlywayKind, Name};
use crate::schema::{Kind, Transaction, Version, sections};

/// Flyway: `V`, `B` and `R` go forward, `U` goes back.
pub(in crate::schema) fn flyway(
    builder: &mut Builder,
    candidates: Vec<Candidate>,
    present: &BTreeSet<&str>,
) {
    let mut undos: BTreeMap<Version, String> = BTreeMap::new();
    let mut forward = Vec::new();
    for candidate in candidates {
        let Some(Name::Flyway {
            kind,
            version: text,
            title,
        }) = candidate.parsed
        else {
            continue;
        };
        if kind != FlywayKind::Undo {
            forward.push((kind, text, title, candidate.name));
            continue;
        }
        let Some(version) = Version::dotted(&text) else {
            continue;
        };
        if let Some(earlier) = undos.get(&version) {
            let (first, second) = (
                builder.reader.read(earlier),
                builder.reader.read(&candidate.name),
            );
            if let Some((first, second)) = first.zip(second) {
                let spans = (
                    builder.reader.first_line(first),
                    builder.reader.first_line(second),
                );
                builder
                    .duplicates
                    .push((spans.0, spans.1, format!("U{text}")));
            }
        } else {
            undos.insert(version, candidate.name);
        }
    }
    // undo scripts are a paid feature: a folder without any has no place for them
    let offered = !undos.is_empty();
    for (kind, text, title, name) in forward {
        let program = !name.ends_with(".sql");
        let file = builder.reader.read(&name);
        let transaction = conf(builder, &name, present);
        // what a program does, nobody reads from it
        let up = file
            .filter(|_| !program)
            .map(|file| builder.whole(file, transaction));
        let (letter, part) = match kind {
            FlywayKind::Baseline => ("B", Kind::Baseline),
            FlywayKind::Repeatable => ("", Kind::Repeatable),
            _ => ("V", Kind::Versioned),
        };
        let version = match part {
            Kind::Repeatable => Some(Version::Text(title.clone())),
            _ => Version::dotted(&text),
        };
        let Some(version) = version else { continue };
        let undo = if part == Kind::Versioned {
            undos.remove(&version)
        } else {
            None
        };
        let back = match undo {
            Some(undo) => {
                let transaction = conf(builder, &undo, present);
                match builder.reader.read(&undo) {
                    Some(file) => Back::Part(builder.whole(file, transaction)),
                    None => Back::Unknown,
                }
            }
            None if program => Back::Unknown,
            None if offered && part == Kind::Versioned => Back::Missing,
            None => Back::NotOffered,
        };
        let id = if part == Kind::Repeatable {
            title.clone()
        } else {
            format!("{letter}{text}")
        };
        let full_name = stem(name.rsplit('/').next().unwrap_or(&name)).to_string();
        let label = Label {
            id,
            title,
            full_name,
            version,
            kind: part,
            engine: None,
        };
        builder.add(label, file, up, back);
    }
    for name in undos.values() {
        builder.down_alone(name);
    }
}

/// What `V1__x.sql.conf` says of the transaction of `V1__x.sql`.
fn conf(builder: &mut Builder, script: &str, present: &BTreeSet<&str>) -> Transaction {
    let name = format!("{script}.conf");
    let file = if present.contains(name.as_str()) {
        builder.reader.read(&name)
    } else {
        None
    };
    let wrapped =
        file.and_then(|file| sections::setting(builder.reader.text(file), "executeInTransaction"));
    if wrapped == Some(false) {
        Transaction::None
    } else {
        Transaction::Wrapped
    }
}
