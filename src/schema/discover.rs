//! Decides which tool a folder belongs to: each convention counts the files that it knows, the
//! highest count wins, and what stays over is reported.

mod left_over;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::build::{self, Builder};
use super::checksums::{self, ATLAS_SUM};
use super::foreign;
use super::journal;
use super::names::{Name, folder as folder_name, misnamed, printable};
use super::read::Reader;
use super::rules::{MIGRATIONS_FOLDER, TOO_MANY_MIGRATIONS, UNREADABLE_FILE};
use super::sections::{Mark, mark};
use super::{Engine, Layout, Migrations};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::{FileId, LoadError, Loader, SourceMap, Span};

/// The most names that are listed in one folder.
pub const MAX_FILES: usize = 50_000;

/// Subfolders of a Flyway location are searched this deep.
const MAX_DEPTH: usize = 8;

/// A file or folder that some convention takes for a migration.
pub(super) struct Candidate {
    /// Its name, with `/` before it for what stands in a subfolder.
    pub name: String,
    /// What the name says; `None` for a folder of diesel or Prisma.
    pub parsed: Option<Name>,
    /// Read already, where the contents decide.
    pub file: Option<FileId>,
    /// Whose marks it carries.
    mark: Option<Mark>,
    /// Whether it is a folder of Prisma.
    prisma: bool,
}

impl Candidate {
    fn folder(name: &str, prisma: bool) -> Candidate {
        Candidate {
            name: name.to_string(),
            parsed: None,
            file: None,
            mark: None,
            prisma,
        }
    }

    fn file(name: &str, parsed: Name) -> Candidate {
        Candidate {
            name: name.to_string(),
            parsed: Some(parsed),
            file: None,
            mark: None,
            prisma: false,
        }
    }
}

/// The files that one convention knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Goose,
    Dbmate,
    Flyway,
    Diesel,
    Pairs,
    Plain,
    Liquibase,
    SqlMigrate,
    Prisma,
}

/// In the order in which ties are broken: what the contents say before what names say.
const FAMILIES: [Family; 9] = [
    Family::Goose,
    Family::Dbmate,
    Family::Liquibase,
    Family::SqlMigrate,
    Family::Flyway,
    Family::Diesel,
    Family::Prisma,
    Family::Pairs,
    Family::Plain,
];

impl Candidate {
    fn family(&self) -> Family {
        match (&self.parsed, self.mark) {
            (None, _) if self.prisma => Family::Prisma,
            (None, _) => Family::Diesel,
            (Some(Name::Pair { .. }), _) => Family::Pairs,
            (Some(Name::Flyway { .. }), _) => Family::Flyway,
            (Some(Name::Program { .. }), _) | (_, Some(Mark::Goose)) => Family::Goose,
            (_, Some(Mark::Dbmate)) => Family::Dbmate,
            (_, Some(Mark::Liquibase)) => Family::Liquibase,
            (_, Some(Mark::SqlMigrate)) => Family::SqlMigrate,
            (Some(Name::Single { .. } | Name::Marked { .. }), None) => Family::Plain,
        }
    }
}

/// Reads the folder of migrations `folder`, shown as `shown`, which the plan names at `at`.
///
/// The files that the layout takes for migrations are added to `sources`; what is wrong goes to
/// `findings`. A folder that cannot be used gives a finding and no migration. Links that lead out
/// of the folder are not followed. Time grows with the bytes in the folder.
pub fn discover(
    loader: &dyn Loader,
    sources: &mut SourceMap,
    folder: &Path,
    shown: &str,
    at: Span,
    findings: &mut Findings,
) -> Migrations {
    let mut reader = Reader::new(loader, sources, findings, (folder, shown), at);
    let Some(mut names) = list(&mut reader, folder, shown) else {
        return Migrations::default();
    };
    let mut candidates = candidates(&mut reader, &names);
    let Some(family) = winner(&candidates) else {
        not_recognised(&mut reader, &names, shown);
        return Migrations::default();
    };
    if family == Family::Flyway {
        if !descend(&mut reader, &mut names) {
            return Migrations::default();
        }
        candidates = flyway_candidates(candidates, &names);
    }
    let (mine, others): (Vec<_>, Vec<_>) = candidates
        .into_iter()
        .partition(|candidate| candidate.family() == family);
    left_over::mixed(&mut reader, family, &mine, &others);

    let engine = engine_of(shown);
    let present: BTreeSet<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    let taken: BTreeSet<String> = mine
        .iter()
        .map(|candidate| candidate.name.clone())
        .collect();
    let mut builder = Builder::new(&mut reader, engine);
    let mut with_checksums = false;
    let mut left_out = Vec::new();
    let (layout, chosen) = match family {
        Family::Goose => {
            build::sections(&mut builder, mine, Layout::Goose);
            (
                Layout::Goose,
                "the files carry `-- +goose Up` or are numbered Go programs",
            )
        }
        Family::Dbmate => {
            build::sections(&mut builder, mine, Layout::Dbmate);
            (Layout::Dbmate, "the files carry `-- migrate:up`")
        }
        Family::Flyway => {
            build::flyway(&mut builder, mine, &present);
            (Layout::Flyway, "the names are of the form `V1__title.sql`")
        }
        Family::Diesel => {
            build::diesel(&mut builder, mine);
            (
                Layout::Diesel,
                "each migration is a folder with an `up.sql`",
            )
        }
        Family::Pairs => build::pairs(&mut builder, mine),
        Family::SqlMigrate => {
            build::sections(&mut builder, mine, Layout::SqlMigrate);
            (Layout::SqlMigrate, "the files carry `-- +migrate Up`")
        }
        Family::Liquibase => {
            left_out = build::liquibase(&mut builder, mine, &names);
            (
                Layout::Liquibase,
                "the files begin with `--liquibase formatted sql`",
            )
        }
        Family::Prisma => {
            build::prisma(&mut builder, mine);
            (
                Layout::Prisma,
                "each migration is a folder with a `migration.sql`",
            )
        }
        _ => {
            build::plain(&mut builder, mine);
            with_checksums = present.contains(ATLAS_SUM);
            (Layout::Sqlx, plain_reason(&present))
        }
    };
    let mut out = builder.finish(layout);
    if with_checksums {
        checksums::atlas(&mut reader, &names);
    }
    if family == Family::Plain {
        let all: Vec<String> = (out.migrations.iter())
            .map(|migration| migration.full_name.clone())
            .collect();
        journal::drizzle(&mut reader, &all);
    }
    // names are nothing to these
    if !matches!(layout, Layout::Liquibase | Layout::SqlMigrate) {
        left_over::report_misnamed(&mut reader, &names, layout);
    }
    out.layout = Some(layout);
    out.chosen = chosen.into();
    out.engine = engine
        .or_else(|| common_engine(&out))
        .or_else(|| (family == Family::Prisma).then(|| provider(&mut reader))?);
    out.ignored = left_over::ignored(&names, &taken, layout, &left_out);
    out
}

fn plain_reason(present: &BTreeSet<&str>) -> &'static str {
    if present.contains(ATLAS_SUM) {
        "the files are numbered SQL files without sections, written by Atlas and read as sqlx does"
    } else if present.contains("meta") {
        "the files are numbered SQL files without sections, written by Drizzle and read as sqlx does"
    } else {
        "the files are numbered SQL files without sections"
    }
}

/// The names in the folder, or findings that say why there are none.
fn list(reader: &mut Reader, folder: &Path, shown: &str) -> Option<Vec<(String, bool)>> {
    let shown = printable(shown);
    let (names, more) = match reader.loader.list(folder, MAX_FILES) {
        Ok(found) => found,
        Err(LoadError::NotFound) => {
            let file =
                !reader.loader.is_folder(folder) && reader.loader.canonical(folder).is_some();
            let finding = if file {
                let message = format!("`{shown}` is a file, and `migrations` names a folder");
                Diagnostic::new(&MIGRATIONS_FOLDER, reader.at, message)
                    .help("name the folder that holds the file")
            } else {
                let message = format!("`{shown}` cannot be read: there is no such folder");
                Diagnostic::new(&UNREADABLE_FILE, reader.at, message)
                    .help("name the folder that holds the migrations, seen from this file")
            };
            reader.findings.push(finding);
            return None;
        }
        Err(error) => {
            let message = format!("cannot list the folder `{shown}`: {}", error.reason());
            reader.findings.push(
                Diagnostic::new(&UNREADABLE_FILE, reader.at, message)
                    .help("make the folder readable for the user who runs the check"),
            );
            return None;
        }
    };
    if more {
        too_many(reader, &shown);
        return None;
    }
    if names.is_empty() {
        let message = format!("the folder `{shown}` is empty");
        let finding = Diagnostic::new(&MIGRATIONS_FOLDER, reader.at, message).help(format!(
            "name a folder with migrations, such as {}",
            looked_for()
        ));
        reader.findings.push(finding);
        return None;
    }
    Some(names)
}

fn too_many(reader: &mut Reader, shown: &str) {
    let message = format!("the folder `{shown}` holds more than {MAX_FILES} files; none is read");
    let finding = Diagnostic::new(&TOO_MANY_MIGRATIONS, reader.at, message)
        .help("name the folder that holds the migrations only, or fold old ones into a baseline");
    reader.findings.push(finding);
}

fn looked_for() -> String {
    let each = Layout::ALL.map(|layout| format!("{} ({})", layout.looks(), layout.name()));
    each.join(", ")
}

fn candidates(reader: &mut Reader, names: &[(String, bool)]) -> Vec<Candidate> {
    let mut out = Vec::new();
    for (name, is_folder) in names {
        if *is_folder {
            if folder_name(name).is_some() {
                let path = reader.path(name);
                let holds = |file: &str| reader.loader.canonical(&path.join(file)).is_some();
                if holds("up.sql") {
                    out.push(Candidate::folder(name, false));
                } else if holds("migration.sql") {
                    out.push(Candidate::folder(name, true));
                }
            }
            continue;
        }
        let Some(parsed) = Name::parse(name) else {
            out.extend(marked(reader, name));
            continue;
        };
        let mut candidate = Candidate::file(name, parsed);
        // only for these do the contents decide whose they are
        if let Some(Name::Single { .. }) = candidate.parsed {
            candidate.file = reader.read(name);
            candidate.mark = candidate.file.and_then(|file| mark(reader.text(file)));
        }
        out.push(candidate);
    }
    out
}

/// A file whose name says nothing, but whose contents do: tools with marks take any name.
fn marked(reader: &mut Reader, name: &str) -> Option<Candidate> {
    let parsed = Name::marked(name)?;
    let Name::Marked { version, .. } = &parsed else {
        return None;
    };
    let found = mark(&reader.peek(name)?)?;
    let any_name = matches!(found, Mark::Liquibase | Mark::SqlMigrate);
    // dbmate wants a number in front, goose an underscore behind it
    if !any_name && (found == Mark::Goose || version.is_empty()) {
        return None;
    }
    let file = reader.read(name);
    Some(Candidate {
        file,
        mark: Some(found),
        ..Candidate::file(name, parsed)
    })
}

/// The engine that Prisma's lock file names.
fn provider(reader: &mut Reader) -> Option<Engine> {
    let lock = reader.peek("migration_lock.toml")?;
    let line = lock.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "provider").then_some(value)
    })?;
    Engine::from_word(line.trim().trim_matches('"'))
}

fn winner(candidates: &[Candidate]) -> Option<Family> {
    let count = |family| candidates.iter().filter(|c| c.family() == family).count();
    let counts = FAMILIES.map(|family| (count(family), family));
    let most = counts
        .iter()
        .map(|&(count, _)| count)
        .max()
        .filter(|&most| most > 0)?;
    counts
        .into_iter()
        .find(|&(count, _)| count == most)
        .map(|(_, family)| family)
}

/// Says what was looked for, and what the folder looks like instead.
fn not_recognised(reader: &mut Reader, names: &[(String, bool)], shown: &str) {
    let shown = printable(shown);
    let wrong = names.iter().filter(|(_, folder)| !folder);
    let wrong = wrong
        .flat_map(|(name, _)| [(name, true), (name, false)])
        .find_map(|(name, flyway)| Some((name, misnamed(name, flyway)?)));
    let finding = if let Some(tool) = foreign::from_names(names) {
        let message = format!(
            "the migrations in `{shown}` look like those of {}, which are not read",
            tool.name
        );
        Diagnostic::new(&MIGRATIONS_FOLDER, reader.at, message).help(tool.help)
    } else if let Some((name, why)) = wrong {
        let message = format!(
            "no migration is recognised in `{shown}`: no tool would run `{}`",
            printable(name)
        );
        Diagnostic::new(&MIGRATIONS_FOLDER, reader.at, message).help(format!(
            "rename it: {why}; the names that are read look like {}",
            looked_for()
        ))
    } else {
        let message = format!("no migration is recognised in `{shown}`");
        let below = below(reader, names);
        let help = if below.is_empty() {
            format!("the names that are read look like {}", looked_for())
        } else {
            let paths: Vec<String> = below
                .iter()
                .map(|n| format!("`{}`", reader.shown(n)))
                .collect();
            format!("name one of its subfolders: {}", paths.join(", "))
        };
        let some: Vec<String> = names
            .iter()
            .take(3)
            .map(|(name, _)| format!("`{}`", printable(name)))
            .collect();
        let rest = names.len().saturating_sub(some.len());
        let more = if rest > 0 {
            format!(" and {rest} more")
        } else {
            String::new()
        };
        Diagnostic::new(&MIGRATIONS_FOLDER, reader.at, message)
            .help(help)
            .note(format!("the folder holds {}{more}", some.join(", ")))
    };
    reader.findings.push(finding);
}

/// The subfolders that hold migrations themselves; a look at a few names is enough.
fn below(reader: &Reader, names: &[(String, bool)]) -> Vec<String> {
    let folders = names.iter().filter(|(_, folder)| *folder).take(16);
    let fits = folders.filter(|(name, _)| {
        let listed = reader
            .loader
            .list(&reader.path(name), 200)
            .map_or(Vec::new(), |found| found.0);
        listed.iter().any(|(inner, folder)| {
            if *folder {
                let path = reader.path(name).join(inner);
                let holds = |file: &str| reader.loader.canonical(&path.join(file)).is_some();
                folder_name(inner).is_some() && (holds("up.sql") || holds("migration.sql"))
            } else {
                Name::parse(inner).is_some()
            }
        })
    });
    fits.map(|(name, _)| name.clone()).take(4).collect()
}

/// Adds what stands in subfolders, as Flyway does. False when there is too much of it.
fn descend(reader: &mut Reader, names: &mut Vec<(String, bool)>) -> bool {
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    let mut open: Vec<(String, usize)> = names
        .iter()
        .rev()
        .filter(|(_, folder)| *folder)
        .map(|(n, _)| (n.clone(), 1))
        .collect();
    while let Some((folder, depth)) = open.pop() {
        let path = reader.path(&folder);
        // a link may lead back up
        if depth > MAX_DEPTH
            || !reader
                .loader
                .canonical(&path)
                .is_some_and(|real| seen.insert(real))
        {
            continue;
        }
        let left = MAX_FILES.saturating_sub(names.len());
        let Ok((inner, more)) = reader.loader.list(&path, left) else {
            continue;
        };
        if more {
            let shown = reader.shown(&folder);
            too_many(reader, &shown);
            return false;
        }
        for (name, is_folder) in inner {
            let name = format!("{folder}/{name}");
            if is_folder {
                open.push((name.clone(), depth + 1));
            }
            names.push((name, is_folder));
        }
    }
    true
}

/// The candidates of the folder itself, and Flyway's in its subfolders.
fn flyway_candidates(mut found: Vec<Candidate>, names: &[(String, bool)]) -> Vec<Candidate> {
    for (name, is_folder) in names {
        let Some((_, file)) = name.rsplit_once('/') else {
            continue;
        };
        if let Some(parsed @ Name::Flyway { .. }) = Name::parse(file).filter(|_| !is_folder) {
            found.push(Candidate::file(name, parsed));
        }
    }
    found
}

/// The engine that the folder's name tells, the innermost word first.
fn engine_of(shown: &str) -> Option<Engine> {
    shown.rsplit(['/', '\\']).find_map(Engine::from_word)
}

/// The engine that all migrations are for.
fn common_engine(found: &Migrations) -> Option<Engine> {
    let first = found.migrations.first()?.engine?;
    found
        .migrations
        .iter()
        .all(|m| m.engine == Some(first))
        .then_some(first)
}

#[cfg(test)]
mod tests;
