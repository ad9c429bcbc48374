//! All files of one run, by id.

use std::path::{Path, PathBuf};

use super::{FileId, LineCol, LineIndex, Span};

/// One file's text with the name that is shown for it.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path as shown: relative to where the command was started, with `/`.
    pub name: String,
    /// The path that it was read from.
    pub path: PathBuf,
    /// The text.
    pub text: String,
    /// Whether the text is another view of a file that is here, too, with all places kept.
    pub view: bool,
    lines: std::sync::OnceLock<LineIndex>,
}

/// The name of a text that was given on the command line.
pub const ARGUMENT: &str = "--set";

/// The name of the plan that nobody wrote, for a folder without one.
pub const NO_PLAN: &str = "(no plan)";

/// The name of the text that came from standard input.
pub const STANDARD_INPUT: &str = "(standard input)";

impl SourceFile {
    /// Whether the text stands in a file; one that was given on the command line or on standard
    /// input does not, nor does a plan that was derived.
    pub fn is_file(&self) -> bool {
        self.name != ARGUMENT
            && !self.name.ends_with(NO_PLAN)
            && !self.name.ends_with(STANDARD_INPUT)
    }

    /// Whether the text is one that was given to be checked: a file, or standard input.
    pub fn is_read(&self) -> bool {
        self.is_file() || self.name.ends_with(STANDARD_INPUT)
    }

    /// The line index, built at the first question.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }
}

/// The files of one run. Ids are given in the order of adding, and never taken back.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file and gives its id.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        path: impl Into<PathBuf>,
        text: String,
    ) -> FileId {
        self.push(name.into(), path.into(), text, false)
    }

    /// Adds another view of a file: a text of the same length, in which every place means the same
    /// place of the file. Nothing is changed through it, and it is no file of its own.
    pub fn add_view(
        &mut self,
        name: impl Into<String>,
        path: impl Into<PathBuf>,
        text: String,
    ) -> FileId {
        self.push(name.into(), path.into(), text, true)
    }

    fn push(&mut self, name: String, path: PathBuf, text: String, view: bool) -> FileId {
        let id = FileId(self.files.len() as u32);
        self.files.push(SourceFile {
            name,
            path,
            text,
            view,
            lines: std::sync::OnceLock::new(),
        });
        id
    }

    /// The file of an id that this map gave.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The id of the file that was read from `path`, if it was.
    pub fn find(&self, path: &Path) -> Option<FileId> {
        self.files
            .iter()
            .position(|file| file.path == path)
            .map(|at| FileId(at as u32))
    }

    /// The text of `span`; empty when the span does not lie on character borders.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.range()).unwrap_or("")
    }

    /// Line and column of the span's first byte.
    pub fn start(&self, span: Span) -> LineCol {
        let file = self.file(span.file);
        file.lines().line_col(&file.text, span.start)
    }

    /// Line and column one past the span's last byte.
    pub fn end(&self, span: Span) -> LineCol {
        let file = self.file(span.file);
        file.lines().line_col(&file.text, span.end)
    }

    /// All files with their ids, in the order of adding.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(i, file)| (FileId(i as u32), file))
    }
}
