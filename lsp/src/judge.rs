//! Checks what the client has open, again and again: what did not change is kept, in its own words and
//! in those of the protocol.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use switchback::baseline::Baseline;
use switchback::check::incremental::{Changed, Part, Session};
use switchback::check::{Options, check};
use switchback::config::{self, Config};
use switchback::diagnostic::Findings;
use switchback::source::Loader;
use tower_lsp::lsp_types::{Diagnostic, Url};

use crate::convert::Places;
use crate::snapshot::{Checked, Group, Snapshot};

/// So long a client that does not tell of changed files is believed that none has changed.
const BELIEVED: Duration = Duration::from_secs(2);

/// A part with its findings as the project weighs them, and as the client is told.
pub struct Told {
    /// What was judged.
    pub part: Arc<Part>,
    /// What is said of it, in the order of reports.
    pub findings: Findings,
    /// The same for the client, by file.
    pub files: Vec<(PathBuf, Arc<Vec<Diagnostic>>)>,
}

/// The checks of one client.
#[derive(Default)]
pub struct Judge {
    /// By the folder, and the file where it is one that stands outside of all folders.
    sessions: BTreeMap<(PathBuf, PathBuf), Session>,
    /// The change of files that was looked at last, and when.
    disk: Option<u64>,
    looked: Option<Instant>,
    /// The documents that were open at the last check.
    open: Vec<(PathBuf, Url)>,
    /// The weights of findings, to notice that they are others now.
    weights: BTreeMap<PathBuf, String>,
    /// By the address of the part, which is held.
    said: HashMap<usize, Arc<Told>>,
}

impl Judge {
    /// Checks all groups of a snapshot; `disk` is the last change of files on disk. `None` when `stop`
    /// says that nobody needs the answer.
    pub fn check(
        &mut self,
        snapshot: &Snapshot,
        disk: Option<u64>,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Option<Checked> {
        let loader = snapshot.loader();
        let open: Vec<(PathBuf, Url)> = (snapshot.documents.iter())
            .map(|(path, document)| (path.clone(), document.uri.clone()))
            .collect();
        let unwatched = !snapshot.can.watched_files
            && self.looked.is_none_or(|looked| looked.elapsed() > BELIEVED);
        let everything = self.disk != disk || self.open != open || unwatched;
        if self.open != open {
            // the client may call a file otherwise now
            self.said.clear();
        }
        let paths: Vec<PathBuf> = open.iter().map(|(path, _)| path.clone()).collect();
        let changed = match everything {
            true => Changed::Anything,
            false => Changed::Texts(&paths),
        };
        let groups = snapshot.groups();
        let keys: BTreeSet<(PathBuf, PathBuf)> = groups.iter().map(key).collect();
        self.sessions.retain(|key, _| keys.contains(key));
        let mut parts = Vec::new();
        let mut problems = Vec::new();
        let mut said = HashMap::new();
        let mut files: BTreeMap<PathBuf, Vec<Arc<Vec<Diagnostic>>>> = BTreeMap::new();
        // open files outside of all folders share a base, and are checked one by one
        for (base, groups) in by_base(groups) {
            let weights = match Weights::read(&loader, &base) {
                Ok(weights) => weights,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            if self.weights.get(&base) != Some(&weights.text) {
                self.weights.insert(base.clone(), weights.text.clone());
                self.said.clear();
            }
            for group in groups {
                let entries = weights.kept(&group);
                let found = match &weights.baseline {
                    // what it accepts is counted over all files
                    Some(baseline) => whole(&loader, &base, &entries, &weights, baseline),
                    None => {
                        let session = self.sessions.entry(key(&group)).or_default();
                        session.check(&loader, &base, &entries, changed, stop)?
                    }
                };
                for part in found {
                    let key = Arc::as_ptr(&part) as usize;
                    let told = said.entry(key).or_insert_with(|| {
                        let known = self.said.remove(&key);
                        known.unwrap_or_else(|| Arc::new(weights.tell(snapshot, part)))
                    });
                    for (path, diagnostics) in &told.files {
                        let all = files.entry(path.clone()).or_default();
                        all.push(Arc::clone(diagnostics));
                    }
                    parts.push(Arc::clone(told));
                }
            }
        }
        self.said = said;
        self.open = open;
        self.disk = disk;
        if everything {
            self.looked = Some(Instant::now());
        }
        Some(Checked {
            parts,
            files,
            problems,
        })
    }
}

fn by_base(groups: Vec<Group>) -> BTreeMap<PathBuf, Vec<Group>> {
    let mut all: BTreeMap<PathBuf, Vec<Group>> = BTreeMap::new();
    for group in groups {
        all.entry(group.base.clone()).or_default().push(group);
    }
    all
}

/// One check of everything, with what the baseline accepts taken out.
fn whole(
    loader: &dyn Loader,
    base: &Path,
    entries: &[PathBuf],
    weights: &Weights,
    (baseline, folder): &(Baseline, PathBuf),
) -> Vec<Arc<Part>> {
    let mut outcome = check(loader, base, entries, &Options::default()).unwrap_or_default();
    weights.config.weigh(&mut outcome);
    baseline.hold(&mut outcome.findings, &outcome.sources, folder);
    vec![Arc::new(Part::from(outcome))]
}

/// What `switchback.toml` says of findings.
struct Weights {
    config: Config,
    baseline: Option<(Baseline, PathBuf)>,
    /// Everything that was read for it.
    text: String,
}

impl Weights {
    fn read(loader: &dyn Loader, base: &Path) -> Result<Weights, String> {
        let mut text = String::new();
        let config = match config::find(loader, base) {
            Some(path) => {
                text = loader.read(&path).unwrap_or_default();
                let below = path.strip_prefix(base).unwrap_or(&path);
                config::read(loader, &path, &below.to_string_lossy())?
            }
            None => Config::default(),
        };
        let mut baseline = None;
        if let Some(said) = &config.baseline {
            let path = base.join(&said.value);
            let folder = path.parent().unwrap_or(base).to_path_buf();
            let shown = said.value.display();
            let own = loader.read(&path).map_err(|error| {
                format!("the baseline `{shown}` cannot be read: {}", error.reason())
            })?;
            let read = Baseline::read(&own)
                .map_err(|why| format!("the baseline `{shown}` cannot be read: {why}"))?;
            text.push_str(&own);
            baseline = Some((read, folder));
        }
        Ok(Weights {
            config,
            baseline,
            text,
        })
    }

    /// The plan files that are not excluded.
    fn kept(&self, group: &Group) -> Arc<Vec<PathBuf>> {
        if self.config.exclude.is_empty() {
            return Arc::clone(&group.entries);
        }
        let excluded = self.config.excludes();
        let entries = group.entries.iter().filter(|path| !excluded(path));
        Arc::new(entries.cloned().collect())
    }

    /// What is said of a part.
    fn tell(&self, snapshot: &Snapshot, part: Arc<Part>) -> Told {
        let mut findings = part.findings.clone();
        // what a baseline holds has been weighed before
        if self.baseline.is_none() {
            self.config.weigh_findings(&mut findings, &part.forbidden);
        }
        switchback::report::sort(&mut findings, &part.sources);
        let places = Places::new(snapshot, &part.sources);
        let mut files: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
        for found in &findings {
            let file = part.sources.file(found.span().file);
            let own = files.entry(file.path.clone()).or_default();
            own.push(places.diagnostic(found));
        }
        let files = files.into_iter();
        let files = files.map(|(path, all)| (path, Arc::new(all))).collect();
        Told {
            findings,
            files,
            part,
        }
    }
}

/// What the session of a group is found by.
fn key(group: &Group) -> (PathBuf, PathBuf) {
    let alone = match group.entries.as_slice() {
        [one] => one.clone(),
        _ => PathBuf::new(),
    };
    (group.base.clone(), alone)
}
