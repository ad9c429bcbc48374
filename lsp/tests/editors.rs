//! What is kept for editors agrees with the language. `SWITCHBACK_BLESS=1` writes it anew.

use std::path::{Path, PathBuf};

use switchback_lsp::grammar;

fn editors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("editors")
}

fn kept(path: &str, expected: &str) {
    let path = editors().join(path);
    if std::env::var_os("SWITCHBACK_BLESS").is_some() {
        std::fs::write(&path, expected).expect("written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == expected,
        "{} is stale; run this test with SWITCHBACK_BLESS=1",
        path.display()
    );
}

#[test]
fn the_grammar_and_the_snippets_are_those_of_the_vocabulary() {
    let grammar = grammar::pretty(&grammar::textmate());
    kept("vscode/syntaxes/switchback.tmLanguage.json", &grammar);
    let snippets = grammar::pretty(&grammar::snippets());
    kept("vscode/snippets/switchback.json", &snippets);
}

#[test]
fn every_statement_is_a_word_of_the_grammar() {
    let grammar = grammar::textmate();
    let repository = &grammar["repository"];
    let text = format!(
        "{}|{}",
        repository["declaration"]["match"], repository["statement"]["match"]
    );
    let words: Vec<&str> = text.split(['(', ')', '|']).collect();
    for place in switchback::vocabulary::Place::ALL {
        for entry in place.entries() {
            assert!(words.contains(&entry.word), "{}", entry.word);
        }
    }
}

#[test]
fn the_manifest_of_the_extension_names_files_that_are_there() {
    let folder = editors().join("vscode");
    let text = std::fs::read_to_string(folder.join("package.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let contributes = &manifest["contributes"];
    let mut named: Vec<&serde_json::Value> = vec![
        &contributes["languages"][0]["configuration"],
        &contributes["grammars"][0]["path"],
        &contributes["snippets"][0]["path"],
    ];
    named.retain(|path| !path.is_null());
    assert_eq!(named.len(), 3);
    for path in named {
        let path = path.as_str().expect("a path");
        let text = std::fs::read_to_string(folder.join(path));
        let text = text.unwrap_or_else(|error| panic!("{path}: {error}"));
        serde_json::from_str::<serde_json::Value>(&text)
            .unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    assert_eq!(contributes["grammars"][0]["scopeName"], "source.switchback");
    assert!(folder.join("src/extension.js").is_file());
}

#[test]
fn the_configuration_of_helix_can_be_read() {
    let path = editors().join("helix/languages.toml");
    let text = std::fs::read_to_string(path).expect("it is there");
    let file: toml::Table = text.parse().expect("TOML");
    let server = &file["language-server"]["switchback"];
    assert_eq!(server["command"].as_str(), Some("switchback-lsp"));
    let languages = file["language"].as_array().expect("languages");
    let [language] = languages.as_slice() else {
        panic!("{languages:?}")
    };
    // without these Helix leaves the whole file out
    assert_eq!(language["name"].as_str(), Some("switchback"));
    assert_eq!(language["scope"].as_str(), Some("source.switchback"));
    assert_eq!(language["file-types"][0].as_str(), Some("swb"));
    assert_eq!(language["language-servers"][0].as_str(), Some("switchback"));
    assert_eq!(language["comment-token"].as_str(), Some("#"));
    assert_eq!(language["indent"]["unit"].as_str(), Some("  "));
    // it reads standard input and writes standard output
    let formatter = &language["formatter"];
    assert_eq!(formatter["command"].as_str(), Some("switchback"));
    assert_eq!(formatter["args"], toml::Value::from(vec!["fmt", "-"]));
}
