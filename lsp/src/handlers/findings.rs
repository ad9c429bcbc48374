//! The findings of a document, for a client that asks for them.

use std::hash::{DefaultHasher, Hash, Hasher};

use tower_lsp::lsp_types::*;

use crate::documents::path_of;
use crate::publish::merged;
use crate::snapshot::Snapshot;

/// The findings of a document, or that they are those that the client knows.
pub fn of_document(
    snapshot: &Snapshot,
    params: &DocumentDiagnosticParams,
) -> DocumentDiagnosticReportResult {
    let checked = snapshot.checked();
    let path = path_of(&params.text_document.uri);
    let own = path.and_then(|path| checked.files.get(&path));
    let items = own.map_or_else(Vec::new, |own| merged(own));
    let result_id = name_of(&items);
    if params.previous_result_id.as_ref() == Some(&result_id) {
        let report = UnchangedDocumentDiagnosticReport { result_id };
        return DocumentDiagnosticReport::Unchanged(RelatedUnchangedDocumentDiagnosticReport {
            related_documents: None,
            unchanged_document_diagnostic_report: report,
        })
        .into();
    }
    let report = FullDocumentDiagnosticReport {
        result_id: Some(result_id),
        items,
    };
    DocumentDiagnosticReport::Full(RelatedFullDocumentDiagnosticReport {
        related_documents: None,
        full_document_diagnostic_report: report,
    })
    .into()
}

/// A name that the same findings have again.
fn name_of(items: &[Diagnostic]) -> String {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(items).ok().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
