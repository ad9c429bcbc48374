// Starts the language server, and shows the pages of rules that findings link to.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

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
      initializationOptions: { ruleLinks: true },
    },
  );
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider("switchback-rule", {
      provideTextDocumentContent: (uri) =>
        client.sendRequest("workspace/executeCommand", {
          command: "switchback.explain",
          arguments: [uri.path.replace(/\.md$/, "")],
        }),
    }),
  );
  await client.start();
}

function deactivate() {
  return client ? client.stop() : undefined;
}

module.exports = { activate, deactivate };
