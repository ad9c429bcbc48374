//! What a pipeline meets beside findings: exit codes, places of annotations, folders that are empty,
//! forbidden or too large, and files that change while somebody watches.

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use common::{Ran, json, ran, root, run, switchback};

fn check(folder: &Path, args: &[&str]) -> Ran {
    let mut all = vec!["check"];
    all.extend(args);
    run(folder, &all)
}

/// The exit code rests on what was found and on `--fail-on`, and never on how it is told.
#[test]
fn exit_codes_do_not_depend_on_the_format() {
    let formats = [
        "full",
        "concise",
        "json",
        "jsonl",
        "sarif",
        "github",
        "gitlab",
        "junit",
        "checkstyle",
        "markdown",
    ];
    let limits = [("error", 3), ("warning", 2), ("advice", 1), ("never", 4)];
    let mut seen = [false; 3];
    for case in ["shop", "clean", "not-read", "beside"] {
        let folder = root().join("tests/lint").join(case);
        let report = json(&folder, &[]);
        let findings = report["findings"].as_array().expect("findings");
        let weight = |word: &str| {
            ["", "advice", "warning", "error"]
                .iter()
                .position(|w| *w == word)
        };
        let heaviest = findings
            .iter()
            .filter_map(|found| weight(found["severity"].as_str()?))
            .max()
            .unwrap_or(0);
        for (limit, least) in limits {
            // what cannot be read is no finding that one may live with
            let expected = match (case, heaviest >= least) {
                ("not-read", _) => 2,
                (_, true) => 1,
                (_, false) => 0,
            };
            seen[expected as usize] = true;
            for format in formats {
                let ran = check(&folder, &["--fail-on", limit, "--format", format]);
                assert_eq!(ran.code, expected, "{case} {limit} {format}: {}", ran.err);
            }
        }
    }
    assert_eq!(seen, [true; 3], "all codes were met");
}

/// An annotation stands at the line that holds what it is about.
#[test]
fn annotations_stand_at_their_line() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    let sql = "--liquibase formatted sql\n\n--changeset ann:1\nCREATE TABLE b (c int PRIMARY KEY, d text);\n--rollback DROP TABLE b;\n\n--changeset ann:2\n-- é ü\nALTER TABLE b DROP COLUMN d;\n--rollback ALTER TABLE b\n--rollback ADD COLUMN d text;\n";
    fs::write(folder.join("changes.sql"), sql).expect("written");
    let log = check(folder, &["--format", "github"]).out;
    let line = log
        .lines()
        .find(|line| line.contains("contract-too-early"))
        .expect("an annotation");
    assert!(line.contains("file=changes.sql,line=9,"), "{line}");
    let names = "\u{1b}[2Jweb";
    let manifest =
        fs::read_to_string(root().join("tests/lint/shop/deploy/web.yaml")).expect("read");
    let odd = manifest.replacen(
        "name: web\n",
        &format!("name: \"{}\"\n", names.replace('\u{1b}', "\\e")),
        1,
    );
    fs::write(folder.join("web.yaml"), odd).expect("written");
    for format in ["github", "full", "concise", "markdown"] {
        let out = check(folder, &["--format", format]).out;
        assert!(!out.contains('\u{1b}'), "{format}: {out}");
    }
}

#[test]
fn an_empty_folder_is_told_what_was_looked_for() {
    let scratch = tempfile::tempdir().expect("a folder");
    let ran = check(scratch.path(), &[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    for said in [".swb", "Deployment", "SQL migrations", "switchback init"] {
        assert!(ran.err.contains(said), "{said}: {}", ran.err);
    }
}

#[test]
fn a_large_folder_is_bounded_and_tells_how_far_it_is() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    for number in 0..30 {
        let below = folder.join(format!("d{number}"));
        fs::create_dir(&below).expect("a folder");
        for file in 0..10 {
            fs::write(below.join(format!("{file}.txt")), "").expect("written");
        }
    }
    let most = check(folder, &["--max-files", "200"]);
    assert_eq!(most.code, 2);
    for said in [
        "50 files and folders",
        "150 files and folders",
        "more than 200 files",
        "--max-files",
    ] {
        assert!(most.err.contains(said), "{said}: {}", most.err);
    }
    let raised = check(folder, &["--max-files", "1000"]);
    assert!(
        raised.err.contains("no plan, manifest or migration"),
        "{}",
        raised.err
    );
}

/// The program as somebody who is not allowed everything: root reads what nobody may read.
fn as_nobody(folder: &Path, args: &[&str]) -> Option<Ran> {
    let id = Command::new("id").arg("-u").output().ok()?;
    let is_root = id.stdout.trim_ascii() == b"0";
    if !is_root {
        return Some(run(folder, args));
    }
    let program = folder.join("switchback-under-test");
    fs::copy(env!("CARGO_BIN_EXE_switchback"), &program).expect("copied");
    let output = Command::new("setpriv")
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(&program)
        .args(args)
        .current_dir(folder)
        .env("COLUMNS", "100")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    Some(ran(output))
}

#[test]
fn what_may_not_be_read_is_told_and_never_clean() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    let allow = |path: &Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
    };
    allow(folder, 0o755);
    fs::copy(
        root().join("tests/lint/shop/deploy/web.yaml"),
        folder.join("web.yaml"),
    )
    .expect("copied");
    let closed = folder.join("closed");
    fs::create_dir(&closed).expect("a folder");
    fs::write(closed.join("a.yaml"), "").expect("written");
    allow(&closed, 0o000);
    let Some(ran) = as_nobody(folder, &["check"]) else {
        println!("skipped: there is no `setpriv` to run as somebody else with");
        allow(&closed, 0o755);
        return;
    };
    allow(&closed, 0o755);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(
        ran.err.contains("closed") && ran.err.contains("permission denied"),
        "{}",
        ran.err
    );
    fs::remove_dir_all(&closed).expect("removed");
    for name in ["web.yaml", "main.swb"] {
        let path = folder.join(name);
        if !path.exists() {
            fs::write(&path, "plan p { }\n").expect("written");
        }
        allow(&path, 0o000);
        let ran = as_nobody(folder, &["check"]).expect("it ran before");
        assert_eq!(ran.code, 2, "{name}: {}{}", ran.out, ran.err);
        let said = format!("{}{}", ran.out, ran.err);
        assert!(
            said.contains(name) && said.contains("permission denied"),
            "{name}: {said}"
        );
        allow(&path, 0o644);
    }
}

/// A program that is ended with the test, however the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn watching_checks_again_when_a_file_has_changed() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    let path = folder.join("web.yaml");
    let text = fs::read_to_string(root().join("tests/lint/shop/deploy/web.yaml")).expect("read");
    fs::write(&path, &text).expect("written");
    let child = switchback(folder)
        .args(["check", "--watch", "--format", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut running = Running(child);
    let out = running.0.stdout.take().expect("standard output");
    let (send, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    // the findings up to the summary, which is the last line of a report
    let report = || {
        let mut found = Vec::new();
        loop {
            let line = lines
                .recv_timeout(Duration::from_secs(60))
                .expect("a report in time");
            if line.contains("\"type\":\"summary\"") {
                return found;
            }
            found.push(line);
        }
    };
    let of =
        |report: &[String], rule: &str| report.iter().filter(|line| line.contains(rule)).count();
    assert_eq!(of(&report(), "mutable-tag"), 1);
    let pinned = format!("web@sha256:{}", "1".repeat(64));
    fs::write(&path, text.replace("web:latest", &pinned)).expect("written");
    assert_eq!(of(&report(), "mutable-tag"), 0);
    // a file that cannot be read for a moment does not end it
    fs::remove_file(&path).expect("removed");
    std::thread::sleep(Duration::from_millis(1500));
    fs::write(&path, &text).expect("written");
    assert_eq!(of(&report(), "mutable-tag"), 1);
    drop(running);
    for (args, said) in [
        (vec!["--watch", "-"], "standard input"),
        (vec!["--watch", "--fix"], "--fix"),
    ] {
        let ran = check(folder, &args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.err.contains(said), "{args:?}: {}", ran.err);
    }
}

/// The script of the action, as GitHub runs it, with the program that is tested.
#[test]
fn the_script_of_the_action_runs() {
    if Command::new("bash").arg("--version").output().is_err() {
        println!("skipped: bash is not there");
        return;
    }
    let action: serde_json::Value =
        serde_saphyr::from_str(&fs::read_to_string(root().join("action.yml")).expect("read"))
            .expect("YAML");
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let script = steps
        .iter()
        .find(|step| step["id"] == "check")
        .and_then(|step| step["run"].as_str())
        .expect("a script");
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    let program = folder.join("temp/switchback/bin");
    fs::create_dir_all(&program).expect("a folder");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_switchback"), program.join("switchback"))
        .expect("a link");
    for (limit, code) in [("", "1"), ("never", "0")] {
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .current_dir(root().join("tests/lint/shop"))
            .env("RUNNER_TEMP", folder.join("temp"))
            .env("GITHUB_STEP_SUMMARY", folder.join("summary.md"))
            .env("GITHUB_OUTPUT", folder.join("output"))
            .env("PATHS", "deploy db")
            .env("LIMIT", limit)
            .env("REVISION", "")
            .output()
            .expect("bash runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let log = String::from_utf8_lossy(&output.stdout);
        assert!(
            log.lines().any(|line| line.starts_with("::error file=")),
            "{log}"
        );
        let said = fs::read_to_string(folder.join("output")).expect("written");
        assert_eq!(said.lines().last(), Some(format!("code={code}").as_str()));
    }
    let page = fs::read_to_string(folder.join("summary.md")).expect("written");
    assert!(page.contains('|'), "{page}");
    let sarif = fs::read_to_string(folder.join("temp/switchback.sarif")).expect("written");
    assert!(sarif.contains("\"2.1.0\""));
}

/// Every step of the Dockerfile is one that a builder knows, copies come from stages that are there,
/// and what is started is what was copied.
#[test]
fn the_dockerfile_is_whole() {
    let text = fs::read_to_string(root().join("Dockerfile")).expect("read");
    let mut stages: Vec<String> = Vec::new();
    let mut copied = String::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[0] {
            "FROM" => {
                let pinned = words[1] == "scratch" || words[1].contains(':');
                assert!(pinned && !words[1].ends_with(":latest"), "{line}");
                stages.push(words.get(3).unwrap_or(&"").to_string());
            }
            "COPY" => {
                if let Some(stage) = words[1].strip_prefix("--from=") {
                    assert!(stages.iter().any(|known| known == stage), "{line}");
                    copied = words[3].to_string();
                }
            }
            "ENTRYPOINT" => {
                let words: Vec<String> =
                    serde_json::from_str(line.trim_start_matches("ENTRYPOINT")).expect("a list");
                assert!(copied.ends_with(&words[0]), "{line} after {copied}");
            }
            "RUN" | "WORKDIR" => assert!(words.len() > 1, "{line}"),
            other => panic!("{other} is not expected"),
        }
    }
    assert!(stages.len() >= 2, "{stages:?}");
}
