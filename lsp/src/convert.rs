//! Places and findings in the words of the protocol.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use switchback::diagnostic::{Diagnostic as Finding, Edit, Severity};
use switchback::ide::finding_text;
use switchback::source::{FileId, SourceMap, Span};
use tower_lsp::lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag,
    DocumentChanges, Location, NumberOrString, OneOf, OptionalVersionedTextDocumentIdentifier,
    Range, TextDocumentEdit, TextEdit, Url, WorkspaceEdit,
};

use crate::position::Lines;
use crate::snapshot::Snapshot;

/// The places of one source map, as the client counts them.
pub struct Places<'a> {
    snapshot: &'a Snapshot,
    sources: &'a SourceMap,
    lines: RefCell<HashMap<FileId, Lines>>,
}

impl<'a> Places<'a> {
    /// The places of `sources`.
    pub fn new(snapshot: &'a Snapshot, sources: &'a SourceMap) -> Self {
        Places {
            snapshot,
            sources,
            lines: RefCell::default(),
        }
    }

    /// A place as lines and columns.
    pub fn range(&self, span: Span) -> Range {
        let text = &self.sources.file(span.file).text;
        let mut lines = self.lines.borrow_mut();
        let lines = lines.entry(span.file).or_insert_with(|| Lines::new(text));
        lines.range(text, span.range(), self.snapshot.can.encoding)
    }

    /// What the client calls a file; `None` for what is none.
    pub fn uri(&self, file: FileId) -> Option<Url> {
        uri_of(self.snapshot, &self.sources.file(file).path)
    }

    /// A place with its file.
    pub fn location(&self, span: Span) -> Option<Location> {
        Some(Location::new(self.uri(span.file)?, self.range(span)))
    }

    /// Edits of any files, with the versions of those that are open.
    pub fn edit(&self, edits: &[Edit]) -> Option<WorkspaceEdit> {
        let mut files: Vec<FileId> = edits.iter().map(|edit| edit.span.file).collect();
        files.sort();
        files.dedup();
        let mut changed: Vec<(Url, Option<i32>, Vec<TextEdit>)> = Vec::new();
        for file in files {
            let uri = self.uri(file)?;
            let document = self.snapshot.documents.get(&self.sources.file(file).path);
            let own = edits.iter().filter(|edit| edit.span.file == file);
            let own = own.map(|edit| TextEdit::new(self.range(edit.span), edit.text.clone()));
            changed.push((uri, document.map(|open| open.version), own.collect()));
        }
        Some(workspace_edit(self.snapshot, changed))
    }

    /// A finding. One of the protocol's diagnostics stands for all of its places.
    pub fn diagnostic(&self, found: &Finding) -> Diagnostic {
        let mut message = finding_text(found);
        let mut related = Vec::new();
        let mut add = |span: Span, text: String| {
            related.extend(
                self.location(span)
                    .map(|location| DiagnosticRelatedInformation {
                        location,
                        message: text,
                    }),
            );
        };
        for label in found.labels.iter().skip(1) {
            add(label.span, label.text.clone());
        }
        for (number, event) in found.run.iter().enumerate() {
            let at = event.at.map_or(String::new(), |at| {
                format!(" after {}", switchback::units::Duration::from_secs(at))
            });
            let text = format!("{}.{at} {}", number + 1, event.event);
            match event.span {
                Some(span) if self.snapshot.can.related_information => add(span, text),
                _ => message.push_str(&format!("\nrun: {text}")),
            }
        }
        let unused = found.rule.name == "unused-allow";
        Diagnostic {
            range: self.range(found.span()),
            severity: Some(match found.severity {
                Severity::Error => DiagnosticSeverity::ERROR,
                Severity::Warning => DiagnosticSeverity::WARNING,
                Severity::Advice => DiagnosticSeverity::INFORMATION,
            }),
            code: Some(NumberOrString::String(found.rule.name.to_string())),
            code_description: self
                .snapshot
                .can
                .rule_links
                .then(|| Url::parse(&format!("switchback-rule:{}.md", found.rule.name)).ok())
                .flatten()
                .map(|href| CodeDescription { href }),
            source: Some("switchback".to_string()),
            message,
            related_information: (self.snapshot.can.related_information && !related.is_empty())
                .then_some(related),
            tags: unused.then(|| vec![DiagnosticTag::UNNECESSARY]),
            data: None,
        }
    }
}

/// What the client calls the file of a path: for an open one, what it said itself.
pub fn uri_of(snapshot: &Snapshot, path: &Path) -> Option<Url> {
    match snapshot.documents.get(path) {
        Some(document) => Some(document.uri.clone()),
        None => Url::from_file_path(path).ok(),
    }
}

/// Edits of several files, in the form that the client can apply.
pub fn workspace_edit(
    snapshot: &Snapshot,
    changed: Vec<(Url, Option<i32>, Vec<TextEdit>)>,
) -> WorkspaceEdit {
    if !snapshot.can.document_changes {
        let changes = changed.into_iter().map(|(uri, _, edits)| (uri, edits));
        return WorkspaceEdit::new(changes.collect());
    }
    let changes = changed.into_iter().map(|(uri, version, edits)| {
        let text_document = OptionalVersionedTextDocumentIdentifier { uri, version };
        TextDocumentEdit {
            text_document,
            edits: edits.into_iter().map(OneOf::Left).collect(),
        }
    });
    WorkspaceEdit {
        document_changes: Some(DocumentChanges::Edits(changes.collect())),
        ..WorkspaceEdit::default()
    }
}
