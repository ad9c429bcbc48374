//! `.sqlx/query-*.json`: the queries that `cargo sqlx prepare` wrote down.

use std::ops::Range;

use serde::Deserialize;

use super::Catalog;
use super::contract::{Contract, Unknown};
use super::resolve::from_text;
use crate::source::{FileId, Span};

/// What is read of such a file.
#[derive(Deserialize)]
struct Prepared {
    query: String,
    db_name: Option<String>,
}

impl Contract {
    /// From the text of a `.sqlx/query-*.json` file. Places are those of the query's text within
    /// the JSON; a file without a `query` is unknown.
    pub fn from_sqlx_json(text: &str, file: FileId, built: &Catalog) -> Contract {
        let whole = Span::new(file, 0, text.len());
        let unknown = |place, reason: String| Contract {
            queries: Vec::new(),
            unknown: vec![Unknown { place, reason }],
        };
        let prepared: Prepared = match serde_json::from_str(text) {
            Ok(prepared) => prepared,
            Err(error) => {
                return unknown(
                    whole,
                    format!("this is no query that `cargo sqlx prepare` wrote: {error}"),
                );
            }
        };
        if let Some(name) = &prepared.db_name
            && !name.eq_ignore_ascii_case("postgresql")
        {
            return unknown(whole, format!("the query is for {name}, which is not read"));
        }
        let offsets = string_at(text, &prepared.query);
        let place = |range: Range<usize>| match &offsets {
            Some(offsets) => {
                let at = |byte: usize| offsets.get(byte).copied().unwrap_or(text.len());
                Span::new(file, at(range.start), at(range.end))
            }
            None => whole,
        };
        from_text(&prepared.query, &place, built)
    }
}

/// Where each byte of `value`, and its end, stands in the JSON string of the key `query`.
fn string_at(json: &str, value: &str) -> Option<Vec<usize>> {
    let key = json.find("\"query\"")? + "\"query\"".len();
    let colon = key + json.get(key..)?.find(':')? + 1;
    let mut at = colon + json.get(colon..)?.find('"')? + 1;
    let mut offsets = Vec::with_capacity(value.len() + 1);
    for character in value.chars() {
        let length = match json.get(at..)?.strip_prefix('\\') {
            None => character.len_utf8(),
            Some(escape) if escape.starts_with('u') => {
                // a pair of escapes makes a character beyond 16 bits
                if character.len_utf8() == 4 { 12 } else { 6 }
            }
            Some(_) => 2,
        };
        offsets.extend(std::iter::repeat_n(at, character.len_utf8()));
        at += length;
    }
    offsets.push(at);
    (json.get(at..)?.starts_with('"')).then_some(offsets)
}
