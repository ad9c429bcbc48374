//! What a project and a pipeline say about a check: `switchback.toml`, environment variables, a
//! baseline, and fixes that are made.

mod common;

use std::fs;
use std::path::Path;

use common::{json, ran, root, run, switchback};

/// A manifest with four findings: a tag, no probes and no `preStop`, though it listens.
fn manifest(folder: &Path, name: &str) {
    let one = root().join("tests/lint/shop/deploy/web.yaml");
    let text = fs::read_to_string(one).expect("read");
    let first = text.split("\n---").next().expect("a document");
    fs::create_dir_all(folder).expect("a folder");
    let text = first
        .replace("name: web", &format!("name: {name}"))
        .replace(
            "web:latest",
            "web:latest\n          ports: [{containerPort: 8080}]",
        );
    fs::write(folder.join(format!("{name}.yaml")), text + "\n").expect("written");
}

fn rules(folder: &Path, args: &[&str]) -> Vec<String> {
    let report = json(folder, args);
    let findings = report["findings"].as_array().expect("findings").iter();
    findings
        .map(|found| {
            let text = |key: &str| found[key].as_str().expect("a text").to_string();
            format!("{} {}", text("severity"), text("rule"))
        })
        .collect()
}

#[test]
fn the_file_sets_weights_excludes_and_the_limit() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    manifest(folder, "web");
    manifest(&folder.join("vendor"), "other");
    assert_eq!(rules(folder, &[]).len(), 8);
    let text = "fail-on = \"warning\"\nexclude = [\"vendor\"]\n\n[rules]\nmutable-tag = \"advice\"\nPL00 = \"off\"\nmissing-pre-stop = \"error\"\n";
    fs::write(folder.join("switchback.toml"), text).expect("written");
    assert_eq!(
        rules(folder, &[]),
        ["error missing-pre-stop", "advice mutable-tag"]
    );
    assert_eq!(run(folder, &["check"]).code, 1);
    // what the command line names is looked at from its own folder upwards
    assert_eq!(rules(folder, &["web.yaml"]).len(), 2);
    assert_eq!(rules(folder, &["--no-config"]).len(), 8);
    assert_eq!(run(folder, &["check", "--fail-on", "never"]).code, 0);
    fs::write(folder.join("other.toml"), "").expect("written");
    assert_eq!(rules(folder, &["--config", "other.toml"]).len(), 8);
}

#[test]
fn a_wrong_file_is_told_with_its_place_and_checks_nothing() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    manifest(folder, "web");
    for (text, said) in [
        (
            "[rules]\nmutable-tags = \"off\"\n",
            "switchback.toml:2:1: there is no rule `mutable-tags`; did you mean `mutable-tag`?",
        ),
        ("fail-on = \"warn\"\n", "switchback.toml:1:11:"),
        ("fail-on = \n", "switchback.toml:1:"),
        (
            "baseline = \"../outside.json\"\n",
            "switchback.toml:1:12: the baseline `../outside.json` is outside of the project",
        ),
    ] {
        fs::write(folder.join("switchback.toml"), text).expect("written");
        let ran = run(folder, &["check"]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{text}");
        assert!(ran.err.contains(said), "{text}: {}", ran.err);
    }
}

#[test]
fn the_file_that_the_readme_shows_is_right() {
    let readme = fs::read_to_string(root().join("README.md")).expect("read");
    let shown = readme.split("```toml\n").nth(1).expect("a file");
    let shown = shown.split("```").next().expect("its end");
    let scratch = tempfile::tempdir().expect("a folder");
    fs::write(scratch.path().join("switchback.toml"), shown).expect("written");
    let ran = run(scratch.path(), &["check", "--show-config"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for said in ["warning", "vendor/", "baseline.json", "rules.mutable-tag"] {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
}

#[test]
fn every_setting_says_where_it_comes_from() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    manifest(folder, "web");
    fs::write(
        folder.join("switchback.toml"),
        "fail-on = \"warning\"\nexclude = [\"vendor/\"]\n[rules]\nSU01 = \"advice\"\n",
    )
    .expect("written");
    let shown = ran(switchback(folder)
        .args(["check", "--show-config", "--since", "main"])
        .env("SWITCHBACK_FORMAT", "sarif=out.sarif,concise")
        .output()
        .expect("the program starts"));
    let expected = "switchback.toml\n\n\
        fail-on            warning                   switchback.toml:1\n\
        format             sarif=out.sarif, concise  environment variable SWITCHBACK_FORMAT\n\
        baseline           none                      default\n\
        since              main                      command line\n\
        env                all                       default\n\
        exclude            vendor/                   switchback.toml:2\n\
        rules.mutable-tag  advice                    switchback.toml:4\n";
    assert_eq!(shown.out, expected);
    assert_eq!(shown.code, 0);
}

#[test]
fn environment_variables_stand_for_options_and_behind_them() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    manifest(folder, "web");
    let code = |variables: &[(&str, &str)], args: &[&str]| {
        let mut all = vec!["check"];
        all.extend(args);
        let mut command = switchback(folder);
        command.args(all).envs(variables.iter().copied());
        ran(command.output().expect("the program starts"))
    };
    assert_eq!(code(&[("SWITCHBACK_FAIL_ON", "never")], &[]).code, 0);
    assert_eq!(
        code(&[("SWITCHBACK_FAIL_ON", "never")], &["--fail-on", "error"]).code,
        1
    );
    let lines = code(&[("SWITCHBACK_FORMAT", "jsonl")], &[]);
    assert!(
        lines.out.lines().all(|line| line.starts_with('{')),
        "{}",
        lines.out
    );
    // a pipeline that has no value for a variable sets it to nothing
    let names = [
        "FORMAT",
        "FAIL_ON",
        "SINCE",
        "BASELINE",
        "UPDATE_BASELINE",
        "RATCHET",
        "FIX",
        "DIFF",
        "CONFIG",
        "NO_CONFIG",
        "ENV",
        "SET",
        "COLOR",
        "WATCH",
        "MAX_FILES",
    ];
    let unset = code(&[], &[]);
    for name in names {
        let empty = code(&[(&format!("SWITCHBACK_{name}"), "")], &[]);
        assert_eq!(
            (empty.code, &empty.out),
            (1, &unset.out),
            "{name}: {}",
            empty.err
        );
    }
    let wrong = code(&[("SWITCHBACK_FAIL_ON", "sometimes")], &[]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("sometimes"), "{}", wrong.err);
}

#[test]
fn the_schema_of_the_file_is_published() {
    let scratch = tempfile::tempdir().expect("a folder");
    let schema = run(scratch.path(), &["check", "--config-schema"]).out;
    let file = root().join("docs/switchback.schema.json");
    let mut wrong = String::new();
    common::expect(&file, &schema, &mut wrong);
    common::finish(&wrong);
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("it is JSON");
    let accepts = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).expect("it is JSON");
        jsonschema::is_valid(&schema, &value)
    };
    assert!(accepts(
        r#"{"fail-on": "warning", "exclude": ["a"], "rules": {"SU01": "off"}}"#
    ));
    assert!(!accepts(r#"{"fail-on": "warn"}"#));
    assert!(!accepts(r#"{"fial-on": "warning"}"#));
    assert!(!accepts(r#"{"rules": {"SU01": "on"}}"#));
}

#[test]
fn a_baseline_holds_what_was_there_and_nothing_new() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    manifest(folder, "web");
    let check = |args: &[&str]| {
        let mut all = vec![
            "check",
            "--baseline",
            "baseline.json",
            "--format",
            "concise",
        ];
        all.extend(args);
        run(folder, &all)
    };
    for option in ["--update-baseline", "--ratchet"] {
        let nowhere = run(folder, &["check", option]);
        assert_eq!(nowhere.code, 2, "{option}");
        assert!(
            nowhere.err.contains("none is named"),
            "{option}: {}",
            nowhere.err
        );
    }
    let missing = check(&[]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("--update-baseline"), "{}", missing.err);

    assert_eq!(check(&["--update-baseline"]).code, 0);
    let old = check(&["--fail-on", "advice"]);
    assert_eq!((old.code, old.out.as_str(), old.err.as_str()), (0, "", ""));

    // lines that move and a file that is renamed change nothing
    let path = folder.join("web.yaml");
    let text = fs::read_to_string(&path).expect("read");
    fs::write(&path, format!("# moved\n\n{text}")).expect("written");
    assert_eq!(check(&["--ratchet"]).code, 0);
    let moved = folder.join("deploy");
    fs::create_dir(&moved).expect("a folder");
    fs::rename(&path, moved.join("front.yaml")).expect("renamed");
    let renamed = check(&["--ratchet"]);
    assert_eq!(
        (renamed.code, renamed.out.as_str()),
        (0, ""),
        "{}",
        renamed.err
    );

    // a new one fails
    manifest(folder, "other");
    let new = check(&[]);
    assert_eq!(new.code, 1);
    assert!(
        new.out.contains("other.yaml") && !new.out.contains("front.yaml"),
        "{}",
        new.out
    );
    fs::remove_file(folder.join("other.yaml")).expect("removed");

    // one that is gone asks for the ratchet
    let fixed = fs::read_to_string(moved.join("front.yaml")).expect("read");
    let digest = format!("web@sha256:{}", "1".repeat(64));
    fs::write(
        moved.join("front.yaml"),
        fixed.replace("web:latest", &digest),
    )
    .expect("written");
    let slack = check(&[]);
    assert_eq!(slack.code, 0);
    assert!(
        slack.err.contains("accepts 1 finding that is"),
        "{}",
        slack.err
    );
    assert_eq!(check(&["--ratchet"]).code, 1);
    assert_eq!(check(&["--update-baseline"]).code, 0);
    assert_eq!(check(&["--ratchet"]).code, 0);

    for (text, said) in [
        ("{\"version\": 2, \"files\": {}}", "version is 2"),
        ("{", "not JSON"),
        ("[]", "no `version`"),
    ] {
        fs::write(folder.join("baseline.json"), text).expect("written");
        let wrong = check(&[]);
        assert_eq!(wrong.code, 2, "{text}");
        assert!(wrong.err.contains(said), "{text}: {}", wrong.err);
    }
}

#[test]
fn fixes_are_shown_made_and_hold() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    let digest = |digit: &str| digit.repeat(64);
    let text = format!(
        "# kept as it is\ngate errors {{ query \"sum(rate(errors_total[2m]))\"; expect value < 5; every 1m for 10m }}\n\
         service web {{\n  replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s\n\
         \x20 version 1 {{ image \"r.example.com/web@sha256:{}\" }}\n  version 2 {{ image \"r.example.com/web@sha256:{}\" }}\n}}\n\
         plan p {{\n  roll web from 1 to 2\n  allow mutable-tag because \"built once\"\n\
         \x20 step a {{ wieght 20%; hold 30m; watch errors }}\n  step b {{ weight 100%; hodl 30m; watch errors }}\n}}\n",
        digest("1"),
        digest("2")
    );
    let path = folder.join("main.swb");
    fs::write(&path, &text).expect("written");
    assert_eq!(run(folder, &["check"]).code, 1);

    let diff = run(folder, &["check", "--diff"]);
    assert_eq!(diff.code, 1);
    assert_eq!(
        fs::read_to_string(&path).expect("read"),
        text,
        "`--diff` changes nothing"
    );
    assert!(
        diff.out.starts_with("--- a/main.swb\n+++ b/main.swb\n@@"),
        "{}",
        diff.out
    );

    let fixed = run(folder, &["check", "--fix"]);
    let expected = text
        .replace("wieght", "weight")
        .replace("hodl", "hold")
        .replace("  allow mutable-tag because \"built once\"\n", "");
    assert_eq!(
        fs::read_to_string(&path).expect("read"),
        expected,
        "{}",
        fixed.err
    );
    assert_eq!(fixed.code, 0, "{}", fixed.out);
    assert!(
        fixed.err.contains("made 3 fixes in 1 file\n"),
        "{}",
        fixed.err
    );

    let again = run(folder, &["check", "--diff"]);
    assert_eq!((again.code, again.out.as_str()), (0, ""));
}

/// Every fix that an example of a mistake is given removes its finding, and brings no other.
#[test]
fn fixes_of_the_examples_hold() {
    let mut made = 0;
    for case in common::folders(&root().join("examples/broken")) {
        let scratch = tempfile::tempdir().expect("a folder");
        copy(&case, scratch.path());
        let before = rules(scratch.path(), &[]);
        let fixed = run(scratch.path(), &["check", "--fix", "--format", "json"]);
        assert!(fixed.code < 3, "{}: {}", case.display(), fixed.err);
        if fixed.err.contains("made ") {
            made += 1;
            let after = rules(scratch.path(), &[]);
            assert!(
                after.len() < before.len() || after != before,
                "{}",
                case.display()
            );
            let again = run(scratch.path(), &["check", "--diff"]);
            assert_eq!(again.out, "", "{}: fixed twice", case.display());
        }
    }
    assert!(made >= 3, "only {made} examples have a fix that holds");
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
