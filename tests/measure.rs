//! What a plan measures: numbers that were worked out by hand, and that neither the order of what is
//! declared changes them, nor a shorter hold, a lower detectable fault or less traffic improves what
//! is said of a plan.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use switchback::check::{Options, Outcome, check};
use switchback::diagnostic::{Proof, Verdict};
use switchback::measure::{Answer, Measure, Measured, Subject, blind_below, measure};
use switchback::source::MemoryLoader;

fn checked(text: &str) -> Outcome {
    let loader = MemoryLoader::new().with(Path::new("main.swb"), text);
    check(
        &loader,
        Path::new(""),
        &[PathBuf::from("main.swb")],
        &Options::default(),
    )
    .expect("a plan needs no options")
}

fn answer(outcome: &Outcome, what: Measure) -> Answer {
    let (model, plan) = outcome.plan("web-2").expect("the plan is there");
    assert!(!plan.incomplete, "{:?}", outcome.findings);
    measure(Subject::new(model, plan), what)
}

fn known(outcome: &Outcome, what: Measure) -> Measured {
    match answer(outcome, what) {
        Answer::Known(found) => found,
        other => panic!("{}: {other:?}", what.word()),
    }
}

fn number(outcome: &Outcome, what: Measure) -> f64 {
    known(outcome, what).value.number()
}

fn verdict(outcome: &Outcome, proof: Proof) -> Verdict {
    let verdicts = &outcome.plans.first().expect("one plan").verdicts;
    let found = verdicts.iter().find(|(own, _)| *own == proof);
    found.expect("every proof has a verdict").1.clone()
}

/// A service of 100 requests a second, 864,000 users a day and an objective of 99.9 % over 30 days.
const SERVICE: &str = r#"service web {
  replicas 4
  traffic 100/s
  users 864k per day
  objective 99.9% over 30d
  startup 20s
  drain 20s
  ready http "/ready"
  live http "/health"
  version 1 { image "registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111" }
  version 2 { image "registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222" }
}
"#;

const GATE: &str = r#"provider prometheus { address "http://prometheus:9090"; scrape 15s; delay 30s }
gate errors {
  query """sum(rate(http_requests_total{version="$version", code=~"5.."}[2m])) / sum(rate(http_requests_total{version="$version"}[2m]))"""
  kind proportion
  expect value < 1%
  normally 0.1%
  detect 50%
  every 2m for 10m
}
"#;

fn plan(steps: &str) -> Outcome {
    checked(&format!(
        "{GATE}{SERVICE}plan web-2 {{\n  roll web from 1 to 2\n{steps}\n}}\n"
    ))
}

fn close(found: f64, expected: f64) {
    let tolerance = expected.abs() * 1e-6 + 1e-9;
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} instead of {expected}"
    );
}

const STEPS: &str = "  step canary { weight 5%; hold 30m; watch errors }\n  step ramp { weight 25% -> 50%; hold 20m; watch errors }\n  step full { weight 100%; hold 1h; watch errors }\n  rollback within 5m";

#[test]
fn weights_and_holds() {
    let outcome = plan(STEPS);
    close(number(&outcome, Measure::FirstWeight), 0.05);
    close(number(&outcome, Measure::WeightRatio), 5.0);
    close(number(&outcome, Measure::WeightStep), 0.5);
    close(number(&outcome, Measure::Hold), 1200.0);
    close(number(&outcome, Measure::Bake), 3600.0);
    let ratio = known(&outcome, Measure::WeightRatio);
    assert_eq!(ratio.each.len(), 3);
    assert_eq!(ratio.leg, Some(1));
}

#[test]
fn a_hold_may_be_a_step_of_its_own_and_retiring_is_no_exposure() {
    let outcome = plan(
        "  step canary { weight 5% }\n  step wait { hold 30m; watch errors }\n  step full { weight 100%; hold 1h; watch errors }\n  no return because \"1 is gone\"\n  step clean { retire 1 }",
    );
    close(number(&outcome, Measure::Hold), 1800.0);
    close(number(&outcome, Measure::Bake), 3600.0);
}

#[test]
fn time_forward_is_an_interval_with_its_parts() {
    let outcome = plan(STEPS);
    let found = known(&outcome, Measure::Duration);
    // 30m + 2·20m + 1h of holds; four legs that start replicas within 20 s
    close(found.least.expect("an interval").number(), 7800.0);
    close(found.value.number(), 7880.0);
    assert_eq!(found.parts.len(), 8);
}

#[test]
fn an_approval_without_a_limit_leaves_the_duration_open() {
    let open = plan(
        "  step canary { weight 5%; hold 30m; watch errors }\n  step full { approve by \"sre\"; weight 100%; hold 1h; watch errors }",
    );
    let Answer::Missing(missing) = answer(&open, Measure::Duration) else {
        panic!("the duration is open");
    };
    assert_eq!(missing.facts.len(), 1);
    assert!(
        missing.facts[0].contains("approve by \"sre\""),
        "{missing:?}"
    );
    assert!(matches!(
        verdict(&open, Proof::Bounded),
        Verdict::Unknown(_)
    ));
    let limited = plan(
        "  step canary { weight 5%; hold 30m; watch errors }\n  step full { approve by \"sre\" within 4h; weight 100%; hold 1h; watch errors }",
    );
    close(
        number(&limited, Measure::Duration),
        5400.0 + 14_400.0 + 40.0,
    );
    let whole = plan(
        "  deadline 1d\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { approve by \"sre\"; weight 100%; hold 1h; watch errors }",
    );
    close(number(&whole, Measure::Duration), 86_400.0);
}

#[test]
fn the_way_back_is_the_load_balancer_or_another_rolling_update() {
    // 10 s of deregistration
    close(number(&plan(STEPS), Measure::RollbackTime), 10.0);
    // 4 replicas, surge 1 and unavailable 1: two rounds of 20 s
    let rolling = plan("  step all { rolling; hold 30m; watch errors }");
    close(number(&rolling, Measure::RollbackTime), 50.0);
    let late = plan("  step all { rolling; hold 30m; watch errors }\n  rollback within 45s");
    assert_eq!(verdict(&late, Proof::Bounded), Verdict::Refuted);
}

#[test]
fn a_fault_that_no_look_misses_is_seen_at_the_first() {
    let outcome = plan(STEPS);
    // a window of 2 m, 15 s of scrape and 30 s of delay; 600 requests with half of them failing
    close(number(&outcome, Measure::TimeToDetect), 165.0);
    let power = known(&outcome, Measure::Power);
    assert!(power.value.number() > 0.999_999);
    assert_eq!(power.gate, Some(0));
}

#[test]
fn what_a_fault_does_until_the_way_back_is_complete() {
    let outcome = plan(STEPS);
    // 20 s at 5 % while replicas start, then the first round of ten minutes behind the first look's
    // 165 s, then 10 s of the way back
    let first = 165.0 + 600.0;
    let weighted = 0.05 * (20.0 + first + 10.0);
    close(
        number(&outcome, Measure::RequestsFailed),
        100.0 * 0.5 * weighted,
    );
    close(
        number(&outcome, Measure::BudgetBurned),
        0.5 * weighted / (0.001 * 2_592_000.0),
    );
    // 10 requests of each user a day
    let rate = 100.0 / 864_000.0;
    close(
        number(&outcome, Measure::UsersExposed),
        1.0 - (-rate * weighted).exp(),
    );
    let worst = known(&outcome, Measure::RequestsFailed)
        .worst
        .expect("a worst case");
    let whole = 0.05 * 1820.0 + 0.25 * 1220.0 + 0.5 * 1220.0 + 3620.0;
    close(worst.number(), 100.0 * 0.5 * whole);
}

#[test]
fn who_is_kept_on_a_version_is_exposed_once() {
    let outcome = plan(
        "  step canary { sticky by cookie \"uid\"; weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 1h; watch errors }",
    );
    close(number(&outcome, Measure::UsersExposed), 0.05);
}

#[test]
fn copies_of_requests_expose_nobody() {
    let outcome = plan("  step shadow { mirror 10%; hold 30m; watch errors }");
    assert_eq!(answer(&outcome, Measure::UsersExposed), Answer::Nothing);
    assert_eq!(answer(&outcome, Measure::RequestsFailed), Answer::Nothing);
}

#[test]
fn an_alert_on_the_whole_service_is_blind_below_a_weight() {
    let outcome = plan(STEPS);
    let (model, found) = outcome.plan("web-2").expect("the plan is there");
    let Answer::Known(found) = blind_below(Subject::new(model, found)) else {
        panic!("all facts are there");
    };
    // 14.4 · 0.1 % of the requests, half of which fail on the new version
    close(found.value.number(), 0.0288);
}

#[test]
fn every_bound_is_known_or_names_what_is_missing() {
    assert_eq!(verdict(&plan(STEPS), Proof::Bounded), Verdict::Proved);
    let words = [
        ("  users 864k per day\n", "`users` of service `web`"),
        (
            "  objective 99.9% over 30d\n",
            "`objective` of service `web`",
        ),
        ("  startup 20s\n", "`startup` of service `web`"),
        ("  traffic 100/s\n", "`traffic` of service `web`"),
    ];
    for (line, fact) in words {
        let service = SERVICE.replace(line, "");
        let outcome = checked(&format!(
            "{GATE}{service}plan web-2 {{\n  roll web from 1 to 2\n{STEPS}\n}}\n"
        ));
        let Verdict::Unknown(reasons) = verdict(&outcome, Proof::Bounded) else {
            panic!("without {fact} nothing is known");
        };
        assert!(
            reasons.missing().any(|own| own == fact),
            "{fact}: {reasons:?}"
        );
    }
}

/// A plan of two legs behind one another.
#[derive(Clone, Debug)]
struct Walk {
    traffic: u64,
    weight: u64,
    minutes: u64,
    detect: u64,
    tolerate: u64,
    sticky: bool,
}

impl Walk {
    fn declarations(&self) -> [String; 4] {
        let gate = format!(
            "gate errors {{\n  query \"\"\"sum(rate(a{{version=\"$version\", code=~\"5..\"}}[2m])) / sum(rate(a{{version=\"$version\"}}[2m]))\"\"\"\n  kind proportion\n  expect value < 1%\n  normally 0.1%\n  detect {}%\n  every 1m for 10m\n  tolerate {} failures\n}}\n",
            self.detect, self.tolerate
        );
        let sticky = if self.sticky {
            "sticky by cookie \"u\"; "
        } else {
            ""
        };
        let steps = format!(
            "plan web-2 {{\n  roll web from 1 to 2\n  step canary {{ {sticky}weight {}%; hold {}m; watch errors }}\n  step full {{ weight 100%; hold {}m; watch errors }}\n}}\n",
            self.weight, self.minutes, self.minutes
        );
        [
            "provider prometheus { address \"http://p:9090\"; scrape 15s; delay 30s }\n".into(),
            gate,
            SERVICE.replace("traffic 100/s", &format!("traffic {}/s", self.traffic)),
            steps,
        ]
    }

    fn outcome(&self) -> Outcome {
        checked(&self.declarations().concat())
    }
}

fn walks() -> impl Strategy<Value = Walk> {
    (
        1..3000u64,
        1..60u64,
        14..120u64,
        2..60u64,
        0..10u64,
        any::<bool>(),
    )
        .prop_map(
            |(traffic, weight, minutes, detect, tolerate, sticky)| Walk {
                traffic,
                weight,
                minutes,
                detect,
                tolerate,
                sticky,
            },
        )
}

/// How good a verdict is.
fn rank(outcome: &Outcome, proof: Proof) -> u8 {
    match verdict(outcome, proof) {
        Verdict::Proved => 2,
        Verdict::Unknown(_) | Verdict::NotChecked => 1,
        Verdict::Refuted => 0,
    }
}

fn observed(outcome: &Outcome) -> u8 {
    rank(outcome, Proof::Observed)
}

/// Whether a healthy version is stopped: with less of everything it is stopped less often, which is no
/// gain in what is seen.
fn stops(outcome: &Outcome) -> bool {
    let mut found = outcome.findings.iter();
    found.any(|found| found.rule.name == "gate-cannot-pass")
}

/// A measure where it is known.
fn value(outcome: &Outcome, what: Measure) -> Option<f64> {
    answer(outcome, what)
        .known()
        .map(|found| found.value.number())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_declarations_changes_nothing(
        walk in walks(),
        order in Just([0, 1, 2, 3]).prop_shuffle(),
        turn in 0..20usize,
    ) {
        let parts = walk.declarations();
        let first = checked(&parts.concat());
        // what a gate and a service say of themselves has no order either
        let mut parts: Vec<String> = order.iter().map(|&at| parts[at].clone()).collect();
        for part in &mut parts {
            let mut lines: Vec<&str> = part.lines().collect();
            let last = lines.len().saturating_sub(1);
            if last > 2 && !part.starts_with("plan") {
                lines[1..last].rotate_left(turn % (last - 1));
                *part = lines.join("\n") + "\n";
            }
        }
        let other = checked(&parts.concat());
        for what in Measure::ALL {
            prop_assert_eq!(value(&first, what), value(&other, what), "{}", what.word());
        }
        for proof in Proof::ALL {
            prop_assert_eq!(verdict(&first, proof), verdict(&other, proof));
        }
    }

    #[test]
    fn nothing_improves_with_less(walk in walks(), kept in 10..100u64) {
        let whole = walk.outcome();
        let less = [
            Walk { traffic: walk.traffic.div_ceil(2), ..walk.clone() },
            Walk { detect: (walk.detect / 2).max(2), ..walk.clone() },
        ];
        for less in less {
            let other = less.outcome();
            prop_assert!(rank(&other, Proof::Bounded) <= rank(&whole, Proof::Bounded), "{less:?}");
            prop_assert!(observed(&other) <= observed(&whole) || stops(&whole), "{less:?}");
            let powers = (value(&other, Measure::Power), value(&whole, Measure::Power));
            if let (Some(other), Some(whole)) = powers {
                prop_assert!(other <= whole + 1e-9, "power: {less:?}");
            }
            let times = (value(&other, Measure::TimeToDetect), value(&whole, Measure::TimeToDetect));
            if let (Some(other), Some(whole)) = times {
                prop_assert!(other >= whole - 1e-9, "time to detect: {less:?}");
            }
        }
        let shorter = Walk { minutes: (walk.minutes * kept / 100).max(14), ..walk.clone() }.outcome();
        prop_assert!(rank(&shorter, Proof::Bounded) <= rank(&whole, Proof::Bounded));
        prop_assert!(observed(&shorter) <= observed(&whole) || stops(&whole), "a shorter hold");
        if let (Some(other), Some(whole)) = (value(&shorter, Measure::Power), value(&whole, Measure::Power)) {
            prop_assert!(other <= whole + 1e-9, "power of a shorter hold");
        }
    }

    #[test]
    fn every_number_is_one(walk in walks()) {
        let outcome = walk.outcome();
        for what in Measure::ALL {
            let Answer::Known(found) = answer(&outcome, what) else { continue };
            let all = [Some(found.value), found.least, found.worst];
            for quantity in all.into_iter().flatten() {
                prop_assert!(quantity.number().is_finite() && quantity.number() >= 0.0, "{}", what.word());
            }
            if let (Some(worst), value) = (found.worst, found.value) {
                prop_assert!(worst.number() >= value.number() * 0.5 - 1e-9 || what == Measure::UsersExposed, "{}", what.word());
            }
        }
    }
}

#[test]
fn a_healthy_rollout_is_rolled_back_now_and_then() {
    let found = known(&plan(STEPS), Measure::FalseAlarm);
    // ten looks of 600 requests at 5 %, each fails with more than 5 errors where 0.6 are expected:
    // 10 · 3.8e-5; with more requests the probability is far below
    let alarm = found.value.number();
    assert!((3.2e-4..4.2e-4).contains(&alarm), "{alarm}");
    assert_eq!(found.leg, Some(0));
}

#[test]
fn a_person_who_looks_leaves_the_time_to_detect_open() {
    let target = "target edge { kind envoy; gates by hand; listen \"0.0.0.0:80\"; upstream 1 \"a:80\"; upstream 2 \"b:80\" }\n";
    let outcome = checked(&format!(
        "{GATE}{SERVICE}{target}plan web-2 {{\n  roll web from 1 to 2\n  on target edge\n{STEPS}\n}}\n"
    ));
    let Answer::Missing(missing) = answer(&outcome, Measure::TimeToDetect) else {
        panic!("nobody knows when a person looks");
    };
    let fact = "`gates by pipeline` in target `edge`: nobody knows when a person looks";
    assert_eq!(missing.facts, [fact]);
}
