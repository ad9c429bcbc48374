//! Runs the real program, the way a user does.
#![allow(dead_code, reason = "each test uses its part")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program with a terminal of 100 columns and no colour, in `folder`.
pub fn switchback(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchback"));
    command
        .current_dir(folder)
        .env("COLUMNS", "100")
        .env_remove("NO_COLOR")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null());
    command
}

/// What the program said and how it ended.
pub struct Ran {
    pub out: String,
    pub err: String,
    pub code: i32,
}

/// Runs the program; texts that are no UTF-8 fail the test.
pub fn run(folder: &Path, args: &[&str]) -> Ran {
    ran(switchback(folder)
        .args(args)
        .output()
        .expect("the program starts"))
}

pub fn ran(output: Output) -> Ran {
    Ran {
        out: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        err: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
        code: output.status.code().expect("it ends by itself"),
    }
}

/// The folder of this package.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folders below `folder`, sorted.
pub fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

/// The last part of a path.
pub fn name(path: &Path) -> String {
    path.file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}

/// Compares with a file, or writes it when `SWITCHBACK_BLESS=1`. What differs is added to `wrong`.
pub fn expect(file: &Path, actual: &str, wrong: &mut String) {
    if std::env::var_os("SWITCHBACK_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(file, actual).expect("the expected output is written");
        return;
    }
    let expected = std::fs::read_to_string(file).unwrap_or_default();
    if expected == actual {
        return;
    }
    let shown = file.strip_prefix(root()).unwrap_or(file);
    let _ = writeln!(wrong, "--- {}", shown.display());
    let (mut left, mut right) = (expected.lines(), actual.lines());
    let mut shown_lines = 0;
    loop {
        let (want, have) = (left.next(), right.next());
        if want.is_none() && have.is_none() {
            break;
        }
        if want != have && shown_lines < 12 {
            shown_lines += 1;
            let _ = writeln!(wrong, "  expected  {}", want.unwrap_or("(end)"));
            let _ = writeln!(wrong, "  actual    {}", have.unwrap_or("(end)"));
        }
    }
}

/// Fails with everything that differs, and says how to accept it.
pub fn finish(wrong: &str) {
    assert!(
        wrong.is_empty(),
        "{wrong}\nread the differences; SWITCHBACK_BLESS=1 accepts them"
    );
}

/// The findings of a check as JSON.
pub fn json(folder: &Path, args: &[&str]) -> serde_json::Value {
    let mut all = vec!["check", "--format", "json"];
    all.extend(args);
    let ran = run(folder, &all);
    serde_json::from_str(&ran.out)
        .unwrap_or_else(|error| panic!("{}: {error}\n{}{}", folder.display(), ran.out, ran.err))
}

/// A file that is kept beside the project and not in it (`../shared`, or where
/// `SWITCHBACK_SHARED` leads); where it is missing, that is printed and the test passes.
#[allow(dead_code)]
pub fn shared(path: &str) -> Option<std::path::PathBuf> {
    let root = std::env::var_os("SWITCHBACK_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        std::path::PathBuf::from,
    );
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: `{path}` is not beside the project (set SWITCHBACK_SHARED to where it is)");
    None
}
