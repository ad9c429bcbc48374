//! Decides which tool a folder belongs to: each convention counts the files that it knows, the
//! highest count wins, and what stays over is reported.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::build::{self, Builder};
use super::checksums::{self, ATLAS_SUM};
use super::foreign;
use super::names::{FlywayKind, Name, folder as folder_name, printable};
use super::read::Reader;
use super::rules::{MIGRATIONS_FOLDER, MIXED_LAYOUTS, TOO_MANY_MIGRATIONS, UNREADABLE_FILE};
use super::sections::{Mark, mark};
use super::{Engine, Ignored, Layout, Migrations};
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
    /// What the name says; `None` for a folder of diesel.
    pub parsed: Option<Name>,
    /// Read already, where the contents decide.
    pub file: Option<FileId>,
    /// Whose marks it carries.
    mark: Option<Mark>,
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
}

/// In the order in which ties are broken: what the contents say before what names say.
const FAMILIES: [Family; 8] = [
    Family::Goose,
    Family::Dbmate,
    Family::Liquibase,
    Family::SqlMigrate,
    Family::Flyway,
    Family::Diesel,
    Family::Pairs,
    Family::Plain,
];

impl Candidate {
    fn family(&self) -> Family {
        match (&self.parsed, self.mark) {
            (None, _) => Family::Diesel,
            (Some(Name::Pair { .. }), _) => Family::Pairs,
            (Some(Name::Flyway { .. }), _) => Family::Flyway,
            (Some(Name::Program { .. }), _) | (_, Some(Mark::Goose)) => Family::Goose,
            (_, Some(Mark::Dbmate)) => Family::Dbmate,
            (_, Some(Mark::Liquibase)) => Family::Liquibase,
            (_, Some(Mark::SqlMigrate)) => Family::SqlMigrate,
            (Some(Name::Single { .. }), None) => Family::Plain,
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
        not_recognised(&mut reader, &names, shown, None);
        return Migrations::default();
    };
    if matches!(family, Family::Liquibase | Family::SqlMigrate) {
        let liquibase = family == Family::Liquibase;
        not_recognised(
            &mut reader,
            &names,
            shown,
            foreign::from_marks(liquibase, !liquibase),
        );
        return Migrations::default();
    }
    if family == Family::Flyway {
        if !descend(&mut reader, &mut names) {
            return Migrations::default();
        }
        candidates = flyway_candidates(candidates, &names);
    }
    let (mine, others): (Vec<_>, Vec<_>) = candidates
        .into_iter()
        .partition(|candidate| candidate.family() == family);
    mixed(&mut reader, family, &mine, &others);

    let engine = engine_of(shown);
    let present: BTreeSet<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    let taken: BTreeSet<String> = mine
        .iter()
        .map(|candidate| candidate.name.clone())
        .collect();
    let mut builder = Builder::new(&mut reader, engine);
    let mut with_checksums = false;
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
    out.layout = Some(layout);
    out.chosen = chosen.into();
    out.engine = engine.or_else(|| common_engine(&out));
    out.ignored = ignored(&names, &taken, layout);
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
            let up = reader.path(name).join("up.sql");
            if folder_name(name).is_some() && reader.loader.canonical(&up).is_some() {
                out.push(Candidate {
                    name: name.clone(),
                    parsed: None,
                    file: None,
                    mark: None,
                });
            }
            continue;
        }
        let Some(parsed) = Name::parse(name) else {
            continue;
        };
        let mut candidate = Candidate {
            name: name.clone(),
            parsed: Some(parsed),
            file: None,
            mark: None,
        };
        // only for these do the contents decide whose they are
        if let Some(Name::Single { .. }) = candidate.parsed {
            candidate.file = reader.read(name);
            candidate.mark = candidate.file.and_then(|file| mark(reader.text(file)));
        }
        out.push(candidate);
    }
    out
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
fn not_recognised(
    reader: &mut Reader,
    names: &[(String, bool)],
    shown: &str,
    known: Option<foreign::Foreign>,
) {
    let shown = printable(shown);
    let loader = reader.loader;
    let holds = |name: &str| loader.canonical(&reader.path(name)).is_some();
    let found = known.or_else(|| foreign::from_names(names, holds));
    let finding = if let Some(tool) = found {
        let message = format!(
            "the migrations in `{shown}` look like those of {}, which are not read",
            tool.name
        );
        Diagnostic::new(&MIGRATIONS_FOLDER, reader.at, message).help(tool.help)
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
                let up = reader.path(name).join(inner).join("up.sql");
                folder_name(inner).is_some() && reader.loader.canonical(&up).is_some()
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
            found.push(Candidate {
                name: name.clone(),
                parsed: Some(parsed),
                file: None,
                mark: None,
            });
        }
    }
    found
}

/// Reports what another tool would take for migrations, in one finding.
fn mixed(reader: &mut Reader, family: Family, mine: &[Candidate], others: &[Candidate]) {
    let (Some(first), Some(odd)) = (mine.first(), others.first()) else {
        return;
    };
    let file = |reader: &mut Reader, candidate: &Candidate| {
        let name = match candidate.parsed {
            None => format!("{}/up.sql", candidate.name),
            Some(_) => candidate.name.clone(),
        };
        candidate.file.or_else(|| reader.read(&name))
    };
    let Some(odd_file) = file(reader, odd) else {
        return;
    };
    let tool = match family {
        Family::Goose => Layout::Goose.name(),
        Family::Dbmate => Layout::Dbmate.name(),
        Family::Flyway => Layout::Flyway.name(),
        Family::Diesel => Layout::Diesel.name(),
        Family::Pairs => "golang-migrate or sqlx",
        _ => Layout::Sqlx.name(),
    };
    let others_are = match others.len() {
        1 => String::new(),
        2 => " and one other file".into(),
        n => format!(" and {} other files", n - 1),
    };
    let message = format!(
        "`{}`{others_are} would not be run: the folder is read as that of {tool}, whose {} {} this name or form does not fit",
        printable(&odd.name),
        mine.len(),
        if mine.len() == 1 {
            "migration"
        } else {
            "migrations"
        },
    );
    let place = reader.first_line(odd_file);
    let finding = Diagnostic::new(&MIXED_LAYOUTS, place, message)
        .here("not taken for a migration")
        .also(
            reader.at,
            format!("`{}` is one that is run", printable(&first.name)),
        )
        .help("bring it into the form of the others, or move it out of the folder");
    reader.findings.push(finding);
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

fn ignored(names: &[(String, bool)], taken: &BTreeSet<String>, layout: Layout) -> Vec<Ignored> {
    let mut out: Vec<Ignored> = Vec::new();
    for (name, is_folder) in names {
        let conf = name
            .strip_suffix(".conf")
            .is_some_and(|script| taken.contains(script));
        if taken.contains(name) || conf {
            continue;
        }
        let reason = if *is_folder {
            if layout == Layout::Flyway {
                continue; // looked into
            }
            "a folder is not looked into"
        } else if name.starts_with('.') {
            "its name begins with a dot"
        } else if name.contains('\u{fffd}') {
            "its name is not UTF-8"
        } else if layout == Layout::Flyway && is_callback(name) {
            "a callback of Flyway runs around migrations and is none"
        } else if matches!(
            Name::parse(name),
            Some(Name::Flyway {
                kind: FlywayKind::Repeatable,
                ..
            })
        ) {
            "only Flyway runs repeatable scripts"
        } else {
            "its name fits no migration of this layout"
        };
        out.push(Ignored {
            name: name.clone(),
            reason,
        });
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

fn is_callback(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    (file.starts_with("before") || file.starts_with("after")) && file.ends_with(".sql")
}

#[cfg(test)]
mod tests;
