//! The server through a client that others wrote: `tests/run` installs pytest-lsp into
//! `target/engines`, and asks for this test.

use std::path::Path;
use std::process::Command;

#[test]
#[ignore = "needs pytest-lsp, which `./tests/run` installs into target/engines"]
fn a_client_of_others_is_served() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = own.join("..");
    let python = root.join("target/engines/pytest-lsp/bin/python");
    assert!(
        python.is_file(),
        "pytest-lsp is not installed; `./tests/run` does it"
    );
    let output = Command::new(python)
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(own.join("tests/second_client/test_server.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SWITCHBACK_LSP", env!("CARGO_BIN_EXE_switchback-lsp"))
        .env(
            "SWITCHBACK_FOLDER",
            std::fs::canonicalize(root.join("examples/checkout")).expect("the example"),
        )
        .output()
        .expect("it runs");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
