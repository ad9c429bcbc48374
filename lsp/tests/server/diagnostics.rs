//! Findings: the same as those of the command line, of the newest text, with versions.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Client, borrowed, example, slice};

const WEB: &str = "service web {\n  traffic 10/s\n}\n";

#[test]
fn findings_carry_the_version_and_go_when_they_are_put_right() {
    let mut client = Client::start(&[("main.swb", WEB)]);
    client.open("main.swb", "service web {\n  trafic 10/s\n}\n");
    let found = client.published("main.swb", Some(1));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["code"], "unknown-statement");
    assert_eq!(found[0]["source"], "switchback");
    assert_eq!(found[0]["severity"], 1);
    let message = found[0]["message"].as_str().expect("a text");
    assert!(
        message.contains("trafic") && message.contains("traffic"),
        "{message}"
    );
    client.replace("main.swb", 2, WEB);
    assert_eq!(client.published("main.swb", Some(2)).len(), 0);
}

#[test]
fn nothing_is_published_of_a_text_that_has_changed_since() {
    let mut client = Client::start(&[]);
    client.open("main.swb", "");
    client.published("main.swb", Some(1));
    for version in 2..=200 {
        client.replace("main.swb", version, &format!("servce a{version} {{\n}}\n"));
    }
    let found = client.published("main.swb", Some(200));
    assert!(
        found[0]["message"]
            .as_str()
            .is_some_and(|text| text.contains("servce"))
    );
    client.listen(Duration::from_millis(400));
    let stale: Vec<&Value> = client
        .notifications
        .iter()
        .filter(|message| message["method"] == "textDocument/publishDiagnostics")
        .collect();
    // the changes come within milliseconds, and a check begins when they pause
    assert!(
        stale.len() < 20,
        "{} sets of findings for 199 changes",
        stale.len()
    );
    let versions: Vec<Option<i64>> = stale
        .iter()
        .map(|message| message["params"]["version"].as_i64())
        .collect();
    assert!(versions.is_sorted(), "{versions:?}");
}

/// Code, file and place of each finding of an example, as the command line gives them.
fn of_command_line(folder: &std::path::Path) -> BTreeSet<(String, String, u64, u64)> {
    let files = switchback::cli::plan_files(&[folder.to_path_buf()]).expect("plans");
    let options = switchback::check::Options::default();
    let loader = switchback::source::DiskLoader;
    let outcome = switchback::check::check(&loader, folder, &files, &options).expect("checked");
    outcome
        .findings
        .iter()
        .map(|found| {
            let file = outcome.sources.file(found.span().file);
            let at = outcome.sources.start(found.span());
            let (line, column) = (u64::from(at.line) - 1, u64::from(at.column) - 1);
            (found.rule.name.to_string(), file.name.clone(), line, column)
        })
        .collect()
}

#[test]
fn the_editor_says_what_the_command_line_says() {
    for name in [
        "checkout",
        "broken/column-dropped-too-early",
        "broken/misspelt-weight",
    ] {
        let files = example(name);
        let mut client = Client::start(&borrowed(&files));
        let plans: Vec<&(String, String)> = files
            .iter()
            .filter(|(name, _)| name.ends_with(".swb"))
            .collect();
        for (name, text) in &plans {
            client.open(name, text);
        }
        let mut said = BTreeSet::new();
        for (name, _) in &plans {
            client.published(name, Some(1)).iter().for_each(|found| {
                let start = &found["range"]["start"];
                said.insert((
                    found["code"].as_str().unwrap_or_default().to_string(),
                    name.clone(),
                    start["line"].as_u64().unwrap_or_default(),
                    start["character"].as_u64().unwrap_or_default(),
                ));
            });
        }
        // those of SQL and YAML come with the same check
        client.listen(Duration::from_millis(300));
        let expected = of_command_line(&client.folder);
        let own: BTreeSet<_> = expected
            .into_iter()
            .filter(|(_, file, ..)| file.ends_with(".swb"))
            .collect();
        assert_eq!(said, own, "{name}");
    }
}

#[test]
fn the_run_that_breaks_a_plan_is_related_information() {
    let files = example("broken/column-dropped-too-early");
    let mut client = Client::start(&borrowed(&files));
    let plan = files
        .iter()
        .find(|(name, _)| name == "plan.swb")
        .expect("a plan");
    client.open("plan.swb", &plan.1);
    let found = client.published("plan.swb", Some(1));
    let early = found
        .iter()
        .find(|found| found["code"] == "contract-too-early");
    let early = early.expect("it is found");
    let related = early["relatedInformation"].as_array().expect("places");
    let texts: Vec<&str> = related
        .iter()
        .filter_map(|place| place["message"].as_str())
        .collect();
    assert!(
        texts
            .iter()
            .any(|text| text.contains("migrate `shop` to `0002`")),
        "{texts:?}"
    );
    assert!(
        related.iter().any(|place| {
            let uri = place["location"]["uri"].as_str().unwrap_or_default();
            uri.ends_with("0002_drop_legacy_code.up.sql")
        }),
        "{related:?}"
    );
    let at = slice(&plan.1, &early["range"]);
    assert!(at.contains("migrate"), "{at}");
}

#[test]
fn unsaved_imports_migrations_and_manifests_count() {
    let files = example("checkout");
    let mut client = Client::start(&borrowed(&files));
    let text = |name: &str| &files.iter().find(|(own, _)| own == name).expect("a file").1;
    client.open("checkout.swb", text("checkout.swb"));
    assert_eq!(client.published("checkout.swb", Some(1)).len(), 0);
    // an import that is not saved
    client.open(
        "platform.swb",
        &text("platform.swb").replace("gate latency", "gate lateness"),
    );
    let found = loop {
        let found = client.published("checkout.swb", Some(1));
        if !found.is_empty() {
            break found;
        }
    };
    assert!(
        found.iter().any(|found| found["code"] == "unknown-name"),
        "{found:?}"
    );
    client.replace("platform.swb", 2, text("platform.swb"));
    while !client.published("checkout.swb", Some(1)).is_empty() {}
    // a migration that is not saved; its finding stands in the SQL or in the plan
    let sql = "db/migrations/0042_add_gift_note.up.sql";
    client.open(sql, "ALTER TABLE orders DROP COLUMN email;\n");
    let found = loop {
        let found = client.published("checkout.swb", Some(1));
        if !found.is_empty() {
            break found;
        }
    };
    assert!(!found.is_empty());
    // closing it without saving brings the file back
    let uri = client.uri(sql);
    client.tell(
        "textDocument/didClose",
        json!({ "textDocument": { "uri": uri } }),
    );
    while !client.published("checkout.swb", Some(1)).is_empty() {}
}

#[test]
fn a_file_outside_of_the_folders_is_checked_by_itself() {
    let mut client = Client::bare(&[("one.swb", ""), ("two.swb", WEB)]);
    client.ask(
        "initialize",
        json!({ "capabilities": crate::client::able() }),
    );
    client.tell("initialized", json!({}));
    client.open(
        "one.swb",
        "import \"two.swb\"\nplan p {\n  roll webb from 1 to 2\n}\n",
    );
    let found = client.published("one.swb", Some(1));
    assert!(
        found.iter().any(|found| found["code"] == "unknown-name"),
        "{found:?}"
    );
}

/// What a client that asks for findings can do.
fn asking() -> Value {
    let mut able = crate::client::able();
    able["textDocument"]["diagnostic"] = json!({ "dynamicRegistration": false });
    able["workspace"]["diagnostic"] = json!({ "refreshSupport": true });
    able
}

#[test]
fn a_client_that_asks_is_answered_and_not_told_twice() {
    let files = [("main.swb", "import \"web.swb\"\n"), ("web.swb", WEB)];
    let (mut client, can) = Client::start_as(&files, asking());
    assert_eq!(can["diagnosticProvider"]["interFileDependencies"], true);
    client.open("main.swb", "import \"web.swb\"\ntrafic\n");
    let ask = |client: &mut Client, last: Option<&str>| {
        let uri = client.uri("main.swb");
        let mut params = json!({ "textDocument": { "uri": uri } });
        if let Some(last) = last {
            params["previousResultId"] = last.into();
        }
        client.ask("textDocument/diagnostic", params)
    };
    let first = ask(&mut client, None);
    assert_eq!(first["kind"], "full");
    assert_eq!(first["items"][0]["code"], "unknown-statement", "{first}");
    let id = first["resultId"].as_str().expect("an id").to_string();
    let again = ask(&mut client, Some(&id));
    assert_eq!(
        (&again["kind"], &again["resultId"]),
        (&json!("unchanged"), &json!(id))
    );
    // the answer is of the text that the client has sent before it asked
    client.replace("main.swb", 2, "import \"web.swb\"\n");
    let put_right = ask(&mut client, Some(&id));
    assert_eq!(put_right["items"], json!([]), "{put_right}");
    client.listen(Duration::from_millis(400));
    let uri = client.uri("main.swb");
    let told = client.notifications.iter().filter(|message| {
        message["method"] == "textDocument/publishDiagnostics"
            && message["params"]["uri"] == uri.as_str()
    });
    assert_eq!(told.count(), 0, "what is asked for is not told");
    let refreshed = client
        .notifications
        .iter()
        .any(|message| message["method"] == "workspace/diagnostic/refresh");
    assert!(refreshed, "other documents may have changed with it");
}

/// What editor and command line say of every fixture, word for word but for the places of columns.
#[test]
fn every_fixture_gets_the_findings_of_the_command_line() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ui");
    let folders = |folder: &std::path::Path| -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut all: Vec<_> = paths.filter(|path| path.is_dir()).collect();
        all.sort();
        all
    };
    let cases: Vec<_> = folders(&root)
        .iter()
        .flat_map(|area| folders(area))
        .collect();
    assert!(cases.len() > 200, "{} cases", cases.len());
    let mut client = Client::bare(&[]);
    let able = asking();
    client.ask(
        "initialize",
        json!({ "capabilities": able, "workspaceFolders": [] }),
    );
    client.tell("initialized", json!({}));
    for case in cases {
        let case = std::fs::canonicalize(case).expect("it is there");
        let uri = format!("file://{}", case.display());
        let folder = json!([{ "uri": uri, "name": "case" }]);
        client.tell(
            "workspace/didChangeWorkspaceFolders",
            json!({ "event": { "added": folder, "removed": [] } }),
        );
        let files = switchback::cli::plan_files(std::slice::from_ref(&case)).expect("plans");
        let mut said = BTreeSet::new();
        for file in files {
            let uri = format!("file://{}", file.display());
            let asked = json!({ "textDocument": { "uri": uri } });
            let report = client.ask("textDocument/diagnostic", asked);
            for found in report["items"].as_array().into_iter().flatten() {
                let code = found["code"].as_str().unwrap_or_default().to_string();
                let line = found["range"]["start"]["line"].as_u64().unwrap_or_default();
                let message = found["message"].as_str().unwrap_or_default();
                let first = message.lines().next().unwrap_or_default().to_string();
                let name = file
                    .strip_prefix(&case)
                    .expect("below")
                    .display()
                    .to_string();
                said.insert((code, name, line, first));
            }
        }
        assert_eq!(said, lines_of_command_line(&case), "{}", case.display());
        client.tell(
            "workspace/didChangeWorkspaceFolders",
            json!({ "event": { "added": [], "removed": folder } }),
        );
    }
}

/// Code, file, line and first line of the message of each finding in a plan file.
fn lines_of_command_line(folder: &std::path::Path) -> BTreeSet<(String, String, u64, String)> {
    let files = switchback::cli::plan_files(&[folder.to_path_buf()]).expect("plans");
    let options = switchback::check::Options::default();
    let loader = switchback::source::DiskLoader;
    let outcome = switchback::check::check(&loader, folder, &files, &options).expect("checked");
    let findings = outcome.findings.iter().map(|found| {
        let file = outcome.sources.file(found.span().file);
        let line = u64::from(outcome.sources.start(found.span()).line) - 1;
        let message = found.message.lines().next().unwrap_or_default().to_string();
        (
            found.rule.name.to_string(),
            file.name.clone(),
            line,
            message,
        )
    });
    findings
        .filter(|(_, file, ..)| file.ends_with(".swb"))
        .collect()
}
