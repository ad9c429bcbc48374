//! Every requirement of a policy, kept by one plan and broken by another; its conditions, its
//! environments, freezes with real clocks, and the examples that policies carry.

use std::path::{Path, PathBuf};

use switchback::check::{Options, Outcome, check};
use switchback::diagnostic::Severity;
use switchback::source::MemoryLoader;
use switchback::units::Moment;

const PROJECT: &str = r#"
provider prometheus { address "http://prometheus:9090"; scrape 15s; delay 30s }

gate errors {
  query """sum(rate(http_requests_total{version="$version", code=~"5.."}[2m])) / sum(rate(http_requests_total{version="$version"}[2m]))"""
  kind proportion
  expect value < 1%
  normally 0.1%
  detect 5%
  every 1m for 10m
  tolerate 1 failure
}

service web {
  replicas 6
  traffic 900/s peak 1500/s
  capacity 400/s per replica
  users 2M per day
  objective 99.9% over 30d
  ready http "/ready"
  live http "/health"
  startup 20s
  drain 20s
  domains seoul 40%, tokyo 60%
  version 1 { image "registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111" }
  version 2 { image "registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222" }
}
"#;

/// Steps that most policies are content with.
const SLOW: &str = r#"
  step canary { sticky by cookie "uid"; weight 1%; hold 1h; watch errors }
  step ramp { weight 5% -> 25%; hold 1h; watch errors }
  step half { approve by "sre" within 4h; weight 50%; run "smoke" image "registry.example.com/smoke@sha256:3333333333333333333333333333333333333333333333333333333333333333"; hold 1h; watch errors; deadline 10m }
  step full { weight 100%; hold 24h; watch errors }
"#;

/// Steps that most policies stop.
const FAST: &str = r#"
  step first { weight 20%; hold 11m; watch errors }
  step all { weight 100%; hold 12m; watch errors }
"#;

fn judged(policy: &str, steps: &str, more: &str, options: &Options) -> Outcome {
    let text = format!(
        "{PROJECT}\npolicy production {{\n  {policy}\n}}\n\nplan web-2 {{\n  roll web from 1 to 2\n  obeys production\n{steps}\n  rollback within 5m\n}}\n{more}"
    );
    let loader = MemoryLoader::new().with(Path::new("main.swb"), text.as_str());
    check(
        &loader,
        Path::new(""),
        &[PathBuf::from("main.swb")],
        options,
    )
    .expect("options are right")
}

/// What policies say of the plan: code and message.
fn told(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let findings = outcome.findings.iter();
    let own = findings
        .filter(|found| found.rule.code.starts_with("PR") || found.rule.code.starts_with("SH"));
    own.map(|found| (found.rule.code, found.message.clone()))
        .collect()
}

fn says(policy: &str, steps: &str) -> Vec<(&'static str, String)> {
    told(&judged(policy, steps, "", &Options::default()))
}

/// Requirement, code, what is said of the fast plan. The slow plan keeps all of them.
const BROKEN: &[(&str, &str, &str)] = &[
    (
        "require first-weight <= 5%",
        "PR08",
        "`first-weight` of `web-2` is 20%",
    ),
    (
        "require first-weight < 20%",
        "PR08",
        "`first-weight` of `web-2` is 20%",
    ),
    ("require weight-ratio <= 5", "", ""),
    ("require weight-ratio < 5.01", "", ""),
    (
        "require weight-step <= 50%",
        "PR08",
        "`weight-step` of `web-2` is 80%",
    ),
    // in binary, 80 % less 50 % is more than 30 %
    ("require weight-step <= 80%", "", ""),
    ("require hold >= 15m", "PR08", "`hold` of `web-2` is 11m"),
    ("require bake >= 1h", "PR08", "`bake` of `web-2` is 12m"),
    ("require run", "PR08", "`web-2` runs no job"),
    ("require approval", "PR02", "`web-2` asks nobody"),
    (
        "require approval before weight 50%",
        "PR02",
        "`web-2` asks nobody",
    ),
    ("require watch", "", ""),
    ("require watch before weight 50%", "", ""),
    ("require hold >= 12m when weight >= 50%", "", ""),
    (
        "require hold >= 13m when weight >= 50%",
        "PR08",
        "`hold` of `web-2` is 12m",
    ),
    ("require weight-step <= 50% when weight < 50%", "", ""),
    ("require approval when weight = 50%", "", ""),
    ("require run when weight = 50%", "", ""),
    ("require allow-nothing", "SH03", ""),
];

#[test]
fn each_requirement_is_kept_by_one_plan_and_broken_by_another() {
    let mut wrong = String::new();
    for (policy, code, message) in BROKEN {
        if *code != "SH03" {
            let slow = says(policy, SLOW);
            if !slow.is_empty() {
                wrong += &format!("{policy}: the slow plan: {slow:?}\n");
            }
        }
        let fast = says(policy, FAST);
        let is_right = match fast.as_slice() {
            [] => code.is_empty(),
            [(found, text)] => found == code && text.starts_with(message),
            _ => false,
        };
        if !is_right {
            wrong += &format!("{policy}: the fast plan: {fast:?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Each measure, a bound that the slow plan keeps, and one that no plan can keep.
const MEASURES: &[(&str, &str, &str)] = &[
    ("first-weight", "<= 100%", "<= 0.1%"),
    ("weight-ratio", "<= 100", "<= 1"),
    ("weight-step", "<= 100%", "<= 0.1%"),
    ("hold", ">= 1m", ">= 10d"),
    ("bake", ">= 1m", ">= 10d"),
    ("power", ">= 0.1%", "> 100%"),
    ("false-alarm", "<= 100%", "< 0%"),
    ("time-to-detect", "<= 30d", "<= 1s"),
    ("users-exposed", "<= 100%", "<= 0%"),
    ("requests-failed", "<= 1000000000", "<= 0"),
    ("budget-burned", "<= 100%", "<= 0%"),
    ("rollback-time", "<= 30d", "<= 1s"),
    ("duration", "<= 300d", "<= 1h"),
    ("utilisation", "<= 100%", "<= 0.1%"),
    ("peak-replicas", "<= 1000", "<= 1"),
];

/// Whether a policy holds plans to a measure; those of capacity are listed where they are not taken.
fn is_taken(outcome: &Outcome) -> bool {
    let mut left = outcome.obligations.iter();
    !left.any(|(text, _)| text.contains("is not checked yet"))
}

#[test]
fn every_measure_is_taken_and_held_to_its_bound() {
    let mut wrong = String::new();
    for (measure, kept, broken) in MEASURES {
        for (when, asks) in [
            ("", true),
            (" when weight >= 50%", true),
            (" when weight > 100%", false),
        ] {
            if *measure == "first-weight" && when.contains(">= 50%") {
                continue;
            }
            let keeps = format!("require {measure} {kept}{when}");
            let outcome = judged(&keeps, SLOW, "", &Options::default());
            if !is_taken(&outcome) {
                assert!(
                    matches!(*measure, "utilisation" | "peak-replicas"),
                    "{measure}"
                );
                continue;
            }
            if !told(&outcome).is_empty() {
                wrong += &format!("{keeps}: {:?}\n", told(&outcome));
            }
            let breaks = format!("require {measure} {broken}{when}");
            // in an environment, too
            let other = format!(
                "policy other {{ {breaks} }}\nenvironment live {{ plan web-2 {{ obeys other }} }}\n"
            );
            for found in [
                says(&breaks, SLOW),
                told(&judged("require watch", SLOW, &other, &Options::default())),
            ] {
                let begins = format!("`{measure}` of `web-2` is ");
                let is_told = match found.as_slice() {
                    [(_, text)] => text.starts_with(&begins),
                    _ => false,
                };
                if is_told != asks || (!asks && !found.is_empty()) {
                    wrong += &format!("{breaks}: {found:?}\n");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_leg_is_named_with_the_line_of_the_policy_and_a_change_that_was_checked() {
    let outcome = judged("require hold >= 15m", FAST, "", &Options::default());
    let found = outcome
        .findings
        .iter()
        .find(|found| found.rule.code == "PR08")
        .expect("a finding");
    let at: Vec<&str> = found
        .labels
        .iter()
        .map(|label| outcome.sources.text(label.span))
        .collect();
    assert_eq!(at, ["11m", "require hold >= 15m"]);
    assert_eq!(
        found.help.as_deref(),
        Some("write `hold 15m` in steps `first`, `all`; checked: the policy is kept then")
    );
    let fix = found.fix.as_ref().expect("a fix");
    assert!(!fix.safe, "another hold is another plan");
    assert_eq!(fix.edits[0].text, "15m");
}

/// The fix of a finding, applied, leaves nothing for the policy to say.
#[test]
fn what_is_proposed_is_enough() {
    for policy in [
        "require first-weight <= 5%; require weight-ratio <= 5",
        "require first-weight <= 3%; require weight-ratio <= 2.5; require weight-step <= 40%",
        "require weight-step <= 30%",
        "require hold >= 45m",
        "require bake >= 25h",
        "require approval before weight 50%",
        "require approval when weight >= 50%",
    ] {
        let mut steps = FAST.to_string();
        if policy.contains("approval") {
            // who says yes is known from elsewhere
            steps = steps.replace("step first {", "step first { approve by \"sre\" within 1h;");
            if policy.contains("before") {
                continue;
            }
        }
        for _ in 0..4 {
            let outcome = judged(policy, &steps, "", &Options::default());
            let findings = outcome.findings.iter();
            let mut own = findings.filter(|found| found.rule.code.starts_with("PR"));
            let Some(found) = own.next() else { break };
            let fix = found
                .fix
                .as_ref()
                .unwrap_or_else(|| panic!("{policy}: {found:?}"));
            let file = outcome.sources.file(found.span().file);
            let mut text = file.text.to_string();
            for edit in &fix.edits {
                text.replace_range(edit.span.range(), &edit.text);
            }
            let from =
                text.find("obeys production\n").expect("the plan") + "obeys production\n".len();
            let to = text.find("\n  rollback within").expect("its end");
            steps = text[from..to].to_string();
        }
        assert_eq!(says(policy, &steps), [], "{policy}: {steps}");
    }
}

#[test]
fn a_fact_that_is_missing_is_named_and_nobody_takes_it_for_kept() {
    let policy = "require power >= 80%";
    let text = format!(
        "{PROJECT}\npolicy production {{ {policy} }}\nplan web-2 {{\n  roll web from 1 to 2\n  obeys production\n{SLOW}\n}}\n"
    );
    let text = text.replace("  traffic 900/s peak 1500/s\n", "");
    let loader = MemoryLoader::new().with(Path::new("main.swb"), text.as_str());
    let outcome = check(
        &loader,
        Path::new(""),
        &[PathBuf::from("main.swb")],
        &Options::default(),
    );
    let outcome = outcome.expect("no options");
    let found = outcome
        .findings
        .iter()
        .find(|found| found.rule.code == "PR08")
        .expect("a finding");
    assert!(
        found
            .message
            .starts_with("nobody knows whether `web-2` keeps `power >= 80%`"),
        "{}",
        found.message
    );
    assert_eq!(found.missing, ["`traffic` of service `web`"]);
    assert_eq!(found.severity, Severity::Warning);
}

#[test]
fn strategies_beside_weights_are_those_that_are_allowed() {
    let rolling = "  step all { rolling; hold 30m; watch errors }";
    let switch = "  step up { preview }\n  step over { switch; hold 30m; watch errors }";
    let mirror = "  step shadow { mirror 10%; hold 30m; watch errors }\n  step one { mirror off; weight 1%; hold 30m; watch errors }";
    let split = "  step half { split 50%; hold 30m; watch errors; on success weight 100% }";
    for (policy, steps, code) in [
        ("require first-weight <= 5%", rolling, Some("PR09")),
        (
            "require first-weight <= 5%; allow-strategy rolling",
            rolling,
            None,
        ),
        (
            "require first-weight <= 5%; allow-strategy blue-green",
            rolling,
            Some("PR09"),
        ),
        ("require hold >= 5m", rolling, None),
        ("require weight-ratio <= 5", switch, Some("PR09")),
        (
            "require weight-ratio <= 5\n  allow-strategy rolling, blue-green",
            switch,
            None,
        ),
        ("require first-weight <= 5%", mirror, None),
        ("allow-strategy rolling", mirror, Some("PR09")),
        ("allow-strategy mirror", mirror, None),
        ("allow-strategy weight", split, Some("PR09")),
        ("allow-strategy split", split, None),
        ("allow-strategy rolling", SLOW, None),
    ] {
        let found = says(policy, steps);
        let codes: Vec<&str> = found.iter().map(|(code, _)| *code).collect();
        assert_eq!(
            codes,
            code.into_iter().collect::<Vec<_>>(),
            "{policy} {steps}: {found:?}"
        );
    }
}

#[test]
fn the_old_version_stays_warm_and_domains_are_changed_one_by_one() {
    let retire = |hold: &str, after: &str| {
        format!(
            "  step all {{ weight 100%; hold {hold}; watch errors }}\n  no return because \"the old version goes\"\n  step gone {{ retire 1{after} }}"
        )
    };
    let waves = "  step one { in seoul; weight 5%; hold 30m; watch errors }\n  step two { in tokyo; weight 5%; hold 30m; watch errors }";
    for (policy, steps, says_so) in [
        ("require retire-after >= 30m", retire("30m", ""), None),
        (
            "require retire-after >= 30m",
            retire("20m", " after 10m"),
            None,
        ),
        (
            "require retire-after >= 30m",
            retire("20m", ""),
            Some("`retire-after` of `web-2` is 20m"),
        ),
        ("require retire-after >= 30m", FAST.into(), None),
        ("require domains-at-once <= 1", waves.into(), None),
        (
            "require domains-at-once <= 1",
            FAST.into(),
            Some("`domains-at-once` of `web-2` is 2"),
        ),
    ] {
        let found = says(policy, &steps);
        match (found.as_slice(), says_so) {
            ([], None) => {}
            ([("PR08", text)], Some(message)) => assert!(text.starts_with(message), "{text}"),
            _ => panic!("{policy} {steps}: {found:?}"),
        }
    }
}

/// An environment that obeys another policy, or holds less, is told with its name.
#[test]
fn environments_are_asked_too() {
    let strict =
        "policy strict { require hold >= 2h }\nenvironment live { plan web-2 { obeys strict } }\n";
    let outcome = judged("require hold >= 10m", FAST, strict, &Options::default());
    let found: Vec<_> = outcome
        .findings
        .iter()
        .filter(|found| found.rule.code == "PR08")
        .collect();
    assert_eq!(found.len(), 1);
    assert!(
        found[0]
            .message
            .contains("policy `strict` requires `hold >= 2h`")
    );
    assert_eq!(found[0].note.as_deref(), Some("in environment `live`"));
    let only = Options {
        environment: Some("live".into()),
        ..Options::default()
    };
    assert_eq!(
        told(&judged("require hold >= 10m", FAST, strict, &only)).len(),
        1
    );
}

#[test]
fn a_policy_that_applies_to_all_is_obeyed_by_plans_that_do_not_name_it() {
    let text = format!(
        "{PROJECT}\npolicy production {{ applies to all; require hold >= 15m }}\nplan web-2 {{\n  roll web from 1 to 2\n{FAST}\n}}\n"
    );
    let loader = MemoryLoader::new().with(Path::new("main.swb"), text.as_str());
    let outcome = check(
        &loader,
        Path::new(""),
        &[PathBuf::from("main.swb")],
        &Options::default(),
    );
    assert_eq!(told(&outcome.expect("no options")).len(), 1);
}

/// The fast plan is held for 23 minutes.
#[test]
fn freezes_begin_and_end_with_the_days_of_their_zone() {
    let policy = "freeze 2026-12-18 .. 2027-01-04 in \"Asia/Seoul\"";
    let start = |time: &str| Options {
        start: Some(Moment::parse(time).expect(time)),
        ..Options::default()
    };
    for (time, meets) in [
        // the freeze begins at 15:00 UTC of the day before, and ends at 15:00 UTC of its last day
        ("2026-12-17T14:36Z", true),
        ("2026-12-17T14:38Z", true),
        ("2026-12-17T15:00Z", true),
        ("2026-12-25T00:00+09:00", true),
        ("2027-01-04T23:59+09:00", true),
        ("2027-01-05T00:00+09:00", false),
        ("2026-12-10T00:00Z", false),
    ] {
        let outcome = judged(policy, FAST, "", &start(time));
        let codes: Vec<&str> = told(&outcome).iter().map(|(code, _)| *code).collect();
        // where nothing bounds the end, somebody has to see to it
        let is_told = !codes.is_empty();
        assert_eq!(
            is_told,
            meets && !time.starts_with("2026-12-17T14:36"),
            "{time}: {codes:?} {:?}",
            outcome.obligations
        );
    }
    let outcome = judged(policy, FAST, "", &Options::default());
    assert_eq!(told(&outcome), []);
    assert_eq!(outcome.obligations.len(), 1, "{:?}", outcome.obligations);
    assert!(
        outcome.obligations[0]
            .0
            .contains("`--start TIME` checks it")
    );
}

#[test]
fn days_on_which_the_clocks_change_have_their_own_length() {
    // from 00:00 +01:00 to 00:00 +02:00: 23 hours
    let policy = "freeze 2027-03-28 .. 2027-03-28 in \"Europe/Berlin\"";
    for (time, meets) in [
        ("2027-03-27T22:30Z", true),
        ("2027-03-28T21:59Z", true),
        ("2027-03-28T22:00Z", false),
    ] {
        let start = Options {
            start: Some(Moment::parse(time).expect(time)),
            ..Options::default()
        };
        let steps = "  step all { weight 100%; hold 40m; watch errors }";
        assert_eq!(
            !told(&judged(policy, steps, "", &start)).is_empty(),
            meets,
            "{time}"
        );
    }
}

#[test]
fn a_zone_that_does_not_exist_is_answered_with_the_nearest() {
    let outcome = judged(
        "freeze 2026-12-18 .. 2027-01-04 in \"Asia/Soul\"",
        FAST,
        "",
        &Options::default(),
    );
    let found = outcome
        .findings
        .iter()
        .find(|found| found.rule.code == "SH06")
        .expect("a finding");
    assert_eq!(found.help.as_deref(), Some("write `\"Asia/Seoul\"`"));
    assert!(found.fix.is_some());
}

#[test]
fn policies_do_with_their_examples_what_they_say() {
    for (policy, message) in [
        (
            "require first-weight <= 5%; accepts \"slow\" { step a { weight 1%; hold 1h; watch errors } }",
            None,
        ),
        (
            "require first-weight <= 5%; accepts \"fast\" { step a { weight 20%; hold 1h; watch errors } }",
            Some(
                "policy `production` does not accept its example \"fast\": `first-weight` of `fast` is 20%",
            ),
        ),
        (
            "require first-weight <= 5%; rejects \"fast\" { step a { weight 20%; hold 1h; watch errors } }",
            None,
        ),
        (
            "require first-weight <= 5%; rejects \"slow\" { step a { weight 1%; hold 1h; watch errors } }",
            Some("policy `production` does not reject its example \"slow\": it keeps every line"),
        ),
        (
            "forbid step-without-gate; rejects \"blind\" { step a { weight 1%; hold 1h }\n step b { weight 5%; hold 1h; watch errors } }",
            None,
        ),
        (
            "allow-strategy weight; rejects \"in place\" { step a { rolling; hold 1h; watch errors } }",
            None,
        ),
        (
            "allow-strategy weight; accepts \"in place\" { step a { rolling; hold 1h; watch errors } }",
            Some(
                "policy `production` does not accept its example \"in place\": policy `production` does not allow `rolling`",
            ),
        ),
        // what a service decides is asked where one is rolled
        (
            "require power >= 80%; accepts \"seen\" { roll web from 1 to 2; step a { weight 5%; hold 1h; watch errors }\n step b { weight 100%; hold 1h; watch errors } }",
            None,
        ),
        (
            "require power >= 80%; rejects \"unseen\" { roll web from 1 to 2; step a { weight 0.001%; hold 13m; watch errors }\n step b { weight 100%; hold 1h; watch errors } }",
            None,
        ),
        (
            "require power >= 80%; rejects \"unseen\" { step a { weight 0.001%; hold 13m; watch errors }\n step b { weight 100%; hold 1h; watch errors } }",
            Some("policy `production` does not reject its example \"unseen\""),
        ),
    ] {
        let found = says(policy, SLOW);
        match (found.as_slice(), message) {
            ([], None) => {}
            ([("PR10", text)], Some(message)) => assert!(text.starts_with(message), "{text}"),
            _ => panic!("{policy}: {found:?}"),
        }
    }
}

#[test]
fn what_a_policy_never_allows_stays() {
    let steps = format!("  allow policy-requirement because \"once\"\n{FAST}");
    assert_eq!(says("require hold >= 15m", &steps), []);
    let found = says(
        "require hold >= 15m; never-allow policy-requirement",
        &steps,
    );
    assert_eq!(found.len(), 1, "{found:?}");
}
