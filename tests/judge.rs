//! The judgement of a leg, without clock and network, held against the rules of `language.md` written
//! out the slow way, and against the closed form.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use switchback::judge::{
    Arm, Assignment, Judging, LookTaken, Outcome, Questions, Sample, Verdict, assignment, json,
    json_schema, judge_sample,
};
use switchback::model::{Overrides, load};
use switchback::numbers::distribution::binomial_above;
use switchback::numbers::multiple::{is_above, is_below};
use switchback::numbers::{Random, proportion};
use switchback::simulate::Seen;
use switchback::source::{MemoryLoader, SourceMap};

const VALUE: &str = "sum(rate(errors{v=\\\"$version\\\"}[1m]))";
const SHARE: &str =
    "sum(rate(errors{v=\\\"$version\\\"}[1m])) / sum(increase(requests{v=\\\"$version\\\"}[1m]))";

/// The first leg of a plan with this query, statements of its gate, hold and edges of its step.
fn leg(query: &str, gate: &str, hold: &str, edges: &str) -> Result<Assignment, Vec<String>> {
    let text = format!(
        "provider prometheus {{ address \"http://prometheus:9090/\"; scrape 15s; delay 5s }}\n\
         service web {{\n  version 1 {{ image \"r.example/x@sha256:aa\" }}\n  version 2 {{ image \"r.example/x@sha256:bb\" }}\n}}\n\
         gate errors {{\n  query \"{query}\"\n  {gate}\n}}\n\
         plan web-2 {{\n  roll web from 1 to 2\n  step canary {{ weight 5%; hold {hold}; watch errors; {edges} }}\n}}\n"
    );
    let loader = MemoryLoader::new().with("plan.swb", text.as_str());
    let files = [PathBuf::from("plan.swb")];
    let mut project = load(&loader, SourceMap::new(), Path::new(""), &files);
    let (model, findings) = project.build(&loader, &Overrides::default());
    let said: Vec<_> = project
        .findings
        .iter()
        .chain(&findings)
        .map(|found| &found.message)
        .collect();
    assert!(said.is_empty(), "{said:#?}\n{text}");
    assignment(&model, &model.plans[0], 0, None)
}

fn known(query: &str, gate: &str, hold: &str, edges: &str) -> Assignment {
    leg(query, gate, hold, edges).unwrap_or_else(|facts| panic!("{facts:#?}"))
}

/// Gives one sample after the other; when each look was due, and what it came to.
fn judged(leg: &Assignment, samples: &[Sample]) -> (Vec<u64>, Option<Outcome>) {
    let mut judging = Judging::new(leg);
    let mut times = Vec::new();
    for sample in samples {
        let Some(due) = judging.due() else { break };
        times.push(due.time / 1000);
        judging.take(sample).expect("a look is due");
    }
    (times, judging.outcome().map(|(outcome, _)| outcome))
}

#[test]
fn the_first_look_waits_for_window_scrape_and_delay() {
    let leg = known(
        VALUE,
        "kind rate; expect value < 5; every 1m for 3m",
        "8m",
        "",
    );
    assert_eq!(leg.gates[0].provider.address, "http://prometheus:9090");
    let Questions::Value(query) = &leg.gates[0].questions else {
        panic!("a value is asked for");
    };
    assert_eq!(query, "sum(rate(errors{v=\"2\"}[1m]))");
    // 60 + 15 + 5 seconds, then two whole rounds of three looks in what is left of eight minutes
    let (times, outcome) = judged(&leg, &vec![Sample::Value(0.0); 20]);
    assert_eq!(times, [80, 140, 200, 260, 320, 380]);
    assert_eq!(outcome, Some(Outcome::Pass));
    let short = self::leg(
        VALUE,
        "kind rate; expect value < 5; every 1m for 3m",
        "4m",
        "",
    );
    let facts = short.expect_err("no whole round fits");
    assert!(facts[0].contains("hold 4m20s"), "{facts:?}");
}

#[test]
fn a_comparison_asks_for_counts_of_both_versions() {
    let rounds = "every 1m for 1m";
    let leg = known(
        SHARE,
        &format!("kind proportion; expect value <= baseline; {rounds}"),
        "5m",
        "",
    );
    let Questions::Arms { new, old, scales } = &leg.gates[0].questions else {
        panic!("counts are asked for");
    };
    assert_eq!(
        new,
        &[
            "sum(rate(errors{v=\"2\"}[1m]))",
            "sum(increase(requests{v=\"2\"}[1m]))"
        ]
    );
    assert!(old.iter().all(|query| query.contains("v=\"1\"")), "{old:?}");
    assert_eq!(*scales, [60.0, 1.0]);
    let facts = self::leg(
        VALUE,
        &format!("kind rate; expect value <= baseline; {rounds}"),
        "5m",
        "",
    )
    .expect_err("no counts, no test");
    assert!(facts[0].contains("share of counts"), "{facts:?}");
}

#[test]
fn what_has_no_data_has_not_passed_unless_the_plan_says_so() {
    let gate = "kind rate; expect value < 5; tolerate 1 failure; every 1m for 4m";
    let nothing = || Sample::Nothing("no series".into());
    let (good, bad) = (Sample::Value(1.0), Sample::Value(9.0));
    for (edges, samples, wanted) in [
        ("", vec![nothing(), nothing()], Outcome::NoData),
        ("", vec![nothing(), bad.clone()], Outcome::Fail),
        (
            "",
            vec![nothing(), good.clone(), good.clone(), good.clone()],
            Outcome::Pass,
        ),
        (
            "on no-data continue",
            vec![nothing(), nothing(), nothing(), nothing()],
            Outcome::Pass,
        ),
        (
            "on no-data pause",
            vec![nothing(), nothing()],
            Outcome::NoData,
        ),
        (
            "",
            vec![Sample::Value(f64::NAN), Sample::Value(f64::NAN)],
            Outcome::NoData,
        ),
        (
            "",
            vec![Sample::Value(f64::INFINITY), Sample::Value(f64::INFINITY)],
            Outcome::Fail,
        ),
    ] {
        let leg = known(VALUE, gate, "6m", edges);
        assert_eq!(
            judged(&leg, &samples).1,
            Some(wanted),
            "{edges}: {samples:?}"
        );
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Say {
    Good,
    Between,
    Bad,
    Blind,
}

/// The rules of the language, one after the other.
fn reference(
    says: &[Say],
    looks: usize,
    rounds: usize,
    tolerate: usize,
    between: &str,
    blind: &str,
) -> Outcome {
    for round in says.chunks(looks).take(rounds) {
        let (mut failed, mut measured, mut undecided, mut blind_row) = (0, false, 0, 0);
        for say in round {
            if *say == Say::Blind && blind == "pause" {
                blind_row += 1;
            } else {
                blind_row = 0;
            }
            match say {
                Say::Bad => {
                    failed += 1;
                    measured = true;
                }
                Say::Blind if blind.is_empty() => failed += 1,
                Say::Between if between.is_empty() => undecided += 1,
                _ => {}
            }
            if failed > tolerate {
                return if measured {
                    Outcome::Fail
                } else {
                    Outcome::NoData
                };
            }
            if undecided > tolerate {
                return Outcome::Inconclusive;
            }
            if blind_row > tolerate {
                return Outcome::NoData;
            }
        }
    }
    Outcome::Pass
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rounds_are_judged_as_the_language_says(
        looks in 1..5usize,
        rounds in 1..4usize,
        tolerate in 0..3usize,
        between in prop::sample::select(vec!["", "continue"]),
        blind in prop::sample::select(vec!["", "continue", "pause"]),
        says in prop::collection::vec(
            prop::sample::select(vec![Say::Good, Say::Good, Say::Good, Say::Between, Say::Bad, Say::Blind]),
            12,
        ),
    ) {
        // a gate that tolerates every look never fails, and is refused
        let tolerate = tolerate.min(looks - 1);
        let gate = format!(
            "kind rate; expect value < 5; fail value > 7; tolerate {tolerate} failures; every 1m for {looks}m"
        );
        let hold = format!("{}s", 80 + rounds * looks * 60);
        let edge = |outcome: &str, then: &str| match then {
            "" => String::new(),
            then => format!("on {outcome} {then}; "),
        };
        let edges = edge("inconclusive", between) + &edge("no-data", blind);
        let leg = known(VALUE, &gate, &hold, &edges);
        prop_assert_eq!(leg.gates[0].rounds, rounds as u64);
        let samples: Vec<Sample> = says.iter().map(|say| match say {
            Say::Good => Sample::Value(1.0),
            Say::Between => Sample::Value(6.0),
            Say::Bad => Sample::Value(8.0),
            Say::Blind => Sample::Nothing("none".into()),
        }).collect();
        let (times, outcome) = judged(&leg, &samples);
        prop_assert_eq!(outcome, Some(reference(&says, looks, rounds, tolerate, between, blind)));
        prop_assert!(times.is_sorted());
    }

    #[test]
    fn samples_are_compared_as_a_simulation_compares_them(
        new in (0..50u64, 1..5000u64), old in (0..50u64, 1..50000u64), factor in 1..4u32,
    ) {
        let leg = |rule: &str| known(
            SHARE, &format!("kind proportion; expect value {rule}; every 1m for 1m"), "5m", "",
        );
        let arm = |(events, all): (u64, u64)| Arm { events: events.min(all) as f64, requests: all as f64 };
        let sample = Sample::Arms { new: arm(new), old: arm(old) };
        let (new, old) = ((new.0.min(new.1), new.1), (old.0.min(old.1), old.1));
        let factor = f64::from(factor);
        for (rule, passes) in [
            (format!("<= {factor} * baseline"), !is_above(new, old, factor)),
            (format!(">= {factor} * baseline"), !is_below(new, old, factor)),
        ] {
            let leg = leg(&rule);
            let (seen, _) = judge_sample(&leg.gates[0].expect, None, &sample);
            prop_assert_eq!(seen == Seen::Pass, passes, "{}", rule);
        }
    }
}

#[test]
fn false_alarms_and_power_are_those_of_the_closed_form() {
    let (looks, rounds, tolerate) = (5u64, 3u64, 1u64);
    let gate =
        format!("kind rate; expect value < 5; tolerate {tolerate} failure; every 1m for {looks}m");
    let leg = known(VALUE, &gate, "17m", "");
    assert_eq!(leg.gates[0].rounds, rounds);
    let mut random = Random::new(7);
    for fails in [0.02, 0.2, 0.6] {
        let runs = 20_000;
        let mut stopped = 0u32;
        for _ in 0..runs {
            let mut judging = Judging::new(&leg);
            while judging.due().is_some() {
                let value = if random.unit() < fails { 9.0 } else { 1.0 };
                judging.take(&Sample::Value(value));
            }
            stopped += u32::from(judging.outcome().expect("it ended").0 != Outcome::Pass);
        }
        let round = 1.0 - binomial_above(tolerate, looks, fails).expect("in range");
        let exact = 1.0 - round.powi(rounds as i32);
        let drawn = f64::from(stopped) / f64::from(runs);
        let error = (exact * (1.0 - exact) / f64::from(runs)).sqrt();
        assert!(
            (drawn - exact).abs() < 4.0 * error + 1e-9,
            "{fails}: {drawn} is not {exact}"
        );
    }
    // against the baseline: a healthy version fails a look in at most 5 %, a bad one is seen as often
    // as the exact distributions say
    let share = known(
        SHARE,
        "kind proportion; expect value <= baseline; every 1m for 1m",
        "5m",
        "",
    );
    let (requests, looks) = ((1_000u64, 4_000u64), 4_000);
    for rates in [(0.01, 0.01), (0.03, 0.01)] {
        let mut failed = 0u32;
        let mut draw =
            |all: u64, rate: f64| (0..all).filter(|_| random.unit() < rate).count() as f64;
        for _ in 0..looks {
            let sample = Sample::Arms {
                new: Arm {
                    events: draw(requests.0, rates.0),
                    requests: requests.0 as f64,
                },
                old: Arm {
                    events: draw(requests.1, rates.1),
                    requests: requests.1 as f64,
                },
            };
            let (seen, _) = judge_sample(&share.gates[0].expect, None, &sample);
            failed += u32::from(seen == Seen::Fail);
        }
        let drawn = f64::from(failed) / f64::from(looks);
        let exact = proportion::power_exact(proportion::Test::Conditional, requests, rates, 0.05)
            .expect("in range");
        let error = (exact * (1.0 - exact) / f64::from(looks)).sqrt();
        assert!(
            (drawn - exact).abs() < 4.0 * error + 0.002,
            "{rates:?}: {drawn} is not {exact}"
        );
        if rates.0 == rates.1 {
            assert!(drawn <= 0.05 + 4.0 * error, "{drawn}");
        }
    }
}

#[test]
fn the_verdict_is_as_its_schema_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/judge.schema.json");
    if std::env::var_os("SWITCHBACK_BLESS").is_some() {
        std::fs::write(&path, json_schema()).expect("written");
    }
    let published = std::fs::read_to_string(&path).expect("published");
    assert_eq!(
        published,
        json_schema(),
        "SWITCHBACK_BLESS=1 writes it anew"
    );
    let schema: serde_json::Value = serde_json::from_str(&published).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let leg = known(
        VALUE,
        "kind rate; expect value < 5; every 1m for 1m",
        "5m",
        "on failure pause within 1h",
    );
    let mut judging = Judging::new(&leg);
    let due = judging.due().expect("a look");
    let sample = Sample::Value(f64::INFINITY);
    let (seen, why) = judging.take(&sample).expect("taken");
    let taken = LookTaken::new(due, Some(7.0), &sample, seen, why, vec!["partial".into()]);
    let verdict = Verdict::new(&leg, judging.outcome().expect("decided"), vec![vec![taken]]);
    let value: serde_json::Value = serde_json::from_str(&json(&verdict)).expect("JSON");
    assert!(validator.is_valid(&value), "{value}");
    assert_eq!(value["verdict"], "fail");
    assert_eq!(value["then"], "pause within 1h");
    assert_eq!(
        verdict.line(),
        "fail: leg 1 (step canary) of web-2, by gate errors; then pause within 1h"
    );
}
