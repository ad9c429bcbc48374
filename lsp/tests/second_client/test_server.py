"""The server through a client that others wrote: pytest-lsp, as two editors announce themselves."""

import os
import pathlib

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

FOLDER = pathlib.Path(os.environ["SWITCHBACK_FOLDER"])
PLAN = FOLDER / "checkout.swb"


@pytest_lsp.fixture(
    params=["visual-studio-code", "neovim"],
    config=ClientServerConfig(server_command=[os.environ["SWITCHBACK_LSP"], "--stdio"]),
)
async def client(request, lsp_client: LanguageClient):
    # it announces what that editor can, and leaves these answers to its tests
    @lsp_client.feature(types.WORKSPACE_CODE_LENS_REFRESH)
    def refreshed(_):
        return None

    @lsp_client.feature(types.WORKSPACE_INLAY_HINT_REFRESH)
    def hints_refreshed(_):
        return None

    @lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def registered(_):
        return None

    started = await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=client_capabilities(request.param),
            workspace_folders=[types.WorkspaceFolder(uri=FOLDER.as_uri(), name="checkout")],
        )
    )
    # of open documents a client that can ask is not told
    lsp_client.asks = started.capabilities.diagnostic_provider is not None
    yield
    await lsp_client.shutdown_session()


def opened(client, text):
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(
            text_document=types.TextDocumentItem(
                uri=PLAN.as_uri(), language_id="switchback", version=1, text=text
            )
        )
    )
    return types.TextDocumentIdentifier(uri=PLAN.as_uri())


def place(text, word, inside=1):
    before = text[: text.index(word) + inside]
    return types.Position(line=before.count("\n"), character=len(before.rsplit("\n", 1)[-1]))


async def findings(client, document):
    if client.asks:
        report = await client.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(text_document=document)
        )
        return report.items
    await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    return client.diagnostics[PLAN.as_uri()]


@pytest.mark.asyncio
async def test_findings_hover_completion_rename_layout(client: LanguageClient):
    text = PLAN.read_text()
    broken = text.replace("watch errors, latency", "watch erors, latency", 1)
    document = opened(client, broken)
    found = await findings(client, document)
    assert [one.code for one in found] == ["unknown-name"]

    actions = await client.text_document_code_action_async(
        types.CodeActionParams(
            text_document=document,
            range=found[0].range,
            context=types.CodeActionContext(diagnostics=found),
        )
    )
    assert any(one.is_preferred and "errors" in one.title for one in actions)

    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            text_document=types.VersionedTextDocumentIdentifier(uri=PLAN.as_uri(), version=2),
            content_changes=[
                types.TextDocumentContentChangePartial(
                    range=found[0].range, text="errors"
                )
            ],
        )
    )
    assert list(await findings(client, document)) == []

    hover = await client.text_document_hover_async(
        types.HoverParams(text_document=document, position=place(text, "weight 1%"))
    )
    assert "share" in hover.contents.value

    offered = await client.text_document_completion_async(
        types.CompletionParams(
            text_document=document, position=place(text, "obeys production", len("obeys "))
        )
    )
    items = offered if isinstance(offered, list) else offered.items
    assert "production" in [one.label for one in items]

    changes = await client.text_document_rename_async(
        types.RenameParams(
            text_document=document,
            position=place(text, "watch errors", len("watch e")),
            new_name="failures",
        )
    )
    edits = changes.document_changes or changes.changes
    assert len(edits) == 2, "the plan and the platform"

    layout = await client.text_document_formatting_async(
        types.DocumentFormattingParams(
            text_document=document,
            options=types.FormattingOptions(tab_size=2, insert_spaces=True),
        )
    )
    assert not layout, "the example is laid out"
