//! Changes of plans, what stands above them, and the layout of what is being typed.

use serde_json::{Value, json};

use crate::client::{Client, borrowed, edited, example, position};

/// The titles of what is offered at the mark, with the text that each leads to.
fn offered(client: &mut Client, name: &str, marked: &str, only: &str) -> Vec<(String, String)> {
    let text = marked.replacen('|', "", 1);
    client.open(name, &text);
    let at = position(marked);
    let uri = client.uri(name);
    let actions = client.ask(
        "textDocument/codeAction",
        json!({
            "textDocument": { "uri": uri },
            "range": { "start": at, "end": at },
            "context": { "diagnostics": [], "only": [only] },
        }),
    );
    let actions = actions.as_array().cloned().unwrap_or_default();
    let of = |action: &Value| {
        let title = action["title"].as_str()?.to_string();
        let edits = &action["edit"]["documentChanges"][0]["edits"];
        edits.is_array().then(|| (title, edited(&text, edits)))
    };
    actions.iter().filter_map(of).collect()
}

/// An example with the text of its plan changed, and a mark in it.
fn changed(folder: &str, plan: &str, from: &str, to: &str) -> (Client, String) {
    let files = example(folder);
    let (_, text) = files.iter().find(|(name, _)| name == plan).expect("a plan");
    assert!(text.contains(from), "{text}");
    let marked = text.replacen(from, to, 1);
    (Client::start(&borrowed(&files)), marked)
}

fn findings(client: &mut Client, name: &str, version: i32, text: &str) -> Vec<Value> {
    client.replace(name, version, text);
    client.published(name, Some(version))
}

#[test]
fn steps_become_a_strategy() {
    let (mut client, marked) = changed(
        "sticky-canary",
        "basket.swb",
        "plan basket-31",
        "plan |basket-31",
    );
    let all = offered(&mut client, "basket.swb", &marked, "refactor.extract");
    let [(title, text)] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!(title, "extract this step into strategy `basket-31-steps`");
    assert!(
        text.contains("strategy basket-31-steps {\n  step walk {"),
        "{text}"
    );
    assert!(text.contains("\n  use basket-31-steps\n"), "{text}");
    assert_eq!(
        findings(&mut client, "basket.swb", 2, text),
        [] as [Value; 0]
    );
    let laid = switchback::syntax::format(switchback::source::FileId(0), text);
    assert_eq!(laid.ok().as_deref(), Some(text.as_str()));
}

#[test]
fn a_canary_becomes_sticky_where_the_target_can() {
    let sticky = "    sticky by cookie \"basket-id\"\n";
    let (mut client, marked) = changed("sticky-canary", "basket.swb", sticky, "|");
    let all = offered(&mut client, "basket.swb", &marked, "refactor.rewrite");
    let [(title, text)] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert!(title.contains("`sticky by cookie`"), "{title}");
    assert!(
        text.contains("step walk {\n    sticky by cookie \"uid\"\n    weight 5%"),
        "{text}"
    );
    assert_eq!(
        findings(&mut client, "basket.swb", 2, text),
        [] as [Value; 0]
    );
    // Argo Rollouts keeps nobody on a version: what would only be refused is not offered
    let (mut client, marked) = changed("checkout", "checkout.swb", "step canary", "step |canary");
    let all = offered(&mut client, "checkout.swb", &marked, "refactor.rewrite");
    assert!(all.is_empty(), "{all:?}");
}

#[test]
fn the_line_of_no_return_is_inserted_where_it_is_computed() {
    let line = "  no return because \"0043 drops orders.email, which 41 reads\"\n\n";
    let (mut client, marked) = changed("checkout", "checkout.swb", line, "|");
    let all = offered(&mut client, "checkout.swb", &marked, "quickfix");
    let found = all
        .iter()
        .find(|(title, _)| title.contains("line of no return"));
    let (title, text) = found.unwrap_or_else(|| panic!("{all:?}"));
    assert_eq!(title, "insert the line of no return above step `contract`");
    assert!(text.contains("\n  no return because \""), "{text}");
    let left = findings(&mut client, "checkout.swb", 2, text);
    assert_eq!(left, [] as [Value; 0], "{text}");
}

#[test]
fn a_missing_fact_is_declared() {
    let (mut client, marked) = changed("checkout", "checkout.swb", "  users 2M per day\n", "");
    let marked = marked.replacen("plan checkout-42", "plan |checkout-42", 1);
    let all = offered(&mut client, "checkout.swb", &marked, "quickfix");
    let found = all.iter().find(|(title, _)| title.starts_with("declare `"));
    let (title, text) = found.unwrap_or_else(|| panic!("{all:?}"));
    assert!(title.contains("of service `checkout`"), "{title}");
    assert!(text.contains("objective 99.9% over 30d\n"), "{text}");
}

#[test]
fn what_is_typed_is_indented() {
    let mut client = Client::start(&[]);
    for (marked, typed, expected) in [
        ("plan p {\n|\n}\n", "\n", "plan p {\n  \n}\n"),
        (
            "plan p {\n  step a {\n    hold 1h\n    }|\n}\n",
            "}",
            "plan p {\n  step a {\n    hold 1h\n  }\n}\n",
        ),
        (
            "plan p {\n  roll web from 1 to 2\n      |\n",
            "\n",
            "plan p {\n  roll web from 1 to 2\n  \n",
        ),
        // braces of a text are none
        (
            "gate g {\n  query \"\"\"\n    a{\n|\n  \"\"\"\n}\n",
            "\n",
            "gate g {\n  query \"\"\"\n    a{\n\n  \"\"\"\n}\n",
        ),
        (
            "plan p {\n      roll web }|\n",
            "}",
            "plan p {\n      roll web }\n",
        ),
    ] {
        let mut params = client.open_at("main.swb", marked);
        params["ch"] = typed.into();
        params["options"] = json!({ "tabSize": 2, "insertSpaces": true });
        let edits = client.ask("textDocument/onTypeFormatting", params);
        let text = marked.replacen('|', "", 1);
        assert_eq!(edited(&text, &edits), expected, "{marked}");
    }
}

#[test]
fn a_report_and_a_picture_are_given() {
    let files = example("checkout");
    let mut client = Client::start(&borrowed(&files));
    let (_, text) = files
        .iter()
        .find(|(name, _)| name == "checkout.swb")
        .expect("it is there");
    client.open("checkout.swb", text);
    let uri = client.uri("checkout.swb");
    let lenses = client.ask(
        "textDocument/codeLens",
        json!({ "textDocument": { "uri": uri } }),
    );
    let titles: Vec<&str> = lenses
        .as_array()
        .expect("lenses")
        .iter()
        .filter_map(|lens| lens["command"]["title"].as_str())
        .collect();
    assert!(titles[0].contains("states"), "{titles:?}");
    assert_eq!(&titles[1..], ["open the report", "check again"]);
    let command = &lenses[1]["command"];
    let page = client.ask(
        "workspace/executeCommand",
        json!({ "command": command["command"], "arguments": command["arguments"] }),
    );
    let page = page.as_str().expect("a page");
    assert!(
        page.starts_with("<!DOCTYPE html>") && page.contains("checkout-42"),
        "{page:.200}"
    );
    let at = json!({ "line": 40, "character": 3 });
    let graph = |client: &mut Client, at: Value| {
        let arguments = json!({ "command": "switchback.graph", "arguments": [uri, at] });
        client.ask("workspace/executeCommand", arguments)
    };
    let drawn = graph(&mut client, at);
    assert!(
        drawn.as_str().is_some_and(|svg| svg.starts_with("<svg")),
        "{drawn}"
    );
    assert_eq!(graph(&mut client, json!("checkout-42")), drawn);
    assert_eq!(
        graph(&mut client, json!({ "line": 3, "character": 0 })),
        Value::Null
    );
    let why = client.refused(
        "workspace/executeCommand",
        json!({ "command": "switchback.report", "arguments": [uri, "none"] }),
    );
    assert!(why.contains("no plan or release `none`"), "{why}");
}

#[test]
fn hints_say_who_meets_a_fault_and_what_gates_see() {
    let files = example("checkout");
    let mut client = Client::start(&borrowed(&files));
    let (_, text) = files
        .iter()
        .find(|(name, _)| name == "checkout.swb")
        .expect("it is there");
    client.open("checkout.swb", text);
    client.published("checkout.swb", Some(1));
    let uri = client.uri("checkout.swb");
    let hints = client.ask(
        "textDocument/inlayHint",
        json!({
            "textDocument": { "uri": uri },
            "range": {
                "start": { "line": 0, "character": 0 },
                "end": { "line": 1000, "character": 0 },
            },
        }),
    );
    let all: Vec<&str> = hints
        .as_array()
        .expect("hints")
        .iter()
        .filter_map(|hint| hint["label"].as_str())
        .collect();
    for wanted in [
        "of users meet a fault",
        "power ",
        "no way back from here",
        "replicas",
    ] {
        assert!(
            all.iter().any(|hint| hint.contains(wanted)),
            "{wanted}: {all:?}"
        );
    }
    for (marked, wanted) in [
        (
            "    weight |1%",
            "the fault that the gates of `checkout-42` detect",
        ),
        (
            "    watch |errors, latency",
            "the probability that gate `errors` stops the plan",
        ),
    ] {
        let plain = marked.replacen('|', "", 1);
        let marked = text.replacen(&plain, marked, 1);
        let said = client.ask("textDocument/hover", client.at("checkout.swb", &marked));
        let said = said["contents"]["value"].as_str().unwrap_or_default();
        assert!(said.contains(wanted), "{said}");
    }
}
