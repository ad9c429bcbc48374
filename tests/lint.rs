//! `switchback check` where nobody has written a plan: `tests/lint/<case>/` holds manifests and
//! migrations, and `out.txt`: what the program prints, and its exit code. `SWITCHBACK_BLESS=1` writes
//! `out.txt` anew. Every format must tell the same findings, by a reader that is not ours.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Ran, expect, finish, folders, json, ran, root, run, switchback};
use serde_json::Value;

#[test]
fn messages_are_as_they_were_read_and_found_good() {
    let mut wrong = String::new();
    for case in folders(&root().join("tests/lint")) {
        let ran = run(&case, &["check", "--color", "never"]);
        let text = format!("{}{}exit {}\n", ran.out, ran.err, ran.code);
        expect(&case.join("out.txt"), &text, &mut wrong);
    }
    finish(&wrong);
}

/// A finding as every format can tell it: file, line and rule.
type Told = BTreeSet<(String, u64, String)>;

fn check(folder: &Path, args: &[&str]) -> Ran {
    let mut all = vec!["check"];
    all.extend(args);
    run(folder, &all)
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_string()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

fn from_json(findings: &[Value]) -> Told {
    let each = findings.iter();
    each.map(|found| {
        (
            text(&found["file"]),
            number(&found["line"]),
            text(&found["rule"]),
        )
    })
    .collect()
}

fn from_github(log: &str) -> Told {
    let commands = log
        .lines()
        .filter(|line| line.starts_with("::") && line.contains("file="));
    commands
        .map(|line| {
            let properties = line.split("::").nth(1).expect("properties");
            let (_, properties) = properties.split_once(' ').expect("a word before them");
            let of = |name: &str| {
                let found = properties.split(',').find_map(|one| one.strip_prefix(name));
                found.expect(name).replace("%3A", ":").replace("%2C", ",")
            };
            let rule = of("title=").split(' ').next().expect("a rule").to_string();
            (of("file="), of("line=").parse().expect("a line"), rule)
        })
        .collect()
}

fn from_junit(text: &str) -> Told {
    let document = roxmltree::Document::parse(text).expect("it is XML");
    let cases = document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"));
    cases
        .filter_map(|case| {
            let name = case.attribute("name").expect("a name");
            let file = case.attribute("file")?.to_string();
            let line = case.attribute("line")?.parse().expect("a line");
            assert!(case.first_element_child().is_some(), "{name} says nothing");
            Some((
                file,
                line,
                name.split(' ').next().expect("a rule").to_string(),
            ))
        })
        .collect()
}

fn from_checkstyle(text: &str) -> Told {
    let document = roxmltree::Document::parse(text).expect("it is XML");
    assert!(document.root_element().has_tag_name("checkstyle"));
    let errors = document
        .descendants()
        .filter(|node| node.has_tag_name("error"));
    errors
        .map(|error| {
            let of = |node: roxmltree::Node, name: &str| {
                node.attribute(name).expect("an attribute").to_string()
            };
            assert!(["error", "warning", "info"].contains(&of(error, "severity").as_str()));
            assert!(!of(error, "message").is_empty());
            let rule = of(error, "source");
            (
                of(error.parent().expect("a file"), "name"),
                of(error, "line").parse().expect("a line"),
                rule.strip_prefix("switchback.").expect("ours").to_string(),
            )
        })
        .collect()
}

#[test]
fn every_format_tells_the_same_findings() {
    let folder = root().join("tests/lint/shop");
    let said = |format: &str| check(&folder, &["--format", format]).out;
    let expected = from_json(list(&json(&folder, &[])["findings"]));
    assert!(expected.len() >= 6, "{expected:?}");

    let lines: Vec<Value> = said("jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect();
    let of_type = |kind: &str| -> Vec<Value> {
        lines
            .iter()
            .filter(|line| line["type"] == kind)
            .cloned()
            .collect()
    };
    assert_eq!(from_json(&of_type("finding")), expected);
    assert_eq!(of_type("summary").len(), 1);
    assert_eq!(lines.last().expect("a line")["type"], "summary");

    let log: Value = serde_json::from_str(&said("sarif")).expect("it is JSON");
    let sarif: Told = list(&log["runs"][0]["results"])
        .iter()
        .map(|found| {
            let place = &found["locations"][0]["physicalLocation"];
            let file = text(&place["artifactLocation"]["uri"]);
            (
                file,
                number(&place["region"]["startLine"]),
                text(&found["ruleId"]),
            )
        })
        .collect();
    assert_eq!(sarif, expected);

    assert_eq!(from_github(&said("github")), expected);
    assert_eq!(from_junit(&said("junit")), expected);
    assert_eq!(from_checkstyle(&said("checkstyle")), expected);

    let issues: Value = serde_json::from_str(&said("gitlab")).expect("it is JSON");
    let mut names = BTreeSet::new();
    let gitlab: Told = list(&issues)
        .iter()
        .map(|issue| {
            assert!(
                names.insert(text(&issue["fingerprint"])),
                "a fingerprint twice"
            );
            assert!(["info", "minor", "major"].contains(&text(&issue["severity"]).as_str()));
            assert!(!text(&issue["description"]).is_empty());
            let place = &issue["location"];
            let line = number(&place["lines"]["begin"]);
            (text(&place["path"]), line, text(&issue["check_name"]))
        })
        .collect();
    assert_eq!(gitlab, expected);

    let concise: Told = said("concise")
        .lines()
        .map(|line| {
            let mut parts = line.splitn(4, ':');
            let file = parts.next().expect("a file").to_string();
            let place = parts.next().expect("a line").parse().expect("a number");
            let rule = line.split(" [").nth(1).expect("a rule");
            (
                file,
                place,
                rule.split(']').next().expect("its end").to_string(),
            )
        })
        .collect();
    assert_eq!(concise, expected);

    let page = said("markdown");
    for (file, line, rule) in &expected {
        let place = format!("| {file}:{line} |").replace('_', "\\_");
        let row = page
            .lines()
            .find(|row| row.contains(&place) && row.ends_with(&format!("| `{rule}` |")));
        assert!(row.is_some(), "{place} {rule} is not in\n{page}");
    }
}

#[test]
fn github_hears_of_the_most_severe_first_and_of_the_cut() {
    let scratch = tempfile::tempdir().expect("a folder");
    let one =
        fs::read_to_string(root().join("tests/lint/controllers/deployment.yaml")).expect("read");
    for number in 0..12 {
        let text = one.replace("podinfo", &format!("web-{number}"));
        fs::write(scratch.path().join(format!("{number}.yaml")), text).expect("written");
    }
    let log = check(scratch.path(), &["--format", "github"]).out;
    let words: Vec<&str> = log
        .lines()
        .filter_map(|line| line.strip_prefix("::")?.split([' ', ':']).next())
        .collect();
    let of = |word: &str| words.iter().filter(|other| **other == word).count();
    assert_eq!(
        (of("error"), of("warning"), of("notice")),
        (10, 10, 10),
        "{log}"
    );
    assert!(words.is_sorted_by_key(|word| {
        ["error", "warning", "notice"]
            .iter()
            .position(|w| w == word)
    }));
    let all = list(&json(scratch.path(), &[])["findings"]).len();
    let notice = log
        .lines()
        .find(|line| line.starts_with("::notice title=switchback::"))
        .expect("a notice");
    assert!(
        notice.contains(&format!("{} more findings", all - 29)),
        "{notice}"
    );
    // what is cut is still in the log
    assert_eq!(
        log.lines().filter(|line| !line.starts_with("::")).count(),
        all - 29
    );
}

/// Each of a thousand workloads would ask the same of the whole schema.
#[test]
fn one_version_stands_for_many_workloads_of_one_database() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    let shop = root().join("tests/lint/shop");
    copy(&shop.join("db"), &folder.join("db"));
    let one = fs::read_to_string(shop.join("deploy/web.yaml")).expect("read");
    for number in 0..40 {
        let text = one.replace("web", &format!("web-{number}"));
        fs::write(folder.join(format!("{number}.yaml")), text).expect("written");
    }
    let out = check(folder, &["--format", "concise"]).out;
    let early: Vec<&str> = (out.lines())
        .filter(|line| line.contains("contract-too-early"))
        .collect();
    assert_eq!(early.len(), 1, "{out}");
    assert!(early[0].contains("-clients`, which still runs"), "{out}");
}

#[test]
fn several_formats_in_one_run_go_to_files() {
    let folder = root().join("tests/lint/shop");
    let scratch = tempfile::tempdir().expect("a folder");
    let out = scratch.path().join("out.sarif");
    let sarif = format!("sarif={}", out.display());
    let both = check(&folder, &["--format", &sarif, "--format", "concise"]);
    assert_eq!(both.out, check(&folder, &["--format", "concise"]).out);
    assert_eq!(
        fs::read_to_string(&out).expect("it was written"),
        check(&folder, &["--format", "sarif"]).out
    );
    for (args, said) in [
        (
            vec!["--format", "full", "--format", "json"],
            "standard output",
        ),
        (vec!["--format", "sarfi"], "did you mean `sarif`"),
        (vec!["--format", "sarif="], "write the file"),
        (vec!["--format", "json=nowhere/x.json"], "cannot be written"),
    ] {
        let ran = check(&folder, &args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.err.contains(said), "{args:?}: {}", ran.err);
    }
}

/// Checks `text` as it comes from `helm template`.
fn piped(text: &str, args: &[&str]) -> Ran {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut child = switchback(scratch.path())
        .args(["check", "-"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("standard input");
    input.write_all(text.as_bytes()).expect("written");
    drop(input);
    ran(child.wait_with_output().expect("it ends"))
}

#[test]
fn standard_input_is_judged_like_a_file() {
    let scratch = tempfile::tempdir().expect("a folder");
    let text = fs::read_to_string(root().join("tests/lint/shop/deploy/web.yaml")).expect("read");
    fs::write(scratch.path().join("web.yaml"), &text).expect("written");
    let file = check(scratch.path(), &["--format", "concise", "web.yaml"]);
    let rendered = piped(&text, &["--format", "concise"]);
    assert_eq!(
        file.out.replace("web.yaml:", "(standard input):"),
        rendered.out
    );
    assert_eq!((file.code, rendered.code), (1, 1));
    let empty = piped("", &[]);
    assert_eq!(empty.code, 2);
    assert!(empty.err.contains("Deployment"), "{}", empty.err);
    let beside = run(scratch.path(), &["check", "-", "web.yaml"]);
    assert!(beside.err.contains("standard input"), "{}", beside.err);
}

/// A rendered chart holds secrets, and reports are uploaded.
#[test]
fn reports_do_not_carry_standard_input_away() {
    let text = fs::read_to_string(root().join("tests/lint/shop/deploy/web.yaml")).expect("read");
    let secret = "aHVudGVyMg==";
    let text = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ndata: {{password: {secret}}}\n---\n{text}"
    );
    let ran = piped(&text, &["--format", "sarif"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.contains("standard input"), "{}", ran.out);
    assert!(!ran.out.contains(secret), "{}", ran.out);
}

/// Names of manifests go into the plan that is judged, and do not end its texts.
#[test]
fn names_with_line_ends_stay_names() {
    let text = fs::read_to_string(root().join("tests/lint/shop/deploy/web.yaml")).expect("read");
    let odd = text.replacen("name: web\n", "name: \"web\\n}\\nplan x {\"\n", 1);
    assert_ne!(odd, text);
    let ran = piped(&odd, &["--format", "concise"]);
    assert!(!ran.out.contains("no closing"), "{}", ran.out);
    assert!(!ran.out.contains("cannot stand in"), "{}", ran.out);
}

fn git(folder: &Path, args: &[&str]) {
    let ran = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-C"])
        .arg(folder)
        .args(args)
        .output()
        .expect("git runs");
    assert!(
        ran.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}

#[test]
fn since_judges_what_the_branch_changed() {
    if Command::new("git").arg("--version").output().is_err() {
        println!("skipped: git is not there");
        return;
    }
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    copy(&root().join("tests/lint/shop"), folder);
    git(folder, &["init", "-q", "-b", "main"]);
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", "first"]);
    let nothing = check(folder, &["--since", "main"]);
    assert_eq!(
        (nothing.code, nothing.out.contains("error")),
        (0, false),
        "{}",
        nothing.out
    );

    // a migration that git does not know yet is new, and the ones before it are not
    let new = "db/migrations/0003_more.up.sql";
    fs::write(folder.join(new), "ALTER TABLE orders DROP COLUMN id;\n").expect("written");
    let found = json(folder, &["--since", "main"]);
    let told = from_json(list(&found["findings"]));
    assert!(
        !told.is_empty() && told.iter().all(|(file, _, _)| file.contains("0003")),
        "{told:?}"
    );

    // a manifest that changed is compared with what it said
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", "second"]);
    let manifest = folder.join("deploy/web.yaml");
    let text = fs::read_to_string(&manifest).expect("read");
    fs::write(&manifest, text.replace("web:latest", "web:2")).expect("written");
    let found = json(folder, &["--since", "main"]);
    let told = from_json(list(&found["findings"]));
    assert!(
        told.iter().all(|(file, _, _)| file == "deploy/web.yaml"),
        "{told:?}"
    );
    assert!(
        told.iter().any(|(_, _, rule)| rule == "mutable-tag"),
        "{told:?}"
    );

    let unknown = check(folder, &["--since", "no-such"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("no such revision"), "{}", unknown.err);
    let option = check(folder, &["--since", "--upload-pack=x"]);
    assert_eq!(option.code, 2);
}

#[test]
fn accepted_findings_are_in_sarif_only_when_asked() {
    let scratch = tempfile::tempdir().expect("a folder");
    let text = "gate errors { query \"sum(rate(errors_total[2m]))\"; expect value < 5; every 1m for 10m }\n\
        service web {\n  replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s\n\
        \x20 version 1 { image \"r.example.com/web@sha256:DIGEST\" }\n  version 2 { image \"r.example.com/web:2\" }\n}\n\
        plan p {\n  roll web from 1 to 2\n  allow mutable-tag because \"built once\"\n\
        \x20 step a { rolling; hold 30m; watch errors }\n}\n"
        .replace("DIGEST", &"1".repeat(64));
    fs::write(scratch.path().join("main.swb"), text).expect("written");
    let results = |args: &[&str]| -> Vec<Value> {
        let mut all = vec!["--format", "sarif"];
        all.extend(args);
        let log: Value = serde_json::from_str(&check(scratch.path(), &all).out).expect("JSON");
        list(&log["runs"][0]["results"]).clone()
    };
    assert_eq!(results(&[]), Vec::<Value>::new());
    let all = results(&["--report-suppressed"]);
    assert_eq!(all.len(), 1, "{all:#?}");
    assert_eq!(all[0]["suppressions"][0]["kind"], "inSource");
    assert_eq!(all[0]["suppressions"][0]["justification"], "built once");
}
