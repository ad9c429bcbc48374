//! Reads the files of one folder into the source map, within limits, and says what went wrong.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::names::printable;
use super::rules::{SQL_NOT_UNDERSTOOD, TOO_MANY_MIGRATIONS, UNREADABLE_FILE};
use super::{Engine, Script, Split, Transaction};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::{FileId, LoadError, Loader, SourceMap, Span};

/// The most bytes that are read from one folder (256 MiB).
pub const MAX_TOTAL_BYTES: usize = 256 * 1024 * 1024;

/// One folder being read.
pub(super) struct Reader<'a> {
    pub loader: &'a dyn Loader,
    pub sources: &'a mut SourceMap,
    pub findings: &'a mut Findings,
    folder: &'a Path,
    /// The folder with links resolved; files outside of it are not read.
    real: PathBuf,
    shown: &'a str,
    /// The place in the plan that names the folder.
    pub at: Span,
    bytes: usize,
    full: bool,
    /// What was read, by name, so that no file becomes two sources.
    loaded: BTreeMap<String, FileId>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        loader: &'a dyn Loader,
        sources: &'a mut SourceMap,
        findings: &'a mut Findings,
        (folder, shown): (&'a Path, &'a str),
        at: Span,
    ) -> Self {
        let real = loader
            .canonical(folder)
            .unwrap_or_else(|| folder.to_path_buf());
        Reader {
            loader,
            sources,
            findings,
            folder,
            real,
            shown,
            at,
            bytes: 0,
            full: false,
            loaded: BTreeMap::new(),
        }
    }

    /// The path of a file of the folder; `name` may hold `/`.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Its name as shown.
    pub(super) fn shown(&self, name: &str) -> String {
        let shown = self.shown.trim_end_matches('/');
        if shown.is_empty() {
            printable(name)
        } else {
            printable(&format!("{shown}/{name}"))
        }
    }

    /// Reads a file that must be there.
    pub(super) fn read(&mut self, name: &str) -> Option<FileId> {
        if let Some(&file) = self.loaded.get(name) {
            return Some(file);
        }
        match self.load(name) {
            Ok(found) => {
                if let Some(file) = found {
                    self.loaded.insert(name.to_string(), file);
                }
                found
            }
            Err(reason) => {
                let message = format!("cannot read `{}`: {reason}", self.shown(name));
                let finding = Diagnostic::new(&UNREADABLE_FILE, self.at, message)
                    .here("this folder holds the file")
                    .help("make it a readable file of UTF-8 text")
                    .note("what this migration does is unknown");
                self.findings.push(finding);
                None
            }
        }
    }

    /// Reads a file that may be missing.
    pub(super) fn read_if_there(&mut self, name: &str) -> Option<FileId> {
        if self.is_there(name) {
            self.read(name)
        } else {
            None
        }
    }

    /// Whether there is a file or folder of this name.
    pub(super) fn is_there(&self, name: &str) -> bool {
        self.loader.canonical(&self.path(name)).is_some()
    }

    fn load(&mut self, name: &str) -> Result<Option<FileId>, String> {
        if self.full {
            return Ok(None);
        }
        let path = self.path(name);
        match self.loader.canonical(&path) {
            Some(real) if !real.starts_with(&self.real) => {
                return Err("it is a symbolic link that leads out of the migrations folder".into());
            }
            Some(_) => {}
            None => return Err(LoadError::NotFound.reason()),
        }
        let text = self.loader.read(&path).map_err(|error| error.reason())?;
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > MAX_TOTAL_BYTES {
            self.full = true;
            let message = format!(
                "the files of `{}` hold more than {} MiB; the rest is not read",
                printable(self.shown),
                MAX_TOTAL_BYTES / 1024 / 1024
            );
            let finding = Diagnostic::new(&TOO_MANY_MIGRATIONS, self.at, message)
                .help("name the folder that holds the migrations only, without dumps and seeds");
            self.findings.push(finding);
            return Ok(None);
        }
        Ok(Some(self.sources.add(self.shown(name), path, text)))
    }

    /// Adds another view of a file that was read: text of the same length in which every place means
    /// the same place of the file.
    pub(super) fn view(&mut self, file: FileId, text: String) -> FileId {
        let of = self.sources.file(file);
        let (name, path) = (of.name.clone(), of.path.clone());
        self.sources.add_view(name, path, text)
    }

    /// The text of a file that may turn out to be none of the folder's migrations: read without
    /// becoming a source. `None` for what cannot be read.
    pub(super) fn peek(&mut self, name: &str) -> Option<String> {
        let path = self.path(name);
        let real = self.loader.canonical(&path)?;
        if self.full || !real.starts_with(&self.real) {
            return None;
        }
        let text = self.loader.read(&path).ok()?;
        self.bytes = self.bytes.saturating_add(text.len());
        self.full |= self.bytes > MAX_TOTAL_BYTES;
        Some(text)
    }

    /// The text of a file that was read.
    pub(super) fn text(&self, file: FileId) -> &str {
        &self.sources.file(file).text
    }

    /// The whole file.
    pub(super) fn whole(&self, file: FileId) -> Span {
        Span::new(file, 0, self.text(file).len())
    }

    /// The first line of a file, which stands for the file in messages.
    pub(super) fn first_line(&self, file: FileId) -> Span {
        let text = self.text(file);
        let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let line = text.get(start..).unwrap_or("").lines().next().unwrap_or("");
        Span::new(file, start, start + line.len())
    }

    /// A script, cut once to see whether it can be and whether it does anything.
    pub(super) fn script(&mut self, span: Span, how: How, id: &str) -> (Script, Acts) {
        let script = Script {
            file: span.file,
            span,
            transaction: how.transaction,
            goose_blocks: how.goose_blocks,
        };
        let text = self.sources.text(span);
        let cut: Split = super::split(text, how.engine, how.goose_blocks);
        let acts = match cut.does_nothing(text) {
            true if cut.statements.is_empty() => Acts::Without,
            true => Acts::Idle,
            false => Acts::Does,
        };
        for problem in cut.problems.iter().take(1) {
            let (start, end) = (problem.range.start, problem.range.end);
            let place = Span::new(
                span.file,
                span.start as usize + start,
                span.start as usize + end,
            );
            let id = printable(id);
            let finding = Diagnostic::new(&SQL_NOT_UNDERSTOOD, place, problem.kind.message())
                .help(format!(
                    "close it, or say in the database what the migration does: `migration {id} {{ effects ... }}`"
                ))
                .here("opened here")
                .note(format!(
                    "what migration `{id}` does from here on is unknown"
                ))
                .missing(format!("the effects of migration `{id}`"));
            self.findings.push(finding);
        }
        (script, acts)
    }
}

/// What the statements of a script come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acts {
    /// There is none.
    Without,
    /// There are some, and none of them changes anything: `SELECT 1`.
    Idle,
    /// At least one does something.
    Does,
}

/// How a script is run and cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    pub transaction: Transaction,
    pub goose_blocks: bool,
    pub engine: Option<Engine>,
}
