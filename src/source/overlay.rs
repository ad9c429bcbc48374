//! Texts that stand in no file, over the files that do.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{LoadError, Loader, MAX_FILE_BYTES};

/// Another loader with texts of its own in front: standard input, a plan that nobody wrote, or what
/// an editor holds and has not saved.
pub struct OverlayLoader<'a> {
    below: &'a dyn Loader,
    texts: BTreeMap<PathBuf, Text>,
}

struct Text {
    text: Arc<str>,
    /// Whether it is found by who looks into its folder.
    is_listed: bool,
}

impl<'a> OverlayLoader<'a> {
    /// The files of `below` and nothing else yet.
    pub fn new(below: &'a dyn Loader) -> Self {
        OverlayLoader {
            below,
            texts: BTreeMap::new(),
        }
    }

    /// Adds a text, or puts it in the place of the file of that path. It is named by whoever adds
    /// it, and never looked for.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let text = Text {
            text: text.into().into(),
            is_listed: false,
        };
        self.texts.insert(path.into(), text);
        self
    }

    /// Adds the text of an editor: a file of its folder, saved or not.
    pub fn put(&mut self, path: impl Into<PathBuf>, text: Arc<str>) {
        let is_listed = true;
        self.texts.insert(path.into(), Text { text, is_listed });
    }

    /// The listed texts with paths below `folder`, in the order of paths.
    fn listed<'b>(&'b self, folder: &'b Path) -> impl Iterator<Item = &'b PathBuf> {
        let behind = (Bound::Excluded(folder), Bound::Unbounded);
        self.texts
            .range::<Path, _>(behind)
            .take_while(move |(path, _)| path.starts_with(folder))
            .filter(|(_, text)| text.is_listed)
            .map(|(path, _)| path)
    }
}

impl Loader for OverlayLoader<'_> {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        match self.texts.get(path) {
            Some(Text { text, .. }) if text.len() as u64 > MAX_FILE_BYTES => {
                Err(LoadError::TooLarge(text.len() as u64))
            }
            Some(Text { text, .. }) => Ok(text.to_string()),
            None => self.below.read(path),
        }
    }

    fn list(&self, path: &Path, limit: usize) -> Result<(Vec<(String, bool)>, bool), LoadError> {
        let mut own: Vec<(String, bool)> = Vec::new();
        for file in self.listed(path) {
            let Ok(rest) = file.strip_prefix(path) else {
                continue;
            };
            let mut parts = rest.components();
            let Some(first) = parts.next() else { continue };
            let name = first.as_os_str().to_string_lossy().into_owned();
            own.push((name, parts.next().is_some()));
        }
        if own.is_empty() {
            return self.below.list(path, limit);
        }
        let (mut names, mut more) = match self.below.list(path, limit) {
            Err(LoadError::NotFound) => (Vec::new(), false),
            listed => listed?,
        };
        names.extend(own);
        names.sort();
        names.dedup_by(|one, other| one.0 == other.0);
        more |= names.len() > limit;
        names.truncate(limit);
        Ok((names, more))
    }

    fn is_folder(&self, path: &Path) -> bool {
        !self.texts.contains_key(path)
            && (self.below.is_folder(path) || self.listed(path).next().is_some())
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
        let held = || self.listed(path).next().map(|_| path.to_path_buf());
        self.below.canonical(path).or_else(held)
    }

    fn stamp(&self, path: &Path) -> u64 {
        let mut hasher = DefaultHasher::new();
        match self.texts.get(path) {
            Some(own) => own.text.hash(&mut hasher),
            None => {
                self.below.stamp(path).hash(&mut hasher);
                self.listed(path).for_each(|path| path.hash(&mut hasher));
            }
        }
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryLoader;
    use super::*;

    #[test]
    fn a_text_stands_before_the_file_and_beside_others() {
        let files = MemoryLoader::new()
            .with("p/a.swb", "saved")
            .with("p/db/1.sql", "");
        let mut loader = OverlayLoader::new(&files).with("p/db/unseen.sql", "");
        loader.put("p/a.swb", "typed".into());
        loader.put("p/db/2.sql", "new".into());
        loader.put("p/q/new.sql", "new".into());
        assert_eq!(loader.read(Path::new("p/a.swb")), Ok("typed".to_string()));
        let names = |folder: &str| -> Vec<String> {
            let (names, _) = loader.list(Path::new(folder), 10).expect("a folder");
            names.into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names("p/db"), ["1.sql", "2.sql"]);
        assert_eq!(names("p/q"), ["new.sql"]);
        assert!(loader.is_folder(Path::new("p/q")));
        assert!(loader.canonical(Path::new("p/q/new.sql")).is_some());
        assert!(loader.canonical(Path::new("p/q/other.sql")).is_none());
        assert!(loader.list(Path::new("p/none"), 10).is_err());
    }
}
