//! The shape of a text: outline, folds, selections, links, colours, lines above plans.

use switchback::ide::{self, OutlineItem, OutlineKind, TokenKind};
use switchback::vocabulary::DeclKind;
use tower_lsp::lsp_types::*;

use super::Asked;
use crate::convert::{Places, uri_of};
use crate::documents::path_of;
use crate::snapshot::Snapshot;

/// What a declaration is for the client.
pub fn kind_of(kind: Option<DeclKind>) -> SymbolKind {
    match kind {
        Some(DeclKind::Service) => SymbolKind::CLASS,
        Some(DeclKind::Database) => SymbolKind::STRUCT,
        Some(DeclKind::Plan) => SymbolKind::FUNCTION,
        Some(DeclKind::Release) => SymbolKind::PACKAGE,
        Some(DeclKind::Strategy) => SymbolKind::INTERFACE,
        Some(DeclKind::Policy) => SymbolKind::NAMESPACE,
        Some(DeclKind::Gate) => SymbolKind::EVENT,
        Some(DeclKind::Environment) => SymbolKind::MODULE,
        Some(_) => SymbolKind::OBJECT,
        None => SymbolKind::VARIABLE,
    }
}

/// The outline of a text.
pub fn outline(
    snapshot: &Snapshot,
    params: &DocumentSymbolParams,
) -> Option<DocumentSymbolResponse> {
    let asked = Asked::alone(snapshot, &params.text_document.uri)?;
    let file = asked.view.file(&asked.path)?;
    let items = ide::outline(asked.text(), &file.tree);
    let items = items.iter().map(|item| symbol(snapshot, &asked, item));
    Some(DocumentSymbolResponse::Nested(items.collect()))
}

#[expect(
    deprecated,
    reason = "the protocol's structure has a field that it deprecates"
)]
fn symbol(snapshot: &Snapshot, asked: &Asked, item: &OutlineItem) -> DocumentSymbol {
    let children = item.children.iter();
    DocumentSymbol {
        name: item.name.clone(),
        detail: Some(item.detail.clone()),
        kind: match item.kind {
            OutlineKind::Decl(kind) => kind_of(Some(kind)),
            OutlineKind::Version => SymbolKind::ENUM_MEMBER,
            OutlineKind::Step => SymbolKind::METHOD,
            OutlineKind::Table => SymbolKind::FIELD,
            OutlineKind::Mark => SymbolKind::KEY,
        },
        tags: None,
        deprecated: None,
        range: asked.range(snapshot, item.whole.range()),
        selection_range: asked.range(snapshot, item.span.range()),
        children: Some(
            children
                .map(|child| symbol(snapshot, asked, child))
                .collect(),
        ),
    }
}

/// What folds.
pub fn foldings(snapshot: &Snapshot, params: &FoldingRangeParams) -> Option<Vec<FoldingRange>> {
    let asked = Asked::alone(snapshot, &params.text_document.uri)?;
    let file = asked.view.file(&asked.path)?;
    let all = ide::foldings(asked.text(), &file.tree).into_iter();
    let all = all.map(|(range, is_comment)| {
        let range = asked.range(snapshot, range);
        FoldingRange {
            start_line: range.start.line,
            // the line of the closing brace stays in sight
            end_line: match is_comment {
                true => range.end.line,
                false => range.end.line.saturating_sub(1).max(range.start.line),
            },
            kind: is_comment.then_some(FoldingRangeKind::Comment),
            ..FoldingRange::default()
        }
    });
    Some(all.filter(|fold| fold.end_line > fold.start_line).collect())
}

/// What selections grow to.
pub fn selections(
    snapshot: &Snapshot,
    params: &SelectionRangeParams,
) -> Option<Vec<SelectionRange>> {
    let asked = Asked::alone(snapshot, &params.text_document.uri)?;
    let file = asked.view.file(&asked.path)?;
    let of = |position: &Position| {
        let offset = asked.offset(snapshot, *position);
        let ranges = ide::selections(asked.text(), &file.tree, offset);
        let mut parent = None;
        for range in ranges.into_iter().rev() {
            parent = Some(Box::new(SelectionRange {
                range: asked.range(snapshot, range),
                parent,
            }));
        }
        parent.map_or_else(
            || SelectionRange {
                range: Range::new(*position, *position),
                parent: None,
            },
            |selection| *selection,
        )
    };
    Some(params.positions.iter().map(of).collect())
}

/// Texts that name files.
pub fn links(snapshot: &Snapshot, params: &DocumentLinkParams) -> Option<Vec<DocumentLink>> {
    let asked = Asked::alone(snapshot, &params.text_document.uri)?;
    let loader = snapshot.loader();
    let all = ide::links(&asked.view, &loader, asked.file).into_iter();
    Some(
        all.filter(|link| !link.target.is_dir())
            .filter_map(|link| {
                Some(DocumentLink {
                    range: asked.range(snapshot, link.span.range()),
                    target: Some(uri_of(snapshot, &link.target)?),
                    tooltip: None,
                    data: None,
                })
            })
            .collect(),
    )
}

/// The kinds of words, in the order of [`TokenKind::ALL`], with the names that themes know.
pub fn legend() -> SemanticTokensLegend {
    let of = |kind: TokenKind| match kind {
        TokenKind::Keyword => SemanticTokenType::KEYWORD,
        TokenKind::Thing => SemanticTokenType::CLASS,
        TokenKind::Version => SemanticTokenType::ENUM_MEMBER,
        TokenKind::Measure => SemanticTokenType::EVENT,
        TokenKind::Plan => SemanticTokenType::FUNCTION,
        TokenKind::Step => SemanticTokenType::METHOD,
        TokenKind::Name => SemanticTokenType::VARIABLE,
        TokenKind::Parameter => SemanticTokenType::PARAMETER,
        TokenKind::Rule => SemanticTokenType::DECORATOR,
        TokenKind::Number => SemanticTokenType::NUMBER,
        TokenKind::Choice => SemanticTokenType::TYPE,
    };
    SemanticTokensLegend {
        token_types: TokenKind::ALL.into_iter().map(of).collect(),
        token_modifiers: vec![SemanticTokenModifier::DECLARATION],
    }
}

/// The colours of a text, or of the part of it that is shown.
pub fn tokens(
    snapshot: &Snapshot,
    document: &TextDocumentIdentifier,
    within: Option<Range>,
) -> Option<SemanticTokens> {
    let asked = Asked::alone(snapshot, &document.uri)?;
    let within = within.map(|range| asked.bytes(snapshot, range));
    let mut data = Vec::new();
    let mut last = Position::default();
    for token in ide::tokens(&asked.view, asked.file) {
        let bytes = token.span.range();
        if within
            .as_ref()
            .is_some_and(|within| bytes.end <= within.start || within.end <= bytes.start)
        {
            continue;
        }
        let range = asked.range(snapshot, bytes);
        let delta_line = range.start.line - last.line;
        let delta_start = match delta_line {
            0 => range.start.character - last.character,
            _ => range.start.character,
        };
        let kinds = TokenKind::ALL.iter();
        data.push(SemanticToken {
            delta_line,
            delta_start,
            length: range.end.character.saturating_sub(range.start.character),
            token_type: kinds.take_while(|kind| **kind != token.kind).count() as u32,
            token_modifiers_bitset: u32::from(token.is_declaration),
        });
        last = range.start;
    }
    Some(SemanticTokens {
        result_id: None,
        data,
    })
}

/// What is known of each plan, above it.
pub fn lenses(snapshot: &Snapshot, params: &CodeLensParams) -> Option<Vec<CodeLens>> {
    let path = path_of(&params.text_document.uri)?;
    let checked = snapshot.checked();
    let uri = params.text_document.uri.as_str();
    let report = match snapshot.can.opens_reports {
        true => "switchback.openReport",
        false => super::commands::REPORT,
    };
    let mut all = Vec::new();
    for told in &checked.parts {
        let sources = &told.part.sources;
        let places = Places::new(snapshot, sources);
        for lens in ide::lenses(&told.part.plans) {
            if sources.file(lens.span.file).path != path {
                continue;
            }
            all.push(CodeLens {
                range: places.range(lens.span),
                command: Some(Command::new(lens.title, String::new(), None)),
                data: None,
            });
            if lens.is_base {
                let commands = [
                    (
                        "open the report",
                        report,
                        vec![uri.into(), lens.plan.into()],
                    ),
                    ("check again", super::commands::CHECK, Vec::new()),
                ];
                all.extend(commands.map(|(title, command, arguments)| CodeLens {
                    range: places.range(lens.span),
                    command: Some(Command::new(
                        title.to_string(),
                        command.to_string(),
                        Some(arguments),
                    )),
                    data: None,
                }));
            }
        }
    }
    Some(all)
}
