//! A baseline: how many findings of each rule each file may have, so that a project can begin to check
//! before it has put everything right. Lines move and files are renamed, so nothing but counts is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Accepted, Class, Diagnostic, Findings};
use crate::source::{FileId, SourceMap};

/// The version of the format.
const VERSION: u32 = 1;

/// How many findings of each rule each file may have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    /// By file, seen from the folder of the baseline with `/`, then by rule.
    files: BTreeMap<String, BTreeMap<String, usize>>,
}

/// What a baseline made of findings.
#[derive(Debug, Default)]
pub struct Held {
    /// Findings that it accepts.
    pub accepted: Vec<Accepted>,
    /// How many findings it would accept that are not there any more.
    pub spare: usize,
}

impl Baseline {
    /// Reads a baseline. `Err` says what is wrong with it and what to do.
    pub fn read(text: &str) -> Result<Baseline, String> {
        let again = "write it anew with `--update-baseline`";
        let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            format!("it is not JSON (line {line}, column {column}); {again}")
        })?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version == u64::from(VERSION) => {}
            Some(version) => {
                return Err(format!(
                    "its version is {version}, and this program reads version {VERSION}; {again}"
                ));
            }
            None => return Err(format!("it is no baseline: it has no `version`; {again}")),
        }
        serde_json::from_value(value)
            .map_err(|error| format!("it is no baseline: {error}; {again}"))
    }

    /// The counts of `findings`. What cannot be read is never accepted, so it is not counted.
    pub fn of(findings: &Findings, sources: &SourceMap, folder: &Path) -> Baseline {
        let mut files: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for found in findings.iter().filter(|found| counts(found)) {
            let file = name(sources, found.span().file, folder);
            let rules = files.entry(file).or_default();
            *rules.entry(found.rule.name.to_string()).or_default() += 1;
        }
        Baseline {
            version: VERSION,
            files,
        }
    }

    /// The text of the file, the same for the same counts.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Takes out of `findings` what is accepted: those of a rule in a file, as long as there are not
    /// more of them than there were. Where there are more, all of them stay, because nobody can say
    /// which of them is new. Counts of files that are gone go to files that the baseline does not know,
    /// which are renamed ones.
    pub fn hold(&self, findings: &mut Findings, sources: &SourceMap, folder: &Path) -> Held {
        let now = Baseline::of(findings, sources, folder);
        let here: BTreeSet<String> = sources
            .iter()
            .map(|(id, _)| name(sources, id, folder))
            .collect();
        let mut orphans: BTreeMap<&str, usize> = BTreeMap::new();
        let gone = self.files.iter().filter(|(file, _)| !here.contains(*file));
        for (rule, count) in gone.flat_map(|(_, rules)| rules) {
            *orphans.entry(rule.as_str()).or_default() += count;
        }
        let mut held = Held::default();
        let mut accepted: BTreeSet<(&str, &str)> = BTreeSet::new();
        let mut over: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for (file, rules) in &now.files {
            let known = self.files.get(file);
            for (rule, &count) in rules {
                let allowed = known.and_then(|rules| rules.get(rule)).copied();
                let allowed = allowed.unwrap_or(0);
                let orphan = orphans.entry(rule.as_str()).or_default();
                let lent = match known {
                    None => (*orphan).min(count),
                    Some(_) => 0,
                };
                if count <= allowed + lent {
                    *orphan -= lent;
                    accepted.insert((file, rule));
                } else if allowed + lent > 0 {
                    over.insert((file, rule), allowed + lent);
                }
            }
        }
        for (file, rules) in &self.files {
            let now = now.files.get(file);
            if !here.contains(file) {
                continue;
            }
            for (rule, &count) in rules {
                let left = now.and_then(|rules| rules.get(rule)).copied();
                held.spare += count.saturating_sub(left.unwrap_or(0));
            }
        }
        held.spare += orphans.values().sum::<usize>();
        for mut found in std::mem::take(findings) {
            let file = name(sources, found.span().file, folder);
            let key = (file.as_str(), found.rule.name);
            if counts(&found) && accepted.contains(&key) {
                held.accepted.push(Accepted {
                    finding: found,
                    reason: "the baseline accepts it".to_string(),
                    in_source: false,
                });
                continue;
            }
            if let Some(allowed) = over.get(&key).filter(|_| counts(&found)) {
                let note = format!(
                    "the baseline accepts {allowed} of these in this file, and there are more now"
                );
                found.note = Some(match found.note.take() {
                    Some(known) => format!("{known}; {note}"),
                    None => note,
                });
            }
            findings.push(found);
        }
        held
    }
}

/// Whether a finding may be accepted at all.
fn counts(found: &Diagnostic) -> bool {
    found.rule.class == Class::Finding
}

fn name(sources: &SourceMap, file: FileId, folder: &Path) -> String {
    let file = sources.file(file);
    match file.path.strip_prefix(folder) {
        Ok(below) => below.to_string_lossy().replace('\\', "/"),
        Err(_) => file.name.clone(),
    }
}
