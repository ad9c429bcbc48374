//! Every message that a mistake in a plan gets, word for word: `tests/ui/<area>/<case>/` holds
//! `main.swb`, perhaps more files and `args`, and `out.txt`: what the program prints, and its exit
//! code. `SWITCHBACK_BLESS=1` writes `out.txt` anew.

mod common;

use std::path::Path;

use common::{expect, finish, folders, json, name, root, run};

fn cases() -> Vec<std::path::PathBuf> {
    let all: Vec<_> = folders(&root().join("tests/ui"))
        .iter()
        .flat_map(|area| folders(area))
        .collect();
    assert!(all.len() > 80, "only {} cases were found", all.len());
    all
}

fn arguments(case: &Path) -> Vec<String> {
    std::fs::read_to_string(case.join("args"))
        .unwrap_or_default()
        .lines()
        .map(str::to_string)
        .collect()
}

#[test]
fn messages_are_as_they_were_read_and_found_good() {
    let mut wrong = String::new();
    for case in cases() {
        let extra = arguments(&case);
        let mut args = vec!["check", "main.swb", "--color", "never"];
        args.extend(extra.iter().map(String::as_str));
        let ran = run(&case, &args);
        let text = format!("{}{}exit {}\n", ran.out, ran.err, ran.code);
        expect(&case.join("out.txt"), &text, &mut wrong);
    }
    finish(&wrong);
}

/// Changes of a schema from their first step to their last, as a team walks them: nothing is told of
/// them, and both proofs hold.
#[test]
fn a_change_in_the_right_order_is_proved_and_nothing_is_told() {
    let sequences = folders(&root().join("tests/ui/sequences"));
    assert!(sequences.len() >= 25, "only {} were found", sequences.len());
    let mut wrong = String::new();
    for case in sequences {
        let report = json(&case, &["main.swb"]);
        let findings = report["findings"].as_array().expect("findings");
        let plans = report["plans"].as_array().expect("plans");
        assert!(!plans.is_empty(), "{}: no plan", name(&case));
        let proved = plans.iter().all(|plan| {
            let proofs = plan["proofs"].as_array().expect("proofs");
            let is_proved = |wanted: &str| {
                let mut proofs = proofs.iter();
                proofs.any(|proof| proof["proof"] == wanted && proof["verdict"] == "proved")
            };
            is_proved("compatible") && is_proved("reversible")
        });
        if !proved || !findings.is_empty() {
            wrong += &format!("{}: {plans:?} {findings:?}\n", name(&case));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The eight mistakes that everyone makes in the first hour, in one file.
#[test]
fn eight_faults_give_eight_findings_each_on_its_line_and_none_beside() {
    let case = root().join("tests/ui/text/eight-faults");
    let report = json(&case, &["main.swb"]);
    let found: Vec<(u64, &str, String)> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| {
            (
                finding["line"].as_u64().expect("a line"),
                finding["rule"].as_str().expect("a rule"),
                format!("{} {}", finding["message"], finding["help"]),
            )
        })
        .collect();
    let expected = [
        (17, "unknown-unit", "`5m`"),
        (19, "wrong-argument", "leave `= =` out"),
        (30, "unknown-statement", "`weight`"),
        (35, "missing-unit", "`10%`"),
        (40, "unterminated-text", "closing `"),
        (42, "unknown-statement", "`hold`"),
        (45, "unclosed-block", "`}`"),
        (48, "unknown-name", "`errors`"),
    ];
    let places: Vec<(u64, &str)> = found.iter().map(|(line, rule, _)| (*line, *rule)).collect();
    assert_eq!(
        places,
        expected.map(|(line, rule, _)| (line, rule)),
        "{found:#?}"
    );
    for ((line, _, text), (_, rule, meant)) in found.iter().zip(expected) {
        assert!(
            text.contains(meant),
            "line {line}: {rule} does not say what was meant, {meant}: {text}"
        );
    }
}

/// Names that keep their capital at the start of a message.
const NAMES: [&str; 8] = [
    "Argo",
    "Cloud",
    "Envoy",
    "Gateway",
    "Istio",
    "Kubernetes",
    "NGINX",
    "PromQL",
];

/// Whoever reads a finding must be able to act on it, and a program must be able to show it.
#[test]
fn every_finding_has_place_rule_message_and_help() {
    let mut wrong = Vec::new();
    for case in cases() {
        let extra = arguments(&case);
        let mut args = vec!["main.swb"];
        args.extend(extra.iter().map(String::as_str));
        let ran = run(
            &case,
            &["check", "--format", "json"]
                .into_iter()
                .chain(args)
                .collect::<Vec<_>>(),
        );
        // wrong usage is answered in words, before there is a report
        if ran.out.is_empty() && ran.code == 2 && ran.err.starts_with("switchback: ") {
            continue;
        }
        let report: serde_json::Value = serde_json::from_str(&ran.out).expect("a report");
        for finding in report["findings"].as_array().expect("findings") {
            let text =
                |value: &serde_json::Value| value.as_str().is_some_and(|t| !t.trim().is_empty());
            let number = |value: &serde_json::Value| value.as_u64().is_some_and(|n| n > 0);
            let whole = text(&finding["rule"])
                && text(&finding["code"])
                && text(&finding["message"])
                && text(&finding["help"])
                && text(&finding["file"])
                && number(&finding["line"])
                && number(&finding["column"]);
            let message = finding["message"].as_str().unwrap_or_default();
            // as in the messages of the best compilers: no capital, no full stop, no absolute path
            let first = message.split([' ', '`']).next().unwrap_or_default();
            let style = !message.ends_with('.')
                && (!first.starts_with(char::is_uppercase) || NAMES.contains(&first))
                && !message.contains(env!("CARGO_MANIFEST_DIR"));
            if !whole || !style {
                wrong.push(format!("{}: {finding}", name(&case)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
