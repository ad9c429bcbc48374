//! Turns the files of one layout into migrations: pairs ups with downs, reads sections and
//! headers, orders the result, and reports two of one version.

mod flyway;

use std::collections::BTreeMap;

use super::discover::Candidate;
use super::names::{Name, folder, printable};
use super::read::{Acts, How, Reader};
use super::rules::{DOWN_WITHOUT_UP, DUPLICATE_MIGRATION, MIGRATION_GAP, SQL_NOT_UNDERSTOOD};
use super::sections::{self, Sections};
use super::{Down, Engine, Kind, Layout, Migration, Migrations, Transaction, Version};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

pub(super) use flyway::flyway;

/// So many duplicates are reported one by one.
const MAX_DUPLICATES: usize = 20;

/// A folder whose numbers follow on one another less often than so, for each gap, is not counted on
/// by one.
const STEPS_FOR_EACH_GAP: usize = 3;

/// Collects migrations.
pub(super) struct Builder<'r, 'a> {
    reader: &'r mut Reader<'a>,
    engine: Option<Engine>,
    out: Vec<Migration>,
    /// The first lines of a migration and of the one that has its version, with its name.
    duplicates: Vec<(Span, Span, String)>,
}

/// What a name says of a migration.
struct Label {
    id: String,
    title: String,
    full_name: String,
    version: Version,
    kind: Kind,
    engine: Option<Engine>,
}

/// A piece of a file that is run.
#[derive(Clone, Copy)]
struct Part {
    span: Span,
    transaction: Transaction,
    goose_blocks: bool,
}

/// What there is to take a migration back.
enum Back {
    Part(Part),
    Missing,
    NotOffered,
    Unknown,
}

impl<'r, 'a> Builder<'r, 'a> {
    pub(super) fn new(reader: &'r mut Reader<'a>, engine: Option<Engine>) -> Self {
        Builder {
            reader,
            engine,
            out: Vec::new(),
            duplicates: Vec::new(),
        }
    }

    fn whole(&self, file: FileId, transaction: Transaction) -> Part {
        Part {
            span: self.reader.whole(file),
            transaction,
            goose_blocks: false,
        }
    }

    fn add(&mut self, label: Label, file: Option<FileId>, up: Option<Part>, back: Back) {
        let engine = label.engine.or(self.engine);
        let span = file.map_or(self.reader.at, |file| self.reader.first_line(file));
        let cut = |reader: &mut Reader, part: Part| {
            let how = How {
                transaction: part.transaction,
                goose_blocks: part.goose_blocks,
                engine,
            };
            reader.script(part.span, how, &label.id)
        };
        let up = up.map(|part| cut(self.reader, part).0);
        let down = match back {
            Back::Part(part) => match cut(self.reader, part) {
                (_, Acts::Without) => Down::Empty(part.span),
                (_, Acts::Idle) => Down::Idle(part.span),
                (script, Acts::Does) => Down::Script(script),
            },
            Back::Missing => Down::Missing,
            Back::NotOffered => Down::NotOffered,
            Back::Unknown => Down::Unknown,
        };
        let says = |span| sections::irreversible(self.reader.sources.text(span));
        let above = up.as_ref().map(|script| script.span);
        let irreversible = match down {
            // what takes only a part back may say that the rest is gone
            Down::Script(script) => says(script.span),
            Down::Empty(span) | Down::Idle(span) => says(span).or_else(|| above.and_then(says)),
            Down::Missing | Down::NotOffered | Down::Unknown => above.and_then(says),
        };
        let Label {
            id,
            title,
            full_name,
            version,
            kind,
            engine,
        } = label;
        let migration = Migration {
            id,
            title,
            full_name,
            version,
            kind,
            engine,
            span,
            up,
            down,
            irreversible,
        };
        self.out.push(migration);
    }

    fn no_up(&mut self, file: FileId, id: &str, layout: Layout) {
        let mark = if layout == Layout::Goose {
            "-- +goose Up"
        } else {
            "-- migrate:up"
        };
        let id = printable(id);
        let message = format!(
            "migration `{id}` has no line `{mark}`, so {} runs nothing for it",
            layout.name()
        );
        let finding = Diagnostic::new(&SQL_NOT_UNDERSTOOD, self.reader.first_line(file), message)
            .help(format!("write `{mark}` above the statements"))
            .missing(format!("the effects of migration `{id}`"));
        self.reader.findings.push(finding);
    }

    fn down_alone(&mut self, name: &str) {
        let Some(file) = self.reader.read(name) else {
            return;
        };
        let place = self.reader.first_line(file);
        let message = format!(
            "`{}` takes back a migration that is not there",
            printable(name)
        );
        let finding = Diagnostic::new(&DOWN_WITHOUT_UP, place, message)
            .help("add the up of the same version, or remove this file");
        self.reader.findings.push(finding);
    }

    /// Orders the migrations and reports those of one version.
    pub(super) fn finish(mut self, layout: Layout) -> Migrations {
        let mut found = Migrations::default();
        self.out.sort_by(|a, b| {
            let names = || a.full_name.cmp(&b.full_name);
            // dbmate sorts file names as they are, ending included; all others sort versions
            if layout == Layout::Dbmate {
                let file = |m: &Migration| m.full_name.clone() + ".sql";
                file(a).cmp(&file(b))
            } else {
                a.version.cmp(&b.version).then_with(names)
            }
        });
        let mut first: BTreeMap<(&Version, Kind, Option<Engine>), &Migration> = BTreeMap::new();
        for migration in self.out.iter().filter(|m| m.kind != Kind::Repeatable) {
            let key = (&migration.version, migration.kind, migration.engine);
            match first.get(&key) {
                Some(earlier) => {
                    self.duplicates
                        .push((earlier.span, migration.span, migration.id.clone()));
                }
                None => {
                    first.insert(key, migration);
                }
            }
        }
        self.report_duplicates(layout);
        self.report_gaps();
        for migration in self.out {
            match migration.kind {
                Kind::Versioned => found.migrations.push(migration),
                Kind::Baseline => found.baselines.push(migration),
                Kind::Repeatable => found.repeatable.push(migration),
            }
        }
        found
    }

    /// Tells where numbers are left out of a sequence that is otherwise counted on by one. A folder
    /// in which that happens often is numbered in another way.
    fn report_gaps(&mut self) {
        let versioned = self.out.iter().filter(|m| m.kind == Kind::Versioned);
        let numbers: Option<Vec<(u32, &Migration)>> = versioned
            .map(|migration| Some((migration.version.counted()?, migration)))
            .collect();
        let Some(mut numbers) = numbers else { return };
        numbers.sort_by_key(|(number, _)| *number);
        numbers.dedup_by_key(|(number, _)| *number);
        let steps = numbers.windows(2).filter_map(|pair| match pair {
            [(from, earlier), (to, later)] => Some((*from, *to, *earlier, *later)),
            _ => None,
        });
        let (whole, gaps): (Vec<_>, Vec<_>) = steps.partition(|(from, to, ..)| from + 1 == *to);
        if whole.len() < STEPS_FOR_EACH_GAP * gaps.len() {
            return;
        }
        for (from, to, earlier, later) in gaps {
            let width = earlier.id.trim_start_matches(['V', 'v']).len();
            let (first, last) = (from + 1, to.saturating_sub(1));
            let missing = if first == last {
                format!("`{first:0width$}` is")
            } else {
                format!("`{first:0width$}` to `{last:0width$}` are")
            };
            let message = format!(
                "{missing} not among the migrations, which are otherwise counted on by one"
            );
            let finding = Diagnostic::new(&MIGRATION_GAP, later.span, message)
                .here("this one follows")
                .also(earlier.span, "on this one")
                .help("add what is missing before anything behind it is run, or rename the later ones");
            self.reader.findings.push(finding);
        }
    }

    fn report_duplicates(&mut self, layout: Layout) {
        let more = self.duplicates.len().saturating_sub(MAX_DUPLICATES);
        for (index, (first, second, id)) in self.duplicates.iter().take(MAX_DUPLICATES).enumerate()
        {
            let name = |span: Span| {
                let name = &self.reader.sources.file(span.file).name;
                format!("`{}`", name.rsplit('/').next().unwrap_or(name))
            };
            let message = format!("two migrations have the version `{}`", printable(id));
            let mut finding = Diagnostic::new(&DUPLICATE_MIGRATION, *second, message)
                .here(format!("{} is the second", name(*second)))
                .also(*first, format!("{} is the first", name(*first)))
                .help(format!(
                    "give the later one a version of its own; {} takes one version for one migration",
                    layout.name()
                ));
            if index + 1 == MAX_DUPLICATES && more > 0 {
                finding = finding.note(format!("{more} more duplicates are not shown"));
            }
            self.reader.findings.push(finding);
        }
    }
}

fn stem(name: &str) -> &str {
    name.strip_suffix(".sql")
        .or_else(|| name.strip_suffix(".go"))
        .unwrap_or(name)
}

/// The files of one version and engine.
#[derive(Default)]
struct Sides {
    ups: Vec<(String, String, String, bool)>,
    downs: Vec<(String, String, bool)>,
}

/// golang-migrate, or sqlx with ups and downs. Their names are alike; sqlx is told by its header.
pub(super) fn pairs(builder: &mut Builder, candidates: Vec<Candidate>) -> (Layout, &'static str) {
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
    let layout = if header {
        Layout::Sqlx
    } else {
        Layout::GolangMigrate
    };
    for ((version, engine), side) in sides {
        one_version(builder, layout, (version, engine), side, &files);
    }
    let chosen = if header {
        "the names are of the form `1_title.up.sql`, and a file begins with sqlx's `-- no-transaction`"
    } else {
        "the names are of the form `1_title.up.sql`; sqlx names its files alike, and no file begins with its `-- no-transaction`"
    };
    (layout, chosen)
}

/// The first bytes by which a file asks sqlx for no transaction.
const NO_TRANSACTION: &str = "-- no-transaction";

/// The line by which a file asks Atlas for no transaction.
const ATLAS_NO_TRANSACTION: &str = "-- atlas:txmode none";

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
        } else if layout == Layout::Sqlx {
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

/// sqlx without `-r`: one file for each migration, and no way back.
pub(super) fn plain(builder: &mut Builder, candidates: Vec<Candidate>) {
    for candidate in candidates {
        let Some(Name::Single { version: id, title }) = candidate.parsed else {
            continue;
        };
        let Some(version) = Version::number(&id) else {
            continue;
        };
        let up = candidate.file.map(|file| {
            let text = builder.reader.text(file);
            let alone = text.starts_with(NO_TRANSACTION)
                || text.lines().any(|line| line.trim() == ATLAS_NO_TRANSACTION);
            builder.whole(
                file,
                if alone {
                    Transaction::None
                } else {
                    Transaction::Wrapped
                },
            )
        });
        let full_name = stem(&candidate.name).to_string();
        let label = Label {
            id,
            title,
            full_name,
            version,
            kind: Kind::Versioned,
            engine: None,
        };
        builder.add(label, candidate.file, up, Back::NotOffered);
    }
}

/// goose and dbmate: up and down are sections of one file.
pub(super) fn sections(builder: &mut Builder, candidates: Vec<Candidate>, layout: Layout) {
    let goose = layout == Layout::Goose;
    for candidate in candidates {
        let (id, title) = match candidate.parsed {
            Some(Name::Single { version, title } | Name::Program { version, title }) => {
                (version, title)
            }
            _ => continue,
        };
        let number = Version::number(&id);
        let version = if goose {
            number
        } else {
            number.map(|_| Version::Text(id.clone()))
        };
        let Some(version) = version else { continue };
        let found: Sections = match candidate.file {
            Some(file) if goose => sections::goose(builder.reader.text(file)),
            Some(file) => sections::dbmate(builder.reader.text(file)),
            None => Sections::default(),
        };
        let part = |range: Option<std::ops::Range<usize>>, alone| {
            let (file, range) = candidate.file.zip(range)?;
            Some(Part {
                span: Span::new(file, range.start, range.end),
                transaction: if alone {
                    Transaction::None
                } else {
                    Transaction::Wrapped
                },
                goose_blocks: goose,
            })
        };
        let up = part(found.up, found.up_alone);
        let back = match part(found.down, found.down_alone) {
            Some(part) => Back::Part(part),
            None if candidate.file.is_none() => Back::Unknown,
            None => Back::Missing,
        };
        if let (Some(file), None) = (candidate.file, up) {
            builder.no_up(file, &id, layout);
        }
        let full_name = stem(&candidate.name).to_string();
        let label = Label {
            id,
            title,
            full_name,
            version,
            kind: Kind::Versioned,
            engine: None,
        };
        builder.add(label, candidate.file, up, back);
    }
}

/// diesel: a folder for each migration.
pub(super) fn diesel(builder: &mut Builder, candidates: Vec<Candidate>) {
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
