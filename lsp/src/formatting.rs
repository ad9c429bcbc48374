//! The one layout, as edits that touch only what changes.

use std::ops::Range;

use switchback::source::FileId;
use switchback::syntax::format;

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
