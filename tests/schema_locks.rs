//! Locks, rewrites and scans as they were measured on servers 10 to 18, against what is computed.
//!
//! Each difference stands in `postgres-differences.txt` with its reason: one that does not fails,
//! and so does a reason whose difference is gone. Locks on indexes count from `SUX` on; what a
//! query or a write takes on indexes blocks nobody and is not computed.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use serde_json::Value;
use switchback::schema::catalog::Catalog;
use switchback::schema::postgres::{Change, LockMode, Replay, replay_onto};
use switchback::schema::{Script, Transaction};
use switchback::source::{SourceMap, Span};

const VERSIONS: std::ops::RangeInclusive<u32> = 10..=18;
const FIELDS: [&str; 4] = ["error", "locks", "rewrites", "scans"];

fn run(catalog: Arc<Catalog>, sql: &str, server: u32, transaction: Transaction) -> Replay {
    let mut sources = SourceMap::new();
    let file = sources.add("op.sql", "op.sql", sql.to_string());
    let script = Script {
        file,
        span: Span::new(file, 0, sql.len()),
        transaction,
        goose_blocks: false,
    };
    replay_onto(&sources, catalog, &script, server)
}

/// What is compared: a text for each field.
#[derive(Default)]
struct Seen {
    error: bool,
    locks: BTreeSet<String>,
    rewrites: BTreeSet<String>,
    scans: BTreeSet<String>,
}

fn mode_of(short: &str) -> Option<LockMode> {
    LockMode::ALL.into_iter().find(|mode| mode.short() == short)
}

fn measured(operation: &Value) -> Seen {
    let mut seen = Seen {
        error: operation.get("error").is_some_and(|error| !error.is_null()),
        ..Seen::default()
    };
    let mut locks: BTreeMap<String, (LockMode, bool)> = BTreeMap::new();
    for (name, mode) in operation["locks"].as_object().into_iter().flatten() {
        let index = name.ends_with("[i]") || name.ends_with("[I]");
        let bare = name.split(['[', '(']).next().unwrap_or(name).to_string();
        let mode = mode.as_str().and_then(mode_of).expect("a mode");
        let held = locks.entry(bare).or_insert((mode, index));
        *held = (held.0.max(mode), held.1 || index);
    }
    for (name, (mode, index)) in locks {
        if !index || mode >= LockMode::ShareUpdateExclusive {
            seen.locks.insert(format!("{name}={}", mode.short()));
        }
    }
    for name in operation["rewrite"].as_array().into_iter().flatten() {
        seen.rewrites.extend(name.as_str().map(str::to_string));
    }
    for note in operation["notes"].as_array().into_iter().flatten() {
        let note = note.as_str().unwrap_or("");
        let quoted = note.split('"').nth(1).unwrap_or("");
        if note.starts_with("verifying table") {
            seen.scans.insert(quoted.to_string());
        } else if note.starts_with("validating foreign key") {
            // the note names the constraint; all of the fixture's are on `t`
            seen.scans.insert("t".to_string());
        }
    }
    // a table that is written anew is read on the way
    seen.scans.retain(|name| !seen.rewrites.contains(name));
    seen
}

fn computed(replay: &Replay) -> Seen {
    let mut seen = Seen::default();
    let mut locks: BTreeMap<String, LockMode> = BTreeMap::new();
    for step in &replay.steps {
        seen.error |= !step.errors.is_empty();
        for change in &step.changes {
            if matches!(change.change, Change::Commit) {
                // a measurement is of what is held since then
                locks.clear();
            }
            for (name, mode) in &change.cost.locks {
                let held = locks.entry(name.to_string()).or_insert(*mode);
                *held = (*held).max(*mode);
            }
            let written = change.cost.rewrites.iter().map(ToString::to_string);
            seen.rewrites.extend(written);
            // an index that was there before
            let built = change.cost.builds.iter().map(ToString::to_string);
            if matches!(change.change, Change::Reindex { .. }) || !change.cost.rewrites.is_empty() {
                seen.rewrites.extend(built);
            }
            if matches!(change.change, Change::AlterTable { .. }) {
                let tables = change.cost.scans.iter();
                let only = tables.filter(|name| !change.cost.rewrites.contains(name));
                seen.scans.extend(only.map(ToString::to_string));
            }
        }
    }
    for (name, mode) in locks {
        seen.locks.insert(format!("{name}={}", mode.short()));
    }
    seen
}

/// One line of the differences: operation, versions, field, reason.
struct Known {
    operation: String,
    versions: Vec<u32>,
    field: String,
}

fn known() -> Vec<Known> {
    let text = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/postgres-differences.txt"
    ))
    .expect("the list of differences");
    let lines = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let parts: Vec<&str> = line.split('|').map(str::trim).collect();
            let [operation, versions, field, reason] = parts.as_slice() else {
                panic!("a line needs operation | versions | field | reason: {line}");
            };
            assert!(reason.len() > 20, "a reason is missing: {line}");
            assert!(FIELDS.contains(field), "no such field: {line}");
            let mut listed = Vec::new();
            for part in versions.split(',') {
                let (from, to) = part.split_once('-').unwrap_or((part, part));
                let number = |text: &str| text.trim().parse::<u32>().expect("a version");
                listed.extend(number(from)..=number(to));
            }
            Known {
                operation: operation.to_string(),
                versions: listed,
                field: field.to_string(),
            }
        })
        .collect()
}

#[test]
fn what_is_computed_is_what_was_measured() {
    let Some(fixture) = common::shared("facts/postgres/locks-fixture.sql") else {
        return;
    };
    let fixture = fs::read_to_string(fixture).expect("the fixture");
    let known = known();
    let mut used: BTreeSet<(usize, u32)> = BTreeSet::new();
    let mut report = String::new();
    let (mut compared, mut equal) = (0, 0);
    for server in VERSIONS {
        let path =
            common::shared(&format!("facts/postgres/locks.{server}.json")).expect("measured");
        let text = fs::read_to_string(path).expect("a measurement");
        let all: Value = serde_json::from_str(&text).expect("JSON");
        let start = run(Arc::default(), &fixture, server, Transaction::None);
        for step in &start.steps {
            // before 11 a partitioned table has no indexes
            let expected = server == 10 && fixture[step.span.range()].contains("p_v_idx");
            assert_eq!(
                !step.errors.is_empty(),
                expected,
                "{server}: {:?}",
                step.errors
            );
        }
        for (name, operation) in all.as_object().expect("operations") {
            let sql = operation["sql"].as_str().expect("its SQL");
            let was = measured(operation);
            // what cannot run in a transaction was watched from a second session
            let transaction = if operation.get("wait").is_some() {
                Transaction::None
            } else {
                Transaction::Wrapped
            };
            let is = computed(&run(Arc::clone(&start.last), sql, server, transaction));
            for field in FIELDS {
                let (left, right) = match field {
                    "error" => (format!("{}", was.error), format!("{}", is.error)),
                    _ if was.error => continue,
                    "locks" => (format!("{:?}", was.locks), format!("{:?}", is.locks)),
                    // while a reader blocks it, nothing is rewritten yet
                    "rewrites" if operation["rewrite"].is_null() => continue,
                    "rewrites" => (format!("{:?}", was.rewrites), format!("{:?}", is.rewrites)),
                    _ => (format!("{:?}", was.scans), format!("{:?}", is.scans)),
                };
                compared += 1;
                let reason = known.iter().position(|one| {
                    one.operation == *name && one.field == field && one.versions.contains(&server)
                });
                match (left == right, reason) {
                    (true, _) => equal += 1,
                    (false, Some(at)) => {
                        used.insert((at, server));
                    }
                    (false, None) => {
                        let _ = writeln!(
                            report,
                            "{name} | {server} | {field} |\n    {sql}\n    measured {left}\n    computed {right}"
                        );
                    }
                }
            }
        }
    }
    for (at, one) in known.iter().enumerate() {
        for version in &one.versions {
            if !used.contains(&(at, *version)) {
                let _ = writeln!(
                    report,
                    "stale: {} | {version} | {}",
                    one.operation, one.field
                );
            }
        }
    }
    println!(
        "{equal} of {compared} measured facts are computed alike, {} are explained",
        compared - equal
    );
    assert!(report.is_empty(), "{report}");
}
