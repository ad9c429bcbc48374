//! Failures that became public, as plans: `tests/incidents/<date>-<who>/main.swb` says in its
//! comment what happened, where it is told, and which hazards a plan of it shows. A check reports
//! one of them at least; where it names none, nothing that a plan says could have told, and a check
//! stays silent. `expected.txt` holds all that is reported. `SWITCHBACK_BLESS=1` writes it anew.

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use common::{expect, finish, folders, json, name, root, shared};

/// Where each incident of the list is: its day and who tells of it, and its plan. Without a plan, no
/// rule is built for any hazard that the list names.
const PLANS: [(&str, &str, Option<&str>); 26] = [
    (
        "2012-08-01",
        "Knight Capital",
        Some("2012-08-01-knight-capital"),
    ),
    (
        "2014-11-19",
        "Azure Storage",
        Some("2014-11-19-azure-storage"),
    ),
    ("2016-01", "GoCardless", Some("2016-01-gocardless")),
    ("2017-02-02", "Travis CI", Some("2017-02-02-travis-ci")),
    ("2017-10-27", "Monzo", Some("2017-10-27-monzo")),
    (
        "2019-02-04",
        "Elastic Cloud",
        Some("2019-02-04-elastic-cloud"),
    ),
    ("2019-03-26", "CircleCI", Some("2019-03-26-circleci")),
    ("2019-07-10", "Stripe", Some("2019-07-10-stripe")),
    ("2020-09-03", "Heroku", Some("2020-09-03-heroku")),
    ("2020-11-25", "AWS Kinesis", Some("2020-11-25-aws-kinesis")),
    ("2021-05-21", "CircleCI", Some("2021-05-21-circleci")),
    ("2021-10-04", "Facebook", Some("2021-10-04-facebook")),
    ("2021-11-08", "CircleCI", Some("2021-11-08-circleci")),
    ("2021-12-15", "PagerDuty", Some("2021-12-15-pagerduty")),
    ("2022-04-05", "Atlassian", Some("2022-04-05-atlassian")),
    ("2022-10-25", "Cloudflare", Some("2022-10-25-cloudflare")),
    ("2023-03-08", "Datadog", Some("2023-03-08-datadog")),
    ("2023-03-14", "CircleCI", Some("2023-03-14-circleci")),
    ("2023-06-08", "Heroku", Some("2023-06-08-heroku")),
    (
        "2023-10-04",
        "Cloudflare 1.1.1.1",
        Some("2023-10-04-cloudflare-resolver"),
    ),
    ("2024-08-14", "GitHub", Some("2024-08-14-github")),
    ("2025-04-04", "CircleCI", Some("2025-04-04-circleci")),
    ("2025-06-10", "Heroku", Some("2025-06-10-heroku")),
    (
        "2025-10-20",
        "LaunchDarkly",
        Some("2025-10-20-launchdarkly"),
    ),
    ("2025-11-18", "Cloudflare", Some("2025-11-18-cloudflare")),
    ("2026-02-09", "GitHub", Some("2026-02-09-github")),
];

/// Hazards of the list that have no rule yet. The list can only become shorter: a test fails as soon
/// as one of them is built, and when one that is named there is neither built nor here.
const NOT_BUILT: [&str; 0] = [];

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
    for row in rows {
        let codes = row.split('|').nth(3).expect("a column of codes");
        for code in codes.split([',', ' ']).filter(|code| !code.is_empty()) {
            assert!(
                switchback::rules::find(code).is_none(),
                "there is a rule {code} now: {row}"
            );
        }
    }
}

/// The list of incidents, as it was gathered.
fn listed() -> Option<Vec<serde_json::Value>> {
    let path = shared("facts/incidents.json")?;
    let text = std::fs::read_to_string(path).expect("the list");
    Some(serde_json::from_str(&text).expect("a list"))
}

/// The hazards that the list names for an incident.
fn named(incident: &serde_json::Value) -> BTreeSet<String> {
    ["trigger_hazards", "containment_hazards"]
        .iter()
        .flat_map(|key| incident[*key].as_array().expect("hazards"))
        .map(|code| code.as_str().expect("a code").to_string())
        .collect()
}

#[test]
fn every_incident_of_the_list_has_its_plan_or_waits_for_a_rule() {
    let Some(incidents) = listed() else { return };
    let mut wrong = String::new();
    let mut met = BTreeSet::new();
    for incident in &incidents {
        let date = incident["date"].as_str().expect("a date");
        let day = date.split(' ').next().expect("a day");
        let who = incident["organisation"].as_str().expect("a name");
        let known = PLANS.iter().find(|(on, by, _)| (*on, *by) == (day, who));
        let Some((_, _, plan)) = known else {
            writeln!(wrong, "{day} {who}: it is not in the table").expect("text");
            continue;
        };
        met.insert((day, who));
        let named = named(incident);
        let built: BTreeSet<String> = named
            .iter()
            .filter(|code| switchback::rules::find(code).is_some())
            .cloned()
            .collect();
        for code in named.difference(&built) {
            if !NOT_BUILT.contains(&code.as_str()) {
                writeln!(wrong, "{day} {who}: {code} has no rule and is not listed").expect("text");
            }
        }
        let Some(plan) = plan else {
            if named.is_empty() || !built.is_empty() {
                writeln!(wrong, "{day} {who}: {built:?} have a rule, and no plan").expect("text");
            }
            continue;
        };
        let folder = root().join("tests/incidents").join(plan);
        let report = json(&folder, &["main.swb"]);
        let told: BTreeSet<String> = report["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .map(|finding| finding["code"].as_str().expect("a code").to_string())
            .collect();
        let marked = |key: &str| matches!(incident[key].as_str(), Some("Y" | "D"));
        let right = match marked("trigger") || marked("containment") {
            true => told.intersection(&built).next().is_some(),
            false => told.is_empty(),
        };
        if !right {
            writeln!(wrong, "{day} {who}: {named:?}, not {told:?}").expect("text");
        }
    }
    for (day, who, _) in PLANS {
        if !met.contains(&(day, who)) {
            writeln!(wrong, "{day} {who}: it is not in the list any more").expect("text");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn hazards_that_are_not_built_are_not_built() {
    for code in NOT_BUILT {
        assert!(
            switchback::rules::find(code).is_none(),
            "{code} has a rule now: take it off the list, and write the plans that wait for it"
        );
    }
    let folders: BTreeSet<String> = folders(&root().join("tests/incidents"))
        .iter()
        .map(|folder| name(folder))
        .collect();
    let plans = PLANS.iter().filter_map(|(_, _, plan)| *plan);
    let listed: BTreeSet<String> = plans.map(str::to_string).collect();
    assert_eq!(folders, listed, "plans, and those that the table knows");
}
