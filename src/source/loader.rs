//! The one way in which the library reads files.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::ops::{Bound, Range};
use std::path::{Path, PathBuf};

use super::{LineCol, LineIndex};

/// The largest file that is read, in bytes (16 MiB). A plan, manifest or migration beyond it is
/// almost surely a dump that was matched by accident.
pub const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Why a file could not be read as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// There is no such file.
    NotFound,
    /// It is there, but may not be read.
    Denied,
    /// It is a folder where a file is needed.
    IsFolder,
    /// It is larger than [`MAX_FILE_BYTES`]; the size in bytes.
    TooLarge(u64),
    /// It is not UTF-8.
    NotUtf8(Box<NotUtf8>),
    /// Anything else that the system said.
    Other(String),
}

/// Where a text that is not UTF-8 goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUtf8 {
    /// The offset of the first wrong byte.
    pub offset: usize,
    /// The text up to the end of the line of that byte, with a replacement character for what is
    /// no UTF-8; offsets up to the wrong byte are those of the file.
    pub readable: String,
}

impl NotUtf8 {
    /// What is wrong with `bytes`, of which the first `offset` are UTF-8.
    pub fn new(bytes: &[u8], offset: usize) -> NotUtf8 {
        let rest = bytes.get(offset..).unwrap_or_default();
        let line = rest.iter().position(|&byte| byte == b'\n');
        let end = offset + line.unwrap_or(rest.len());
        let readable = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned();
        NotUtf8 { offset, readable }
    }

    /// Line and column of the wrong byte, in characters, from 1.
    pub fn line_col(&self) -> LineCol {
        LineIndex::new(&self.readable).line_col(&self.readable, self.offset as u32)
    }

    /// What is wrong, as half a sentence.
    pub fn reason(&self) -> String {
        let LineCol { line, column } = self.line_col();
        let offset = self.offset;
        format!(
            "it is not UTF-8: byte {offset}, in line {line}, column {column}, begins no character"
        )
    }
}

impl LoadError {
    /// The text that could be read, and the bytes of it to point at; nothing and its start when
    /// none could.
    pub fn readable(&self) -> (String, Range<usize>) {
        let LoadError::NotUtf8(wrong) = self else {
            return (String::new(), 0..0);
        };
        let at = wrong.readable.get(wrong.offset..).unwrap_or("");
        let len = at.chars().next().map_or(0, char::len_utf8);
        (wrong.readable.clone(), wrong.offset..wrong.offset + len)
    }

    /// What is wrong, as half a sentence: "it is not there".
    pub fn reason(&self) -> String {
        match self {
            LoadError::NotFound => "there is no such file".into(),
            LoadError::Denied => "permission denied".into(),
            LoadError::IsFolder => "it is a folder".into(),
            LoadError::TooLarge(size) => {
                format!("it holds {size} bytes; the limit is {MAX_FILE_BYTES}")
            }
            LoadError::NotUtf8(wrong) => wrong.reason(),
            LoadError::Other(text) => text.clone(),
        }
    }
}

/// Reads files for the checker, so that an editor can feed unsaved text and tests need no disk.
pub trait Loader: Sync {
    /// The text of `path`.
    fn read(&self, path: &Path) -> Result<String, LoadError>;
    /// The names in folder `path` with whether each is a folder, sorted by name, at most `limit`
    /// of them; the flag says that there were more.
    fn list(&self, path: &Path, limit: usize) -> Result<(Vec<(String, bool)>, bool), LoadError>;
    /// Whether `path` is a folder.
    fn is_folder(&self, path: &Path) -> bool;
    /// `path` with links resolved, or `None` when it does not exist.
    fn canonical(&self, path: &Path) -> Option<PathBuf>;
    /// A number that is another one, but for chance, whenever an answer about `path` has changed.
    fn stamp(&self, path: &Path) -> u64 {
        let mut hasher = DefaultHasher::new();
        match self.read(path) {
            Ok(text) => text.hash(&mut hasher),
            Err(error) => error.reason().hash(&mut hasher),
        }
        self.list(path, MAX_STAMPED).ok().hash(&mut hasher);
        self.canonical(path).hash(&mut hasher);
        hasher.finish()
    }
}

/// So many names of a folder count for its stamp.
const MAX_STAMPED: usize = 20_000;

/// Reads from the file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskLoader;

fn load_error(error: &io::Error) -> LoadError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => LoadError::NotFound,
        io::ErrorKind::PermissionDenied => LoadError::Denied,
        io::ErrorKind::IsADirectory => LoadError::IsFolder,
        _ => LoadError::Other(error.to_string()),
    }
}

impl Loader for DiskLoader {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        let meta = fs::metadata(path).map_err(|e| load_error(&e))?;
        if meta.is_dir() {
            return Err(LoadError::IsFolder);
        }
        if !meta.is_file() {
            return Err(LoadError::Other(
                "it is neither a file nor a folder (a device or a pipe)".into(),
            ));
        }
        if meta.len() > MAX_FILE_BYTES {
            return Err(LoadError::TooLarge(meta.len()));
        }
        let mut bytes = Vec::with_capacity(meta.len() as usize + 1);
        let file = fs::File::open(path).map_err(|e| load_error(&e))?;
        // the size may have grown since it was asked for
        file.take(MAX_FILE_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| load_error(&e))?;
        text_of(bytes)
    }

    fn list(&self, path: &Path, limit: usize) -> Result<(Vec<(String, bool)>, bool), LoadError> {
        let mut names = Vec::new();
        let mut more = false;
        for entry in fs::read_dir(path).map_err(|e| load_error(&e))? {
            let entry = entry.map_err(|e| load_error(&e))?;
            if names.len() == limit {
                more = true;
                break;
            }
            let folder = match entry.file_type() {
                Ok(kind) if kind.is_symlink() => entry.path().is_dir(),
                Ok(kind) => kind.is_dir(),
                Err(_) => false,
            };
            names.push((entry.file_name().to_string_lossy().into_owned(), folder));
        }
        names.sort();
        Ok((names, more))
    }

    fn is_folder(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        // the system would copy the whole path to say so, once for each of its folders
        if path.as_os_str().len() > MAX_PATH_BYTES {
            return None;
        }
        fs::canonicalize(path).ok()
    }

    fn stamp(&self, path: &Path) -> u64 {
        let mut hasher = DefaultHasher::new();
        if let Ok(meta) = fs::metadata(path) {
            (meta.is_dir(), meta.len(), meta.modified().ok()).hash(&mut hasher);
            #[cfg(unix)]
            {
                use std::os::unix::fs::MetadataExt;
                // a file that was put in the place of another, and rights that were given or taken
                (meta.dev(), meta.ino(), meta.mode(), meta.ctime_nsec()).hash(&mut hasher);
            }
        }
        hasher.finish()
    }
}

/// No system knows a longer path, in bytes.
const MAX_PATH_BYTES: usize = 32_767;

/// Turns what was read into text, or says why it is none.
fn text_of(bytes: Vec<u8>) -> Result<String, LoadError> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(LoadError::TooLarge(bytes.len() as u64));
    }
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        LoadError::NotUtf8(Box::new(NotUtf8::new(error.as_bytes(), offset)))
    })
}

/// Files held in memory, for tests, fuzzing and the editor. Paths use `/`.
#[derive(Clone, Debug, Default)]
pub struct MemoryLoader {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl MemoryLoader {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a file.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), bytes.into());
        self
    }

    /// The files in folder `path`, at any depth. They stand side by side in the order of paths.
    fn below<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = &'a PathBuf> {
        let behind = (Bound::Excluded(path), Bound::Unbounded);
        self.files
            .range::<Path, _>(behind)
            .map(|(file, _)| file)
            .take_while(move |file| file.starts_with(path))
    }
}

impl Loader for MemoryLoader {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        match self.files.get(path) {
            Some(bytes) => text_of(bytes.clone()),
            None if self.is_folder(path) => Err(LoadError::IsFolder),
            None => Err(LoadError::NotFound),
        }
    }

    fn list(&self, path: &Path, limit: usize) -> Result<(Vec<(String, bool)>, bool), LoadError> {
        let mut names: Vec<(String, bool)> = Vec::new();
        for file in self.below(path) {
            let Ok(rest) = file.strip_prefix(path) else {
                continue;
            };
            let mut parts = rest.components();
            let Some(first) = parts.next() else { continue };
            let name = first.as_os_str().to_string_lossy().into_owned();
            let entry = (name, parts.next().is_some());
            if names.last() != Some(&entry) {
                names.push(entry);
            }
        }
        if names.is_empty() {
            return Err(LoadError::NotFound);
        }
        names.sort();
        names.dedup();
        let more = names.len() > limit;
        names.truncate(limit);
        Ok((names, more))
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.below(path).next().is_some()
    }

    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        (self.files.contains_key(path) || self.is_folder(path)).then(|| path.to_path_buf())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_which_byte_is_not_utf8() {
        let loader = MemoryLoader::new().with("a.swb", b"\xc3\xa4\nb\xc3\xb6\xffc\nd".to_vec());
        let error = loader.read(Path::new("a.swb")).expect_err("not UTF-8");
        assert_eq!(
            error.reason(),
            "it is not UTF-8: byte 6, in line 2, column 3, begins no character"
        );
        assert_eq!(error.readable(), ("ä\nbö\u{fffd}c".to_string(), 6..9));
        assert_eq!(LoadError::NotFound.readable(), (String::new(), 0..0));
    }

    #[test]
    fn lists_files_and_folders_of_memory() {
        let loader = MemoryLoader::new()
            .with("p/b/1.sql", "")
            .with("p/b/2.sql", "")
            .with("p/a.swb", "");
        let (names, more) = loader.list(Path::new("p"), 10).expect("a folder");
        assert_eq!(
            names,
            [("a.swb".to_string(), false), ("b".to_string(), true)]
        );
        assert!(!more);
    }
}
