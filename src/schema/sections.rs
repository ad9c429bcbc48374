//! Lines that tools read in SQL files: section marks, transaction headers, notes for people.

use std::ops::Range;

/// Which tool's marks a file of SQL carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// `-- +goose Up`
    Goose,
    /// `-- migrate:up`
    Dbmate,
    /// `--liquibase formatted sql`
    Liquibase,
    /// `-- +migrate Up`
    SqlMigrate,
}

/// The up and down parts of one file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Sections {
    /// The bytes of the up part.
    pub up: Option<Range<usize>>,
    /// The bytes of the down part.
    pub down: Option<Range<usize>>,
    /// Whether the file asks for the up part to run without a transaction.
    pub up_alone: bool,
    /// The same for the down part.
    pub down_alone: bool,
}

/// The lines of `text` that are `--` comments: their bytes with the line ending, and what stands
/// behind the dashes.
pub(super) fn notes(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut end = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = end;
        end += line.len();
        let note = line
            .trim_start_matches('\u{feff}')
            .trim()
            .strip_prefix("--")?;
        Some((start..end, note.trim()))
    })
}

pub(super) fn after<'a>(note: &'a str, word: &str) -> Option<&'a str> {
    let start = note.get(..word.len())?;
    start
        .eq_ignore_ascii_case(word)
        .then(|| note.get(word.len()..).unwrap_or(""))
}

/// The first mark in `text`.
pub(super) fn mark(text: &str) -> Option<Mark> {
    notes(text).find_map(|(_, note)| {
        let marks = [
            ("+goose ", Mark::Goose),
            ("migrate:up", Mark::Dbmate),
            ("migrate:down", Mark::Dbmate),
            ("liquibase formatted sql", Mark::Liquibase),
            ("+migrate ", Mark::SqlMigrate),
        ];
        marks
            .into_iter()
            .find(|(word, _)| after(note, word).is_some())
            .map(|(_, mark)| mark)
    })
}

/// The parts of a goose file. What stands above `-- +goose Up` belongs to none.
pub(super) fn goose(text: &str) -> Sections {
    let mut out = Sections::default();
    let mut cuts: Vec<(bool, Range<usize>)> = Vec::new();
    for (line, note) in notes(text) {
        let Some(word) = after(note, "+goose").map(str::trim) else {
            continue;
        };
        if word.eq_ignore_ascii_case("Up") {
            cuts.push((true, line));
        } else if word.eq_ignore_ascii_case("Down") {
            cuts.push((false, line));
        } else if word.eq_ignore_ascii_case("NO TRANSACTION") {
            out.up_alone = true;
            out.down_alone = true;
        }
    }
    parts(text, &cuts, &mut out);
    out
}

/// The parts of a file of sql-migrate, each with its own `notransaction`. What stands above
/// `-- +migrate Up` belongs to none.
pub(super) fn sql_migrate(text: &str) -> Sections {
    let mut out = Sections::default();
    let mut cuts: Vec<(bool, Range<usize>)> = Vec::new();
    for (line, note) in notes(text) {
        let Some(words) = after(note, "+migrate") else {
            continue;
        };
        let mut words = words.split_whitespace();
        let up = match words.next() {
            Some("Up") => true,
            Some("Down") => false,
            _ => continue,
        };
        let alone = words.any(|option| option == "notransaction");
        if up {
            out.up_alone |= alone;
        } else {
            out.down_alone |= alone;
        }
        cuts.push((up, line));
    }
    parts(text, &cuts, &mut out);
    out
}

/// The parts of a dbmate file, each with its own `transaction:false`.
pub(super) fn dbmate(text: &str) -> Sections {
    let mut out = Sections::default();
    let mut cuts: Vec<(bool, Range<usize>)> = Vec::new();
    for (line, note) in notes(text) {
        let up = after(note, "migrate:up");
        let Some(options) = up.or_else(|| after(note, "migrate:down")) else {
            continue;
        };
        if options
            .bytes()
            .next()
            .is_some_and(|b| !b.is_ascii_whitespace())
        {
            continue;
        }
        let alone = options
            .split_whitespace()
            .any(|option| option == "transaction:false");
        if up.is_some() {
            out.up_alone |= alone;
        } else {
            out.down_alone |= alone;
        }
        cuts.push((up.is_some(), line));
    }
    parts(text, &cuts, &mut out);
    out
}

/// A part runs from behind its mark to the next mark. The first mark of a direction counts.
fn parts(text: &str, cuts: &[(bool, Range<usize>)], out: &mut Sections) {
    for (index, (up, line)) in cuts.iter().enumerate() {
        let end = cuts
            .get(index + 1)
            .map_or(text.len(), |(_, next)| next.start);
        let part = if *up { &mut out.up } else { &mut out.down };
        part.get_or_insert(line.end..end);
    }
}

/// The reason in a line `-- irreversible: reason`; a line without a reason is none.
pub(super) fn irreversible(text: &str) -> Option<String> {
    let reason = |(_, note)| {
        after(note, "irreversible:")
            .map(str::trim)
            .filter(|r| !r.is_empty())
    };
    notes(text).find_map(reason).map(str::to_string)
}

/// The value of `key` in lines of `key = value`, as far as `true` and `false` go.
pub(super) fn setting(text: &str, key: &str) -> Option<bool> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        let value = value.split('#').next().unwrap_or("").trim();
        let known = match value.to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            _ => return None,
        };
        (name.trim() == key).then_some(known)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, range: Option<Range<usize>>) -> Option<&str> {
        range.map(|range| &text[range])
    }

    #[test]
    fn goose_files_have_two_parts() {
        let text = "-- +goose NO TRANSACTION\n-- +goose Up\nA;\r\n--+goose down\nB;\n";
        let found = goose(text);
        assert_eq!(cut(text, found.up), Some("A;\r\n"));
        assert_eq!(cut(text, found.down), Some("B;\n"));
        assert!(found.up_alone && found.down_alone);
        assert_eq!(goose("-- +goose Up\nA;").down, None);
        assert_eq!(goose("-- +goose Up").up, Some(12..12));
    }

    #[test]
    fn sql_migrate_parts_have_their_own_options() {
        let text = "words\n-- +migrate Up notransaction\nA;\n-- +migrate Down\nB;";
        let found = sql_migrate(text);
        assert_eq!(cut(text, found.up), Some("A;\n"));
        assert_eq!(cut(text, found.down), Some("B;"));
        assert!(found.up_alone && !found.down_alone);
        assert_eq!(sql_migrate("-- +migrate StatementBegin\n").up, None);
    }

    #[test]
    fn dbmate_parts_have_their_own_options() {
        let text = "-- migrate:up transaction:false\nA;\n-- migrate:down\nB;";
        let found = dbmate(text);
        assert_eq!(cut(text, found.up), Some("A;\n"));
        assert_eq!(cut(text, found.down), Some("B;"));
        assert!(found.up_alone && !found.down_alone);
        assert_eq!(dbmate("-- migrate:upper\n").up, None);
    }

    #[test]
    fn marks_tell_the_tool() {
        assert_eq!(mark("\u{feff}-- words\n-- +goose Up\n"), Some(Mark::Goose));
        assert_eq!(mark("--migrate:up\n"), Some(Mark::Dbmate));
        assert_eq!(mark("--liquibase formatted sql\n"), Some(Mark::Liquibase));
        assert_eq!(mark("-- +migrate Up\n"), Some(Mark::SqlMigrate));
        assert_eq!(mark("SELECT 1; -- +goose Up"), None);
    }

    #[test]
    fn notes_and_settings_are_read() {
        assert_eq!(
            irreversible("x\n--  Irreversible: data is gone \n").as_deref(),
            Some("data is gone")
        );
        assert_eq!(irreversible("-- irreversible:\n"), None);
        assert_eq!(
            setting(
                "# a = true\nrun_in_transaction = false # why\n",
                "run_in_transaction"
            ),
            Some(false)
        );
        assert_eq!(
            setting("executeInTransaction=TRUE", "executeInTransaction"),
            Some(true)
        );
        assert_eq!(setting("other = true", "run_in_transaction"), None);
    }
}
