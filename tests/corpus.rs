//! Replays the inputs that fuzzing kept: each must satisfy what its fuzz target asserts.
//!
//! `fuzz/README.md` says how the inputs came to be and how to get more.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
mod targets;

/// Gives every file of `tests/corpus/<target>` to `target`.
fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(name);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "there is nothing to replay for {name}");
    let failed: Vec<String> = files
        .iter()
        .filter(|path| {
            let data = fs::read(path).expect("a file of the corpus");
            catch_unwind(AssertUnwindSafe(|| target(&data))).is_err()
        })
        .map(|path| path.display().to_string())
        .collect();
    assert!(
        failed.is_empty(),
        "these inputs fail:\n{}",
        failed.join("\n")
    );
}

#[test]
fn parse() {
    replay("parse", targets::parse);
}

#[test]
fn format() {
    replay("format", targets::format);
}

#[test]
fn check() {
    replay("check", targets::check);
}

#[test]
fn yaml() {
    replay("yaml", targets::yaml);
}

#[test]
fn migrations() {
    replay("migrations", targets::migrations);
}

#[test]
fn promql() {
    replay("promql", targets::promql);
}
