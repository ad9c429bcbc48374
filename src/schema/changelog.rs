//! Liquibase's formatted SQL: changesets with their attributes and rollbacks, and the order in which a
//! root changelog includes files. Pure text, nothing is read.

use std::ops::Range;

use super::sections::{after, notes};

/// A changeset of a file of formatted SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changeset {
    /// Its author and its id, as Liquibase prints them: `alice:1`.
    pub id: String,
    /// The line that begins it.
    pub line: Range<usize>,
    /// The bytes between that line and the next changeset.
    pub body: Range<usize>,
    /// Whether it asks to run without a transaction.
    pub alone: bool,
    /// The databases that it is for, as they are written; none is all.
    pub dbms: Vec<String>,
    /// How it is taken back.
    pub rollback: Rollback,
    /// What keeps its statements from being read; half a sentence.
    pub odd: Option<&'static str>,
}

/// What a changeset says of its way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rollback {
    /// Nothing.
    Missing,
    /// `--rollback empty`, `--rollback not required`: by doing nothing.
    Nothing(Range<usize>),
    /// By what stands behind `--rollback` in the lines of this range; see [`rollbacks`].
    Lines(Range<usize>),
    /// By what stands in this range of the file, in `/* liquibase rollback ... */`.
    Block(Range<usize>),
    /// By what another changeset says, or by both of the above.
    Other,
}

/// The changesets of `text`, in order. Linear in the text.
pub(super) fn changesets(text: &str) -> Vec<Changeset> {
    let mut found: Vec<Changeset> = Vec::new();
    for (line, note) in notes(text) {
        if let Some(words) = word(note, "changeset") {
            if let Some(last) = found.last_mut() {
                last.body.end = line.start;
            }
            found.push(changeset(words, line, text.len()));
        } else if let Some(last) = found.last_mut() {
            if let Some(words) = word(note, "rollback") {
                rollback(&mut last.rollback, words.trim(), line);
            } else if after(note, "ignoreLines").is_some() {
                last.odd = Some("it has lines that Liquibase is told to ignore");
            }
        }
    }
    for changeset in &mut found {
        let Some(body) = text.get(changeset.body.clone()) else {
            continue;
        };
        if let Some(block) = block(body) {
            let start = changeset.body.start;
            changeset.rollback = match changeset.rollback {
                Rollback::Missing => Rollback::Block(start + block.start..start + block.end),
                _ => Rollback::Other,
            };
        }
    }
    found
}

/// What stands behind `name` in a note, where nothing else begins with it: `rollback`, not `rollbacks`.
fn word<'a>(note: &'a str, name: &str) -> Option<&'a str> {
    let rest = after(note, name)?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then_some(rest)
}

fn changeset(words: &str, line: Range<usize>, end: usize) -> Changeset {
    let mut rest = words.trim();
    let author = piece(&mut rest, ':');
    rest = rest.strip_prefix(':').unwrap_or(rest);
    let id = piece(&mut rest, ' ');
    let mut out = Changeset {
        id: format!("{}:{}", author.trim(), id.trim()),
        body: line.end..end,
        line,
        alone: false,
        dbms: Vec::new(),
        rollback: Rollback::Missing,
        odd: None,
    };
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return out;
        }
        let key = piece(&mut rest, ':');
        let Some(value) = rest.strip_prefix(':') else {
            return out;
        };
        rest = value;
        let value = piece(&mut rest, ' ');
        match key.trim().to_ascii_lowercase().as_str() {
            "runintransaction" => out.alone = value.eq_ignore_ascii_case("false"),
            "dbms" => {
                let each = value
                    .split(',')
                    .map(|name| name.trim().to_ascii_lowercase());
                out.dbms = each.filter(|name| !name.is_empty()).collect();
            }
            "enddelimiter" if value != ";" => {
                out.odd = Some("it ends its statements with an `endDelimiter` of its own");
            }
            _ => {}
        }
    }
}

/// Takes the text up to `stop`, or what stands in quotes.
fn piece<'a>(rest: &mut &'a str, stop: char) -> &'a str {
    let text = rest.trim_start();
    if let Some(quoted) = text.strip_prefix('"')
        && let Some((inner, behind)) = quoted.split_once('"')
    {
        *rest = behind;
        return inner;
    }
    let end = match stop {
        ' ' => text.find(char::is_whitespace),
        stop => text.find(stop),
    };
    let (piece, behind) = text.split_at(end.unwrap_or(text.len()));
    *rest = behind;
    piece
}

fn rollback(known: &mut Rollback, words: &str, line: Range<usize>) {
    let lower = words.to_ascii_lowercase();
    let first = lower.split_whitespace().next().unwrap_or("");
    *known = if lower == "empty" || lower == "not required" {
        match known {
            Rollback::Missing => Rollback::Nothing(line),
            _ => Rollback::Other,
        }
    } else if first.starts_with("changesetid:") {
        Rollback::Other
    } else {
        match known {
            Rollback::Missing => Rollback::Lines(line),
            Rollback::Lines(range) => Rollback::Lines(range.start..line.end),
            _ => Rollback::Other,
        }
    };
}

/// The inside of `/* liquibase rollback ... */`.
fn block(body: &str) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some(open) = body.get(from..)?.find("/*") {
        let inside = from + open + 2;
        let end = inside + body.get(inside..)?.find("*/")?;
        let text = body.get(inside..end)?;
        let trimmed = text.trim_start();
        if let Some(rest) = after(trimmed, "liquibase rollback") {
            return Some(end - rest.len()..end);
        }
        from = end + 2;
    }
    None
}

/// `text` with spaces in the place of everything but line ends and what stands behind `--rollback`, so
/// that every statement that takes something back keeps its place.
pub(super) fn rollbacks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    let blank = |out: &mut String, piece: &str| {
        for byte in piece.bytes() {
            out.push(if byte == b'\n' { '\n' } else { ' ' });
        }
    };
    for (line, note) in notes(text) {
        let Some(words) = word(note, "rollback") else {
            continue;
        };
        // the note is the end of its line but for white space
        let Some(whole) = text.get(line.clone()) else {
            continue;
        };
        let Some(at) = whole.rfind(words) else {
            continue;
        };
        blank(&mut out, text.get(end..line.start + at).unwrap_or(""));
        out.push_str(words);
        end = line.start + at + words.len();
    }
    blank(&mut out, text.get(end..).unwrap_or(""));
    out
}

/// What a root changelog says of the files of its folder.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Root {
    /// Files that it includes, in its order, as places in the list that was given.
    pub included: Vec<usize>,
    /// Whether it includes whatever stands in a folder.
    pub all: bool,
    /// Whether it has changesets of its own, which are not SQL.
    pub own: bool,
}

/// Reads a root changelog of XML, YAML or JSON, as far as it names `files`.
pub(super) fn root(text: &str, files: &[&str]) -> Root {
    let lower = text.to_ascii_lowercase();
    let mut places: Vec<(usize, usize)> = files
        .iter()
        .enumerate()
        .filter_map(|(number, file)| {
            let at = text.match_indices(file).find(|(at, found)| {
                let before = text
                    .get(..*at)
                    .and_then(|before| before.chars().next_back());
                let behind = text.get(at + found.len()..).and_then(|b| b.chars().next());
                let ends = |c: Option<char>| {
                    !c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-')
                };
                ends(before) && ends(behind)
            });
            Some((at?.0, number))
        })
        .collect();
    places.sort_unstable();
    Root {
        included: places.into_iter().map(|(_, number)| number).collect(),
        all: lower.contains("includeall"),
        own: lower.contains("<changeset")
            || lower.contains("changeset:")
            || lower.contains("\"changeset\""),
    }
}

/// Whether a file may be a root changelog.
pub(super) fn may_be_root(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let ends = [".xml", ".yaml", ".yml", ".json"]
        .iter()
        .any(|end| lower.ends_with(end));
    ends && (lower.contains("changelog") || lower.contains("master"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "--liquibase formatted sql\n\n--changeset alice:1 runInTransaction:false dbms:postgresql,h2\nCREATE INDEX CONCURRENTLY a ON b (c);\n--rollback DROP INDEX a;\n\n-- changeset \"bob c\":\"add é\" endDelimiter:/\nSELECT 2\n/\n--changeset bob:3\nA;\n--rollback B;\n--rollback C\n--rollback   D;\n--changeset bob:4\nE;\n/* liquibase rollback\nF;\n*/\n--changeset bob:5\nG;\n--rollback not required\n--changeset bob:6\nH;\n--rollback changeSetId:1 changeSetAuthor:alice\n";

    #[test]
    fn changesets_have_ids_attributes_and_ways_back() {
        let found = changesets(TEXT);
        let ids: Vec<&str> = found.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(
            ids,
            ["alice:1", "bob c:add é", "bob:3", "bob:4", "bob:5", "bob:6"]
        );
        assert!(found[0].alone && !found[2].alone);
        assert_eq!(found[0].dbms, ["postgresql", "h2"]);
        assert!(found[1].odd.is_some() && found[0].odd.is_none());
        assert_eq!(found[1].rollback, Rollback::Missing);
        assert!(TEXT[found[2].body.clone()].starts_with("A;\n--rollback B;"));
        let Rollback::Block(block) = &found[3].rollback else {
            panic!("{:?}", found[3].rollback)
        };
        assert_eq!(TEXT[block.clone()].trim(), "F;");
        assert!(matches!(found[4].rollback, Rollback::Nothing(_)));
        assert_eq!(found[5].rollback, Rollback::Other);
    }

    #[test]
    fn what_takes_back_keeps_its_place() {
        let view = rollbacks(TEXT);
        assert_eq!(view.len(), TEXT.len());
        let Rollback::Lines(range) = changesets(TEXT)[2].rollback.clone() else {
            panic!("lines")
        };
        let words: Vec<&str> = view[range].split_whitespace().collect();
        assert_eq!(words, ["B;", "C", "D;"]);
        let at = TEXT.find("DROP INDEX").expect("there");
        assert!(view[at..].starts_with("DROP INDEX a;"));
    }

    #[test]
    fn a_root_changelog_orders_files() {
        let files = ["b.sql", "a.sql", "c.sql"];
        let found = root(
            "<include file=\"db/a.sql\"/>\n<include file=\"b.sql\"/> aa.sql",
            &files,
        );
        assert_eq!(
            (found.included, found.all, found.own),
            (vec![1, 0], false, false)
        );
        assert!(root("- includeAll: {path: db}", &files).all);
        assert!(root("- changeSet:\n    id: 1", &files).own);
        assert!(may_be_root("db.changelog-master.yaml") && !may_be_root("values.yaml"));
    }
}
