// Starts the language server, and shows the pages of rules, the reports and the pictures of plans.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

// Pages and pictures come from the server. They run no script, and read nothing from elsewhere.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

function ask(command, ...given) {
  return client.sendRequest("workspace/executeCommand", { command, arguments: given });
}

function panel(kind, title, beside) {
  const column = beside ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
  return vscode.window.createWebviewPanel(kind, title, { viewColumn: column, preserveFocus: beside }, { enableScripts: false });
}

async function openReport(uri, plan) {
  const page = await ask("switchback.report", uri, plan);
  panel("switchback.report", plan, false).webview.html = page;
}

// The plan under the cursor, drawn anew when the cursor or the text moves.
function preview(context) {
  const shown = panel("switchback.preview", "Rollout", true);
  let last;
  let asked = 0;
  const draw = async (editor) => {
    if (!editor || editor.document.languageId !== "switchback") return;
    const { line, character } = editor.selection.active;
    asked += 1;
    const own = asked;
    const svg = await ask("switchback.graph", editor.document.uri.toString(), { line, character });
    // between two plans the last one stays; an older answer never replaces a newer one
    if (!svg || svg === last || own !== asked) return;
    last = svg;
    shown.webview.html = `<!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="${POLICY}">${svg}`;
  };
  const watches = [
    vscode.window.onDidChangeTextEditorSelection((event) => draw(event.textEditor)),
    vscode.workspace.onDidChangeTextDocument((event) => {
      const editor = vscode.window.activeTextEditor;
      if (editor && editor.document === event.document) draw(editor);
    }),
  ];
  shown.onDidDispose(() => watches.forEach((watch) => watch.dispose()));
  context.subscriptions.push(shown);
  return draw(vscode.window.activeTextEditor);
}

async function activate(context) {
  const command = vscode.workspace.getConfiguration("switchback").get("server");
  client = new LanguageClient(
    "switchback",
    "Switchback",
    { command, args: ["--stdio"] },
    {
      documentSelector: [
        { scheme: "file", language: "switchback" },
        // what plans name is read from the editor before it is saved
        { scheme: "file", language: "sql" },
        { scheme: "file", language: "yaml" },
      ],
      initializationOptions: { ruleLinks: true, opensReports: true },
    },
  );
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider("switchback-rule", {
      provideTextDocumentContent: (uri) => ask("switchback.explain", uri.path.replace(/\.md$/, "")),
    }),
    vscode.commands.registerCommand("switchback.openReport", openReport),
    vscode.commands.registerCommand("switchback.preview", () => preview(context)),
  );
  await client.start();
}

function deactivate() {
  return client ? client.stop() : undefined;
}

module.exports = { activate, deactivate };
