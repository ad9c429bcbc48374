//! From a name to where it is declared and used, and to another name.

use switchback::ide::{self, Symbol, Waiting};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::*;

use super::{Asked, alone_at, together_at};
use crate::convert::{Places, uri_of};
use crate::documents::path_of;
use crate::snapshot::Snapshot;

/// Where a name is declared: in a plan file, or the file that it names.
pub fn definition(
    snapshot: &Snapshot,
    params: &GotoDefinitionParams,
) -> Option<GotoDefinitionResponse> {
    let (asked, offset) = alone_at(snapshot, &params.text_document_position_params)?;
    let name = asked.view.names.at(asked.file, offset)?;
    let location = match &name.symbol {
        Symbol::File(_) | Symbol::Migration(..) => {
            let loader = snapshot.loader();
            let links = ide::links(&asked.view, &loader, asked.file);
            let link = links.into_iter().find(|link| link.span == name.span)?;
            Location::new(uri_of(snapshot, &link.target)?, Range::default())
        }
        symbol => {
            let declared = asked.view.names.declaration(symbol)?;
            asked.places(snapshot).location(declared.span)?
        }
    };
    Some(GotoDefinitionResponse::Scalar(location))
}

/// Everywhere a name is written.
pub fn references(snapshot: &Snapshot, params: &ReferenceParams) -> Option<Vec<Location>> {
    let (asked, offset) = together_at(snapshot, &params.text_document_position)?;
    let names = &asked.view.names;
    let symbol = &names.at(asked.file, offset)?.symbol;
    let places = asked.places(snapshot);
    let found = names
        .of_symbol(symbol)
        .filter(|name| params.context.include_declaration || !name.is_declaration)
        .filter_map(|name| places.location(name.span));
    Some(found.collect())
}

/// Everywhere a name is written in this text.
pub fn highlight(
    snapshot: &Snapshot,
    params: &DocumentHighlightParams,
) -> Option<Vec<DocumentHighlight>> {
    let (asked, offset) = alone_at(snapshot, &params.text_document_position_params)?;
    let names = &asked.view.names;
    let symbol = &names.at(asked.file, offset)?.symbol;
    let own = names.in_file(asked.file).iter();
    let own = own.filter(|name| name.symbol == *symbol);
    Some(
        own.map(|name| DocumentHighlight {
            range: asked.range(snapshot, name.span.range()),
            kind: Some(match name.is_declaration {
                true => DocumentHighlightKind::WRITE,
                false => DocumentHighlightKind::READ,
            }),
        })
        .collect(),
    )
}

fn refused(problem: &ide::RenameProblem) -> Error {
    Error::invalid_params(problem.to_string())
}

/// Whether the name here can be changed, and which text that is.
pub fn prepare_rename(
    snapshot: &Snapshot,
    params: &TextDocumentPositionParams,
) -> Result<Option<PrepareRenameResponse>> {
    let Some((asked, offset)) = alone_at(snapshot, params) else {
        return Ok(None);
    };
    let span = ide::renamed(&asked.view, asked.file, offset).map_err(|why| refused(&why))?;
    Ok(Some(PrepareRenameResponse::RangeWithPlaceholder {
        range: asked.range(snapshot, span.range()),
        placeholder: asked.view.slice(span).to_string(),
    }))
}

/// The edits that give a name another one, in all plan files.
pub fn rename(snapshot: &Snapshot, params: &RenameParams) -> Result<Option<WorkspaceEdit>> {
    let Some((asked, offset)) = together_at(snapshot, &params.text_document_position) else {
        return Ok(None);
    };
    let edits = ide::rename(&asked.view, asked.file, offset, &params.new_name);
    let edits = edits.map_err(|why| refused(&why))?;
    Ok(asked.places(snapshot).edit(&edits))
}

/// The names of all plan files that hold a text.
#[expect(
    deprecated,
    reason = "the protocol's structure has a field that it deprecates"
)]
pub fn symbols(snapshot: &Snapshot, params: &WorkspaceSymbolParams) -> Vec<SymbolInformation> {
    let wanted = params.query.to_lowercase();
    let mut found = Vec::new();
    for group in snapshot.groups() {
        let view = snapshot.view(&group);
        let places = Places::new(snapshot, &view.project.sources);
        for name in view.names.all().iter().filter(|name| name.is_declaration) {
            let (kind, container) = match &name.symbol {
                Symbol::Decl(id) => {
                    let decl = view.project.decls.get(id.0);
                    (super::shape::kind_of(decl.map(|decl| decl.kind)), None)
                }
                Symbol::Version(owner, _) => (SymbolKind::ENUM_MEMBER, Some(owner)),
                Symbol::Step(owner, _) => (SymbolKind::METHOD, Some(owner)),
                _ => continue,
            };
            let text = view.slice(name.span);
            if !text.to_lowercase().contains(&wanted) {
                continue;
            }
            let container = container.and_then(|id| view.project.decls.get(id.0));
            found.extend(
                places
                    .location(name.span)
                    .map(|location| SymbolInformation {
                        name: text.to_string(),
                        kind,
                        tags: None,
                        deprecated: None,
                        location,
                        container_name: container.map(|decl| decl.name.clone()),
                    }),
            );
        }
    }
    found
}

/// The step or plan at a place, to ask what it waits for.
pub fn prepare_calls(
    snapshot: &Snapshot,
    params: &CallHierarchyPrepareParams,
) -> Option<Vec<CallHierarchyItem>> {
    let (asked, offset) = together_at(snapshot, &params.text_document_position_params)?;
    let symbol = &asked.view.names.at(asked.file, offset)?.symbol;
    let found = ide::waits_of(&asked.view, symbol)?;
    Some(vec![item(&asked.places(snapshot), &found)?])
}

fn item(places: &Places<'_>, step: &Waiting) -> Option<CallHierarchyItem> {
    Some(CallHierarchyItem {
        name: match step.step.as_str() {
            "" => step.plan.clone(),
            name => format!("{}.{name}", step.plan),
        },
        kind: SymbolKind::METHOD,
        tags: None,
        detail: Some(format!("plan {}", step.plan)),
        uri: places.uri(step.span.file)?,
        range: places.range(step.whole),
        selection_range: places.range(step.span),
        data: Some(serde_json::json!([step.plan, step.step])),
    })
}

/// What an item waits for, and what waits for it: (outgoing, incoming).
fn waiting(
    snapshot: &Snapshot,
    item: &CallHierarchyItem,
) -> Option<(Asked, Vec<Waiting>, Vec<Waiting>)> {
    let names: (String, String) = serde_json::from_value(item.data.clone()?).ok()?;
    path_of(&item.uri)?;
    let asked = Asked::together(snapshot, &item.uri)?;
    let (outgoing, incoming) = ide::waits_for(&asked.view, &names.0, &names.1);
    Some((asked, outgoing, incoming))
}

/// The steps that wait for this one.
pub fn incoming(
    snapshot: &Snapshot,
    params: &CallHierarchyIncomingCallsParams,
) -> Option<Vec<CallHierarchyIncomingCall>> {
    let (asked, _, incoming) = waiting(snapshot, &params.item)?;
    let places = asked.places(snapshot);
    let calls = incoming.iter().filter_map(|step| {
        Some(CallHierarchyIncomingCall {
            from: item(&places, step)?,
            from_ranges: step.said.iter().map(|&span| places.range(span)).collect(),
        })
    });
    Some(calls.collect())
}

/// The steps that this one waits for.
pub fn outgoing(
    snapshot: &Snapshot,
    params: &CallHierarchyOutgoingCallsParams,
) -> Option<Vec<CallHierarchyOutgoingCall>> {
    let (asked, outgoing, _) = waiting(snapshot, &params.item)?;
    let places = asked.places(snapshot);
    let calls = outgoing.iter().filter_map(|step| {
        Some(CallHierarchyOutgoingCall {
            to: item(&places, step)?,
            from_ranges: step.said.iter().map(|&span| places.range(span)).collect(),
        })
    });
    Some(calls.collect())
}
