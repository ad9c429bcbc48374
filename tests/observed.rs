//! The proof `observed` from the outside: what it says of a plan, and that neither a shorter hold,
//! less traffic nor a smaller fault ever makes it say something better; nor a smaller weight, where
//! nothing is compared with the old version.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use switchback::check::{Options, check};
use switchback::diagnostic::{Proof, Reason, Reasons, Verdict};
use switchback::source::MemoryLoader;

/// A plan with one canary.
#[derive(Clone, Debug)]
struct Canary {
    traffic: u64,
    weight: u64,
    minutes: u64,
    /// What the gate says, besides its query.
    gate: String,
}

impl Canary {
    fn text(&self) -> String {
        let Canary {
            traffic,
            weight,
            minutes,
            gate,
        } = self;
        format!(
            r#"provider prometheus {{ address "http://prometheus:9090"; scrape 15s; delay 30s }}
gate errors {{
  query """sum(rate(http_requests_total{{version="$version", code=~"5.."}}[2m])) / sum(rate(http_requests_total{{version="$version"}}[2m]))"""
  kind proportion
  {gate}
}}
service web {{
  replicas 4
  traffic {traffic}/s
  ready http "/ready"
  live http "/health"
  drain 20s
  version 1 {{ image "r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111" }}
  version 2 {{ image "r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222" }}
}}
plan web-2 {{
  roll web from 1 to 2
  step canary {{ weight {weight}%; hold {minutes}m; watch errors }}
  step all {{ weight 100%; hold 30m; watch errors }}
}}
"#
        )
    }
}

/// The verdict of the only plan, and the names of the rules that report something.
fn judged(text: &str) -> (Verdict, Vec<&'static str>) {
    let loader = MemoryLoader::new().with(Path::new("main.swb"), text);
    let entry = PathBuf::from("main.swb");
    let outcome = check(&loader, Path::new(""), &[entry], &Options::default()).expect("no options");
    let verdicts = &outcome.plans.first().expect("one plan").verdicts;
    let (_, verdict) = verdicts
        .iter()
        .find(|(proof, _)| *proof == Proof::Observed)
        .expect("a verdict");
    let rules = outcome.findings.iter().map(|found| found.rule.name);
    (verdict.clone(), rules.collect())
}

fn is_proved(canary: &Canary) -> bool {
    judged(&canary.text()).0 == Verdict::Proved
}

const GATE: &str =
    "expect value < 1%; normally 0.1%; detect 2%; every 1m for 10m; tolerate 1 failure";

fn usual() -> Canary {
    Canary {
        traffic: 900,
        weight: 5,
        minutes: 30,
        gate: GATE.replace("; ", "\n  "),
    }
}

#[test]
fn a_canary_with_enough_requests_is_observed() {
    assert_eq!(judged(&usual().text()), (Verdict::Proved, vec![]));
}

#[test]
fn a_missing_fact_is_asked_for() {
    for (gone, fact) in [
        ("traffic 900/s\n", "`traffic` of service `web`"),
        ("detect 2%\n", "`detect` of gate `errors`"),
        ("normally 0.1%\n", "`normally` of gate `errors`"),
        ("kind proportion\n", "`kind` of gate `errors`"),
        ("every 1m for 10m\n", "`every` of gate `errors`"),
    ] {
        let text = usual().text();
        assert!(text.contains(gone), "{gone}");
        let (verdict, rules) = judged(&text.replace(gone, "\n"));
        let missing = Reasons::one(Reason::Missing(fact.to_string()));
        assert_eq!(verdict, Verdict::Unknown(missing), "{gone}");
        assert!(rules.is_empty(), "{gone}: {rules:?}");
    }
}

#[test]
fn what_a_policy_requires_is_an_error_when_it_is_unknown() {
    let text = usual().text().replace("traffic 900/s\n", "\n").replace(
        "plan web-2 {",
        "policy strict { require proved observed }\nplan web-2 {\n  obeys strict",
    );
    assert_eq!(judged(&text).1, ["not-proved"]);
}

#[test]
fn what_is_accepted_is_not_proved() {
    let little = Canary {
        traffic: 1,
        ..usual()
    };
    let (verdict, rules) = judged(&little.text());
    assert_eq!(
        (verdict, rules),
        (Verdict::Refuted, vec!["insufficient-power"])
    );
    let text = little.text().replace(
        "watch errors }\n  step all",
        "watch errors; allow insufficient-power because \"nights\" }\n  step all",
    );
    let accepted = "`insufficient-power` (GA03) because \"nights\"".to_string();
    let accepted = Reasons::one(Reason::Accepted(accepted));
    assert_eq!(judged(&text), (Verdict::Unknown(accepted), vec![]));
}

#[test]
fn a_rolling_replacement_is_left_to_readiness_and_not_proved() {
    let text = usual().text();
    let at = text.find("  step canary").expect("a step");
    let rolled = format!(
        "{}  step all {{ rolling; hold 30m; watch errors }}\n}}\n",
        &text[..at]
    );
    assert!(matches!(judged(&rolled).0, Verdict::Unknown(facts) if facts.iter().count() == 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn less_never_proves_more(
        traffic in 1u64..400, weight in 1u64..50, minutes in 13u64..120, detect in 11u64..60,
        baseline in any::<bool>(), tolerate in 0u64..4,
        less in (1u64..10, 1u64..10, 1u64..10, 1u64..10),
    ) {
        let gate = |tenths: u64| {
            let limit = if baseline { "2 * baseline" } else { "1%" };
            let (whole, tenth) = (tenths / 10, tenths % 10);
            format!(
                "expect value < {limit}\n  normally 0.5%\n  detect {whole}.{tenth}%\n  every 1m for 10m\n  tolerate {tolerate} failures"
            )
        };
        let here = Canary { traffic, weight, minutes, gate: gate(detect) };
        if is_proved(&here) {
            return Ok(());
        }
        let smaller = |value: u64, by: u64, least: u64| (value * by / 10).max(least);
        // a larger weight leaves less to compare with
        let lighter = if baseline { weight } else { smaller(weight, less.1, 1) };
        for worse in [
            Canary { traffic: smaller(traffic, less.0, 1), ..here.clone() },
            Canary { weight: lighter, ..here.clone() },
            Canary { minutes: smaller(minutes, less.2, 13), ..here.clone() },
            Canary { gate: gate(smaller(detect, less.3, 11)), ..here.clone() },
        ] {
            // a healthy version is stopped less often with less of everything: that is no gain in
            // what is seen, and other rules tell of it
            let stopped = judged(&here.text()).1.contains(&"gate-cannot-pass");
            prop_assert!(stopped || !is_proved(&worse), "{here:?} and not {worse:?}");
        }
    }
}

/// The canary that is proved, with `old` in its text replaced.
/// The facts that are missing.
fn facts(reasons: &Reasons) -> String {
    reasons.missing().collect::<Vec<_>>().join("; ")
}

fn with(changes: &[(&str, &str)]) -> (Verdict, Vec<&'static str>) {
    let canary = Canary {
        traffic: 1000,
        weight: 5,
        minutes: 60,
        gate: "expect value < 1%\n  normally 0.1%\n  detect 5%\n  every 1m for 10m".into(),
    };
    let mut text = canary.text();
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    judged(&text)
}

const QUERY: &str = r#"sum(rate(http_requests_total{version="$version", code=~"5.."}[2m])) / sum(rate(http_requests_total{version="$version"}[2m]))"#;

/// What is missing, in one text; fails where it is not unknown.
fn unknown(changes: &[(&str, &str)]) -> String {
    match with(changes) {
        (Verdict::Unknown(reasons), _) => facts(&reasons),
        other => panic!("{changes:?}: {other:?}"),
    }
}

#[test]
fn a_gate_that_is_in_error_proves_nothing() {
    assert_eq!(with(&[]), (Verdict::Proved, vec![]));
    for query in [
        "sum(rat(h{version=\"$version\"}[2m]))",
        "sum(rate(h{version=\"$version\"}[2m])",
        "",
        "h{version=\"$version\"}[2m]",
        "sum(rate(h{version=\"$verson\"}[2m]))",
    ] {
        let missing = unknown(&[(QUERY, query)]);
        assert!(missing.contains("gate `errors`"), "{query}: {missing}");
    }
    for (old, new) in [
        ("kind proportion", "kind quantile"),
        ("detect 5%", "detect 150%"),
    ] {
        let missing = unknown(&[(old, new)]);
        assert!(missing.contains("gate `errors`"), "{new}: {missing}");
    }
    let nobody = [
        ("step canary", "on target edge\n  step canary"),
        ("plan web-2", "target edge { kind envoy }\nplan web-2"),
    ];
    let (verdict, rules) = with(&nobody);
    assert_eq!(verdict, Verdict::Refuted);
    assert!(rules.contains(&"no-judge"), "{rules:?}");
}

#[test]
fn a_fault_that_is_inconclusive_does_not_go_on() {
    let goes_on = (
        "watch errors }\n  step all",
        "watch errors; on inconclusive continue }\n  step all",
    );
    let found = with(&[("detect 5%", "fail value > 50%\n  detect 3%"), goes_on]);
    assert_eq!(found, (Verdict::Refuted, vec!["gate-cannot-fail"]));
    let found = with(&[("detect 5%", "fail value > 50%\n  detect 3%")]);
    assert_eq!(found.0, Verdict::Proved);
}

#[test]
fn every_selector_measures_the_new_version() {
    for query in [
        r#"sum(rate(h{version!="$version",code=~"5.."}[2m])) / sum(rate(h{version!="$version"}[2m]))"#,
        r#"sum(rate(h{version=~"$version|1",code=~"5.."}[2m])) / sum(rate(h{version=~"$version|1"}[2m]))"#,
        r#"sum(rate(h{version="$version",code=~"5.."}[2m])) / sum(rate(h[2m]))"#,
        r#"sum(rate(h{code=~"5.."}[2m])) / sum(rate(h{version="$version"}[2m]))"#,
        r#"sum(rate(h{version="$version",code=~"5.."}[2m])) / sum(rate(h{version="1"}[2m]))"#,
    ] {
        let missing = unknown(&[(QUERY, query)]);
        assert!(missing.contains("measures other versions too"), "{missing}");
    }
    for query in [
        r#"(sum(rate(h{version="$version",code=~"5.."}[2m])) or vector(0)) / sum(rate(h{version="$version"}[2m]))"#,
        r#"sum(rate(h{revision="$service-$version",code=~"5.."}[2m])) / sum(rate(h{revision="$service-$version"}[2m]))"#,
    ] {
        assert_eq!(with(&[(QUERY, query)]).0, Verdict::Proved, "{query}");
    }
}

#[test]
fn a_query_gives_one_value_whenever_there_are_requests() {
    let short = unknown(&[("[2m]", "[15s]")]);
    assert!(
        short.contains("`[1m]`") && short.contains("two samples"),
        "{short}"
    );
    let rare = unknown(&[("scrape 15s", "scrape 5m")]);
    assert!(rare.contains("`[20m]`"), "{rare}");
    let compared = unknown(&[(QUERY, &format!("{QUERY} > 0.01"))]);
    assert!(compared.contains("without a comparison"), "{compared}");
    for query in [
        r#"rate(h{version="$version",code=~"5.."}[2m]) / rate(h{version="$version"}[2m])"#,
        r#"sum by (pod) (rate(h{version="$version",code=~"5.."}[2m])) / sum by (pod) (rate(h{version="$version"}[2m]))"#,
        r#"topk(3, rate(h{version="$version"}[2m]))"#,
    ] {
        let several = unknown(&[(QUERY, query)]);
        assert!(several.contains("one value"), "{query}: {several}");
    }
    let units = unknown(&[
        ("expect value < 1%", "expect value < 30ms"),
        ("detect 5%", "detect 50ms"),
    ]);
    assert!(
        units.contains("`normally` of gate `errors` in the unit"),
        "{units}"
    );
}

#[test]
fn a_quantile_is_taken_of_buckets_and_is_the_one_that_is_said() {
    let gate = [
        ("kind proportion", "kind quantile 99%"),
        ("expect value < 1%", "expect value < 300ms"),
        ("normally 0.1%", "normally 100ms"),
        ("detect 5%", "detect 900ms"),
    ];
    let look = |query: &str| {
        let mut changes = vec![(QUERY, query)];
        changes.extend(gate);
        with(&changes).0
    };
    let missing = |query: &str| match look(query) {
        Verdict::Unknown(reasons) => facts(&reasons),
        other => panic!("{query}: {other:?}"),
    };
    let right = r#"histogram_quantile(0.99, sum by (le) (rate(h_bucket{version="$version"}[5m])))"#;
    let usual = match look(right) {
        Verdict::Unknown(reasons) => facts(&reasons),
        _ => String::new(),
    };
    assert!(!usual.contains("histogram_quantile"), "{usual}");
    assert!(missing(&right.replace(" by (le)", "")).contains("sum by (le)"));
    for other in ["99", "0.5"] {
        let text = missing(&right.replace("0.99", other));
        assert!(text.contains("histogram_quantile(0.99, ...)"), "{text}");
    }
}

#[test]
fn what_everybody_meets_at_once_was_not_observed() {
    let nobody = Canary {
        weight: 0,
        ..usual()
    };
    let (verdict, rules) = judged(&nobody.text());
    assert!(
        matches!(&verdict, Verdict::Unknown(facts) if facts.iter().any(|fact| fact.text().contains("a `weight` above 0%"))),
        "{verdict:?}"
    );
    assert!(rules.is_empty(), "{rules:?}");
    let text = usual().text();
    let line = text.lines().find(|line| line.contains("step canary"));
    let line = line.expect("a canary");
    for instead in ["", "  step shadow { mirror 5%; hold 30m }"] {
        let (verdict, _) = judged(&text.replace(line, instead));
        assert!(
            matches!(verdict, Verdict::Unknown(_)),
            "{instead}: {verdict:?}"
        );
    }
    // a gate on mirrored requests, or a job on the second stack, has judged it before
    for instead in [
        "  step shadow { mirror 5%; hold 30m; watch errors }",
        "  step try { preview; run \"smoke\" image \"r/s@sha256:3333333333333333333333333333333333333333333333333333333333333333\" }",
    ] {
        assert_eq!(
            judged(&text.replace(line, instead)).0,
            Verdict::Proved,
            "{instead}"
        );
    }
}

#[test]
fn values_that_cannot_be_are_findings_or_unknown() {
    for (from, to, rule) in [
        ("value < 1%", "value < 150%", "out-of-range"),
        ("value < 1%", "value < 1.5", "gate-cannot-fail"),
        ("value < 1%", "value > 100%", "gate-cannot-pass"),
        ("detect 2%", "detect 150%", "out-of-range"),
        ("detect 2%", "detect 0.05%", "gate-cannot-fail"),
        ("normally 0.1%", "normally 1.5%", "gate-cannot-pass"),
        (
            "hold 30m; watch errors }\n  step all",
            "hold 5m; watch errors }\n  step all",
            "bake-too-short",
        ),
        ("traffic 900/s", "traffic 0/s", "insufficient-power"),
    ] {
        let text = usual().text();
        assert!(text.contains(from), "{from}");
        let (verdict, rules) = judged(&text.replacen(from, to, 1));
        assert!(rules.contains(&rule), "{to}: {rules:?}");
        assert_ne!(verdict, Verdict::Proved, "{to}");
    }
    for (from, to) in [("detect 2%", "detect x2000"), ("scrape 15s", "scrape 5m")] {
        let (verdict, _) = judged(&usual().text().replacen(from, to, 1));
        assert!(matches!(verdict, Verdict::Unknown(_)), "{to}: {verdict:?}");
    }
}
