//! Files that a text may name.

use std::path::{Path, PathBuf};

use crate::source::{Loader, ProjectRoot, resolve_below};

/// The most names of one folder that are offered.
const MAX_NAMES: usize = 500;

/// The names that may follow `written`, seen from `folder`: each with whether it is a folder.
pub(super) fn names(
    loader: &dyn Loader,
    root: &ProjectRoot,
    folder: &Path,
    written: &str,
) -> Vec<(String, bool)> {
    let (parent, _) = written.rsplit_once('/').unwrap_or(("", ""));
    let listed = match parent {
        "" => Some(folder.to_path_buf()),
        parent => resolve_below(loader, root, folder, parent).ok(),
    };
    let Some(Ok((names, _))) = listed.map(|folder| loader.list(&folder, MAX_NAMES)) else {
        return Vec::new();
    };
    let hidden = |name: &str| name.starts_with('.') || name == "target" || name == "node_modules";
    let names = names.into_iter().filter(|(name, _)| !hidden(name));
    names.collect()
}

/// The file that a text names, if it is there.
pub(super) fn target(
    loader: &dyn Loader,
    root: &ProjectRoot,
    folder: &Path,
    written: &str,
) -> Option<PathBuf> {
    let path = resolve_below(loader, root, folder, written).ok()?;
    loader.canonical(&path).map(|_| path)
}
