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
