//! The examples that readers copy from: the good ones are clean, and each broken one has the one
//! mistake that it is about. `SWITCHBACK_BLESS=1` writes `expected.txt` anew.

mod common;

use common::{expect, finish, folders, json, name, root, run};

const GOOD: [&str; 12] = [
    "ab-experiment",
    "blue-green",
    "checkout",
    "cloud-run-cors",
    "config-push",
    "country-first",
    "feature-flag",
    "nginx-mirror",
    "rolling-basic",
    "shadow",
    "sticky-canary",
    "two-services",
];

#[test]
fn the_good_examples_are_clean() {
    let examples = root().join("examples");
    let found: Vec<String> = folders(&examples).iter().map(|path| name(path)).collect();
    for known in GOOD {
        assert!(
            found.contains(&known.to_string()),
            "examples/{known} is gone"
        );
    }
    for example in found.iter().filter(|name| *name != "broken") {
        let ran = run(
            &root(),
            &[
                "check",
                "--fail-on",
                "advice",
                "--format",
                "concise",
                &format!("examples/{example}"),
            ],
        );
        assert_eq!(ran.code, 0, "examples/{example}:\n{}{}", ran.out, ran.err);
    }
}

#[test]
fn each_broken_example_has_its_one_mistake() {
    let broken = root().join("examples/broken");
    let cases = folders(&broken);
    assert!(cases.len() >= 40, "only {} broken examples", cases.len());
    let mut wrong = String::new();
    for case in cases {
        let report = json(&case, &["."]);
        let count = report["findings"].as_array().map_or(0, Vec::len);
        assert_eq!(count, 1, "{}: {report:#}", name(&case));
        let ran = run(&case, &["check", "--format", "concise", "."]);
        let line = ran.out.lines().next().unwrap_or_default();
        expect(&case.join("expected.txt"), &format!("{line}\n"), &mut wrong);
        // each says at its head, in words, what is wrong with it
        let plan = std::fs::read_to_string(case.join("plan.swb")).expect("plan.swb");
        assert!(
            plan.starts_with("# "),
            "{}: say what is broken",
            name(&case)
        );
    }
    finish(&wrong);
}

#[test]
fn all_broken_examples_at_once_give_the_same_findings() {
    let broken = root().join("examples/broken");
    let all = json(&broken, &["."]);
    let all = all["findings"].as_array().expect("findings").len();
    assert_eq!(all, folders(&broken).len());
}

/// The order of declarations says nothing, so a verdict must not depend on it.
#[test]
fn verdicts_do_not_depend_on_the_order_of_declarations() {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut checked = 0;
    let broken = folders(&root().join("examples/broken"));
    let good = folders(&root().join("examples"));
    for case in broken
        .iter()
        .chain(&good)
        .filter(|case| name(case) != "broken")
    {
        // where the text itself is broken, its pieces are not declarations
        let report = json(case, &["."]);
        let code = |finding: &serde_json::Value| finding["code"].as_str().unwrap_or("").to_string();
        let findings = report["findings"].as_array().expect("findings");
        if findings
            .iter()
            .any(|finding| code(finding).starts_with("SY"))
        {
            continue;
        }
        let copy = scratch.path().join(name(case));
        copy_folder(case, &copy);
        for seed in 1..=4u64 {
            for file in std::fs::read_dir(&copy).expect("the copy") {
                let path = file.expect("an entry").path();
                if path.extension().is_some_and(|ending| ending == "swb") {
                    let text = std::fs::read_to_string(case.join(name(&path))).expect("a plan");
                    std::fs::write(&path, shuffled(&text, seed)).expect("written");
                }
            }
            assert_eq!(
                said(&json(&copy, &["."]), &copy),
                said(&report, case),
                "{} with seed {seed}",
                name(case)
            );
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked} orders were tried");
}

/// The findings without their lines: rule and the text that they point at. Of two declarations of
/// one name the second is the wrong one, so there the order does count; the pair is the same.
fn said(report: &serde_json::Value, folder: &std::path::Path) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| {
            let file = finding["file"].as_str().expect("a file");
            let line = finding["line"].as_u64().expect("a line") as usize;
            let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
            let line = text.lines().nth(line - 1).unwrap_or_default().trim();
            let rule = finding["rule"].as_str().expect("a rule").to_string();
            // of a pair or a cycle either end may come first
            let line = if matches!(rule.as_str(), "duplicate-name" | "import-cycle") {
                ""
            } else {
                line
            };
            (rule, line.to_string())
        })
        .collect();
    all.sort();
    all
}

/// The declarations of a text in another order; each keeps the comments above it.
fn shuffled(text: &str, mut seed: u64) -> String {
    let mut pieces: Vec<String> = Vec::new();
    let mut piece = String::new();
    let (mut depth, mut raw) = (0i32, false);
    for line in text.split_inclusive('\n') {
        piece.push_str(line);
        if line.matches("\"\"\"").count() % 2 == 1 {
            raw = !raw;
        } else if !raw && !line.trim_start().starts_with('#') && !line.contains("\"\"\"") {
            let bare: String = line.split('"').step_by(2).collect();
            depth += bare.matches('{').count() as i32 - bare.matches('}').count() as i32;
        }
        let blank = line.trim().is_empty() || line.trim_start().starts_with('#');
        if depth == 0 && !raw && !blank {
            pieces.push(std::mem::take(&mut piece));
        }
    }
    // a small generator is enough to try several orders, the same in every run
    for at in (1..pieces.len()).rev() {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        pieces.swap(at, (seed >> 33) as usize % (at + 1));
    }
    let mut out: String = pieces.concat();
    out.push_str(&piece);
    out
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(name(&path));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}
