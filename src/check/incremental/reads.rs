//! What a check asks of its loader, so that it is known what its findings rest on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::source::{LoadError, Loader};

/// A loader that remembers what it was asked for.
pub(super) struct Recording<'a> {
    below: &'a dyn Loader,
    /// What each path was like before it was read first.
    reads: Mutex<BTreeMap<PathBuf, u64>>,
}

impl<'a> Recording<'a> {
    pub fn new(below: &'a dyn Loader) -> Self {
        Recording {
            below,
            reads: Mutex::default(),
        }
    }

    fn note(&self, path: &Path) {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        if !reads.contains_key(path) {
            reads.insert(path.to_path_buf(), self.below.stamp(path));
        }
    }

    /// All paths that were asked for, sorted, with what they were like.
    pub fn into_reads(self) -> Vec<(PathBuf, u64)> {
        let reads = self.reads.into_inner();
        let reads = reads.unwrap_or_else(PoisonError::into_inner);
        reads.into_iter().collect()
    }
}

impl Loader for Recording<'_> {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        self.note(path);
        self.below.read(path)
    }

    fn list(&self, path: &Path, limit: usize) -> Result<(Vec<(String, bool)>, bool), LoadError> {
        self.note(path);
        self.below.list(path, limit)
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.note(path);
        self.below.is_folder(path)
    }

    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        self.note(path);
        self.below.canonical(path)
    }

    fn stamp(&self, path: &Path) -> u64 {
        self.below.stamp(path)
    }
}
