//! What the README and the page on proofs show is what the command prints.

use std::process::Command;

#[test]
fn the_terminal_output_in_the_readme_is_real() {
    assert!(shown("README.md") >= 2, "the README shows real output");
}

#[test]
fn the_terminal_output_on_the_page_of_proofs_is_real() {
    assert!(shown("docs/proofs.md") >= 1, "the page shows real output");
}

/// A drawing in the README stands below a comment with the command that drew it.
#[test]
fn the_drawing_in_the_readme_is_real() {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = std::fs::read_to_string(format!("{root}/README.md")).expect("the page is there");
    let (before, rest) = text.split_once("\n```mermaid\n").expect("a drawing");
    let command = before.lines().last().expect("a command");
    let command = command
        .strip_prefix("<!-- switchback ")
        .and_then(|line| line.strip_suffix(" -->"));
    let drawn = rest.split("\n```").next().expect("its end");
    let output = Command::new(env!("CARGO_BIN_EXE_switchback"))
        .args(command.expect("a command of ours").split_whitespace())
        .current_dir(root)
        .output()
        .expect("the command runs");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(printed.trim_end(), drawn);
}

/// Runs each command that a page shows, and gives how many there are.
fn shown(page: &str) -> usize {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = std::fs::read_to_string(format!("{root}/{page}")).expect("the page is there");
    let mut shown = 0;
    for block in text.split("```console\n").skip(1) {
        let block = block.split("\n```").next().expect("a block ends");
        let (command, expected) = block.split_once('\n').expect("a command and its output");
        let args = command
            .strip_prefix("$ switchback ")
            .expect("a switchback command");
        let output = Command::new(env!("CARGO_BIN_EXE_switchback"))
            .args(args.split_whitespace())
            .current_dir(root)
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100")
            .output()
            .expect("the command runs");
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(printed.trim_end(), expected.trim_end(), "of `{command}`");
        shown += 1;
    }
    shown
}
