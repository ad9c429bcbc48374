//! From a name to its declaration and its uses, and to another name.

use serde_json::{Value, json};

use crate::client::{Client, edited, slice};

const PLATFORM: &str = "## Errors that users see.\ngate errors {\n  query \"sum(rate(e_total{version='$version'}[2m]))\"\n  expect value < 5\n  every 1m for 10m\n}\nstrategy careful(gates, first = 1%) {\n  step canary { weight first; hold 1h; watch gates }\n}\n";

const MAIN: &str = "import \"platform.swb\"\nservice web {\n  replicas 10\n  version 1\n  version 2\n}\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n}\nplan web-2 {\n  roll web from 1 to 2\n  use careful(gates = errors)\n  step expand { migrate shop to 0001 }\n  step all { weight 50%; hold 1h; watch errors; on no-data goto canary at most 2 times }\n}\nplan web-3 {\n  roll web from 1 to 2\n  after web-2.all\n  step one { after web-2.canary; weight 5%; hold 1h; watch errors }\n}\n";

fn start() -> Client {
    let mut client = Client::start(&[
        ("main.swb", MAIN),
        ("platform.swb", PLATFORM),
        ("db/0001_a.up.sql", "CREATE TABLE a (id int);\n"),
        ("db/0001_a.down.sql", "DROP TABLE a;\n"),
    ]);
    client.open("main.swb", MAIN);
    client
}

/// The parameters of a request about the place behind `before`, which stands once in the text.
fn behind(client: &Client, file: &str, text: &str, before: &str) -> Value {
    assert_eq!(text.matches(before).count(), 1, "`{before}`");
    client.at(file, &text.replacen(before, &format!("{before}|"), 1))
}

#[test]
fn a_name_leads_to_its_declaration() {
    let mut client = start();
    for (before, file, declared) in [
        ("gates = err", "platform.swb", "errors"),
        ("use care", "platform.swb", "careful"),
        ("use careful(gat", "platform.swb", "gates"),
        ("goto can", "platform.swb", "canary"),
        ("after web-2.al", "main.swb", "all"),
        ("after web-2.can", "platform.swb", "canary"),
        ("migrate sh", "main.swb", "shop"),
        ("migrate shop to 00", "db/0001_a.up.sql", ""),
        ("import \"plat", "platform.swb", ""),
    ] {
        let found = client.ask(
            "textDocument/definition",
            behind(&client, "main.swb", MAIN, before),
        );
        assert_eq!(found["uri"], client.uri(file).as_str(), "{before}: {found}");
        let text = match file {
            "main.swb" => MAIN,
            "platform.swb" => PLATFORM,
            _ => continue,
        };
        assert_eq!(slice(text, &found["range"]), declared, "{before}");
    }
    let nothing = client.ask(
        "textDocument/definition",
        behind(&client, "main.swb", MAIN, "weight 50"),
    );
    assert!(nothing.is_null());
}

#[test]
fn references_and_highlights_are_all_uses() {
    let mut client = start();
    let mut at = behind(&client, "main.swb", MAIN, "gates = err");
    at["context"] = json!({ "includeDeclaration": true });
    let found = client.ask("textDocument/references", at.clone());
    assert_eq!(found.as_array().map(Vec::len), Some(4), "{found}");
    at["context"] = json!({ "includeDeclaration": false });
    let found = client.ask("textDocument/references", at.clone());
    assert_eq!(found.as_array().map(Vec::len), Some(3), "{found}");
    let found = client.ask("textDocument/documentHighlight", at);
    assert_eq!(found.as_array().map(Vec::len), Some(3), "{found}");
}

/// The text of a file after the edits of a rename.
fn after(client: &Client, changes: &Value, file: &str, text: &str) -> String {
    let uri = client.uri(file);
    let documents = changes["documentChanges"]
        .as_array()
        .expect("changes with versions");
    let own = documents
        .iter()
        .find(|change| change["textDocument"]["uri"] == uri.as_str());
    own.map_or_else(|| text.to_string(), |own| edited(text, &own["edits"]))
}

#[test]
fn a_rename_changes_every_use_in_every_file() {
    let mut client = start();
    let mut at = behind(&client, "main.swb", MAIN, "gates = err");
    let prepared = client.ask("textDocument/prepareRename", at.clone());
    assert_eq!(prepared["placeholder"], "errors");
    at["newName"] = json!("failures");
    let changes = client.ask("textDocument/rename", at);
    let versions: Vec<&Value> = changes["documentChanges"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|change| &change["textDocument"]["version"])
        .collect();
    assert!(
        versions.contains(&&json!(1)) && versions.contains(&&Value::Null),
        "{versions:?}"
    );
    let main = after(&client, &changes, "main.swb", MAIN);
    let platform = after(&client, &changes, "platform.swb", PLATFORM);
    assert_eq!(main, MAIN.replace("errors", "failures"));
    assert_eq!(platform, PLATFORM.replace("gate errors", "gate failures"));
    // a step that comes from a strategy, and the step of another plan
    let mut at = behind(&client, "main.swb", MAIN, "goto can");
    at["newName"] = json!("first-look");
    let changes = client.ask("textDocument/rename", at);
    let main = after(&client, &changes, "main.swb", MAIN);
    assert!(
        main.contains("goto first-look") && main.contains("after web-2.first-look"),
        "{main}"
    );
    let platform = after(&client, &changes, "platform.swb", PLATFORM);
    assert!(platform.contains("step first-look {"), "{platform}");
    // a version, and only of that service
    let mut at = behind(&client, "main.swb", MAIN, "version 2");
    at["newName"] = json!("2.1");
    let changes = client.ask("textDocument/rename", at);
    let main = after(&client, &changes, "main.swb", MAIN);
    assert_eq!(main.matches("to 2.1").count(), 2, "{main}");
    assert!(
        main.contains("version 2.1\n") && main.contains("web-2 {"),
        "{main}"
    );
}

#[test]
fn what_cannot_be_renamed_is_refused_with_its_reason() {
    let mut client = start();
    for (before, said) in [
        ("migrate shop to 00", "migration"),
        ("import \"plat", "file"),
        ("weight 50", "no name"),
    ] {
        let at = behind(&client, "main.swb", MAIN, before);
        let message = client.refused("textDocument/prepareRename", at);
        assert!(message.contains(said), "{before}: {message}");
    }
    for (new, said) in [
        ("web-3", "declared already"),
        ("a b", "cannot be a name"),
        ("", "cannot"),
    ] {
        let mut at = behind(&client, "main.swb", MAIN, "plan web-2");
        at["newName"] = json!(new);
        let message = client.refused("textDocument/rename", at);
        assert!(message.contains(said), "{new}: {message}");
    }
}

#[test]
fn the_order_between_plans_is_a_call_hierarchy() {
    let mut client = start();
    let at = behind(&client, "main.swb", MAIN, "step al");
    let items = client.ask("textDocument/prepareCallHierarchy", at);
    assert_eq!(items[0]["name"], "web-2.all");
    let calls = client.ask("callHierarchy/incomingCalls", json!({ "item": items[0] }));
    assert_eq!(calls[0]["from"]["name"], "web-3", "{calls}");
    let at = behind(&client, "main.swb", MAIN, "step on");
    let items = client.ask("textDocument/prepareCallHierarchy", at);
    let calls = client.ask("callHierarchy/outgoingCalls", json!({ "item": items[0] }));
    assert_eq!(calls[0]["to"]["name"], "web-2.canary", "{calls}");
    assert_eq!(slice(MAIN, &calls[0]["fromRanges"][0]), "web-2.canary");
}

#[test]
fn names_of_the_whole_folder_are_found_by_a_part() {
    let mut client = start();
    let found = client.ask("workspace/symbol", json!({ "query": "CAN" }));
    let names: Vec<&str> = found
        .as_array()
        .expect("symbols")
        .iter()
        .filter_map(|symbol| symbol["name"].as_str())
        .collect();
    assert_eq!(names, ["canary"]);
    let all = client.ask("workspace/symbol", json!({ "query": "" }));
    assert!(all.as_array().is_some_and(|all| all.len() >= 10), "{all}");
}

#[test]
fn texts_that_name_files_are_links() {
    let mut client = start();
    let uri = client.uri("main.swb");
    let links = client.ask(
        "textDocument/documentLink",
        json!({ "textDocument": { "uri": uri } }),
    );
    let targets: Vec<(&str, &str)> = links
        .as_array()
        .expect("links")
        .iter()
        .map(|link| {
            (
                slice(MAIN, &link["range"]),
                link["target"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(targets.len(), 2, "{targets:?}");
    assert!(targets[0].0 == "platform.swb" && targets[0].1.ends_with("/platform.swb"));
    assert!(targets[1].0 == "0001" && targets[1].1.ends_with("/0001_a.up.sql"));
}
