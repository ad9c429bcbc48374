//! Every answer to every finding of every fixture, carried out: the finding is gone, nothing new came
//! (but for what stood behind a fault of the text and could not be read), and what was laid out stays
//! laid out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::client::{Client, byte, slice};

/// Folders with plan files.
fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let below = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let mut all: Vec<PathBuf> = entries
            .map(|entry| entry.expect("an entry").path())
            .collect();
        all.retain(|path| path.is_dir());
        all.sort();
        all
    };
    let areas = below(&root.join("tests/ui"));
    let mut all: Vec<PathBuf> = areas.iter().flat_map(|area| below(area)).collect();
    all.extend(below(&root.join("examples/broken")));
    all.into_iter()
        .map(|path| std::fs::canonicalize(path).expect("it is there"))
        .collect()
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// Findings, each as rule, message and the text that it stands at, with how often it is told.
type Found = BTreeMap<(String, String, String), usize>;

fn findings(client: &mut Client, texts: &BTreeMap<String, String>) -> Found {
    let mut all = Found::new();
    for (uri, text) in texts {
        let asked = json!({ "textDocument": { "uri": uri } });
        let report = client.ask("textDocument/diagnostic", asked);
        for found in report["items"].as_array().into_iter().flatten() {
            *all.entry(key(found, text)).or_default() += 1;
        }
    }
    all
}

fn key(found: &Value, text: &str) -> (String, String, String) {
    let code = found["code"].as_str().unwrap_or_default().to_string();
    let message = found["message"].as_str().unwrap_or_default();
    let first = message.lines().next().unwrap_or_default().to_string();
    (code, first, slice(text, &found["range"]).to_string())
}

/// How often a rule says a message, wherever it stands.
fn times(found: &Found, code: &str, message: &str) -> usize {
    let own = found
        .iter()
        .filter(|((own, text, _), _)| own == code && text == message);
    own.map(|(_, count)| count).sum()
}

/// The texts that an action leads to, by address. Columns are bytes or UTF-16 units of plain text.
fn texts(action: &Value, before: &BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    let mut after = BTreeMap::new();
    for change in action["edit"]["documentChanges"].as_array()? {
        let uri = change["textDocument"]["uri"].as_str()?.to_string();
        let mut text = before.get(&uri)?.clone();
        let mut edits: Vec<(usize, usize, &str)> = Vec::new();
        for edit in change["edits"].as_array()? {
            let range = &edit["range"];
            let place = (byte(&text, &range["start"]), byte(&text, &range["end"]));
            edits.push((place.0, place.1, edit["newText"].as_str()?));
        }
        edits.sort();
        for (start, end, new) in edits.into_iter().rev() {
            text.replace_range(start..end, new);
        }
        after.insert(uri, text);
    }
    Some(after)
}

/// Whether a text is as the one layout has it.
fn is_laid_out(text: &str) -> bool {
    let file = switchback::source::FileId(0);
    switchback::syntax::format(file, text).is_ok_and(|laid| laid == text)
}

#[test]
fn every_answer_removes_its_finding_and_brings_none() {
    let mut client = Client::bare(&[]);
    let mut able = crate::client::able();
    able["textDocument"]["diagnostic"] = json!({ "dynamicRegistration": false });
    client.ask(
        "initialize",
        json!({ "capabilities": able, "workspaceFolders": [] }),
    );
    client.tell("initialized", json!({}));
    let mut wrong = String::new();
    let mut fixes = 0;
    let mut allows = 0;
    for case in cases() {
        let folder = json!([{ "uri": uri(&case), "name": "case" }]);
        client.tell(
            "workspace/didChangeWorkspaceFolders",
            json!({ "event": { "added": folder, "removed": [] } }),
        );
        let files = switchback::cli::plan_files(std::slice::from_ref(&case)).expect("plans");
        let mut before: BTreeMap<String, String> = BTreeMap::new();
        for file in &files {
            let Ok(text) = std::fs::read_to_string(file) else {
                continue;
            };
            let document = json!({
                "uri": uri(file), "languageId": "switchback", "version": 1, "text": text,
            });
            client.tell("textDocument/didOpen", json!({ "textDocument": document }));
            before.insert(uri(file), text);
        }
        let old = findings(&mut client, &before);
        let mut version = 1;
        for file in before.keys() {
            let actions = client.ask(
                "textDocument/codeAction",
                json!({
                    "textDocument": { "uri": file },
                    "range": {
                        "start": { "line": 0, "character": 0 },
                        "end": { "line": 100_000, "character": 0 },
                    },
                    "context": { "diagnostics": [], "only": ["quickfix"] },
                }),
            );
            for action in actions.as_array().into_iter().flatten() {
                let title = action["title"].as_str().unwrap_or_default();
                let diagnostic = &action["diagnostics"][0];
                let Some(after) = texts(action, &before) else {
                    continue;
                };
                // a fact with the value of an example: the value is to be written
                if diagnostic.is_null() {
                    continue;
                }
                version += 1;
                for (uri, text) in &after {
                    replace(&mut client, uri, version, text);
                }
                let mut now = before.clone();
                now.extend(after.clone());
                let new = findings(&mut client, &now);
                let code = diagnostic["code"].as_str().unwrap_or_default().to_string();
                let own = key(diagnostic, &before[file]);
                let mut say = |what: &str| {
                    wrong += &format!("{}: {title}: {what}\n", case.display());
                };
                if new.get(&own).copied().unwrap_or(0) >= old[&own]
                    && times(&new, &own.0, &own.1) >= times(&old, &own.0, &own.1)
                {
                    say(&format!("`{code}` is still there"));
                }
                let is_allow = title.contains("`allow ");
                // what cannot be accepted keeps something from being read or named; behind it stand
                // the faults that it hid
                let rule = switchback::rules::find(&code).expect("a rule");
                let hides = !rule.can_allow;
                for (rule, message, _) in new.keys().filter(|_| !hides) {
                    if times(&new, rule, message) > times(&old, rule, message) {
                        say(&format!("new: {rule}: {message}"));
                    }
                }
                for (uri, text) in &after {
                    if is_laid_out(&before[uri]) && !is_laid_out(text) {
                        say(&format!("layout:\n{text}"));
                    }
                }
                match is_allow {
                    true => allows += 1,
                    false => fixes += 1,
                }
                version += 1;
                for uri in after.keys() {
                    replace(&mut client, uri, version, &before[uri]);
                }
            }
        }
        for uri in before.keys() {
            client.tell(
                "textDocument/didClose",
                json!({ "textDocument": { "uri": uri } }),
            );
        }
        client.tell(
            "workspace/didChangeWorkspaceFolders",
            json!({ "event": { "added": [], "removed": folder } }),
        );
    }
    println!("{fixes} fixes and {allows} acceptances were carried out");
    assert!(
        fixes > 100 && allows > 100,
        "{fixes} fixes, {allows} acceptances"
    );
    assert!(wrong.is_empty(), "{wrong}");
}

fn replace(client: &mut Client, uri: &str, version: i32, text: &str) {
    client.tell(
        "textDocument/didChange",
        json!({
            "textDocument": { "uri": uri, "version": version },
            "contentChanges": [{ "text": text }],
        }),
    );
}
