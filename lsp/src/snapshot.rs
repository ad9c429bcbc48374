//! What the server knows at one moment. Handlers and the check read snapshots, so that nothing that
//! the client sends meanwhile changes under them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use switchback::ide::View;
use switchback::source::{DiskLoader, OverlayLoader, find_root};
use tower_lsp::lsp_types::Diagnostic;

use crate::documents::Documents;
use crate::judge::{Judge, Told};
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
    /// It opens the report of a plan itself: `switchback.openReport`.
    pub opens_reports: bool,
    /// It asks again for hints when told to.
    pub hints_again: bool,
    /// So long nothing must have changed before a check begins; `None` for the usual time.
    pub pause: Option<Duration>,
    /// It tells of files that change on disk.
    pub watched_files: bool,
    /// It asks again for what stands above plans when told to.
    pub refresh: bool,
    /// It asks for the findings of what it has open.
    pub pulls: bool,
    /// It asks for them again when told to.
    pub pulls_again: bool,
}

/// Plan files that are checked together, as the command line checks those below a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The folder that shown paths are relative to.
    pub base: PathBuf,
    /// The plan files.
    pub entries: Arc<Vec<PathBuf>>,
}

/// What a check found.
pub struct Checked {
    /// What was found, in parts that have nothing to do with one another; a part that did not change
    /// is the same as before.
    pub parts: Vec<Arc<Told>>,
    /// The same for the client, by file.
    pub files: BTreeMap<PathBuf, Vec<Arc<Vec<Diagnostic>>>>,
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
    /// When files on disk may have changed last.
    disk: Option<u64>,
}

/// So many views are kept: one file is asked about in several ways at once.
const MAX_VIEWS: usize = 4;

/// The server's state, changed by notifications only.
#[derive(Default)]
pub struct Shared {
    state: Mutex<State>,
    /// Held while a check runs: two at once would only be slower.
    checking: Mutex<Judge>,
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

    /// Opens or closes a document: what its folder holds may be something else now.
    pub fn change_open(&self, change: impl FnOnce(&mut Documents, Encoding)) {
        self.change(change);
        let mut state = locked(&self.state);
        state.disk = Some(state.revision);
    }

    /// Files on disk may have come, gone or changed.
    pub fn files_changed(&self) {
        let mut state = locked(&self.state);
        state.found.clear();
        state.revision += 1;
        state.disk = Some(state.revision);
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
            disk: state.disk,
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
    disk: Option<u64>,
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

    /// What the last check found, if nothing has changed since.
    pub fn known(&self) -> Option<Arc<Checked>> {
        let state = locked(&self.shared.state);
        let known = state.checked.as_ref();
        known
            .filter(|(revision, _)| *revision == self.revision)
            .map(|(_, checked)| Arc::clone(checked))
    }

    /// What a check of this moment finds. It is made once; who comes meanwhile waits for it. `None`
    /// when something changed meanwhile and `wanted` says that an older answer is of no use.
    fn check(&self, wanted: &(dyn Fn() -> bool + Sync)) -> Option<Arc<Checked>> {
        if let Some(checked) = self.known() {
            return Some(checked);
        }
        let mut judge = locked(&self.shared.checking);
        if let Some(checked) = self.known() {
            return Some(checked);
        }
        let checked = Arc::new(judge.check(self, self.disk, &|| !wanted())?);
        let mut state = locked(&self.shared.state);
        if state.revision == self.revision {
            state.checked = Some((self.revision, Arc::clone(&checked)));
        }
        Some(checked)
    }

    /// What a check of this moment finds.
    pub fn checked(&self) -> Arc<Checked> {
        match self.check(&|| true) {
            Some(checked) => checked,
            None => Arc::new(Checked {
                parts: Vec::new(),
                files: BTreeMap::new(),
                problems: Vec::new(),
            }),
        }
    }

    /// The same, given up when the client sends something that changes it.
    pub fn checked_if_current(&self) -> Option<Arc<Checked>> {
        self.check(&|| self.shared.is_current(self.revision))
    }
}

/// Whether a path is that of a plan file.
pub fn is_plan(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "swb")
}
