//! What stays over in a folder whose layout is known: files of other layouts, names that miss their
//! form, and files that are no migrations.

use std::collections::BTreeSet;

use super::{Candidate, Family};
use crate::diagnostic::Diagnostic;
use crate::schema::names::{FlywayKind, Name, misnamed, printable};
use crate::schema::read::Reader;
use crate::schema::rules::MIXED_LAYOUTS;
use crate::schema::{Ignored, Layout};

/// Reports what another tool would take for migrations, in one finding.
pub(super) fn mixed(reader: &mut Reader, family: Family, mine: &[Candidate], others: &[Candidate]) {
    let (Some(first), Some(odd)) = (mine.first(), others.first()) else {
        return;
    };
    let file = |reader: &mut Reader, candidate: &Candidate| {
        let name = match candidate.parsed {
            None if candidate.prisma => format!("{}/migration.sql", candidate.name),
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
        Family::Prisma => Layout::Prisma.name(),
        Family::Liquibase => Layout::Liquibase.name(),
        Family::SqlMigrate => Layout::SqlMigrate.name(),
        Family::Plain => Layout::Sqlx.name(),
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

/// So many misnamed files are reported one by one.
const MAX_MISNAMED: usize = 10;

/// Reports files whose names miss the form of a migration by little: nobody leaves one out on purpose.
pub(super) fn report_misnamed(reader: &mut Reader, names: &[(String, bool)], layout: Layout) {
    let found: Vec<(&String, &str)> = names
        .iter()
        .filter(|(_, folder)| !folder)
        .filter_map(|(name, _)| {
            let file = name.rsplit('/').next().unwrap_or(name);
            Some((name, misnamed(file, layout == Layout::Flyway)?))
        })
        .collect();
    let more = found.len().saturating_sub(MAX_MISNAMED);
    for (number, (name, why)) in found.into_iter().take(MAX_MISNAMED).enumerate() {
        let Some(file) = reader.read(name) else {
            continue;
        };
        let message = format!(
            "`{}` would not be run: {} takes names like {}, and {why}",
            printable(name),
            layout.name(),
            layout.looks()
        );
        let mut finding = Diagnostic::new(&MIXED_LAYOUTS, reader.first_line(file), message)
            .here("not taken for a migration")
            .help("rename it if it is a migration, or move it out of the folder");
        if number + 1 == MAX_MISNAMED && more > 0 {
            finding = finding.note(format!("{more} more files are not shown"));
        }
        reader.findings.push(finding);
    }
}

pub(super) fn ignored(
    names: &[(String, bool)],
    taken: &BTreeSet<String>,
    layout: Layout,
    left_out: &[String],
) -> Vec<Ignored> {
    let mut out: Vec<Ignored> = Vec::new();
    for (name, is_folder) in names {
        let conf = name
            .strip_suffix(".conf")
            .is_some_and(|script| taken.contains(script));
        let out_of_order = left_out.contains(name);
        if (taken.contains(name) && !out_of_order) || conf {
            continue;
        }
        let reason = if out_of_order {
            "the changelog does not include it"
        } else if *is_folder {
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
