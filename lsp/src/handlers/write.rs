//! What helps while writing: hover, completion, signatures, layout, answers to findings.

use std::collections::{BTreeMap, HashMap};

use switchback::diagnostic::{Edit, PlanVerdicts};
use switchback::ide::{
    self, ActionKind, CandidateKind, Cursor, Refactoring, RefactoringKind, Trial,
};
use switchback::source::{FileId, SourceMap, Span};
use switchback::syntax::{Tree, parse_with};
use switchback::vocabulary::Blocks;
use tower_lsp::lsp_types::*;

use super::{Asked, alone_at};
use crate::convert::Places;
use crate::documents::path_of;
use crate::formatting;
use crate::position::Lines;
use crate::snapshot::{Checked, Snapshot, is_plan};

fn markdown(value: String) -> MarkupContent {
    MarkupContent {
        kind: MarkupKind::Markdown,
        value,
    }
}

/// What a word means.
pub fn hover(snapshot: &Snapshot, params: &HoverParams) -> Option<Hover> {
    let (asked, offset) = alone_at(snapshot, &params.text_document_position_params)?;
    let found = ide::hover(&asked.view, asked.file, offset)?;
    Some(Hover {
        contents: HoverContents::Markup(markdown(found.text)),
        range: Some(asked.range(snapshot, found.span.range())),
    })
}

/// What may be written here.
pub fn completion(snapshot: &Snapshot, params: &CompletionParams) -> Option<CompletionResponse> {
    let (asked, offset) = alone_at(snapshot, &params.text_document_position)?;
    let loader = snapshot.loader();
    let candidates = ide::complete(&asked.view, &loader, &asked.path, offset);
    let items = candidates.into_iter().enumerate().map(|(at, candidate)| {
        let snippets = snapshot.can.snippets;
        let insert = match candidate.is_snippet && !snippets {
            true => plain(&candidate.insert),
            false => candidate.insert,
        };
        CompletionItem {
            label: candidate.label.clone(),
            kind: Some(match candidate.kind {
                CandidateKind::Keyword => CompletionItemKind::KEYWORD,
                CandidateKind::Name => CompletionItemKind::REFERENCE,
                CandidateKind::Value => CompletionItemKind::VALUE,
                CandidateKind::Operator => CompletionItemKind::OPERATOR,
                CandidateKind::Choice => CompletionItemKind::ENUM_MEMBER,
                CandidateKind::File => CompletionItemKind::FILE,
                CandidateKind::Folder => CompletionItemKind::FOLDER,
                CandidateKind::Rule => CompletionItemKind::CONSTANT,
                CandidateKind::Migration => CompletionItemKind::EVENT,
                CandidateKind::Parameter => CompletionItemKind::VARIABLE,
            }),
            detail: (!candidate.detail.is_empty()).then_some(candidate.detail),
            documentation: (!candidate.doc.is_empty())
                .then(|| Documentation::MarkupContent(markdown(candidate.doc))),
            sort_text: Some(format!("{at:04}")),
            filter_text: Some(candidate.label),
            insert_text_format: Some(match candidate.is_snippet && snippets {
                true => InsertTextFormat::SNIPPET,
                false => InsertTextFormat::PLAIN_TEXT,
            }),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(
                asked.range(snapshot, candidate.replace),
                insert,
            ))),
            ..CompletionItem::default()
        }
    });
    Some(CompletionResponse::Array(items.collect()))
}

/// A snippet for a client that has none: up to its first place, without what follows.
fn plain(snippet: &str) -> String {
    let end = snippet.find('$').unwrap_or(snippet.len());
    let text = snippet.get(..end).unwrap_or(snippet);
    text.trim_end_matches(['"', '\n', '{', ' ']).to_string()
}

/// The forms of the statement that is being written.
pub fn signature_help(snapshot: &Snapshot, params: &SignatureHelpParams) -> Option<SignatureHelp> {
    let (asked, offset) = alone_at(snapshot, &params.text_document_position_params)?;
    let file = asked.view.file(&asked.path)?;
    let cursor = Cursor::new(asked.text(), &file.tree, offset);
    let found = ide::signatures(&cursor);
    let active = found
        .iter()
        .position(|one| one.fits && one.active.is_some());
    let active = active.or_else(|| found.iter().position(|one| one.fits));
    let utf16 = |label: &str, byte: usize| {
        let before = label.get(..byte).unwrap_or(label);
        u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX)
    };
    let signatures: Vec<SignatureInformation> = found
        .into_iter()
        .map(|one| SignatureInformation {
            parameters: Some(
                one.parameters
                    .iter()
                    .map(|(range, wanted)| ParameterInformation {
                        label: ParameterLabel::LabelOffsets([
                            utf16(&one.label, range.start),
                            utf16(&one.label, range.end),
                        ]),
                        documentation: Some(Documentation::String(wanted.clone())),
                    })
                    .collect(),
            ),
            active_parameter: one.active.and_then(|at| u32::try_from(at).ok()),
            documentation: Some(Documentation::String(one.doc.to_string())),
            label: one.label,
        })
        .collect();
    let active_parameter = active.and_then(|at| signatures.get(at)?.active_parameter);
    (!signatures.is_empty()).then_some(SignatureHelp {
        signatures,
        active_signature: active.and_then(|at| u32::try_from(at).ok()),
        active_parameter,
    })
}

/// The text of an open plan document.
fn open_text<'a>(snapshot: &'a Snapshot, uri: &Url) -> Option<&'a str> {
    let path = path_of(uri).filter(|path| is_plan(path))?;
    Some(&snapshot.documents.get(&path)?.text)
}

fn text_edits(
    snapshot: &Snapshot,
    text: &str,
    edits: Vec<(std::ops::Range<usize>, String)>,
) -> Vec<TextEdit> {
    let lines = Lines::new(text);
    let encoding = snapshot.can.encoding;
    let edits = edits.into_iter();
    edits
        .map(|(range, new)| TextEdit::new(lines.range(text, range, encoding), new))
        .collect()
}

/// The one layout of a document.
pub fn formatting(snapshot: &Snapshot, params: &DocumentFormattingParams) -> Option<Vec<TextEdit>> {
    let text = open_text(snapshot, &params.text_document.uri)?;
    Some(text_edits(snapshot, text, formatting::edits(text)))
}

/// The blanks of the line that is being written.
pub fn on_type_formatting(
    snapshot: &Snapshot,
    params: &DocumentOnTypeFormattingParams,
) -> Option<Vec<TextEdit>> {
    let at = &params.text_document_position;
    let text = open_text(snapshot, &at.text_document.uri)?;
    let offset = Lines::new(text).offset(text, at.position, snapshot.can.encoding);
    // `}` behind something else may belong to it
    let before = text.get(..offset)?.rsplit('\n').next().unwrap_or("");
    if params.ch == "}" && before.trim() != "}" {
        return Some(Vec::new());
    }
    let edits = formatting::indent(text, offset).into_iter().collect();
    Some(text_edits(snapshot, text, edits))
}

/// The one layout of a part.
pub fn range_formatting(
    snapshot: &Snapshot,
    params: &DocumentRangeFormattingParams,
) -> Option<Vec<TextEdit>> {
    let text = open_text(snapshot, &params.text_document.uri)?;
    let lines = Lines::new(text);
    let encoding = snapshot.can.encoding;
    let start = lines.offset(text, params.range.start, encoding);
    let end = lines.offset(text, params.range.end, encoding);
    let edits = formatting::edits_within(text, start..end.max(start + 1));
    Some(text_edits(snapshot, text, edits))
}

/// The answers to the findings in a range: fixes, acceptance, the page of the rule.
pub fn code_action(snapshot: &Snapshot, params: &CodeActionParams) -> Option<CodeActionResponse> {
    let path = path_of(&params.text_document.uri)?;
    let wanted = |kind: &CodeActionKind| match &params.context.only {
        Some(only) => only
            .iter()
            .any(|own| kind.as_str() == own.as_str() || own == &CodeActionKind::EMPTY),
        None => true,
    };
    let checked = snapshot.checked();
    let mut answers = refactorings(snapshot, params, &checked);
    answers.retain(|answer| match answer {
        CodeActionOrCommand::CodeAction(action) => action.kind.as_ref().is_none_or(wanted),
        CodeActionOrCommand::Command(_) => true,
    });
    let loader = snapshot.loader();
    let base = snapshot.alone(&path).base;
    let parts = checked.parts.iter();
    for told in parts.filter(|_| wanted(&CodeActionKind::QUICKFIX)) {
        let sources = &told.part.sources;
        let places = Places::new(snapshot, sources);
        let mut trees: Trees = Trees::new();
        let mut trial: Option<Trial<'_>> = None;
        for found in &told.findings {
            let file = sources.file(found.span().file);
            if file.path != path || !touches(places.range(found.span()), params.range) {
                continue;
            }
            for label in &found.labels {
                read_tree(&mut trees, sources, label.span.file);
            }
            let tree_of = |span: Span| trees.get(&span.file);
            let diagnostic = places.diagnostic(found);
            let mut is_accepted = false;
            for action in ide::actions(found, sources, &tree_of) {
                if action.kind != ActionKind::Fix {
                    // in its step if that accepts it, else in its plan; nowhere if a policy forbids it
                    let trial =
                        trial.get_or_insert_with(|| Trial::new(sources, &loader, &base, &path));
                    let gone = trial.removes(&action.edits, found.rule.name, &found.message);
                    let good = gone.unwrap_or(action.kind == ActionKind::Allow);
                    if is_accepted || !good {
                        continue;
                    }
                    is_accepted = true;
                }
                let Some(edit) = places.edit(&laid_out(sources, action.edits)) else {
                    continue;
                };
                answers.push(CodeActionOrCommand::CodeAction(CodeAction {
                    title: action.title,
                    kind: Some(CodeActionKind::QUICKFIX),
                    diagnostics: Some(vec![diagnostic.clone()]),
                    edit: Some(edit),
                    is_preferred: Some(action.is_preferred && action.kind == ActionKind::Fix),
                    ..CodeAction::default()
                }));
            }
            let title = format!("explain `{}`", found.rule.name);
            let known = |answer: &CodeActionOrCommand| match answer {
                CodeActionOrCommand::CodeAction(action) => action.title == title,
                CodeActionOrCommand::Command(command) => command.title == title,
            };
            if !answers.iter().any(known) {
                answers.push(CodeActionOrCommand::CodeAction(CodeAction {
                    title: title.clone(),
                    kind: Some(CodeActionKind::QUICKFIX),
                    diagnostics: Some(vec![diagnostic]),
                    command: Some(Command::new(
                        title,
                        super::commands::EXPLAIN.to_string(),
                        Some(vec![found.rule.name.into()]),
                    )),
                    ..CodeAction::default()
                }));
            }
        }
    }
    Some(answers)
}

/// The changes of the plan around the selection, and the facts that its findings lack.
fn refactorings(
    snapshot: &Snapshot,
    params: &CodeActionParams,
    checked: &Checked,
) -> CodeActionResponse {
    let Some(asked) = Asked::alone(snapshot, &params.text_document.uri) else {
        return Vec::new();
    };
    let selection = asked.bytes(snapshot, params.range);
    let verdicts = checked.parts.iter().flat_map(|told| {
        let sources = &told.part.sources;
        let plans = told.part.plans.iter();
        plans.filter(|plan| sources.file(plan.span.file).path == asked.path)
    });
    // the same file has another number there
    let verdicts: Vec<PlanVerdicts> = verdicts
        .map(|plan| in_file(plan.clone(), asked.file))
        .collect();
    let mut all = ide::refactorings(&asked.view, &verdicts, asked.file, selection);
    for told in &checked.parts {
        let places = Places::new(snapshot, &told.part.sources);
        for found in &told.findings {
            let file = told.part.sources.file(found.span().file);
            if file.path == asked.path && touches(places.range(found.span()), params.range) {
                let facts = found.missing.iter();
                all.extend(
                    facts.filter_map(|fact| ide::missing_fact(&asked.view, asked.file, fact)),
                );
            }
        }
    }
    let mut known: Vec<String> = Vec::new();
    all.retain(|change| {
        let is_new = !known.contains(&change.title);
        known.push(change.title.clone());
        is_new
    });
    let loader = snapshot.loader();
    let base = snapshot.alone(&asked.path).base;
    let sources = &asked.view.project.sources;
    let trial = all
        .iter()
        .any(Refactoring::is_tried)
        .then(|| Trial::new(sources, &loader, &base, &asked.path));
    all.retain(|change| {
        let good = trial
            .as_ref()
            .is_some_and(|trial| trial.is_good(&change.edits));
        !change.is_tried() || good
    });
    let places = asked.places(snapshot);
    let answers = all.into_iter().filter_map(|change| {
        Some(CodeActionOrCommand::CodeAction(CodeAction {
            title: change.title,
            kind: Some(match change.kind {
                RefactoringKind::Extract => CodeActionKind::REFACTOR_EXTRACT,
                RefactoringKind::Rewrite => CodeActionKind::REFACTOR_REWRITE,
                RefactoringKind::Declare => CodeActionKind::QUICKFIX,
            }),
            edit: Some(places.edit(&laid_out(&asked.view.project.sources, change.edits))?),
            ..CodeAction::default()
        }))
    });
    answers.collect()
}

/// The verdicts of a plan with the number that its file has in another source map.
fn in_file(mut plan: PlanVerdicts, file: FileId) -> PlanVerdicts {
    let own = plan.span.file;
    plan.span.file = file;
    // a step of a strategy stands elsewhere
    plan.no_way_back = plan.no_way_back.filter(|line| line.step.file == own);
    if let Some(line) = &mut plan.no_way_back {
        line.step.file = file;
    }
    plan
}

/// Edits with what they make plan files need to stay laid out.
fn laid_out(sources: &SourceMap, edits: Vec<Edit>) -> Vec<Edit> {
    let mut files: BTreeMap<FileId, Vec<(std::ops::Range<usize>, String)>> = BTreeMap::new();
    for edit in edits {
        let own = files.entry(edit.span.file).or_default();
        own.push((edit.span.range(), edit.text));
    }
    let mut all = Vec::new();
    for (id, mut own) in files {
        let file = sources.file(id);
        if is_plan(&file.path) {
            own = formatting::kept_laid_out(&file.text, own);
        }
        all.extend(own.into_iter().map(|(range, text)| Edit {
            span: Span::new(id, range.start, range.end),
            text,
        }));
    }
    all
}

type Trees = HashMap<FileId, Tree>;

/// Reads a plan file of a part: what was judged is not kept.
fn read_tree(trees: &mut Trees, sources: &SourceMap, id: FileId) {
    let file = sources.file(id);
    if is_plan(&file.path) {
        trees
            .entry(id)
            .or_insert_with(|| parse_with(id, &file.text, &Blocks, &mut Vec::new()));
    }
}

fn touches(one: Range, other: Range) -> bool {
    one.start <= other.end && other.start <= one.end
}

/// The hints of a range.
pub fn inlay_hint(snapshot: &Snapshot, params: &InlayHintParams) -> Option<Vec<InlayHint>> {
    let asked = Asked::alone(snapshot, &params.text_document.uri)?;
    let within = asked.bytes(snapshot, params.range);
    let mut hints = ide::hints(&asked.view, asked.file);
    // what is computed is shown once it is, and not waited for
    let checked = snapshot.known();
    let parts = checked.iter().flat_map(|checked| &checked.parts);
    for told in parts {
        let sources = &told.part.sources;
        let own = |plan: &&PlanVerdicts| {
            let is_own = sources.file(plan.span.file).path == asked.path;
            is_own && plan.environment.is_none()
        };
        let plans = told.part.plans.iter().filter(own);
        let plans = plans.map(|plan| in_file(plan.clone(), asked.file));
        hints.extend(plans.filter_map(|plan| ide::line_hint(&plan)));
    }
    let hints = hints
        .into_iter()
        .filter(|hint| within.start <= hint.offset && hint.offset <= within.end);
    Some(
        hints
            .map(|hint| InlayHint {
                position: asked.range(snapshot, hint.offset..hint.offset).start,
                label: InlayHintLabel::String(hint.text),
                kind: None,
                text_edits: None,
                tooltip: Some(InlayHintTooltip::String(hint.tooltip)),
                padding_left: Some(true),
                padding_right: None,
                data: None,
            })
            .collect(),
    )
}
