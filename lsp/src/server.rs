//! The server: what it can do, the notifications that change its state, and the requests, each
//! handed to its handler with a snapshot.
//!
//! Every notification changes the state before its first await, and every request takes its snapshot
//! before its first await: handlers run beside one another, and are polled in the order of arrival
//! only up to there.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Handle;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::*;
use tower_lsp::{Client, LanguageServer};

use crate::documents::path_of;
use crate::handlers::{commands, findings, navigate, shape, write};
use crate::parent;
use crate::position::Encoding;
use crate::publish::Publisher;
use crate::snapshot::{ClientCan, Shared, Snapshot};
use crate::worker::{self, Wake};

/// The server of one client.
pub struct Backend {
    client: Client,
    shared: Arc<Shared>,
    wake: Wake,
}

impl Backend {
    /// Starts the server and its worker.
    pub fn start(client: Client, handle: Handle) -> Backend {
        let shared = Arc::new(Shared::default());
        let publisher = Publisher::new(client.clone(), handle);
        let wake = worker::start(Arc::clone(&shared), publisher);
        Backend {
            client,
            shared,
            wake,
        }
    }

    /// Answers on a thread of its own, so that a slow answer keeps no other waiting.
    async fn answer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Snapshot) -> T + Send + 'static,
    ) -> Result<T> {
        let snapshot = self.shared.snapshot();
        let answer = tokio::task::spawn_blocking(move || work(&snapshot));
        // a panic has been printed by its hook
        answer.await.map_err(|_| Error::internal_error())
    }

    /// The text that the server holds of a document, for tests of the synchronisation.
    pub async fn text(&self, params: TextDocumentIdentifier) -> Result<Option<String>> {
        let snapshot = self.shared.snapshot();
        let path = path_of(&params.uri);
        let document = path.and_then(|path| snapshot.documents.get(&path).cloned());
        Ok(document.map(|document| document.text.to_string()))
    }

    fn folders(params: &InitializeParams) -> Vec<PathBuf> {
        // older clients name one folder
        let root = params.root_uri.iter();
        let folders = params.workspace_folders.iter().flatten();
        let mut named: Vec<PathBuf> = folders.filter_map(|folder| path_of(&folder.uri)).collect();
        if named.is_empty() {
            named = root.filter_map(path_of).collect();
        }
        named.sort();
        named.dedup();
        named
    }
}

/// What the client can do with an answer.
fn client_can(params: &InitializeParams) -> ClientCan {
    let all = &params.capabilities;
    let general = all.general.as_ref();
    let encodings = general.and_then(|general| general.position_encodings.as_ref());
    let text = all.text_document.as_ref();
    let workspace = all.workspace.as_ref();
    let option = |name: &str| {
        let options = params.initialization_options.as_ref();
        options.and_then(|options| options.get(name)?.as_bool()) == Some(true)
    };
    ClientCan {
        encoding: match encodings {
            Some(all) if all.contains(&PositionEncodingKind::UTF8) => Encoding::Utf8,
            _ => Encoding::Utf16,
        },
        related_information: text
            .and_then(|text| text.publish_diagnostics.as_ref()?.related_information)
            .unwrap_or(false),
        document_changes: workspace
            .and_then(|workspace| workspace.workspace_edit.as_ref()?.document_changes)
            .unwrap_or(false),
        snippets: text
            .and_then(|text| text.completion.as_ref()?.completion_item.as_ref())
            .and_then(|item| item.snippet_support)
            .unwrap_or(false),
        rule_links: option("ruleLinks"),
        opens_reports: option("opensReports"),
        hints_again: workspace
            .and_then(|workspace| workspace.inlay_hint.as_ref()?.refresh_support)
            .unwrap_or(false),
        pause: params
            .initialization_options
            .as_ref()
            .and_then(|options| options.get("pauseMillis")?.as_u64())
            .map(Duration::from_millis),
        watched_files: workspace
            .and_then(|workspace| {
                workspace
                    .did_change_watched_files
                    .as_ref()?
                    .dynamic_registration
            })
            .unwrap_or(false),
        refresh: workspace
            .and_then(|workspace| workspace.code_lens.as_ref()?.refresh_support)
            .unwrap_or(false),
        pulls: text.is_some_and(|text| text.diagnostic.is_some()),
        pulls_again: workspace
            .and_then(|workspace| workspace.diagnostic.as_ref()?.refresh_support)
            .unwrap_or(false),
    }
}

fn capabilities(can: ClientCan) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(match can.encoding {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        }),
        text_document_sync: Some(TextDocumentSyncCapability::Options(
            TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::INCREMENTAL),
                save: Some(TextDocumentSyncSaveOptions::Supported(true)),
                ..TextDocumentSyncOptions::default()
            },
        )),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(["\"", "/", ",", "(", "[", " "].map(String::from).to_vec()),
            ..CompletionOptions::default()
        }),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some(vec![" ".to_string()]),
            ..SignatureHelpOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![
                CodeActionKind::QUICKFIX,
                CodeActionKind::REFACTOR_EXTRACT,
                CodeActionKind::REFACTOR_REWRITE,
            ]),
            ..CodeActionOptions::default()
        })),
        code_lens_provider: Some(CodeLensOptions {
            resolve_provider: Some(false),
        }),
        document_formatting_provider: Some(OneOf::Left(true)),
        document_range_formatting_provider: Some(OneOf::Left(true)),
        document_on_type_formatting_provider: Some(DocumentOnTypeFormattingOptions {
            first_trigger_character: "}".to_string(),
            more_trigger_character: Some(vec!["\n".to_string()]),
        }),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: Some(false),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        selection_range_provider: Some(SelectionRangeProviderCapability::Simple(true)),
        call_hierarchy_provider: Some(CallHierarchyServerCapability::Simple(true)),
        inlay_hint_provider: Some(OneOf::Left(true)),
        semantic_tokens_provider: Some(SemanticTokensServerCapabilities::SemanticTokensOptions(
            SemanticTokensOptions {
                legend: shape::legend(),
                range: Some(true),
                full: Some(SemanticTokensFullOptions::Bool(true)),
                work_done_progress_options: WorkDoneProgressOptions::default(),
            },
        )),
        // a client that is announced this asks, and is not told the same a second time
        diagnostic_provider: can.pulls.then(|| {
            DiagnosticServerCapabilities::Options(DiagnosticOptions {
                identifier: Some("switchback".to_string()),
                inter_file_dependencies: true,
                workspace_diagnostics: false,
                work_done_progress_options: WorkDoneProgressOptions::default(),
            })
        }),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: commands::ALL.map(String::from).to_vec(),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: None,
        }),
        ..ServerCapabilities::default()
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        if let Some(client) = params.process_id {
            parent::watch_client(client);
        }
        let can = client_can(&params);
        self.shared.begin(can, Backend::folders(&params));
        Ok(InitializeResult {
            capabilities: capabilities(can),
            server_info: Some(ServerInfo {
                name: "switchback-lsp".to_string(),
                version: Some(env!("CARGO_PKG_VERSION").to_string()),
            }),
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        self.wake.changed();
        if !self.shared.snapshot().can.watched_files {
            return;
        }
        let watchers =
            ["**/*.swb", "**/*.sql", "**/*.yaml", "**/*.yml"].map(|glob| FileSystemWatcher {
                glob_pattern: GlobPattern::String(glob.to_string()),
                kind: None,
            });
        let options = DidChangeWatchedFilesRegistrationOptions {
            watchers: watchers.to_vec(),
        };
        let registration = Registration {
            id: "files".to_string(),
            method: "workspace/didChangeWatchedFiles".to_string(),
            register_options: serde_json::to_value(options).ok(),
        };
        let client = self.client.clone();
        // awaiting the client's answer here could keep it from ever being read
        tokio::spawn(async move {
            let _ = client.register_capability(vec![registration]).await;
        });
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let open = params.text_document;
        if let Some(path) = path_of(&open.uri) {
            self.shared.change_open(|documents, _| {
                documents.open(path, open.uri, open.version, open.text);
            });
            self.wake.changed();
        }
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        if let Some(path) = path_of(&params.text_document.uri) {
            let version = params.text_document.version;
            self.shared.change(|documents, encoding| {
                documents.change(&path, version, &params.content_changes, encoding);
            });
            self.wake.changed();
        }
    }

    async fn did_save(&self, _: DidSaveTextDocumentParams) {
        self.shared.files_changed();
        self.wake.changed();
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        if let Some(path) = path_of(&params.text_document.uri) {
            self.shared
                .change_open(|documents, _| documents.close(&path));
            self.shared.files_changed();
            self.wake.changed();
        }
    }

    async fn did_change_watched_files(&self, _: DidChangeWatchedFilesParams) {
        self.shared.files_changed();
        self.wake.changed();
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let paths = |folders: &[WorkspaceFolder]| -> Vec<PathBuf> {
            let folders = folders.iter();
            folders.filter_map(|folder| path_of(&folder.uri)).collect()
        };
        let removed = paths(&params.event.removed);
        self.shared
            .change_folders(paths(&params.event.added), &removed);
        self.wake.changed();
    }

    async fn did_change_configuration(&self, _: DidChangeConfigurationParams) {}

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        self.answer(move |now| write::hover(now, &params)).await
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        self.answer(move |now| write::completion(now, &params))
            .await
    }

    async fn signature_help(&self, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
        self.answer(move |now| write::signature_help(now, &params))
            .await
    }

    async fn formatting(&self, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        self.answer(move |now| write::formatting(now, &params))
            .await
    }

    async fn on_type_formatting(
        &self,
        params: DocumentOnTypeFormattingParams,
    ) -> Result<Option<Vec<TextEdit>>> {
        self.answer(move |now| write::on_type_formatting(now, &params))
            .await
    }

    async fn range_formatting(
        &self,
        params: DocumentRangeFormattingParams,
    ) -> Result<Option<Vec<TextEdit>>> {
        self.answer(move |now| write::range_formatting(now, &params))
            .await
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.answer(move |now| write::code_action(now, &params))
            .await
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        self.answer(move |now| write::inlay_hint(now, &params))
            .await
    }

    async fn goto_definition(
        &self,
        params: GotoDefinitionParams,
    ) -> Result<Option<GotoDefinitionResponse>> {
        self.answer(move |now| navigate::definition(now, &params))
            .await
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        self.answer(move |now| navigate::references(now, &params))
            .await
    }

    async fn document_highlight(
        &self,
        params: DocumentHighlightParams,
    ) -> Result<Option<Vec<DocumentHighlight>>> {
        self.answer(move |now| navigate::highlight(now, &params))
            .await
    }

    async fn prepare_rename(
        &self,
        params: TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>> {
        self.answer(move |now| navigate::prepare_rename(now, &params))
            .await?
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        self.answer(move |now| navigate::rename(now, &params))
            .await?
    }

    async fn symbol(
        &self,
        params: WorkspaceSymbolParams,
    ) -> Result<Option<Vec<SymbolInformation>>> {
        self.answer(move |now| Some(navigate::symbols(now, &params)))
            .await
    }

    async fn prepare_call_hierarchy(
        &self,
        params: CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<CallHierarchyItem>>> {
        self.answer(move |now| navigate::prepare_calls(now, &params))
            .await
    }

    async fn incoming_calls(
        &self,
        params: CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        self.answer(move |now| navigate::incoming(now, &params))
            .await
    }

    async fn outgoing_calls(
        &self,
        params: CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        self.answer(move |now| navigate::outgoing(now, &params))
            .await
    }

    async fn document_symbol(
        &self,
        params: DocumentSymbolParams,
    ) -> Result<Option<DocumentSymbolResponse>> {
        self.answer(move |now| shape::outline(now, &params)).await
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        self.answer(move |now| shape::foldings(now, &params)).await
    }

    async fn selection_range(
        &self,
        params: SelectionRangeParams,
    ) -> Result<Option<Vec<SelectionRange>>> {
        self.answer(move |now| shape::selections(now, &params))
            .await
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        self.answer(move |now| shape::links(now, &params)).await
    }

    async fn semantic_tokens_full(
        &self,
        params: SemanticTokensParams,
    ) -> Result<Option<SemanticTokensResult>> {
        self.answer(move |now| shape::tokens(now, &params.text_document, None).map(Into::into))
            .await
    }

    async fn semantic_tokens_range(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        let within = Some(params.range);
        self.answer(move |now| shape::tokens(now, &params.text_document, within).map(Into::into))
            .await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.answer(move |now| shape::lenses(now, &params)).await
    }

    async fn diagnostic(
        &self,
        params: DocumentDiagnosticParams,
    ) -> Result<DocumentDiagnosticReportResult> {
        self.answer(move |now| findings::of_document(now, &params))
            .await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        if params.command == commands::CHECK {
            self.shared.files_changed();
            self.wake.changed();
        }
        self.answer(move |now| commands::execute(now, &params.command, &params.arguments))
            .await?
    }
}
