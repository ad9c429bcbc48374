//! What people install beside the program: hooks, pipelines, completions, manual pages. They name
//! options and commands of the program, and must not name one that is not there.

mod common;

use std::fs;

use common::{root, run};

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn hooks_and_pipelines_name_options_that_are_there() {
    let help = run(&root(), &["check", "--help"]).out;
    let known =
        |word: &str| help.contains(&format!("{word} ")) || help.contains(&format!("{word}\n"));
    for file in [
        ".pre-commit-hooks.yaml",
        "action.yml",
        "templates/check.yml",
    ] {
        let text = read(file);
        let commands: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .filter(|line| line.contains("switchback check") || line.contains("options"))
            .collect();
        assert!(!commands.is_empty(), "{file}");
        for option in commands
            .iter()
            .flat_map(|line| line.split([' ', '(', ')', '"', '$']))
        {
            if option.starts_with("--") && option.len() > 2 {
                assert!(known(option), "{file}: `{option}` is no option of `check`");
            }
        }
        for variable in text
            .split([' ', ':', '"', '$', '='])
            .filter(|word| word.starts_with("SWITCHBACK_"))
        {
            assert!(
                help.contains(&format!("[env: {variable}]")),
                "{file}: {variable}"
            );
        }
    }
}

/// The files are YAML that their readers take.
#[test]
fn hooks_and_pipelines_have_the_shape_that_their_readers_want() {
    use serde_json::Value;
    let hooks: Vec<Value> = serde_saphyr::from_str(&read(".pre-commit-hooks.yaml")).expect("YAML");
    assert!(!hooks.is_empty());
    for hook in &hooks {
        for key in ["id", "name", "entry", "language", "files"] {
            assert!(hook[key].is_string(), "{key} of {hook}");
        }
        let command = hook["entry"].as_str().expect("a command").split(' ').nth(1);
        let help = run(&root(), &[command.expect("a command of ours"), "--help"]);
        assert_eq!(help.code, 0, "{hook}");
    }
    let action: Value = serde_saphyr::from_str(&read("action.yml")).expect("YAML");
    assert_eq!(action["runs"]["using"], "composite");
    for step in action["runs"]["steps"].as_array().expect("steps") {
        let script = step["run"].as_str().unwrap_or("");
        assert!(
            step["uses"].is_string() || step["shell"] == "bash",
            "{step}"
        );
        assert!(
            !script.contains("${{"),
            "an input in a script is a command: {script}"
        );
    }
    let template = read("templates/check.yml");
    let (inputs, jobs) = template.split_once("\n---\n").expect("two documents");
    let inputs: Value = serde_saphyr::from_str(inputs).expect("YAML");
    let jobs: Value = serde_saphyr::from_str(jobs).expect("YAML");
    assert!(inputs["spec"]["inputs"]["paths"].is_object());
    let reports = &jobs["switchback"]["artifacts"]["reports"];
    let formats = jobs["switchback"]["variables"]["SWITCHBACK_FORMAT"]
        .as_str()
        .expect("formats");
    for (format, report) in [("gitlab", "codequality"), ("junit", "junit")] {
        let file = reports[report].as_str().expect("a file");
        assert!(formats.contains(&format!("{format}={file}")), "{formats}");
    }
}

#[test]
fn shells_complete_every_command_and_pages_tell_of_it() {
    let commands = [
        "check", "fmt", "show", "graph", "report", "explain", "schema", "init", "build",
    ];
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&root(), &["completions", shell]);
        assert_eq!(script.code, 0, "{}", script.err);
        for word in commands.iter().chain(&["fail-on", "since"]) {
            assert!(script.out.contains(word), "{shell} knows no {word}");
        }
    }
    let scratch = tempfile::tempdir().expect("a folder");
    assert_eq!(run(scratch.path(), &["man", "--out", "man"]).code, 0);
    for command in commands {
        let path = scratch.path().join(format!("man/switchback-{command}.1"));
        let page = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{command}: {error}"));
        assert!(
            page.contains(".TH") && page.contains(&format!("switchback\\-{command}")),
            "{page}"
        );
    }
    let first = run(scratch.path(), &["man"]).out;
    assert_eq!(
        first,
        fs::read_to_string(scratch.path().join("man/switchback.1")).expect("written")
    );
}
