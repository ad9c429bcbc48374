//! The extension of VS Code: packed without a network, with nothing in it that does not belong there.
//! `tests/run` installs what packs it, and asks for these tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn extension() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode")
}

fn npm(script: &str) -> Output {
    assert!(
        extension().join("node_modules").is_dir(),
        "`npm ci` was not run in lsp/editors/vscode; `./tests/run` does it"
    );
    Command::new("npm")
        .args(["run", "--silent", script])
        .current_dir(extension())
        // whoever asks a registry fails
        .env("npm_config_offline", "true")
        .output()
        .expect("npm runs")
}

fn said(output: &Output) -> String {
    let both = [&output.stdout, &output.stderr];
    both.map(|text| String::from_utf8_lossy(text).into_owned())
        .concat()
}

#[test]
#[ignore = "needs Node and `npm ci`, which `./tests/run` installs"]
fn the_extension_is_packed_by_one_command() {
    let packed = extension().join("switchback.vsix");
    let _ = std::fs::remove_file(&packed);
    let output = npm("package");
    assert!(output.status.success(), "{}", said(&output));
    let size = std::fs::metadata(&packed).expect("a package").len();
    assert!((20_000..2_000_000).contains(&size), "{size} bytes");
    let said = said(&output);
    for file in [
        "extension.js",
        "switchback.tmLanguage.json",
        "switchback.json",
    ] {
        assert!(said.contains(file), "{file} is not in it: {said}");
    }
    assert!(!said.contains("node_modules"), "{said}");
}

#[test]
#[ignore = "needs Node and `npm ci`, which `./tests/run` installs"]
fn words_have_the_colours_that_the_grammar_promises() {
    let output = npm("grammar");
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn the_lock_file_names_no_host() {
    let text = std::fs::read_to_string(extension().join("package-lock.json")).expect("a text");
    assert!(
        !text.contains("\"resolved\""),
        "the lock file says where packages came from"
    );
    assert!(
        text.contains("\"integrity\""),
        "each package is checked by its hash"
    );
}
