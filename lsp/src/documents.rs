//! The texts that the client holds open.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tower_lsp::lsp_types::{TextDocumentContentChangeEvent, Url};

use crate::position::{Encoding, Lines};

/// One open document.
#[derive(Clone, Debug)]
pub struct Document {
    /// What the client calls it.
    pub uri: Url,
    /// The version that the client gave it last.
    pub version: i32,
    /// Its text.
    pub text: Arc<str>,
}

/// All open documents, by the path that files are read from.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    open: BTreeMap<PathBuf, Document>,
}

impl Documents {
    /// A document was opened.
    pub fn open(&mut self, path: PathBuf, uri: Url, version: i32, text: String) {
        let text = text.into();
        self.open.insert(path, Document { uri, version, text });
    }

    /// A document was changed; nothing happens to one that is not open.
    pub fn change(
        &mut self,
        path: &Path,
        version: i32,
        changes: &[TextDocumentContentChangeEvent],
        encoding: Encoding,
    ) {
        if let Some(document) = self.open.get_mut(path) {
            document.version = version;
            document.text = apply(&document.text, changes, encoding).into();
        }
    }

    /// A document was closed.
    pub fn close(&mut self, path: &Path) {
        self.open.remove(path);
    }

    /// The open document of a path.
    pub fn get(&self, path: &Path) -> Option<&Document> {
        self.open.get(path)
    }

    /// All open documents, in the order of paths.
    pub fn iter(&self) -> impl Iterator<Item = (&PathBuf, &Document)> {
        self.open.iter()
    }
}

/// A text with changes applied, one after the other. A range that ends before it begins is taken
/// the other way round.
pub fn apply(text: &str, changes: &[TextDocumentContentChangeEvent], encoding: Encoding) -> String {
    // what stands before the last change of the whole text does not matter
    let whole = changes.iter().rposition(|change| change.range.is_none());
    let (mut text, changes) = match whole {
        Some(at) => (changes[at].text.clone(), &changes[at + 1..]),
        None => (text.to_string(), changes),
    };
    for change in changes {
        let Some(range) = change.range else { continue };
        let lines = Lines::new(&text);
        let start = lines.offset(&text, range.start, encoding);
        let end = lines.offset(&text, range.end, encoding);
        text.replace_range(start.min(end)..end.max(start), &change.text);
    }
    text
}

/// The path that the file of an address is read from: links resolved, so that one file has one path.
/// `None` for what is no file, such as a text without a name.
pub fn path_of(uri: &Url) -> Option<PathBuf> {
    let path = uri.to_file_path().ok()?;
    if let Ok(real) = std::fs::canonicalize(&path) {
        return Some(real);
    }
    // a file that is not saved yet lies in a folder that is there
    let (folder, name) = (path.parent()?, path.file_name()?);
    match std::fs::canonicalize(folder) {
        Ok(folder) => Some(folder.join(name)),
        Err(_) => Some(path),
    }
}
