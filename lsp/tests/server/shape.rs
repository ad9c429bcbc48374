//! Outline, folds, selections, colours, hints, and what stands above plans.

use serde_json::{Value, json};

use crate::client::{Client, borrowed, example, slice};

const MAIN: &str = "# one\n# two\nservice web {\n  replicas 10\n  max-surge 25%\n  version 1\n  version 2\n}\nplan web-2 {\n  roll web from 1 to 2\n  step canary {\n    weight 5% -> 15%\n    hold 1h\n  }\n  step all { approve by \"sre\"; weight 100%; hold 1d }\n  rollback within 2m\n}\n";

fn start() -> (Client, Value) {
    let mut client = Client::start(&[("main.swb", MAIN)]);
    client.open("main.swb", MAIN);
    let document = json!({ "textDocument": { "uri": client.uri("main.swb") } });
    (client, document)
}

#[test]
fn the_outline_has_declarations_versions_and_steps() {
    let (mut client, document) = start();
    let found = client.ask("textDocument/documentSymbol", document);
    let names = |list: &Value| -> Vec<String> {
        let list = list.as_array().expect("symbols").iter();
        list.filter_map(|one| one["name"].as_str().map(String::from))
            .collect()
    };
    assert_eq!(names(&found), ["web", "web-2"]);
    assert_eq!(names(&found[0]["children"]), ["1", "2"]);
    assert_eq!(
        names(&found[1]["children"]),
        ["canary", "all", "rollback within 2m"]
    );
    assert_eq!(
        slice(MAIN, &found[1]["children"][1]["selectionRange"]),
        "all"
    );
    assert!(slice(MAIN, &found[1]["range"]).ends_with('}'));
}

#[test]
fn blocks_and_comments_fold() {
    let (mut client, document) = start();
    let found = client.ask("textDocument/foldingRange", document);
    let folds: Vec<(u64, u64)> = found
        .as_array()
        .expect("folds")
        .iter()
        .map(|fold| {
            let line = |key: &str| fold[key].as_u64().expect("a line");
            (line("startLine"), line("endLine"))
        })
        .collect();
    assert_eq!(folds, [(0, 1), (2, 6), (8, 15), (10, 12)]);
}

#[test]
fn a_selection_grows_from_the_word_to_the_file() {
    let (mut client, mut document) = start();
    let at = MAIN.replacen("hold 1h", "hold 1|h", 1);
    document["positions"] = json!([crate::client::position(&at)]);
    let found = client.ask("textDocument/selectionRange", document);
    let mut texts = Vec::new();
    let mut next = &found[0];
    while next.is_object() {
        texts.push(slice(MAIN, &next["range"]));
        next = &next["parent"];
    }
    assert_eq!(texts.first(), Some(&"1h"));
    assert_eq!(texts.get(1), Some(&"hold 1h"));
    assert!(
        texts
            .iter()
            .any(|text| text.starts_with("step canary {") && text.ends_with('}'))
    );
    assert_eq!(texts.last(), Some(&MAIN));
    assert!(texts.windows(2).all(|pair| pair[0].len() < pair[1].len()));
}

#[test]
fn hints_say_when_a_step_starts_and_how_many_replicas_a_share_is() {
    let (mut client, mut document) = start();
    document["range"] =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let found = client.ask("textDocument/inlayHint", document.clone());
    let hints: Vec<(String, String)> = found
        .as_array()
        .expect("hints")
        .iter()
        .map(|hint| {
            let range = json!({ "start": { "line": 0, "character": 0 }, "end": hint["position"] });
            let before = slice(MAIN, &range);
            let word = before.rsplit([' ', '\n']).next().unwrap_or_default();
            (
                word.to_string(),
                hint["label"].as_str().unwrap_or_default().to_string(),
            )
        })
        .collect();
    let expected = [
        ("25%", "3 of 10 replicas"),
        ("canary", "at 0s"),
        ("5%", "1 of 10 replicas"),
        ("15%", "2 of 10 replicas"),
        ("all", "at 2h+"),
        ("100%", "10 of 10 replicas"),
    ];
    let expected: Vec<(String, String)> = expected
        .map(|(word, text)| (word.to_string(), text.to_string()))
        .to_vec();
    assert_eq!(hints, expected);
    document["range"] =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 5, "character": 0 } });
    let found = client.ask("textDocument/inlayHint", document);
    assert_eq!(found.as_array().map(Vec::len), Some(1));
}

/// The tokens as words with the names of their kinds.
fn words(text: &str, found: &Value, legend: &Value) -> Vec<(String, String)> {
    let data: Vec<u64> = found["data"]
        .as_array()
        .expect("numbers")
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    let (mut line, mut column) = (0, 0);
    let mut all = Vec::new();
    for token in data.chunks(5) {
        column = if token[0] == 0 {
            column + token[1]
        } else {
            token[1]
        };
        line += token[0];
        let at = |column: u64| json!({ "line": line, "character": column });
        let range = json!({ "start": at(column), "end": at(column + token[2]) });
        let kind = legend["tokenTypes"][token[3] as usize]
            .as_str()
            .expect("a kind");
        all.push((slice(text, &range).to_string(), kind.to_string()));
    }
    all
}

#[test]
fn words_have_their_kinds() {
    let able = crate::client::able();
    let (mut client, announced) = Client::start_as(&[], able);
    let legend = &announced["semanticTokensProvider"]["legend"];
    let text = "# 😀\nservice web { replicas 10; version 1; version 2 }\nplan p { roll web from 1 to 2; step a { weight 5%; on failure rollback } }\n";
    client.open("main.swb", text);
    let mut document = json!({ "textDocument": { "uri": client.uri("main.swb") } });
    let found = client.ask("textDocument/semanticTokens/full", document.clone());
    let all = words(text, &found, legend);
    let expected = [
        ("service", "keyword"),
        ("web", "class"),
        ("replicas", "keyword"),
        ("10", "number"),
        ("version", "keyword"),
        ("1", "enumMember"),
        ("version", "keyword"),
        ("2", "enumMember"),
        ("plan", "keyword"),
        ("p", "function"),
        ("roll", "keyword"),
        ("web", "class"),
        ("from", "keyword"),
        ("1", "enumMember"),
        ("to", "keyword"),
        ("2", "enumMember"),
        ("step", "keyword"),
        ("a", "method"),
        ("weight", "keyword"),
        ("5%", "number"),
        ("on", "keyword"),
        ("failure", "type"),
        ("rollback", "type"),
    ];
    let expected: Vec<(String, String)> = expected
        .map(|(word, kind)| (word.to_string(), kind.to_string()))
        .to_vec();
    assert_eq!(all, expected);
    document["range"] =
        json!({ "start": { "line": 2, "character": 0 }, "end": { "line": 3, "character": 0 } });
    let found = client.ask("textDocument/semanticTokens/range", document);
    assert_eq!(words(text, &found, legend), expected[8..]);
}

#[test]
fn what_is_proved_stands_above_the_plan() {
    let files = example("checkout");
    let mut client = Client::start(&borrowed(&files));
    let (name, text) = files
        .iter()
        .find(|(name, _)| name == "checkout.swb")
        .expect("a plan");
    client.open(name, text);
    let document = json!({ "textDocument": { "uri": client.uri(name) } });
    let lenses = client.ask("textDocument/codeLens", document);
    let title = lenses[0]["command"]["title"].as_str().expect("a title");
    assert!(
        title.contains("✓ compatible") && title.contains("states"),
        "{title}"
    );
    assert_eq!(slice(text, &lenses[0]["range"]), "checkout-42");
}
