//! Failures that became public, as plans: `tests/incidents/<date>-<who>/main.swb` says in its
//! comment what happened, where it is told, and which hazards a plan of it shows. A check reports
//! one of them at least; where it names none, nothing that a plan says could have told, and a check
//! stays silent. `expected.txt` holds all that is reported. `SWITCHBACK_BLESS=1` writes it anew.

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use common::{expect, finish, folders, json, name, root};

/// The hazards that the comment of a plan names.
fn hazards(folder: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder.join("main.swb")).expect("a plan");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("# hazards: "))
        .unwrap_or_else(|| panic!("{}: no line `# hazards: `", name(folder)));
    let told = text.lines().any(|line| line.starts_with("# https://"));
    assert!(told, "{}: it does not say where it is told", name(folder));
    line.split(", ")
        .filter(|code| *code != "none")
        .map(str::to_string)
        .collect()
}

#[test]
fn an_incident_is_reported_by_one_of_its_hazards_or_not_at_all() {
    let (mut wrong, mut reported, mut silent) = (String::new(), 0, 0);
    for folder in folders(&root().join("tests/incidents")) {
        let report = json(&folder, &["main.swb"]);
        let mut codes = BTreeSet::new();
        let mut text = String::new();
        for finding in report["findings"].as_array().expect("findings") {
            let code = finding["code"].as_str().expect("a code");
            codes.insert(code.to_string());
            let (file, line) = (&finding["file"], &finding["line"]);
            let file = file.as_str().expect("a file");
            let message = finding["message"].as_str().expect("a message");
            writeln!(text, "{code} {file}:{line} {message}").expect("text");
        }
        expect(&folder.join("expected.txt"), &text, &mut wrong);
        let named = hazards(&folder);
        if named.is_empty() {
            silent += 1;
            if !codes.is_empty() {
                writeln!(wrong, "{}: not silent: {text}", name(&folder)).expect("text");
            }
        } else {
            reported += 1;
            if !codes.is_subset(&named) || codes.is_empty() {
                writeln!(wrong, "{}: {named:?}, not {text}", name(&folder)).expect("text");
            }
        }
    }
    assert!(reported >= 12 && silent >= 4, "{reported} and {silent}");
    finish(&wrong);
}

/// What cannot be reported yet is said, with the hazards that would.
#[test]
fn incidents_that_wait_for_a_rule_name_no_rule_that_there_is() {
    let path = root().join("tests/incidents/README.md");
    let text = std::fs::read_to_string(path).expect("the list");
    let rows = text.lines().filter(|line| line.starts_with("| 20"));
    let mut waiting = 0;
    for row in rows {
        let codes = row.split('|').nth(3).expect("a column of codes");
        waiting += 1;
        for code in codes.split([',', ' ']).filter(|code| !code.is_empty()) {
            assert!(
                switchback::rules::find(code).is_none(),
                "there is a rule {code} now: {row}"
            );
        }
    }
    assert!(waiting >= 4, "{waiting}");
}
