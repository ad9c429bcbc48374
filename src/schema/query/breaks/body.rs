//! What the bodies of functions name: those in SQL are read anew in each session, those in other
//! languages when they are run.

use std::collections::BTreeSet;

use super::element::{BreakKind, Element};
use super::state::State;
use super::{Faults, demand, structure, write};
use crate::schema::catalog::Function;
use crate::schema::query::contract::{Contract, Write};

/// What the body of a function meets. `who` is the function, or the trigger that runs it.
pub(super) fn judge(
    function: &Function,
    who: &str,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    // each once for a query: what it meets does not depend on the row
    if out.nested || !out.bodies.insert(who.to_string()) {
        return;
    }
    let place = out.query.place;
    let sql = function.language == "sql";
    let texts: Vec<String> = match (sql, function.language.as_str()) {
        (true, _) => vec![function.body.clone()],
        (_, "plpgsql") => statements(&function.body),
        _ => return,
    };
    for text in texts {
        let start = place.start as usize;
        let contract = Contract::from_sql(&text, place.file, start, built.catalog).unprepared();
        for query in &contract.queries {
            let mut within = Faults {
                query,
                found: Vec::new(),
                nested: true,
                bodies: BTreeSet::new(),
            };
            structure::judge(query, at, built, &mut within);
            demand::judge(query, at, built, &mut within);
            for one in &query.writes {
                // rows that are taken away are judged with the tables that refer to them
                if !matches!(one, Write::Delete { .. }) {
                    write::judge(one, at, built, &mut within);
                }
            }
            for mut fault in within.found {
                let found = &mut fault.found;
                // other languages have conditions around
                found.certain &= sql;
                found.reason = format!("in {who}: {}", found.reason);
                found.query = Some(place);
                found.origin = out.query.origin;
                fault.key = format!("{} in {who}", fault.key);
                out.found.push(fault);
            }
        }
    }
}

/// The functions that a body calls and that are not there.
pub(super) fn missing_calls(
    query: &crate::schema::query::Query,
    at: &State<'_>,
    out: &mut Faults<'_>,
) {
    for (called, _) in &query.functions {
        if out.nested && !at.catalog.functions.contains_key(called) {
            out.push(
                BreakKind::MissingFunction,
                true,
                Element::Function(called.clone()),
                format!("function `{called}` does not exist"),
            );
        }
    }
}

/// The statements in a body that read or write tables, each from its first word to where the
/// bracket, loop or statement around it ends.
fn statements(body: &str) -> Vec<String> {
    let words = ["insert", "update", "delete", "select", "perform"];
    body.split(';')
        .filter_map(|piece| {
            let start = words.iter().filter_map(|word| word_at(piece, word)).min()?;
            let rest = piece.get(start..)?;
            let end = word_at(rest, "loop").unwrap_or(rest.len());
            let rest = within_brackets(rest.get(..end)?);
            Some(match rest.get(..7) {
                Some(word) if word.eq_ignore_ascii_case("perform") => {
                    format!("SELECT{}", rest.get(7..).unwrap_or(""))
                }
                _ => rest.to_string(),
            })
        })
        .collect()
}

/// Where a word stands by itself.
fn word_at(text: &str, word: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    let found = lower.match_indices(word).map(|(at, _)| at);
    let alone = |at: &usize| {
        let joins = |c: Option<char>| {
            c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '"'))
        };
        let before = lower.get(..*at).and_then(|text| text.chars().next_back());
        let behind = lower.get(at + word.len()..);
        !joins(before) && !joins(behind.and_then(|text| text.chars().next()))
    };
    found.into_iter().find(alone)
}

/// The text up to a bracket that closes what it did not open.
fn within_brackets(text: &str) -> &str {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return text.get(..at).unwrap_or(text),
            b')' => depth -= 1,
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn what_a_body_reads_and_writes_is_found() {
        for (body, expected) in [
            (
                "BEGIN IF x THEN INSERT INTO log(a) VALUES (f(1)); END IF; updated := 1; END",
                vec!["INSERT INTO log(a) VALUES (f(1))"],
            ),
            (
                "BEGIN RETURN (SELECT a FROM t LIMIT 1); END",
                vec!["SELECT a FROM t LIMIT 1"],
            ),
            (
                "BEGIN FOR r IN SELECT a FROM t LOOP PERFORM g(r); END LOOP; END",
                vec!["SELECT a FROM t "],
            ),
            ("BEGIN PERFORM a FROM t; END", vec!["SELECT a FROM t"]),
        ] {
            assert_eq!(statements(body), expected, "{body}");
        }
    }
}
