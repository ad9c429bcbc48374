//! What the server knows at one moment. Handlers and the check read snapshots, so that nothing that
//! the client sends meanwhile changes under them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use switchback::baseline::Baseline;
use switchback::check::{Options, Outcome, check};
use switchback::config::{self, Config};
use switchback::ide::View;
use switchback::source::{DiskLoader, Loader, OverlayLoader, find_root};

use crate::documents::Documents;
use crate::position::Encoding;

/// What the client can do with an answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientCan {
    /// Columns are counted in this.
    pub encoding: Encoding,
    /// It shows places beside that of a finding.
    pub related_information: bool,
    /// It applies edits with versions.
    pub document_changes: bool,
    /// It fills in snippets.
    pub snippets: bool,
    /// It opens pages of rules: `switchback-rule:mutable-tag`.
    pub rule_links: bool,
    /// It tells of files that change on disk.
    pub watched_files: bool,
    /// It asks again for what stands above plans when told to.
    pub refresh: bool,
}

/// Plan files that are checked together, as the command line checks those below a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The folder that shown paths are relative to.
    pub base: PathBuf,
    /// The plan files.
    pub entries: Arc<Vec<PathBuf>>,
}

/// What a check found, for each group.
pub struct Checked {
    /// What was found.
    pub outcomes: Vec<Outcome>,
    /// Why a group could not be checked at all.
    pub problems: Vec<String>,
}

#[derive(Default)]
struct State {
    documents: Arc<Documents>,
    folders: Arc<Vec<PathBuf>>,
    can: ClientCan,
    /// Grows with every change.
    revision: u64,
    /// The plan files below each folder, until files may have come or gone.
    found: BTreeMap<PathBuf, Arc<Vec<PathBuf>>>,
    views: Vec<(u64, Group, Arc<View>)>,
    checked: Option<(u64, Arc<Checked>)>,
}

/// So many views are kept: one file is asked about in several ways at once.
const MAX_VIEWS: usize = 4;

/// The server's state, changed by notifications only.
#[derive(Default)]
pub struct Shared {
    state: Mutex<State>,
    /// Held while a check runs: two at once would only be slower.
    checking: Mutex<()>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // a panic elsewhere leaves a state that is whole: it is only ever replaced
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Sets what the client can do, and its folders.
    pub fn begin(&self, can: ClientCan, folders: Vec<PathBuf>) {
        let mut state = locked(&self.state);
        state.can = can;
        state.folders = Arc::new(folders);
        state.revision += 1;
    }

    /// Adds and removes folders.
    pub fn change_folders(&self, added: Vec<PathBuf>, removed: &[PathBuf]) {
        let mut state = locked(&self.state);
        let mut folders: Vec<PathBuf> = state.folders.to_vec();
        folders.retain(|folder| !removed.contains(folder));
        folders.extend(added);
        folders.sort();
        folders.dedup();
        state.folders = Arc::new(folders);
        state.revision += 1;
    }

    /// Changes the open documents.
    pub fn change(&self, change: impl FnOnce(&mut Documents, Encoding)) {
        let mut state = locked(&self.state);
        let encoding = state.can.encoding;
        change(Arc::make_mut(&mut state.documents), encoding);
        state.revision += 1;
    }

    /// Files on disk may have come, gone or changed.
    pub fn files_changed(&self) {
        let mut state = locked(&self.state);
        state.found.clear();
        state.revision += 1;
    }

    /// Whether nothing has changed since.
    pub fn is_current(&self, revision: u64) -> bool {
        locked(&self.state).revision == revision
    }

    /// What is known now.
    pub fn snapshot(self: &Arc<Self>) -> Snapshot {
        let state = locked(&self.state);
        Snapshot {
            revision: state.revision,
            documents: Arc::clone(&state.documents),
            folders: Arc::clone(&state.folders),
            can: state.can,
            shared: Arc::clone(self),
        }
    }
}

/// What is known at one moment.
#[derive(Clone)]
pub struct Snapshot {
    /// Which moment.
    pub revision: u64,
    /// The open documents.
    pub documents: Arc<Documents>,
    /// The folders that the client has open, links resolved.
    pub folders: Arc<Vec<PathBuf>>,
    /// What the client can do.
    pub can: ClientCan,
    shared: Arc<Shared>,
}

impl Snapshot {
    /// Reads open documents before files.
    pub fn loader(&self) -> OverlayLoader<'static> {
        let mut loader = OverlayLoader::new(&DiskLoader);
        for (path, document) in self.documents.iter() {
            loader.put(path, Arc::clone(&document.text));
        }
        loader
    }

    /// The folder of the client that holds a file: the innermost.
    fn folder_of(&self, path: &Path) -> Option<&PathBuf> {
        let holding = self
            .folders
            .iter()
            .filter(|folder| path.starts_with(folder));
        holding.max_by_key(|folder| folder.as_os_str().len())
    }

    /// The folder that paths of a file are shown relative to.
    fn base_of(&self, path: &Path) -> PathBuf {
        match self.folder_of(path) {
            Some(folder) => folder.clone(),
            None => {
                let folder = path.parent().unwrap_or(path);
                find_root(&DiskLoader, folder, folder).0
            }
        }
    }

    /// The file alone, with what it imports.
    pub fn alone(&self, path: &Path) -> Group {
        Group {
            base: self.base_of(path),
            entries: Arc::new(vec![path.to_path_buf()]),
        }
    }

    /// All plan files that are checked together with a file.
    pub fn together(&self, path: &Path) -> Group {
        match self.folder_of(path) {
            Some(folder) => self.folder(folder),
            None => self.alone(path),
        }
    }

    /// The plan files of a folder, open ones that are not saved included.
    fn folder(&self, folder: &Path) -> Group {
        let known = locked(&self.shared.state).found.get(folder).cloned();
        let found = known.unwrap_or_else(|| {
            // a folder without plan files, or one that may not be read, has none
            let found = switchback::cli::plan_files(&[folder.to_path_buf()]).unwrap_or_default();
            let found = Arc::new(found);
            let mut state = locked(&self.shared.state);
            if state.revision == self.revision {
                state.found.insert(folder.to_path_buf(), Arc::clone(&found));
            }
            found
        });
        let is_own = |path: &Path| self.folder_of(path).is_some_and(|own| own == folder);
        let open = self.documents.iter().map(|(path, _)| path);
        let unsaved: Vec<&PathBuf> = open
            .filter(|path| is_plan(path) && is_own(path) && found.binary_search(path).is_err())
            .collect();
        let inner = self
            .folders
            .iter()
            .any(|own| own != folder && own.starts_with(folder));
        let entries = if unsaved.is_empty() && !inner {
            found
        } else {
            let mut entries: Vec<PathBuf> =
                found.iter().filter(|path| is_own(path)).cloned().collect();
            entries.extend(unsaved.into_iter().cloned());
            entries.sort();
            Arc::new(entries)
        };
        Group {
            base: folder.to_path_buf(),
            entries,
        }
    }

    /// Everything that is checked: the folders, and open plan files outside of them.
    pub fn groups(&self) -> Vec<Group> {
        let folders = self.folders.iter();
        let mut groups: Vec<Group> = folders.map(|folder| self.folder(folder)).collect();
        let outside = self.documents.iter().map(|(path, _)| path);
        let outside = outside.filter(|path| is_plan(path) && self.folder_of(path).is_none());
        groups.extend(outside.map(|path| self.alone(path)));
        groups.retain(|group| !group.entries.is_empty());
        groups
    }

    /// The names and the model of a group.
    pub fn view(&self, group: &Group) -> Arc<View> {
        let known = locked(&self.shared.state)
            .views
            .iter()
            .find(|(revision, own, _)| *revision == self.revision && own == group)
            .map(|(_, _, view)| Arc::clone(view));
        if let Some(view) = known {
            return view;
        }
        let view = Arc::new(View::open(&self.loader(), &group.base, &group.entries));
        let mut state = locked(&self.shared.state);
        let revision = state.revision;
        state.views.retain(|(own, _, _)| *own == revision);
        if state.views.len() >= MAX_VIEWS {
            state.views.remove(0);
        }
        if revision == self.revision {
            state
                .views
                .push((revision, group.clone(), Arc::clone(&view)));
        }
        view
    }

    /// What a check of this moment finds. It is made once; who comes meanwhile waits for it.
    pub fn checked(&self) -> Arc<Checked> {
        let known = || {
            let state = locked(&self.shared.state);
            let known = state.checked.as_ref();
            known
                .filter(|(revision, _)| *revision == self.revision)
                .map(|(_, checked)| Arc::clone(checked))
        };
        if let Some(checked) = known() {
            return checked;
        }
        let _running = locked(&self.shared.checking);
        if let Some(checked) = known() {
            return checked;
        }
        let loader = self.loader();
        let (mut outcomes, mut problems) = (Vec::new(), Vec::new());
        for group in self.groups() {
            match judge(&loader, &group) {
                Ok(outcome) => outcomes.push(outcome),
                Err(problem) => problems.push(problem),
            }
        }
        let checked = Arc::new(Checked { outcomes, problems });
        let mut state = locked(&self.shared.state);
        if state.revision == self.revision {
            state.checked = Some((self.revision, Arc::clone(&checked)));
        }
        checked
    }
}

/// Checks a group by what its `switchback.toml` says, as the command line does.
fn judge(loader: &dyn Loader, group: &Group) -> Result<Outcome, String> {
    let config = match config::find(loader, &group.base) {
        Some(path) => {
            let below = path.strip_prefix(&group.base).unwrap_or(&path);
            config::read(loader, &path, &below.to_string_lossy())?
        }
        None => Config::default(),
    };
    let excluded = config.excludes();
    let entries = group.entries.iter().filter(|path| !excluded(path));
    let entries: Vec<PathBuf> = entries.cloned().collect();
    let mut outcome = check(loader, &group.base, &entries, &Options::default())?;
    config.weigh(&mut outcome);
    if let Some(said) = &config.baseline {
        let path = group.base.join(&said.value);
        let folder = path.parent().unwrap_or(&group.base);
        let shown = said.value.display();
        let text = loader.read(&path).map_err(|error| {
            format!("the baseline `{shown}` cannot be read: {}", error.reason())
        })?;
        let baseline = Baseline::read(&text)
            .map_err(|why| format!("the baseline `{shown}` cannot be read: {why}"))?;
        baseline.hold(&mut outcome.findings, &outcome.sources, folder);
    }
    switchback::report::sort(&mut outcome.findings, &outcome.sources);
    Ok(outcome)
}

/// Whether a path is that of a plan file.
pub fn is_plan(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "swb")
}
