//! What editors know of the language without the server: a TextMate grammar and snippets, both
//! written from the vocabulary. A test fails when the files in `editors/` are stale.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use switchback::ide::block_snippet;
use switchback::vocabulary::Place;

/// A word as a regular expression takes it.
fn escaped(word: &str) -> String {
    word.replace('.', "\\.")
}

/// One of these words, the longest first, so that none hides another that begins with it.
fn any_of(words: &BTreeSet<&str>) -> String {
    let mut words: Vec<&str> = words.iter().copied().collect();
    words.sort_by_key(|word| (std::cmp::Reverse(word.len()), *word));
    let words: Vec<String> = words.into_iter().map(escaped).collect();
    words.join("|")
}

/// The words of forms and of choices: `from`, `per day`, `rollback`.
fn inner_words() -> BTreeSet<&'static str> {
    let mut words = BTreeSet::new();
    for place in Place::ALL {
        for entry in place.entries() {
            for word in entry.words_inside() {
                words.insert(word);
            }
        }
    }
    words
}

/// The TextMate grammar.
pub fn textmate() -> Value {
    let mut declarations = BTreeSet::new();
    let mut statements = BTreeSet::new();
    for place in Place::ALL {
        for entry in place.entries() {
            match entry.block_required {
                true => declarations.insert(entry.word),
                false => statements.insert(entry.word),
            };
        }
    }
    statements.retain(|word| !declarations.contains(word));
    // a word of the language that is part of a longer one is no word of its own
    let (before, after) = ("(?<![\\w%./:-])", "(?![\\w%]|[-./:][\\w%])");
    let first = "(?:^|(?<=[{;]))\\s*";
    json!({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "Switchback",
        "scopeName": "source.switchback",
        "fileTypes": ["swb"],
        "patterns": [
            { "include": "#comment" },
            { "include": "#raw" },
            { "include": "#text" },
            { "include": "#declaration" },
            { "include": "#statement" },
            { "include": "#value" },
            { "include": "#word" },
            { "include": "#operator" },
        ],
        "repository": {
            "comment": { "patterns": [
                { "name": "comment.line.documentation.switchback", "match": "##(?!#).*$" },
                { "name": "comment.line.number-sign.switchback", "match": "#.*$" },
            ] },
            "raw": {
                "name": "string.quoted.triple.switchback",
                "begin": "\"\"\"", "end": "\"\"\"",
            },
            "text": {
                "name": "string.quoted.double.switchback",
                "begin": "\"", "end": "\"|$",
                "patterns": [{ "name": "constant.character.escape.switchback", "match": "\\\\." }],
            },
            "declaration": {
                "match": format!("{first}({}){after}(?:\\s+([\\w%][\\w%./:-]*))?", any_of(&declarations)),
                "captures": {
                    "1": { "name": "keyword.declaration.switchback" },
                    "2": { "name": "entity.name.switchback" },
                },
            },
            "statement": {
                "match": format!("{first}({}){after}", any_of(&statements)),
                "captures": { "1": { "name": "keyword.control.switchback" } },
            },
            "value": {
                "name": "constant.numeric.switchback",
                "match": format!(
                    "{before}x?[0-9]+(?:\\.[0-9]+)?(?:%|ms|s|m|h|d|/s|/m|/h|k|M|KiB|MiB|GiB|TiB)?(?:[0-9]+(?:ms|s|m|h))*{after}"
                ),
            },
            "word": {
                "name": "support.constant.switchback",
                "match": format!("{before}(?:{}){after}", any_of(&inner_words())),
            },
            "operator": {
                "name": "keyword.operator.switchback",
                "match": "->|\\.\\.|<=|>=|[<>=*+]",
            },
        },
    })
}

/// Snippets of the declarations, in the format of VS Code.
pub fn snippets() -> Value {
    let mut all = Map::new();
    for entry in Place::Top.entries() {
        let body = block_snippet(entry);
        let lines: Vec<&str> = body.lines().collect();
        all.insert(
            entry.word.to_string(),
            json!({ "prefix": entry.word, "body": lines, "description": entry.doc }),
        );
    }
    Value::Object(all)
}

/// A document as it is kept in the project.
pub fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
