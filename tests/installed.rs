//! What people install beside the program: hooks, pipelines, completions, manual pages. They name
//! options and commands of the program, and must not name one that is not there.

mod common;

use std::fs;
use std::process::Command;

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

/// What a shell says that knows the completions.
#[test]
fn bash_completes_options_and_formats() {
    let scratch = tempfile::tempdir().expect("a folder");
    let path = scratch.path().join("switchback.bash");
    fs::write(&path, run(&root(), &["completions", "bash"]).out).expect("written");
    let asked = |words: &[&str]| {
        let last = words.last().expect("a word");
        let before = words[words.len() - 2];
        let script = format!(
            "source {}; COMP_WORDS=({}); COMP_CWORD={}; _switchback switchback '{last}' '{before}'; echo \"${{COMPREPLY[@]}}\"",
            path.display(),
            words.join(" "),
            words.len() - 1
        );
        let output = Command::new("bash").args(["-c", &script]).output();
        let output = output.expect("bash runs");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert_eq!(asked(&["switchback", "ch"]).trim(), "check");
    assert_eq!(
        asked(&["switchback", "check", "--fail"]).trim(),
        "--fail-on"
    );
    assert_eq!(
        asked(&["switchback", "check", "--up"]).trim(),
        "--update-baseline"
    );
}

/// One command makes an archive that holds all of it, with a checksum that is right, and the same
/// bytes when it is made again.
#[test]
fn one_command_makes_a_release_archive() {
    let scratch = tempfile::tempdir().expect("a folder");
    let make = |out: &str| {
        let out = scratch.path().join(out);
        // a program of a hundred megabytes takes its time: a script that speaks for it does not
        let program = scratch.path().join("program");
        let text = format!(
            "#!/bin/sh\nexec {} \"$@\"\n",
            env!("CARGO_BIN_EXE_switchback")
        );
        fs::write(&program, text).expect("written");
        let made = Command::new("bash")
            .args([
                "-c",
                "chmod +x \"$1\" && exec .ci/release --program \"$1\" --out \"$2\"",
                "-",
            ])
            .args([&program, &out])
            .current_dir(root())
            .output()
            .expect("it runs");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        String::from_utf8(made.stdout)
            .expect("UTF-8")
            .trim()
            .to_string()
    };
    let archive = make("a");
    let bytes = fs::read(&archive).expect("an archive");
    assert_eq!(
        fs::read(make("b")).expect("an archive"),
        bytes,
        "the same bytes"
    );
    let sum = Command::new("sha256sum")
        .args(["--check", "--quiet"])
        .arg(
            format!("{archive}.sha256")
                .rsplit('/')
                .next()
                .expect("a name"),
        )
        .current_dir(scratch.path().join("a"))
        .status()
        .expect("it runs");
    assert!(sum.success());
    let listed = Command::new("tar")
        .args(["-tzf", &archive])
        .output()
        .expect("tar runs");
    let listed = String::from_utf8(listed.stdout).expect("UTF-8");
    for file in [
        "switchback",
        "README.md",
        "man/switchback-check.1",
        "completions/switchback.bash",
        "completions/switchback.fish",
    ] {
        let there = listed
            .lines()
            .any(|line| line.ends_with(&format!("/{file}")));
        assert!(there, "{file} is not in\n{listed}");
    }
}

/// The three commands of the README, timed: what is measured is what is there.
#[test]
fn the_first_finding_is_measured_on_a_real_clone() {
    let ran = Command::new(root().join("benches/first-finding"))
        .arg(env!("CARGO_BIN_EXE_switchback"))
        .output()
        .expect("it runs");
    let out = String::from_utf8(ran.stdout).expect("UTF-8");
    assert!(
        ran.status.success(),
        "{out}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let first = out.lines().find(|line| line.starts_with("first finding"));
    assert!(
        first.is_some_and(|line| line.contains(".sql:") && line.contains("ms")),
        "{out}"
    );
}
