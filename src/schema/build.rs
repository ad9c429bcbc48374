//! Turns the files of one layout into migrations: pairs ups with downs, reads sections and
//! headers, orders the result, and reports two of one version.

mod flyway;
mod folders;
mod liquibase;
mod pairs;

use std::collections::BTreeMap;

use super::discover::Candidate;
use super::names::{Name, printable};
use super::read::{Acts, How, Reader};
use super::rules::{DOWN_WITHOUT_UP, DUPLICATE_MIGRATION, MIGRATION_GAP, SQL_NOT_UNDERSTOOD};
use super::sections::{self, Sections};
use super::{Down, Engine, Kind, Layout, Migration, Migrations, Transaction, Version};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

pub(super) use flyway::flyway;
pub(super) use folders::{diesel, prisma};
pub(super) use liquibase::liquibase;
pub(super) use pairs::pairs;

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
        let span = file.map_or(self.reader.at, |file| self.reader.first_line(file));
        self.add_at(label, span, up, back);
    }

    /// Adds a migration that `span` stands for.
    fn add_at(&mut self, label: Label, span: Span, up: Option<Part>, back: Back) {
        let engine = label.engine.or(self.engine);
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
        let mark = match layout {
            Layout::Goose => "-- +goose Up",
            Layout::SqlMigrate => "-- +migrate Up",
            _ => "-- migrate:up",
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
        // these tell migrations apart by their whole names
        let by_name = matches!(layout, Layout::SqlMigrate | Layout::Prisma);
        let mut counted: Vec<&Migration> = self.out.iter().collect();
        counted.retain(|m| m.kind != Kind::Repeatable && !by_name);
        for migration in counted {
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
        .or_else(|| name.strip_suffix(".java"))
        .or_else(|| name.strip_suffix(".kt"))
        .or_else(|| name.strip_suffix(".rs"))
        .unwrap_or(name)
}

/// The first bytes by which a file asks sqlx for no transaction.
const NO_TRANSACTION: &str = "-- no-transaction";

/// The line by which a file asks Atlas for no transaction.
const ATLAS_NO_TRANSACTION: &str = "-- atlas:txmode none";

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

/// goose, dbmate and sql-migrate: up and down are sections of one file.
pub(super) fn sections(builder: &mut Builder, candidates: Vec<Candidate>, layout: Layout) {
    let blocks = matches!(layout, Layout::Goose | Layout::SqlMigrate);
    for candidate in candidates {
        let (id, title) = match candidate.parsed {
            Some(
                Name::Single { version, title }
                | Name::Program { version, title }
                | Name::Marked { version, title },
            ) => (version, title),
            _ => continue,
        };
        let number = Version::number(&id);
        let version = match layout {
            Layout::Dbmate => number.map(|_| Version::Text(id.clone())),
            // names without a number come behind those with one
            Layout::SqlMigrate => {
                number.or_else(|| Some(Version::Text(stem(&candidate.name).to_string())))
            }
            _ => number,
        };
        let Some(version) = version else { continue };
        let id = match id.as_str() {
            "" => stem(&candidate.name).to_string(),
            _ => id,
        };
        let found: Sections = match candidate.file {
            Some(file) if layout == Layout::Goose => sections::goose(builder.reader.text(file)),
            Some(file) if layout == Layout::SqlMigrate => {
                sections::sql_migrate(builder.reader.text(file))
            }
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
                goose_blocks: blocks,
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
