//! The files that an answer is read from.

use std::path::{Path, PathBuf};

use crate::model::{Model, Overrides, Project, ProjectFile, load};
use crate::source::{FileId, Loader, SourceMap, Span};

use super::names::Names;

/// Plan files with their names, and the model of the base. Nothing is judged.
#[derive(Debug)]
pub struct View {
    /// The plan files.
    pub project: Project,
    /// The model of the base.
    pub model: Model,
    /// Every name in them.
    pub names: Names,
}

impl View {
    /// Reads plan files and what they name. `base` is the folder that shown paths are relative to.
    pub fn open(loader: &dyn Loader, base: &Path, entries: &[PathBuf]) -> View {
        let mut project = load(loader, SourceMap::new(), base, entries);
        let (model, _) = project.build(loader, &Overrides::default());
        let names = Names::of(&project);
        View {
            project,
            model,
            names,
        }
    }

    /// The plan file of that path.
    pub fn file(&self, path: &Path) -> Option<&ProjectFile> {
        let sources = &self.project.sources;
        let mut files = self.project.files.iter();
        files.find(|file| sources.file(file.id).path == path)
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &str {
        &self.project.sources.file(file).text
    }

    /// The text of a place.
    pub fn slice(&self, span: Span) -> &str {
        self.project.sources.text(span)
    }

    /// Name, line and column of a place, for people: `plan.swb:30`.
    pub fn shown(&self, span: Span) -> String {
        let sources = &self.project.sources;
        let file = sources.file(span.file);
        format!("{}:{}", file.name, sources.start(span).line)
    }

    /// The `##` lines of a declaration without their marks, as one text.
    pub fn doc(&self, doc: Option<Span>) -> String {
        let Some(doc) = doc else {
            return String::new();
        };
        let lines = self.slice(doc).lines();
        let lines: Vec<&str> = lines
            .map(|line| line.trim().trim_start_matches('#').trim())
            .collect();
        lines.join("\n")
    }
}
