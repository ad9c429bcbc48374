//! An up and a down file for each migration.

use std::collections::BTreeMap;

use super::{Back, Builder, Label, NO_TRANSACTION};
use crate::schema::discover::Candidate;
use crate::schema::names::Name;
use crate::schema::{Engine, Kind, Layout, Transaction, Version};
use crate::source::FileId;

/// The files of one version and engine.
#[derive(Clone, Default)]
struct Sides {
    ups: Vec<(String, String, String, bool)>,
    downs: Vec<(String, String, bool)>,
}

/// golang-migrate, popx, or sqlx with ups and downs. Their names are alike; sqlx is told by its header,
/// popx by dialects in names.
pub(in crate::schema) fn pairs(
    builder: &mut Builder,
    candidates: Vec<Candidate>,
) -> (Layout, &'static str) {
    let mut sides: BTreeMap<(Version, Option<Engine>), Sides> = BTreeMap::new();
    for candidate in candidates {
        let Some(Name::Pair {
            version,
            title,
            up,
            engine,
            alone,
        }) = candidate.parsed
        else {
            continue;
        };
        let Some(number) = Version::number(&version) else {
            continue;
        };
        let side = sides.entry((number, engine)).or_default();
        if up {
            side.ups.push((version, title, candidate.name, alone));
        } else {
            side.downs.push((title, candidate.name, alone));
        }
    }
    let popx = sides.keys().any(|(_, engine)| engine.is_some())
        || sides
            .values()
            .any(|side| side.ups.iter().any(|up| up.3) || side.downs.iter().any(|down| down.2));
    if popx {
        share(&mut sides);
    }
    let mut files: BTreeMap<String, FileId> = BTreeMap::new();
    let mut header = false;
    for side in sides.values() {
        let names = side
            .ups
            .iter()
            .map(|up| &up.2)
            .chain(side.downs.iter().map(|down| &down.1));
        for name in names {
            if side.ups.is_empty() {
                continue; // read where it is reported
            }
            let Some(file) = builder.reader.read(name) else {
                continue;
            };
            header |= builder.reader.text(file).starts_with(NO_TRANSACTION);
            files.insert(name.clone(), file);
        }
    }
    let layout = if popx {
        Layout::Popx
    } else if header {
        Layout::Sqlx
    } else {
        Layout::GolangMigrate
    };
    for ((version, engine), side) in sides {
        one_version(builder, layout, (version, engine), side, &files);
    }
    let chosen = if popx {
        "names carry a dialect or `.autocommit`, as those of popx do"
    } else if header {
        "the names are of the form `1_title.up.sql`, and a file begins with sqlx's `-- no-transaction`"
    } else {
        "the names are of the form `1_title.up.sql`; sqlx names its files alike, and no file begins with its `-- no-transaction`"
    };
    (layout, chosen)
}

/// What a file for one dialect leaves out, the file for all of them says: the up of one goes with the
/// down of the other.
fn share(sides: &mut BTreeMap<(Version, Option<Engine>), Sides>) {
    let named: Vec<(Version, Option<Engine>)> =
        (sides.keys().filter(|(_, engine)| engine.is_some()))
            .cloned()
            .collect();
    for key in named {
        let any = (key.0.clone(), None);
        let Some(shared) = sides.get(&any).cloned() else {
            continue;
        };
        let Some(own) = sides.get_mut(&key) else {
            continue;
        };
        if own.ups.is_empty() {
            own.ups = shared.ups.clone();
        }
        if own.downs.is_empty() {
            own.downs = shared.downs.clone();
        }
        // nobody runs a down alone: it belongs to the ups of the dialects
        if shared.ups.is_empty() {
            sides.remove(&any);
            let others: Vec<_> = (sides.keys().filter(|other| other.0 == any.0))
                .cloned()
                .collect();
            for other in others {
                if let Some(own) = sides.get_mut(&other).filter(|own| own.downs.is_empty()) {
                    own.downs = shared.downs.clone();
                }
            }
        }
    }
}

fn one_version(
    builder: &mut Builder,
    layout: Layout,
    (version, engine): (Version, Option<Engine>),
    side: Sides,
    files: &BTreeMap<String, FileId>,
) {
    let Sides { ups, mut downs } = side;
    if ups.is_empty() {
        for (_, name, _) in downs {
            builder.down_alone(&name);
        }
        return;
    }
    let transaction = |builder: &Builder, file: FileId, alone: bool| {
        if alone
            || (layout == Layout::Sqlx && builder.reader.text(file).starts_with(NO_TRANSACTION))
        {
            Transaction::None
        } else if matches!(layout, Layout::Sqlx | Layout::Popx) {
            Transaction::Wrapped
        } else {
            Transaction::Implicit
        }
    };
    let single = ups.len() == 1;
    for (id, title, name, alone) in ups {
        let file = files.get(&name).copied();
        let up = file.map(|file| builder.whole(file, transaction(builder, file, alone)));
        // the tools pair by version; with two ups of one version the title tells them apart
        let place = downs.iter().position(|(other, ..)| *other == title);
        let place = place.or(if single && !downs.is_empty() {
            Some(0)
        } else {
            None
        });
        let back = match place.map(|place| downs.remove(place)) {
            Some((_, name, alone)) => match files.get(&name).copied() {
                Some(file) => Back::Part(builder.whole(file, transaction(builder, file, alone))),
                None => Back::Unknown,
            },
            None => Back::Missing,
        };
        let full_name = format!("{id}_{title}");
        let label = Label {
            id,
            title,
            full_name,
            version: version.clone(),
            kind: Kind::Versioned,
            engine,
        };
        builder.add(label, file, up, back);
    }
    for (_, name, _) in downs {
        let (Some(file), Some(last)) = (files.get(&name).copied(), builder.out.last()) else {
            continue;
        };
        let duplicate = (last.span, builder.reader.first_line(file), last.id.clone());
        builder.duplicates.push(duplicate);
    }
}
