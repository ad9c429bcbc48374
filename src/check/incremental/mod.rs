//! The same check again and again, while texts change: what did not change is not judged again.
//!
//! ```text
//! entries → summaries → split into groups that cannot meet → check of each group → parts
//!             └ kept while what was read of them is the same ─┘
//! ```
//!
//! The parts together say what one check of all entries says. Where that cannot be promised (limits
//! that count everything, more findings than are shown), all entries are one part.

mod reads;
mod split;
mod summary;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Findings, PlanVerdicts};
use crate::model::{MAX_FILES, MAX_FINDINGS, MAX_STATEMENTS_IN_ALL, UNKNOWN_NAME};
use crate::source::{Loader, SourceMap, find_root, parallel};
use crate::vocabulary::DeclKind;

use super::{Options, Outcome, check};
use reads::Recording;
use split::Splitter;
use summary::{Summaries, Word, split as words_of};

/// What was found in plan files that are judged together.
#[derive(Debug)]
pub struct Part {
    /// Every text that was read.
    pub sources: SourceMap,
    /// All findings, in no particular order.
    pub findings: Findings,
    /// The verdicts of the plans.
    pub plans: Vec<PlanVerdicts>,
    /// The rules that policies forbid to weaken.
    pub forbidden: Vec<&'static str>,
    /// Everything that the findings rest on.
    reads: Vec<(PathBuf, u64)>,
    /// Names that are used and not known, with the file that uses them.
    unknown: Vec<(PathBuf, String)>,
}

/// What may have changed since the last check.
#[derive(Clone, Copy, Debug)]
pub enum Changed<'a> {
    /// Anything: files have come or gone, or nobody knows.
    Anything,
    /// At most the texts of these paths.
    Texts(&'a [PathBuf]),
}

/// The words of so many texts are kept; then everything is read anew.
const MAX_WORDS: usize = 1_000_000;

/// So many times names that are unknown may make groups larger before all files are one.
const MAX_ROUNDS: usize = 8;

/// Checks of the same files.
#[derive(Debug, Default)]
pub struct Session {
    base: PathBuf,
    entries: Vec<PathBuf>,
    /// What each path was like that something was read of.
    stamps: HashMap<PathBuf, u64>,
    /// By the root of the project.
    summaries: Summaries,
    splitters: BTreeMap<PathBuf, Splitter>,
    groups: Vec<Vec<PathBuf>>,
    parts: HashMap<Vec<PathBuf>, Arc<Part>>,
    unknown: BTreeSet<(PathBuf, Word)>,
}

impl Session {
    /// Judges `entries` as [`check`] does without options, in parts. `None` when `stop` says that
    /// nobody needs the answer any more; what was judged until then is kept.
    pub fn check(
        &mut self,
        loader: &dyn Loader,
        base: &Path,
        entries: &[PathBuf],
        changed: Changed<'_>,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Option<Vec<Arc<Part>>> {
        let same_place = self.base == base;
        if !same_place || self.summaries.words.len() > MAX_WORDS {
            *self = Session {
                base: base.to_path_buf(),
                ..Session::default()
            };
        }
        let changed = self.changed(loader, changed);
        let before = match changed.is_empty() {
            true => HashMap::new(),
            false => {
                self.parts.retain(|_, part| {
                    !part
                        .reads
                        .iter()
                        .any(|(path, _)| changed.contains(path.as_os_str()))
                });
                self.unknown
                    .retain(|(path, _)| !changed.contains(path.as_os_str()));
                self.summaries
                    .forget(&|path| changed.contains(path.as_os_str()))
            }
        };
        let (mut regroup, read) = self.summaries.read(loader, entries, &before);
        for path in &read {
            if let Some(file) = self.summaries.files.get(path) {
                remember(&mut self.stamps, &file.reads);
            }
        }
        if !regroup {
            // the same words: what was split by them still stands
            for (path, summary) in before {
                if let Some(now) = self.summaries.files.get_mut(&path) {
                    let reads = now.reads.clone();
                    match Arc::try_unwrap(summary) {
                        Ok(mut known) => {
                            known.reads = reads;
                            *now = Arc::new(known);
                        }
                        Err(known) if known.reads == reads => *now = known,
                        Err(_) => {}
                    }
                }
            }
        }
        regroup |= self.entries != entries || self.groups.is_empty();
        self.entries = entries.to_vec();
        let mut is_whole = self.is_too_much();
        for _ in 0..MAX_ROUNDS {
            if is_whole {
                break;
            }
            if regroup {
                self.split(loader);
            }
            let groups = self.groups.clone();
            self.judge(loader, &groups, stop)?;
            // of several names that one import makes known only one is told, so they only add up
            let known = self.unknown.len();
            let unknown = self.unknown_names();
            self.unknown.extend(unknown);
            if self.unknown.len() == known {
                let kept: HashSet<&Vec<PathBuf>> = groups.iter().collect();
                self.parts.retain(|group, _| kept.contains(group));
                break;
            }
            regroup = true;
        }
        let parts: Vec<Arc<Part>> = (self.groups.iter())
            .filter_map(|group| self.parts.get(group).cloned())
            .collect();
        let count: usize = parts.iter().map(|part| part.findings.len()).sum();
        is_whole |= count > MAX_FINDINGS || parts.len() < self.groups.len();
        if !is_whole {
            return Some(parts);
        }
        let all = vec![self.entries.clone()];
        self.judge(loader, &all, stop)?;
        self.parts.retain(|group, _| *group == self.entries);
        Some(self.parts.values().cloned().collect())
    }

    /// The paths that are not what they were.
    fn changed(&mut self, loader: &dyn Loader, changed: Changed<'_>) -> HashSet<OsString> {
        let mut out = HashSet::new();
        let mut look = |path: &Path, stamp: &mut u64| {
            let now = loader.stamp(path);
            if now != *stamp {
                *stamp = now;
                // as bytes: thousands of paths are looked up, and comparing their parts is slow
                out.insert(path.as_os_str().to_os_string());
            }
        };
        match changed {
            Changed::Anything => self
                .stamps
                .iter_mut()
                .for_each(|(path, stamp)| look(path, stamp)),
            Changed::Texts(paths) => {
                for path in paths {
                    if let Some(stamp) = self.stamps.get_mut(path) {
                        look(path, stamp);
                    }
                }
            }
        }
        out
    }

    /// Whether there is so much that limits of the whole count.
    fn is_too_much(&self) -> bool {
        let files = &self.summaries.files;
        let mut environments: HashSet<Word> = HashSet::new();
        let mut statements = 0_usize;
        for file in files.values() {
            statements += file.statements;
            let decls = file.decls.iter();
            let own = decls.filter(|decl| decl.kind == DeclKind::Environment);
            environments.extend(own.map(|decl| decl.name));
        }
        files.len() > MAX_FILES
            || statements.saturating_mul(environments.len() + 1) > MAX_STATEMENTS_IN_ALL
    }

    /// Splits the entries, those of each root by themselves: they never meet.
    fn split(&mut self, loader: &dyn Loader) {
        let mut roots: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
        let mut known: HashMap<&Path, PathBuf> = HashMap::new();
        for path in &self.entries {
            let folder = path.parent().unwrap_or(Path::new(""));
            let root = known
                .entry(folder)
                .or_insert_with(|| find_root(loader, folder, folder).0);
            roots.entry(root.clone()).or_default().push(path.clone());
        }
        self.splitters.retain(|root, _| roots.contains_key(root));
        self.groups.clear();
        for (root, entries) in roots {
            let splitter = self.splitters.entry(root).or_default();
            let groups = splitter.split(&self.summaries, &entries, &self.unknown);
            self.groups.extend(groups);
        }
    }

    /// Judges the groups that are not judged yet.
    fn judge(
        &mut self,
        loader: &dyn Loader,
        groups: &[Vec<PathBuf>],
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Option<()> {
        let left: Vec<&Vec<PathBuf>> = groups
            .iter()
            .filter(|group| !self.parts.contains_key(*group))
            .collect();
        let base = &self.base;
        let judged = parallel::each(&left, |group| {
            (!stop()).then(|| Part::of(loader, base, group))
        });
        let mut is_whole = true;
        for (group, part) in left.into_iter().zip(judged) {
            let Some(part) = part else {
                is_whole = false;
                continue;
            };
            remember(&mut self.stamps, &part.reads);
            self.parts.insert(group.clone(), Arc::new(part));
        }
        is_whole.then_some(())
    }

    /// The names that are not known where they are used, and that another file declares.
    fn unknown_names(&self) -> BTreeSet<(PathBuf, Word)> {
        let parts = self.groups.iter().filter_map(|group| self.parts.get(group));
        let names = parts.flat_map(|part| &part.unknown);
        let first = names.filter_map(|(path, name)| {
            let word = self.summaries.words.known(words_of(name).next()?)?;
            Some((path.clone(), word))
        });
        first
            .filter(|(path, word)| {
                let mut files = self.summaries.files.iter();
                files.any(|(other, file)| other != path && file.by_name.contains_key(word))
            })
            .collect()
    }
}

/// Notes what paths were like, unless an earlier answer rests on what they were like before.
fn remember(stamps: &mut HashMap<PathBuf, u64>, reads: &[(PathBuf, u64)]) {
    for (path, stamp) in reads {
        if !stamps.contains_key(path) {
            stamps.insert(path.clone(), *stamp);
        }
    }
}

impl Part {
    fn of(loader: &dyn Loader, base: &Path, entries: &[PathBuf]) -> Part {
        let loader = Recording::new(loader);
        // without options there is nothing to refuse
        let outcome = check(&loader, base, entries, &Options::default()).unwrap_or_default();
        let mut part = Part::from(outcome);
        part.reads = loader.into_reads();
        part
    }
}

impl From<Outcome> for Part {
    fn from(outcome: Outcome) -> Part {
        let sources = &outcome.sources;
        let unknown = outcome
            .findings
            .iter()
            .filter(|found| found.rule == &UNKNOWN_NAME);
        let unknown = unknown.map(|found| {
            let path = sources.file(found.span().file).path.clone();
            (path, sources.text(found.span()).to_string())
        });
        Part {
            unknown: unknown.collect(),
            forbidden: outcome.forbidden(),
            findings: outcome.findings,
            plans: outcome.plans,
            sources: outcome.sources,
            reads: Vec::new(),
        }
    }
}
