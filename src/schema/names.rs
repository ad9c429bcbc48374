//! What a file name says under each tool's naming convention. Pure text, nothing is read.

use super::Engine;

/// A name that some tool would take for a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// `0042_add_email.up.sql` and `.down.sql`: golang-migrate, sqlx with `-r`.
    Pair {
        version: String,
        title: String,
        up: bool,
        engine: Option<Engine>,
        alone: bool,
    },
    /// `0042_add_email.sql`: sqlx, goose or dbmate; the contents decide.
    Single { version: String, title: String },
    /// `V1.2__add_email.sql` and its relatives.
    Flyway {
        kind: FlywayKind,
        version: String,
        title: String,
    },
    /// `0042_add_email.go`: a goose migration that is a program.
    Program { version: String, title: String },
    /// A file of any name that carries the marks of a tool which takes any: Liquibase, sql-migrate.
    /// The version is the number that the name begins with, where it begins with one.
    Marked { version: String, title: String },
}

/// The first letter of a Flyway script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FlywayKind {
    /// `V`: runs once.
    Versioned,
    /// `U`: undoes the `V` of the same version.
    Undo,
    /// `B`: stands for all versions up to its own in a new database.
    Baseline,
    /// `R`: runs again whenever it changes, after all versions.
    Repeatable,
}

impl Name {
    /// Reads a file name; `None` when no convention knows it.
    pub(super) fn parse(name: &str) -> Option<Name> {
        if let Some(stem) = name.strip_suffix(".sql") {
            return flyway(stem).or_else(|| numbered(stem));
        }
        // migrations of Flyway and refinery that are programs
        let program = [".java", ".kt", ".rs"];
        if let Some(stem) = program.iter().find_map(|ending| name.strip_suffix(ending)) {
            return flyway(stem).filter(|found| {
                let Name::Flyway { kind, .. } = found else {
                    return false;
                };
                *kind == FlywayKind::Versioned
            });
        }
        let stem = name
            .strip_suffix(".go")
            .filter(|stem| !stem.ends_with("_test"))?;
        let (version, title) = stem.split_once('_')?;
        digits(version).then(|| Name::Program {
            version: version.into(),
            title: title.into(),
        })
    }

    /// What the name of a file says whose contents tell the tool.
    pub(super) fn marked(name: &str) -> Option<Name> {
        let stem = name.strip_suffix(".sql")?;
        let end = stem.bytes().position(|b| !b.is_ascii_digit());
        let (version, title) = stem.split_at(end.unwrap_or(stem.len()));
        Some(Name::Marked {
            version: version.into(),
            title: title.trim_start_matches(['_', '-', '.', ' ']).into(),
        })
    }
}

/// What is wrong with a name that was probably meant for a migration: half a sentence for a message.
/// `None` for names that look like nothing of the kind.
pub(super) fn misnamed(name: &str, flyway_folder: bool) -> Option<&'static str> {
    if Name::parse(name).is_some() {
        return None;
    }
    let end = name.len().checked_sub(4)?;
    let (stem, ending) = (name.get(..end)?, name.get(end..)?);
    if !ending.eq_ignore_ascii_case(".sql") || name.starts_with('.') {
        return None;
    }
    let first = stem.bytes().next()?;
    let second = stem.as_bytes().get(1).copied().unwrap_or(0);
    let versioned = matches!(first, b'V' | b'v' | b'U' | b'u' | b'B' | b'b');
    let repeatable = matches!(first, b'R' | b'r') && second == b'_';
    if (versioned && second.is_ascii_digit()) || (repeatable && flyway_folder) {
        let upper = first.is_ascii_uppercase();
        let (_, separated) = stem.split_at(1);
        return Some(match separated.split_once("__") {
            _ if !upper => "Flyway takes no small letter before the version",
            None => "two underscores stand between the version and the title, not one",
            Some(_) if ending != ".sql" => "the ending is `.sql` in small letters",
            Some(_) => "the version is made of numbers with `.` or `_` between them",
        });
    }
    if first.is_ascii_digit() && !flyway_folder {
        return Some(match ending {
            ".sql" => "an underscore stands between the number and the title",
            _ => "the ending is `.sql` in small letters",
        });
    }
    (first.is_ascii_digit() && stem.contains("__"))
        .then_some("a letter, such as `V`, stands before the version")
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn flyway(stem: &str) -> Option<Name> {
    let kind = match stem.as_bytes().first()? {
        b'V' => FlywayKind::Versioned,
        b'U' => FlywayKind::Undo,
        b'B' => FlywayKind::Baseline,
        b'R' => FlywayKind::Repeatable,
        _ => return None,
    };
    let (version, title) = stem.get(1..)?.split_once("__")?;
    let fits = match kind {
        FlywayKind::Repeatable => version.is_empty(),
        _ => version.split(['.', '_']).all(digits),
    };
    fits.then(|| Name::Flyway {
        kind,
        version: version.into(),
        title: title.into(),
    })
}

fn numbered(stem: &str) -> Option<Name> {
    let end = stem
        .bytes()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(stem.len());
    if end == 0 {
        return None;
    }
    let (version, rest) = stem.split_at(end);
    let version = version.to_string();
    if let Some(title) = rest.strip_prefix('_') {
        let direction = title
            .strip_suffix(".up")
            .map(|title| (title, true))
            .or_else(|| title.strip_suffix(".down").map(|title| (title, false)));
        if let Some((title, up)) = direction {
            let (title, alone) = match title.strip_suffix(".autocommit") {
                Some(title) => (title, true),
                None => (title, false),
            };
            let (title, engine) = match title.rsplit_once('.') {
                Some((before, word)) if Engine::from_word(word).is_some() => {
                    (before, Engine::from_word(word))
                }
                _ => (title, None),
            };
            return Some(Name::Pair {
                version,
                title: title.into(),
                up,
                engine,
                alone,
            });
        }
    }
    // dbmate needs no `_`, but `2024-01-01.sql` is more likely a dump than version 2024
    match rest.strip_prefix('_') {
        Some(title) => Some(Name::Single {
            version,
            title: title.into(),
        }),
        None if rest.is_empty() => Some(Name::Single {
            version,
            title: String::new(),
        }),
        None => None,
    }
}

/// The version and title of a folder of diesel or Prisma: `2024-01-01-000000_add_users`.
pub(super) fn folder(name: &str) -> Option<(&str, &str)> {
    let (version, title) = name.split_once('_').unwrap_or((name, ""));
    let starts = version.bytes().next().is_some_and(|b| b.is_ascii_digit());
    let rest = version.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    (starts && rest).then_some((version, title))
}

/// `text` fit to be shown: no control characters, which a terminal would obey.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_their_tools_read_them() {
        let pair = |version: &str, title: &str, up, engine, alone| {
            Some(Name::Pair {
                version: version.into(),
                title: title.into(),
                up,
                engine,
                alone,
            })
        };
        assert_eq!(
            Name::parse("0042_add_email.up.sql"),
            pair("0042", "add_email", true, None, false)
        );
        assert_eq!(
            Name::parse("20210101000000000000_x.mysql.autocommit.down.sql"),
            pair(
                "20210101000000000000",
                "x",
                false,
                Some(Engine::MySql),
                true
            )
        );
        assert_eq!(
            Name::parse("1_a.b.up.sql"),
            pair("1", "a.b", true, None, false)
        );
        let single = |version: &str, title: &str| {
            Some(Name::Single {
                version: version.into(),
                title: title.into(),
            })
        };
        assert_eq!(Name::parse("0042_add.sql"), single("0042", "add"));
        assert_eq!(Name::parse("0042.sql"), single("0042", ""));
        let flyway = |kind, version: &str, title: &str| {
            Some(Name::Flyway {
                kind,
                version: version.into(),
                title: title.into(),
            })
        };
        assert_eq!(
            Name::parse("V1.2.3__x_y.sql"),
            flyway(FlywayKind::Versioned, "1.2.3", "x_y")
        );
        assert_eq!(
            Name::parse("U1_2__x.sql"),
            flyway(FlywayKind::Undo, "1_2", "x")
        );
        assert_eq!(
            Name::parse("R__views.sql"),
            flyway(FlywayKind::Repeatable, "", "views")
        );
        assert_eq!(
            Name::parse("B7__base.sql"),
            flyway(FlywayKind::Baseline, "7", "base")
        );
        for other in [
            "V1_x.sql",
            "Vx__a.sql",
            "R1__a.sql",
            "seed.sql",
            "README.md",
            "é__.sql",
            "1_x_test.go",
            ".sql",
        ] {
            assert_eq!(Name::parse(other), None, "{other}");
        }
    }

    #[test]
    fn names_that_miss_their_form_are_told_from_other_files() {
        for (name, flyway, said) in [
            ("V3_typo.sql", true, "two underscores"),
            ("V3_typo.sql", false, "two underscores"),
            ("v4__lower.sql", true, "small letter"),
            ("V5__x.SQL", true, "ending"),
            ("V5a__x.sql", true, "numbers"),
            ("R_views.sql", true, "two underscores"),
            ("6__x.sql", true, ""),
            ("0003-add.sql", false, "underscore"),
            ("0003_add.SQL", false, "ending"),
        ] {
            let found = misnamed(name, flyway);
            match said {
                // a number and `_` are a form of their own, which `mixed-layouts` tells
                "" => assert_eq!(found, None, "{name}"),
                _ => assert!(
                    found.is_some_and(|found| found.contains(said)),
                    "{name}: {found:?}"
                ),
            }
        }
        for other in [
            "seed.sql",
            "README.md",
            "views.sql",
            "V1__x.sql",
            "Version.sql",
            "R_x.sql",
        ] {
            assert_eq!(misnamed(other, false), None, "{other}");
        }
        assert_eq!(misnamed("beforeMigrate.sql", true), None);
    }

    #[test]
    fn folders_are_named_by_date_or_number() {
        assert_eq!(
            folder("2024-01-01-000000_add_users"),
            Some(("2024-01-01-000000", "add_users"))
        );
        assert_eq!(
            folder("00000000000000_diesel_initial_setup"),
            Some(("00000000000000", "diesel_initial_setup"))
        );
        assert_eq!(folder("versions"), None);
        assert_eq!(folder("2024a_x"), None);
    }
}
