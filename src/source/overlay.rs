//! Texts that stand in no file, over the files that do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{LoadError, Loader};

/// Another loader with texts of its own in front: standard input, or a plan that nobody wrote.
pub struct OverlayLoader<'a> {
    below: &'a dyn Loader,
    texts: BTreeMap<PathBuf, String>,
}

impl<'a> OverlayLoader<'a> {
    /// The files of `below` and nothing else yet.
    pub fn new(below: &'a dyn Loader) -> Self {
        OverlayLoader {
            below,
            texts: BTreeMap::new(),
        }
    }

    /// Adds a text, or puts it in the place of the file of that path.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        self.texts.insert(path.into(), text.into());
        self
    }
}

impl Loader for OverlayLoader<'_> {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        match self.texts.get(path) {
            Some(text) => Ok(text.clone()),
            None => self.below.read(path),
        }
    }

    fn list(&self, path: &Path, limit: usize) -> Result<(Vec<(String, bool)>, bool), LoadError> {
        // the texts are named by whoever added them, and never looked for
        self.below.list(path, limit)
    }

    fn is_folder(&self, path: &Path) -> bool {
        !self.texts.contains_key(path) && self.below.is_folder(path)
    }

    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        if self.texts.contains_key(path) {
            let folder = path.parent()?;
            let real = self.below.canonical(folder);
            return Some(
                real.unwrap_or_else(|| folder.to_path_buf())
                    .join(path.file_name()?),
            );
        }
        self.below.canonical(path)
    }
}
