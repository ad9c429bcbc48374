//! What helps while writing: completion, hover, signatures, layout, answers to findings.

use serde_json::{Value, json};

use crate::client::{Client, borrowed, edited, example, slice};

const PLATFORM: &str = "## Errors that users see.\ngate errors {\n  query \"sum(rate(e_total{version='$version'}[2m]))\"\n  expect value < 5\n  every 1m for 10m\n}\nstrategy careful(gates, first = 1%) {\n  step canary { weight first; hold 1h; watch gates }\n}\n";

const BODY: &str = "import \"platform.swb\"\n## The shop's front.\nservice web {\n  replicas 10\n  version 1\n  version 2\n}\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n}\n";

fn start() -> Client {
    Client::start(&[
        ("platform.swb", PLATFORM),
        ("deploy/web.yaml", "kind: Deployment\n"),
        ("db/0001_first.up.sql", "CREATE TABLE a (id int);\n"),
        ("db/0001_first.down.sql", "DROP TABLE a;\n"),
        ("db/0002_second.up.sql", "CREATE TABLE b (id int);\n"),
        ("db/0002_second.down.sql", "DROP TABLE b;\n"),
    ])
}

/// The labels that are offered at the mark, behind declarations that can be used.
fn offered(client: &mut Client, marked: &str) -> Vec<Value> {
    let marked = format!("{BODY}{marked}");
    let at = client.open_at("main.swb", &marked);
    let found = client.ask("textDocument/completion", at);
    let uri = client.uri("main.swb");
    client.tell(
        "textDocument/didClose",
        json!({ "textDocument": { "uri": uri } }),
    );
    found.as_array().expect("candidates").clone()
}

fn labels(found: &[Value]) -> Vec<&str> {
    found
        .iter()
        .filter_map(|one| one["label"].as_str())
        .collect()
}

#[test]
fn statements_are_offered_by_their_block() {
    let mut client = start();
    for (marked, wanted, not) in [
        ("pl|", "plan", "weight"),
        ("plan p {\n  ro|\n}\n", "roll", "weight"),
        ("plan p {\n  step a {\n    we|\n  }\n}\n", "weight", "roll"),
        (
            "plan p {\n  step a {\n    hold 1h\n    |\n",
            "watch",
            "roll",
        ),
        ("service b {\n  |\n}\n", "workload", "weight"),
        ("policy q {\n  |", "require", "weight"),
    ] {
        let found = offered(&mut client, marked);
        let labels = labels(&found);
        assert!(labels.contains(&wanted), "{marked}: {labels:?}");
        assert!(!labels.contains(&not), "{marked}: {labels:?}");
    }
    let found = offered(&mut client, "plan p {\n  ro|\n}\n");
    let roll = found
        .iter()
        .find(|one| one["label"] == "roll")
        .expect("offered");
    assert_eq!(roll["insertTextFormat"], 2);
    assert_eq!(
        roll["textEdit"]["newText"],
        "roll ${1:SERVICE} from ${2:FROM} to ${3:TO}"
    );
    let text = format!("{BODY}plan p {{\n  ro\n}}\n");
    assert_eq!(slice(&text, &roll["textEdit"]["range"]), "ro");
    let doc = roll["documentation"]["value"]
        .as_str()
        .expect("documentation");
    assert!(doc.contains("change of version"), "{doc}");
}

#[test]
fn values_are_offered_by_their_kind() {
    let mut client = start();
    for (marked, wanted) in [
        ("plan p { roll | }", vec!["web"]),
        ("plan p { roll web | }", vec!["from"]),
        ("plan p { roll web from | }", vec!["1", "2"]),
        ("plan p { step a { watch | } }", vec!["errors"]),
        ("plan p { step a { watch errors, | } }", vec!["errors"]),
        ("plan p { step a { hold 30| } }", vec!["30s", "30m", "30h"]),
        ("plan p { step a { weight 5| } }", vec!["5%"]),
        (
            "plan p { step a { migrate shop to | } }",
            vec!["0002", "0001"],
        ),
        (
            "plan p { step a { on | } }",
            vec!["failure", "inconclusive", "no-data", "success"],
        ),
        ("plan p { use | }", vec!["careful"]),
        ("plan p { use careful(|) }", vec!["gates", "first"]),
        ("plan p { use careful(gates = |) }", vec!["errors"]),
        ("plan p { allow | }", vec!["mutable-tag"]),
        ("target t { kind | }", vec!["argo-rollouts", "envoy"]),
        ("import \"|", vec!["platform.swb", "deploy/"]),
        ("service b { workload \"deploy/|\" }", vec!["web.yaml"]),
        (
            "plan p { step a { hold 1h }\n  rollback from | }",
            vec!["a"],
        ),
    ] {
        let found = offered(&mut client, marked);
        let labels = labels(&found);
        for wanted in wanted {
            assert!(
                labels.contains(&wanted),
                "{marked}: {wanted} is not in {labels:?}"
            );
        }
    }
    for marked in ["# a comm|", "gate g { query \"|\" }"] {
        let found = offered(&mut client, marked);
        assert!(found.is_empty(), "{marked}: {found:?}");
    }
}

#[test]
fn a_client_without_snippets_gets_plain_words() {
    let (mut client, _) = Client::start_as(&[], json!({}));
    let at = client.open_at("main.swb", "plan p {\n  ro|\n}\n");
    let found = client.ask("textDocument/completion", at);
    let found = found.as_array().expect("candidates");
    let roll = found
        .iter()
        .find(|one| one["label"] == "roll")
        .expect("offered");
    assert_eq!(roll["insertTextFormat"], 1);
    assert_eq!(roll["textEdit"]["newText"], "roll");
}

/// What is said of the place at the mark.
fn said(client: &mut Client, marked: &str) -> String {
    let marked = format!("{BODY}{marked}");
    let at = client.open_at("main.swb", &marked);
    let found = client.ask("textDocument/hover", at);
    let uri = client.uri("main.swb");
    client.tell(
        "textDocument/didClose",
        json!({ "textDocument": { "uri": uri } }),
    );
    found["contents"]["value"]
        .as_str()
        .unwrap_or_default()
        .to_string()
}

#[test]
fn hover_says_what_stands_there() {
    let mut client = start();
    let plan = |line: &str| format!("plan p {{\n  roll web from 1 to 2\n  {line}\n}}\n");
    for (marked, wanted) in [
        (
            plan("step a { wei|ght 5%; hold 1h; watch errors }"),
            vec!["share", "weight 5%"],
        ),
        (
            plan("step a { weight 15%|; hold 1h; watch errors }"),
            vec!["2 of 10 replicas", "after the start"],
        ),
        (
            plan("step a { weight 5%; hold 1h|30m; watch errors }"),
            vec!["1h30m", "5400 seconds"],
        ),
        (
            plan("step a { weight 5%; hold 1h; watch err|ors }"),
            vec!["Errors that users see", "platform.swb"],
        ),
        (
            plan("step a { migrate shop to 000|2 }"),
            vec!["CREATE TABLE b", "0002_second.up.sql"],
        ),
        (
            plan("allow mutable|-tag because \"x\""),
            vec!["SU", "This is reported"],
        ),
        (
            "plan p { roll we|b from 1 to 2 }".to_string(),
            vec!["The shop's front", "replicas 10"],
        ),
        (
            plan("use care|ful(gates = errors)"),
            vec!["strategy `careful`"],
        ),
    ] {
        let text = said(&mut client, &marked);
        for wanted in wanted {
            assert!(
                text.contains(wanted),
                "{marked}: `{wanted}` is not in\n{text}"
            );
        }
    }
    assert_eq!(said(&mut client, "# nothing| here\n"), "");
}

#[test]
fn signatures_follow_the_cursor() {
    let mut client = start();
    let marked = format!("{BODY}plan p {{ roll web from | }}");
    let at = client.open_at("main.swb", &marked);
    let help = client.ask("textDocument/signatureHelp", at);
    let active = &help["signatures"][help["activeSignature"].as_u64().unwrap_or(0) as usize];
    let label = active["label"].as_str().expect("a form");
    assert_eq!(label, "roll SERVICE from FROM to TO");
    let parameter = active["activeParameter"].as_u64().expect("a value") as usize;
    let place = &active["parameters"][parameter]["label"];
    let (start, end) = (
        place[0].as_u64().expect("a start"),
        place[1].as_u64().expect("an end"),
    );
    assert_eq!(&label[start as usize..end as usize], "FROM");
}

#[test]
fn layout_is_that_of_the_command_and_leaves_broken_texts_alone() {
    let mut client = start();
    let crooked = "service  web {\n# 😀\ntraffic   10/s\n}\n\n\n\nservice api { traffic 5/s }\n";
    client.open("main.swb", crooked);
    let uri = client.uri("main.swb");
    let options = json!({ "tabSize": 8, "insertSpaces": false });
    let ask = json!({ "textDocument": { "uri": uri }, "options": options });
    let edits = client.ask("textDocument/formatting", ask.clone());
    let laid = edited(crooked, &edits);
    let expected = switchback::syntax::format(switchback::source::FileId(0), crooked);
    assert_eq!(laid, expected.expect("no faults"));
    // a part
    let range =
        json!({ "start": { "line": 2, "character": 0 }, "end": { "line": 2, "character": 4 } });
    let part = json!({ "textDocument": { "uri": uri }, "range": range, "options": options });
    let edits = client.ask("textDocument/rangeFormatting", part);
    let partly = edited(crooked, &edits);
    assert!(partly.contains("\n  traffic 10/s\n"), "{partly}");
    assert!(partly.contains("\n\n\n\nservice api"), "{partly}");
    client.replace("main.swb", 2, "service web {\n  traffic  10/s\n");
    let edits = client.ask("textDocument/formatting", ask);
    assert_eq!(edits.as_array().map(Vec::len), Some(0));
}

/// The actions for a finding, and the text after one of them.
fn actions(client: &mut Client, name: &str, finding: &Value) -> Vec<Value> {
    let uri = client.uri(name);
    let found = client.ask(
        "textDocument/codeAction",
        json!({
            "textDocument": { "uri": uri },
            "range": finding["range"],
            "context": { "diagnostics": [finding] },
        }),
    );
    found.as_array().expect("actions").clone()
}

/// A text after an action; it must touch only this file.
fn acted(action: &Value, text: &str) -> String {
    let changes = action["edit"]["documentChanges"]
        .as_array()
        .expect("changes");
    assert_eq!(changes.len(), 1, "{action}");
    edited(text, &changes[0]["edits"])
}

#[test]
fn a_fix_removes_its_finding() {
    let mut client = start();
    let text = format!(
        "{BODY}plan p {{\n  roll web from 1 to 2\n  step a {{ weihgt 5%; hold 1h; watch erors }}\n}}\n"
    );
    client.open("main.swb", &text);
    let found = client.published("main.swb", Some(1));
    let mut text = text;
    let mut version = 1;
    for code in ["unknown-statement", "unknown-name"] {
        let found = match version {
            1 => found.clone(),
            version => client.published("main.swb", Some(version)),
        };
        let finding = found.iter().find(|one| one["code"] == code);
        let finding = finding.unwrap_or_else(|| panic!("{code}: {found:?}"));
        let all = actions(&mut client, "main.swb", finding);
        let fix = all
            .iter()
            .find(|one| one["isPreferred"] == true && one["diagnostics"][0]["code"] == code);
        text = acted(fix.unwrap_or_else(|| panic!("{all:?}")), &text);
        version += 1;
        client.replace("main.swb", version, &text);
    }
    let found = client.published("main.swb", Some(version));
    assert!(
        !found.iter().any(|one| one["code"] == "unknown-name"),
        "{found:?}"
    );
    assert!(
        text.contains("weight 5%") && text.contains("watch errors"),
        "{text}"
    );
}

#[test]
fn a_hazard_is_accepted_in_its_step_and_explained() {
    for folder in ["latest-tag", "exposure-without-gate", "falling-weight"] {
        let files = example(&format!("broken/{folder}"));
        let (name, text) = files
            .iter()
            .find(|(name, _)| name.ends_with(".swb"))
            .expect("a plan");
        let mut client = Client::start(&borrowed(&files));
        client.open(name, text);
        let found = client.published(name, Some(1));
        let mut accepted = 0;
        for finding in &found {
            let code = finding["code"].as_str().expect("a rule");
            let all = actions(&mut client, name, finding);
            let titles: Vec<&str> = all.iter().filter_map(|one| one["title"].as_str()).collect();
            assert!(
                titles.contains(&format!("explain `{code}`").as_str()),
                "{titles:?}"
            );
            let allow = format!("`allow {code}`");
            let Some(action) = all.iter().find(|one| {
                one["title"]
                    .as_str()
                    .is_some_and(|title| title.contains(&allow))
            }) else {
                continue;
            };
            let after = acted(action, text);
            client.replace(name, 2, &after);
            let left = client.published(name, Some(2));
            let count = |found: &[Value]| found.iter().filter(|one| one["code"] == code).count();
            assert!(count(&left) < count(&found), "{folder}: {after}");
            let extra: Vec<&Value> = left
                .iter()
                .filter(|one| !found.iter().any(|old| old["code"] == one["code"]))
                .collect();
            assert!(extra.is_empty(), "{folder}: {extra:?}");
            accepted += 1;
            client.replace(name, 1, text);
            client.published(name, Some(1));
        }
        assert!(accepted > 0, "{folder}: {found:?}");
    }
}

#[test]
fn a_command_gives_the_page_of_a_rule() {
    let mut client = start();
    let ask = |name: &str| json!({ "command": "switchback.explain", "arguments": [name] });
    let page = client.ask("workspace/executeCommand", ask("mutable-tag"));
    assert!(
        page.as_str()
            .is_some_and(|page| page.contains("This is not")),
        "{page}"
    );
    let message = client.refused("workspace/executeCommand", ask("nothing"));
    assert!(message.contains("no rule `nothing`"), "{message}");
}
