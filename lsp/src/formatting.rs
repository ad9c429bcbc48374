//! The one layout, as edits that touch only what changes.

use std::ops::Range;

use switchback::ide::Cursor;
use switchback::source::FileId;
use switchback::syntax::{Arg, ArgKind, format, parse_with};
use switchback::vocabulary::Blocks;

/// So far a line that is the same again is looked for.
const WINDOW: usize = 64;

/// The edits that lay a text out; empty where it is laid out already, or where it has faults: what
/// cannot be read is left alone. Ranges are bytes, rising.
pub fn edits(text: &str) -> Vec<(Range<usize>, String)> {
    let Ok(laid) = format(FileId(0), text) else {
        return Vec::new();
    };
    difference(text, &laid)
}

/// The edits that lay out the lines of `within`. They are taken only if the result is laid out the
/// same way, so that no part of a statement is left behind.
pub fn edits_within(text: &str, within: Range<usize>) -> Vec<(Range<usize>, String)> {
    let Ok(laid) = format(FileId(0), text) else {
        return Vec::new();
    };
    let mut edits = difference(text, &laid);
    edits.retain(|(range, _)| range.start < within.end && within.start < range.end);
    let mut partly = text.to_string();
    for (range, new) in edits.iter().rev() {
        partly.replace_range(range.clone(), new);
    }
    match format(FileId(0), &partly) {
        Ok(again) if again == laid => edits,
        _ => Vec::new(),
    }
}

/// Edits of one text, with what they make it need to stay laid out; a text that is not laid out is
/// left as it is.
pub fn kept_laid_out(
    text: &str,
    mut edits: Vec<(Range<usize>, String)>,
) -> Vec<(Range<usize>, String)> {
    let is_laid_out = |text: &str| format(FileId(0), text).is_ok_and(|laid| laid == text);
    if !is_laid_out(text) {
        return edits;
    }
    edits.sort_by_key(|(range, _)| range.start);
    let mut after = text.to_string();
    for (range, new) in edits.iter().rev() {
        after.replace_range(range.clone(), new);
    }
    match format(FileId(0), &after) {
        Ok(laid) if laid != after => difference(text, &laid),
        _ => edits,
    }
}

/// The blanks before the line that is being written, two for each block around it: behind a new line,
/// and where `}` is all that stands in its line. Nothing in a text in quotes.
pub fn indent(text: &str, offset: usize) -> Option<(Range<usize>, String)> {
    let start = text.get(..offset)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..)?.lines().next().unwrap_or("");
    let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
    let tree = parse_with(FileId(0), text, &Blocks, &mut Vec::new());
    let cursor = Cursor::new(text, &tree, start);
    let quoted = |arg: &Arg| {
        let range = arg.span.range();
        matches!(arg.kind, ArgKind::Text | ArgKind::RawText)
            && range.start < start
            && start < range.end
    };
    if cursor.arg().is_some_and(quoted) {
        return None;
    }
    let closes = line.trim_start().starts_with('}');
    let depth = cursor.blocks.len().saturating_sub(usize::from(closes));
    let wanted = "  ".repeat(depth);
    (line.get(..blanks)? != wanted).then_some((start..start + blanks, wanted))
}

/// The lines that differ. Linear in the texts, where they differ in few places.
fn difference(old: &str, new: &str) -> Vec<(Range<usize>, String)> {
    let before: Vec<&str> = old.split_inclusive('\n').collect();
    let after: Vec<&str> = new.split_inclusive('\n').collect();
    let mut edits = Vec::new();
    let (mut i, mut j, mut at) = (0, 0, 0);
    while i < before.len() || j < after.len() {
        if i < before.len() && j < after.len() && before[i] == after[j] {
            at += before[i].len();
            (i, j) = (i + 1, j + 1);
            continue;
        }
        // most lines only lose or gain blanks
        let (di, dj) = match (before.get(i), after.get(j)) {
            (Some(one), Some(other)) if same_words(one, other) => (1, 1),
            _ => next_same(&before[i..], &after[j..]),
        };
        let length: usize = before[i..i + di].iter().map(|line| line.len()).sum();
        edits.push((at..at + length, after[j..j + dj].concat()));
        at += length;
        (i, j) = (i + di, j + dj);
    }
    edits
}

/// Whether two lines differ in nothing but blanks.
fn same_words(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

/// How many lines of each to pass over until one is the same again.
fn next_same(before: &[&str], after: &[&str]) -> (usize, usize) {
    let (most_before, most_after) = (before.len().min(WINDOW), after.len().min(WINDOW));
    for sum in 1..most_before + most_after {
        for i in sum.saturating_sub(most_after)..=sum.min(most_before) {
            let j = sum - i;
            let same = match (before.get(i), after.get(j)) {
                // blank lines and closing braces are everywhere
                (Some(one), Some(other)) => one == other && one.trim().len() > 1,
                _ => false,
            };
            if same {
                return (i, j);
            }
        }
    }
    (before.len(), after.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str, edits: &[(Range<usize>, String)]) -> String {
        let mut text = text.to_string();
        for (range, new) in edits.iter().rev() {
            text.replace_range(range.clone(), new);
        }
        text
    }

    const CROOKED: &str =
        "service  web {\ntraffic 10/s\n}\n\n\n\nservice api {\n  traffic 20/s\n     drain 5s\n}\n";

    #[test]
    fn edits_lead_to_the_layout_and_touch_little() {
        let laid = format(FileId(0), CROOKED).expect("a text without faults");
        let all = edits(CROOKED);
        assert_eq!(applied(CROOKED, &all), laid);
        assert!(
            all.iter()
                .all(|(range, _)| !CROOKED[range.clone()].contains("traffic 20/s"))
        );
        assert_eq!(edits(&laid), []);
        assert_eq!(
            edits("service web {\n"),
            [],
            "a text with faults is left alone"
        );
    }

    #[test]
    fn a_part_is_laid_out_alone() {
        let at = CROOKED.find("drain").expect("it is there");
        let part = edits_within(CROOKED, at..at + 1);
        let text = applied(CROOKED, &part);
        assert!(text.contains("\n  drain 5s\n"), "{text}");
        assert!(text.starts_with("service  web"), "{text}");
    }
}
