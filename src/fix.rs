//! Applying the fixes that findings carry. A fix is kept only if the check that follows does not find
//! what it was for any more, and nothing that was not there before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::check::Outcome;
use crate::diagnostic::{Diagnostic, Edit, Findings, Severity};
use crate::source::SourceMap;

/// So many checks at most are made to find out which fixes hold.
const MAX_CHECKS: usize = 200;

/// Texts of files that fixes have changed, by path.
pub type Texts = BTreeMap<PathBuf, String>;

/// What came of the fixes.
#[derive(Debug)]
pub struct Fixed {
    /// The check of the fixed texts.
    pub outcome: Outcome,
    /// The files that changed.
    pub texts: Texts,
    /// What was done, in the order in which it was done.
    pub titles: Vec<String>,
    /// How many fixes were left out, because they did not hold.
    pub refused: usize,
}

/// What is the same about a finding before and after other text has changed.
type Key = (String, &'static str, String);

/// Applies the safe fixes of `outcome`, and the others where `unsafe_too` says so. `check` judges the
/// project with the given texts in the place of its files.
pub fn apply(
    mut outcome: Outcome,
    unsafe_too: bool,
    check: &mut dyn FnMut(&Texts) -> Result<Outcome, String>,
) -> Result<Fixed, String> {
    let mut texts = Texts::new();
    let mut titles = Vec::new();
    let mut refused: BTreeSet<Key> = BTreeSet::new();
    let mut single = false;
    for _ in 0..MAX_CHECKS {
        let mut batch = fitting(&outcome, unsafe_too, &refused);
        if single {
            batch.truncate(1);
        }
        let Some(first) = batch.first() else { break };
        let first = key(&outcome.findings[*first], &outcome.sources);
        let tried = edited(&outcome, &batch, &texts);
        let after = check(&tried)?;
        if holds(&outcome, &batch, &after) {
            titles.extend(batch.iter().filter_map(|&at| {
                let fix = outcome.findings[at].fix.as_ref()?;
                Some(fix.title.clone())
            }));
            texts = tried;
            outcome = after;
            single = false;
        } else if batch.len() == 1 {
            refused.insert(first);
        } else {
            // one of them does not hold: which one, each tells by itself
            single = true;
        }
    }
    Ok(Fixed {
        outcome,
        texts,
        titles,
        refused: refused.len(),
    })
}

fn key(found: &Diagnostic, sources: &SourceMap) -> Key {
    let file = sources.file(found.span().file).name.clone();
    (file, found.rule.name, found.message.clone())
}

/// Findings whose fixes may be applied together, as places in the list.
fn fitting(outcome: &Outcome, unsafe_too: bool, refused: &BTreeSet<Key>) -> Vec<usize> {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut batch = Vec::new();
    for (at, found) in outcome.findings.iter().enumerate() {
        let Some(fix) = found.fix.as_ref().filter(|fix| fix.safe || unsafe_too) else {
            continue;
        };
        let in_files = fix.edits.iter().all(|edit| {
            let file = outcome.sources.file(edit.span.file);
            file.is_file() && !file.view && file.text.get(edit.span.range()).is_some()
        });
        let apart = |edit: &Edit| {
            taken.iter().all(|other| {
                other.span.file != edit.span.file
                    || other.span.end < edit.span.start
                    || edit.span.end < other.span.start
            })
        };
        if fix.edits.is_empty()
            || !in_files
            || !fix.edits.iter().all(apart)
            || refused.contains(&key(found, &outcome.sources))
        {
            continue;
        }
        taken.extend(&fix.edits);
        batch.push(at);
    }
    batch
}

/// The texts with the edits of the batch made.
fn edited(outcome: &Outcome, batch: &[usize], texts: &Texts) -> Texts {
    let mut texts = texts.clone();
    let fixes = batch
        .iter()
        .filter_map(|&at| outcome.findings[at].fix.as_ref());
    let mut edits: Vec<&Edit> = fixes.flat_map(|fix| &fix.edits).collect();
    // from the back, so that the places of those before stay what they are
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.span.file, edit.span.start, edit.span.end)));
    for edit in edits {
        let file = outcome.sources.file(edit.span.file);
        let text = texts
            .entry(file.path.clone())
            .or_insert_with(|| file.text.clone());
        if text.get(edit.span.range()).is_some() {
            text.replace_range(edit.span.range(), &edit.text);
        }
    }
    texts
}

/// Whether the findings of the batch are gone, and no other has come. Where a text could not be read
/// before, what it holds is judged for the first time now: that is not brought by the fix.
fn holds(before: &Outcome, batch: &[usize], after: &Outcome) -> bool {
    let count = |findings: &Findings, sources: &SourceMap| {
        let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
        for found in findings {
            *counts.entry(key(found, sources)).or_default() += 1;
        }
        counts
    };
    let mut left = count(&before.findings, &before.sources);
    let mut shape = false;
    for &at in batch {
        let found = &before.findings[at];
        shape |= !found.rule.can_allow;
        if let Some(count) = left.get_mut(&key(found, &before.sources)) {
            *count = count.saturating_sub(1);
        }
    }
    let fixed: BTreeSet<Key> = batch
        .iter()
        .map(|&at| key(&before.findings[at], &before.sources))
        .collect();
    let new = count(&after.findings, &after.sources);
    new.into_iter().all(|(key, count)| {
        let known = left.get(&key).copied().unwrap_or(0);
        if count <= known {
            return true;
        }
        let is_shape =
            |found: &Diagnostic| !found.rule.can_allow && found.severity == Severity::Error;
        shape
            && !fixed.contains(&key)
            && !(after.findings.iter()).any(|found| found.rule.name == key.1 && is_shape(found))
    })
}
