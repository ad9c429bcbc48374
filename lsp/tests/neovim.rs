//! The server in Neovim, without a screen: `tests/run` installs it, and asks for this test.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Copies a folder, so that the session may write into it.
fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target: PathBuf = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copied(&path, &target),
            false => drop(std::fs::copy(&path, target).expect("copied")),
        }
    }
}

#[test]
#[ignore = "needs Neovim, which `./tests/run` installs"]
fn a_person_opens_breaks_completes_renames_formats_fixes_and_quits() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let held = tempfile::tempdir().expect("a folder");
    let folder = std::fs::canonicalize(held.path()).expect("it is there");
    copied(&own.join("../examples/checkout"), &folder);
    let output = Command::new("nvim")
        .args(["--headless", "-u", "NONE", "-i", "NONE", "-n", "-S"])
        .arg(own.join("tests/neovim/session.lua"))
        .env("SWITCHBACK_LSP", env!("CARGO_BIN_EXE_switchback-lsp"))
        .env("SWITCHBACK_FOLDER", &folder)
        .output()
        .expect("Neovim runs; `./tests/run` installs it");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success() && said.contains("all of it worked"),
        "{said}"
    );
}
