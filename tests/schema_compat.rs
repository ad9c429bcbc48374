//! What queries of an old version meet behind an operation, held against what servers answered:
//! 36 operations, 16 statements, each prepared before the operation and sent fresh.
//!
//! The measurements stand beside the repository, in `shared/facts/postgres`, or where
//! `SWITCHBACK_SHARED` says. Each cell that is told otherwise than measured stands in
//! `schema_compat.txt` with the reason; one that is not there fails, and so does one that is there
//! and not needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use switchback::schema::catalog::Catalog;
use switchback::schema::postgres::{apply, lower};
use switchback::schema::query::{Break, Contract, When, breaks};
use switchback::schema::{Engine, split};
use switchback::source::{FileId, Span};

#[derive(Deserialize)]
struct Inputs {
    fixture: String,
    old_statements: BTreeMap<String, String>,
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    name: String,
    sql: String,
}

fn measured() -> Option<PathBuf> {
    let shared = match std::env::var_os("SWITCHBACK_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    };
    let folder = shared.join("facts/postgres");
    folder.join("compat-inputs.json").exists().then_some(folder)
}

fn replay(sql: &str, mut catalog: Catalog, server: u32) -> Catalog {
    for statement in split(sql, Some(Engine::PostgreSql), false).statements {
        let text = &sql[statement.range.clone()];
        // an empty catalog has that schema
        if text == "create schema public" {
            continue;
        }
        let at = Span::new(FileId(0), statement.range.start, statement.range.end);
        for change in lower(text, at, &catalog, "public") {
            if let Err(error) = apply(&change.value, &mut catalog, change.span, server) {
                panic!("{text}: {error}");
            }
        }
    }
    catalog
}

/// `prep X | fresh Y` with the codes alone, `ok` where both are.
fn cell(prepared: &str, fresh: &str) -> String {
    if prepared == "ok" && fresh == "ok" {
        "ok".into()
    } else {
        format!("prep {prepared} | fresh {fresh}")
    }
}

fn codes(measured: &str) -> String {
    let code = |part: &str| {
        let rest = part.split_once(' ').map_or("", |(_, rest)| rest);
        rest.split(':').next().unwrap_or("").trim().to_string()
    };
    match measured.split_once(" | ") {
        None => measured.to_string(),
        Some((prepared, fresh)) => cell(&code(prepared), &code(fresh)),
    }
}

fn told(found: &[Break]) -> String {
    let first = |other: When| {
        found
            .iter()
            .find(|found| found.when == When::Always || found.when == other)
            .map_or("ok".to_string(), |found| found.sqlstate.to_string())
    };
    cell(&first(When::Prepared), &first(When::Fresh))
}

/// `operation / statement` and the reason, one for each line.
fn explained() -> BTreeMap<String, String> {
    include_str!("schema_compat.txt")
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (cell, reason) = line.split_once(" -- ").expect("`cell -- reason`");
            (cell.trim().to_string(), reason.trim().to_string())
        })
        .collect()
}

#[test]
fn breaks_are_those_that_servers_answered() {
    let Some(folder) = measured() else {
        println!("skipped: the measured answers of servers are not beside the repository");
        return;
    };
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("readable");
    let inputs: Inputs = serde_json::from_str(&read("compat-inputs.json")).expect("inputs");
    let explained = explained();
    let mut wrong = Vec::new();
    let mut needed = BTreeSet::new();
    let mut agreed = 0;
    let mut cells = 0;
    for server in [12, 15, 18] {
        let answers: BTreeMap<String, BTreeMap<String, String>> =
            serde_json::from_str(&read(&format!("compat.{server}.json"))).expect("answers");
        let built = replay(&inputs.fixture, Catalog::default(), server);
        for operation in &inputs.operations {
            let now = replay(&operation.sql, built.clone(), server);
            for (name, sql) in &inputs.old_statements {
                let contract = Contract::from_sql(sql, FileId(0), 0, &built);
                assert_eq!(contract.unknown, [], "{sql}");
                let found = breaks(&contract, &built, &now);
                let told = told(&found);
                let answer = codes(&answers[&operation.name][name]);
                let at = format!("{} / {name}", operation.name);
                cells += 1;
                if told == answer {
                    agreed += 1;
                } else if explained.contains_key(&at) {
                    // what is certain must fail, if perhaps with another code
                    let certain = found
                        .iter()
                        .any(|found| found.certain && found.when != When::Semantic);
                    assert!(
                        !certain || answer != "ok",
                        "{at}: told as certain, {told}; measured {answer}"
                    );
                    needed.insert(at);
                } else {
                    wrong.push(format!("{server}: {at}: told {told}; measured {answer}"));
                }
            }
        }
    }
    println!("{agreed} of {cells} cells as measured, the others explained");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let stale: Vec<&String> = explained
        .keys()
        .filter(|cell| !needed.contains(*cell))
        .collect();
    assert!(stale.is_empty(), "explained and not needed: {stale:?}");
}
