//! A folder for each migration.

use super::{Back, Builder, Label};
use crate::schema::discover::Candidate;
use crate::schema::names::folder;
use crate::schema::{Kind, Transaction, Version, sections};

/// diesel: a folder for each migration.
pub(in crate::schema) fn diesel(builder: &mut Builder, candidates: Vec<Candidate>) {
    for Candidate { name, .. } in candidates {
        let Some((id, title)) =
            folder(&name).map(|(id, title)| (id.to_string(), title.to_string()))
        else {
            continue;
        };
        let options = builder
            .reader
            .read_if_there(&format!("{name}/metadata.toml"));
        let wrapped = options
            .and_then(|file| sections::setting(builder.reader.text(file), "run_in_transaction"))
            .unwrap_or(true);
        let transaction = if wrapped {
            Transaction::Wrapped
        } else {
            Transaction::None
        };
        let file = builder.reader.read(&format!("{name}/up.sql"));
        let up = file.map(|file| builder.whole(file, transaction));
        let down = format!("{name}/down.sql");
        let back = match builder.reader.read_if_there(&down) {
            Some(file) => Back::Part(builder.whole(file, transaction)),
            None if builder.reader.is_there(&down) => Back::Unknown,
            None => Back::Missing,
        };
        let version = Version::Text(id.replace('-', ""));
        let label = Label {
            id,
            title,
            full_name: name,
            version,
            kind: Kind::Versioned,
            engine: None,
        };
        builder.add(label, file, up, back);
    }
}

/// Prisma, and Drizzle since it keeps folders: the whole text is sent at once, and nothing goes back
/// but a `down.sql` that somebody keeps beside it and runs by hand.
pub(in crate::schema) fn prisma(builder: &mut Builder, candidates: Vec<Candidate>) {
    for Candidate { name, .. } in candidates {
        let Some((id, title)) =
            folder(&name).map(|(id, title)| (id.to_string(), title.to_string()))
        else {
            continue;
        };
        let file = builder.reader.read(&format!("{name}/migration.sql"));
        let up = file.map(|file| builder.whole(file, Transaction::Implicit));
        let down = format!("{name}/down.sql");
        let back = match builder.reader.read_if_there(&down) {
            Some(file) => Back::Part(builder.whole(file, Transaction::Implicit)),
            None if builder.reader.is_there(&down) => Back::Unknown,
            None => Back::NotOffered,
        };
        let label = Label {
            id,
            title,
            version: Version::Text(name.clone()),
            full_name: name,
            kind: Kind::Versioned,
            engine: None,
        };
        builder.add(label, file, up, back);
    }
}
