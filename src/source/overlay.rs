//! Unsaved texts over the files below.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{LoadError, Loader, MAX_FILE_BYTES};

/// Reads texts that an editor holds before those of another loader, so that what is checked is what
/// stands on the screen.
#[derive(Clone, Debug, Default)]
pub struct OverlayLoader<L> {
    under: L,
    texts: BTreeMap<PathBuf, Arc<str>>,
}

impl<L> OverlayLoader<L> {
    /// The files of `under`, without any text over them.
    pub fn new(under: L) -> Self {
        OverlayLoader {
            under,
            texts: BTreeMap::new(),
        }
    }

    /// Puts a text over the file of that path, or where there is none.
    pub fn put(&mut self, path: impl Into<PathBuf>, text: impl Into<Arc<str>>) {
        self.texts.insert(path.into(), text.into());
    }

    /// The texts with paths below `folder`, in the order of paths.
    fn below<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = &'a PathBuf> {
        let behind = (Bound::Excluded(folder), Bound::Unbounded);
        self.texts
            .range::<Path, _>(behind)
            .map(|(file, _)| file)
            .take_while(move |file| file.starts_with(folder))
    }
}

impl<L: Loader> Loader for OverlayLoader<L> {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        match self.texts.get(path) {
            Some(text) if text.len() as u64 > MAX_FILE_BYTES => {
                Err(LoadError::TooLarge(text.len() as u64))
            }
            Some(text) => Ok(text.to_string()),
            None => self.under.read(path),
        }
    }

    fn list(&self, path: &Path, limit: usize) -> Result<(Vec<(String, bool)>, bool), LoadError> {
        let mut own: Vec<(String, bool)> = Vec::new();
        for file in self.below(path) {
            let Ok(rest) = file.strip_prefix(path) else {
                continue;
            };
            let mut parts = rest.components();
            let Some(first) = parts.next() else { continue };
            let name = first.as_os_str().to_string_lossy().into_owned();
            own.push((name, parts.next().is_some()));
        }
        let (mut names, mut more) = match self.under.list(path, limit) {
            Ok(listed) => listed,
            Err(LoadError::NotFound) if !own.is_empty() => (Vec::new(), false),
            Err(error) => return Err(error),
        };
        if !own.is_empty() {
            names.extend(own);
            names.sort();
            names.dedup_by(|one, other| one.0 == other.0);
            more |= names.len() > limit;
            names.truncate(limit);
        }
        Ok((names, more))
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.under.is_folder(path) || self.below(path).next().is_some()
    }

    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        self.under.canonical(path).or_else(|| {
            let held = self.texts.contains_key(path) || self.below(path).next().is_some();
            held.then(|| path.to_path_buf())
        })
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
        let mut loader = OverlayLoader::new(files);
        loader.put("p/a.swb", "typed");
        loader.put("p/db/2.sql", "new");
        loader.put("p/q/new.sql", "new");
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
