//! One function for each request: a snapshot and the request's parameters in, the answer out.

pub mod commands;
pub mod findings;
pub mod navigate;
pub mod shape;
pub mod write;

use std::path::PathBuf;
use std::sync::Arc;

use switchback::ide::View;
use switchback::source::FileId;
use tower_lsp::lsp_types::{Position, TextDocumentPositionParams, Url};

use crate::convert::Places;
use crate::documents::path_of;
use crate::position::Lines;
use crate::snapshot::{Snapshot, is_plan};

/// A plan file that is asked about.
pub struct Asked {
    /// Its path.
    pub path: PathBuf,
    /// The names and the model.
    pub view: Arc<View>,
    /// The file.
    pub file: FileId,
    lines: Lines,
}

impl Asked {
    /// The file alone, with what it imports. `None` for what is no plan file, or cannot be read.
    pub fn alone(snapshot: &Snapshot, uri: &Url) -> Option<Asked> {
        let path = path_of(uri).filter(|path| is_plan(path))?;
        let view = snapshot.view(&snapshot.alone(&path));
        Asked::of(path, view)
    }

    /// The file with all that are checked together with it.
    pub fn together(snapshot: &Snapshot, uri: &Url) -> Option<Asked> {
        let path = path_of(uri).filter(|path| is_plan(path))?;
        let view = snapshot.view(&snapshot.together(&path));
        Asked::of(path, view)
    }

    fn of(path: PathBuf, view: Arc<View>) -> Option<Asked> {
        let file = view.file(&path)?.id;
        let lines = Lines::new(view.text(file));
        Some(Asked {
            path,
            view,
            file,
            lines,
        })
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.view.text(self.file)
    }

    /// The byte of a position.
    pub fn offset(&self, snapshot: &Snapshot, position: Position) -> usize {
        let encoding = snapshot.can.encoding;
        self.lines.offset(self.text(), position, encoding)
    }

    /// The bytes of a range.
    pub fn bytes(
        &self,
        snapshot: &Snapshot,
        range: tower_lsp::lsp_types::Range,
    ) -> std::ops::Range<usize> {
        self.offset(snapshot, range.start)..self.offset(snapshot, range.end)
    }

    /// Bytes of this text, as lines and columns.
    pub fn range(
        &self,
        snapshot: &Snapshot,
        bytes: std::ops::Range<usize>,
    ) -> tower_lsp::lsp_types::Range {
        let encoding = snapshot.can.encoding;
        self.lines.range(self.text(), bytes, encoding)
    }

    /// Places of any file of the view.
    pub fn places<'a>(&'a self, snapshot: &'a Snapshot) -> Places<'a> {
        Places::new(snapshot, &self.view.project.sources)
    }
}

/// A place in a plan file, with the file alone.
pub fn alone_at(
    snapshot: &Snapshot,
    params: &TextDocumentPositionParams,
) -> Option<(Asked, usize)> {
    let asked = Asked::alone(snapshot, &params.text_document.uri)?;
    let offset = asked.offset(snapshot, params.position);
    Some((asked, offset))
}

/// A place in a plan file, with all that are checked together with it.
pub fn together_at(
    snapshot: &Snapshot,
    params: &TextDocumentPositionParams,
) -> Option<(Asked, usize)> {
    let asked = Asked::together(snapshot, &params.text_document.uri)?;
    let offset = asked.offset(snapshot, params.position);
    Some((asked, offset))
}
