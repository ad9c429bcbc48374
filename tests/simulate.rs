//! `simulate` against the closed forms, and the command as it is used.

mod common;

use std::path::{Path, PathBuf};

use common::{expect, finish, root, run};
use switchback::check::{Options, Outcome, check};
use switchback::model::Gate;
use switchback::numbers::distribution::{binomial_above, binomial_at_most, poisson_above};
use switchback::numbers::{Random, rounds};
use switchback::platform::looks;
use switchback::simulate::{self, Fault, Simulation};
use switchback::source::MemoryLoader;
use switchback::units::Duration;

/// A plan of two legs with one gate, whose looks share no requests.
#[derive(Clone, Debug)]
struct Case {
    target: &'static str,
    traffic: u64,
    weights: [u64; 2],
    holds: [u64; 2],
    window: u64,
    every: u64,
    looks: u64,
    tolerate: u64,
    /// In parts of a million.
    limit: u64,
    fault: u64,
}

impl Case {
    fn random(random: &mut Random) -> Case {
        let mut pick = |from: u64, to: u64| from + random.bits() % (to - from + 1);
        let target = ["", "kind argo-rollouts", "kind flagger"][pick(0, 2) as usize];
        let window = pick(1, 3) * 60;
        let every = match target {
            // what a check reads is then that of its own interval
            "kind flagger" => window,
            _ => window + 60 * pick(0, 1),
        };
        let looks = pick(2, 6);
        let limit = pick(2, 40) * 1_000;
        Case {
            target,
            traffic: pick(1, 60),
            weights: [pick(5, 30), pick(40, 90)],
            holds: [pick(1, 4), pick(1, 4)].map(|rounds| window + every * looks * rounds),
            window,
            every,
            looks,
            tolerate: pick(0, 2).min(looks - 1),
            limit,
            // around the limit, where something is to be decided
            fault: (limit * pick(30, 160) / 100).max(1),
        }
    }

    fn text(&self) -> String {
        let share = |ppm: u64| format!("{}.{:04}%", ppm / 10_000, ppm % 10_000);
        let (target, on) = match self.target {
            "" => (String::new(), ""),
            kind => (format!("target prod {{ {kind} }}\n"), "  on target prod\n"),
        };
        format!(
            r#"provider prometheus {{ address "http://prometheus:9090" }}
gate errors {{
  query """sum(rate(http_requests_total{{version="$version", code=~"5.."}}[{window}s])) / sum(rate(http_requests_total{{version="$version"}}[{window}s]))"""
  kind proportion
  expect value < {limit}
  normally 0.01%
  every {every}s for {round}s
  tolerate {tolerate} failures
}}
service web {{
  replicas 4
  traffic {traffic}/s
  version 1 {{ image "r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111" }}
  version 2 {{ image "r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222" }}
}}
{target}plan web-2 {{
  roll web from 1 to 2
{on}  step few {{ weight {few}%; hold {hold_few}s; watch errors }}
  step many {{ weight {many}%; hold {hold_many}s; watch errors }}
  rollback within 2m
}}
"#,
            window = self.window,
            limit = share(self.limit),
            every = self.every,
            round = self.every * self.looks,
            tolerate = self.tolerate,
            traffic = self.traffic,
            few = self.weights[0],
            many = self.weights[1],
            hold_few = self.holds[0],
            hold_many = self.holds[1],
        )
    }

    /// The probability that one look fails: of `X` failed and `Y` other requests, both Poisson, that
    /// `X/(X+Y)` is not below the limit, or that there is none at all.
    fn look_fails(&self, leg: usize) -> f64 {
        let share = self.weights[leg] as f64 / 100.0;
        let requests = self.traffic as f64 * share * self.window as f64;
        let fault = self.fault as f64 / 1e6;
        let (failed, other) = (requests * fault, requests * (1.0 - fault));
        let above = |k: u64, mean: f64| poisson_above(k, mean).expect("in range");
        let mut sum = 0.0;
        let mut before = 1.0;
        for errors in 0..5_000u64 {
            let after = above(errors, failed);
            let most = errors * (1_000_000 - self.limit) / self.limit;
            sum += (before - after) * (1.0 - above(most, other));
            before = after;
            if after < 1e-15 {
                break;
            }
        }
        sum
    }

    /// The probability of being stopped at each leg, given that it is reached.
    fn exact(&self, gate: &Gate) -> [f64; 2] {
        let fails = [self.look_fails(0), self.look_fails(1)];
        let passes = |leg: usize| -> f64 {
            let within = (self.holds[leg] - self.window) / (self.every * self.looks);
            match self.target {
                "" => {
                    rounds::judge(fails[leg], self.looks, self.tolerate, within).expect("in range")
                }
                _ => {
                    // the runs that the emitter writes
                    let settle = Duration::from_secs(self.window);
                    let hold = Duration::from_secs(self.holds[leg]);
                    let schedule = looks::schedule(hold, &[(gate, settle)]);
                    let runs = schedule.runs.iter().map(|run| {
                        let look = run[0];
                        let ends = rounds::argo(fails[leg], look.count, look.tolerate);
                        ends.expect("in range").passes
                    });
                    runs.product()
                }
            }
        };
        if self.target != "kind flagger" {
            return [1.0 - passes(0), 1.0 - passes(1)];
        }
        // failed checks add up over the legs: how many there were when a leg was passed
        let threshold = self.tolerate + 1;
        let mut now = vec![0.0; threshold as usize];
        now[0] = 1.0;
        let mut found = [0.0; 2];
        for leg in 0..2 {
            let needed = (self.holds[leg] / self.every).max(1);
            let fail = fails[leg];
            let mut next = vec![0.0; threshold as usize];
            for (before, reached) in now.iter().enumerate() {
                for more in 0..threshold - before as u64 {
                    // `more` failures before the last of `needed` successes
                    let tries = needed + more;
                    let at_most = |k: u64| binomial_at_most(k, tries - 1, fail).expect("in range");
                    let here = at_most(more) - if more > 0 { at_most(more - 1) } else { 0.0 };
                    next[before + more as usize] += reached * here * (1.0 - fail);
                }
            }
            let all: f64 = now.iter().sum();
            let through: f64 = next.iter().sum();
            found[leg] = if all > 0.0 { 1.0 - through / all } else { 0.0 };
            now = next;
        }
        found
    }
}

fn checked(text: &str) -> Outcome {
    let loader = MemoryLoader::new().with(Path::new("main.swb"), text);
    let entry = PathBuf::from("main.swb");
    check(&loader, Path::new(""), &[entry], &Options::default()).expect("no options")
}

fn simulated(outcome: &Outcome, faults: &[&str], runs: u64, seed: u64) -> Simulation {
    let (model, plan) = outcome.plan("web-2").expect("the plan is read");
    let target = plan
        .targets
        .first()
        .map(|target| &model.targets[target.value]);
    let faults: Vec<Fault> = faults
        .iter()
        .map(|fault| Fault::parse(fault).expect("a fault"))
        .collect();
    let options = simulate::Options { runs, seed };
    simulate::simulate(model, plan, target, &faults, options).expect("all facts are there")
}

/// Whether `caught` of `runs` are what the probability makes likely: within four standard errors,
/// or, where nearly all runs are alike, no rarer than that.
fn is_likely(caught: u64, runs: u64, exact: f64) -> bool {
    let spread = (runs as f64 * exact * (1.0 - exact)).sqrt();
    if spread >= 3.0 {
        return (caught as f64 - runs as f64 * exact).abs() <= 4.0 * spread;
    }
    let exact = exact.clamp(0.0, 1.0);
    let below = binomial_at_most(caught, runs, exact).expect("in range");
    let above = match caught {
        0 => 1.0,
        some => binomial_above(some - 1, runs, exact).expect("in range"),
    };
    below.min(above) > 3e-5
}

#[test]
fn two_hundred_random_plans_are_caught_as_often_as_the_closed_form_says() {
    let mut random = Random::new(42);
    let mut undecided = 0;
    for number in 0..200u64 {
        let case = Case::random(&mut random);
        let outcome = checked(&case.text());
        let fault = format!("errors {}.{:04}%", case.fault / 10_000, case.fault % 10_000);
        let found = simulated(&outcome, &[&fault], 1_000, number);
        let gate = &outcome.plan("web-2").expect("a plan").0.gates[0];
        let exact = case.exact(gate);
        for (leg, exact) in found.legs.iter().zip(exact) {
            let reached = (leg.reached.value * found.runs as f64).round() as u64;
            let caught = (leg.caught.value * reached as f64).round() as u64;
            assert!(
                reached == 0 || is_likely(caught, reached, exact),
                "plan {number}, step {}: {caught} of {reached}, and {exact} is exact\n{case:?}",
                leg.step
            );
            undecided += u64::from((0.05..0.95).contains(&exact));
        }
    }
    // most of them decide something
    assert!(undecided > 100, "{undecided}");
}

const TEXT: &str = r#"provider prometheus { address "http://prometheus:9090"; scrape 15s; delay 30s }
gate errors {
  query """sum(rate(http_requests_total{version="$version", code=~"5.."}[2m])) / sum(rate(http_requests_total{version="$version"}[2m]))"""
  kind proportion
  expect value < 1%
  normally 0.1%
  detect 3%
  every 1m for 10m
  tolerate 1 failure
}
gate waiting {
  query "avg_over_time(waiting_seconds[2m])"
  kind mean
  expect value < 1s
  normally 100ms
  every 1m for 10m
}
service web {
  replicas 4
  traffic 900/s
  users 100k per day
  version 1 { image "r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111" }
  version 2 { image "r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222" }
}
plan web-2 {
  roll web from 1 to 2
  step canary { weight 5%; hold 30m; watch errors, waiting }
  step all { weight 100%; hold 30m; watch errors }
  rollback within 2m
}
"#;

#[test]
fn harm_is_what_traffic_weight_and_time_come_to() {
    let outcome = checked(TEXT);
    // every look fails: the second one ends it, 165 s and one minute after the change
    let found = simulated(&outcome, &["errors 50%"], 500, 7);
    assert_eq!(found.caught.value, 1.0);
    assert_eq!(found.detect.map(|time| time.median), Some(225.0));
    assert_eq!(found.back.map(|time| time.p95), Some(120.0));
    let failed = found.failed.expect("requests fail");
    let exact = 900.0 * 0.05 * 0.5 * (225.0 + 120.0);
    let error = (exact / 500.0_f64).sqrt();
    assert!(
        (failed.mean - exact).abs() < 4.0 * error,
        "{} {exact}",
        failed.mean
    );
    // each of 7,762 requests meets any of 100,000 users
    let users = found.users.expect("users are declared");
    let met = 100_000.0 * (1.0 - (-exact / 100_000.0_f64).exp());
    assert!(
        (users.mean - met).abs() < 0.01 * met,
        "{} {met}",
        users.mean
    );
    // what begins later is caught later, and nothing before it counts
    let late = simulated(&outcome, &["errors 50% after 20m"], 500, 7);
    assert_eq!((late.caught.value, late.early.value), (1.0, 0.0));
    let detect = late.detect.expect("it is caught");
    assert!((45.0..=225.0).contains(&detect.median), "{detect:?}");
    assert!(late.failed.expect("requests fail").median < failed.median);
    // a healthy version goes through
    let outcome = checked(&TEXT.replace("errors, waiting", "errors"));
    let healthy = simulated(&outcome, &[], 500, 7);
    assert!(healthy.caught.value < 0.01 && healthy.failed.is_none());
}

#[test]
fn the_same_seed_gives_the_same_and_a_larger_fault_is_caught_no_later() {
    let outcome = checked(TEXT);
    let faults = ["errors 0.9%", "errors 1.1%", "errors 1.5%", "errors 4%"];
    let found = faults.map(|fault| simulated(&outcome, &[fault], 400, 3));
    assert_eq!(found[1], simulated(&outcome, &["errors 1.1%"], 400, 3));
    for pair in found.windows(2) {
        assert!(pair[0].slips.value >= pair[1].slips.value);
    }
}

#[test]
fn what_is_not_declared_is_asked_for() {
    let refused = |text: &str, fault: &str| {
        let outcome = checked(text);
        let (model, plan) = outcome.plan("web-2").expect("the plan is read");
        let faults = [Fault::parse(fault).expect("a fault")];
        let options = simulate::Options { runs: 10, seed: 1 };
        simulate::simulate(model, plan, None, &faults, options).expect_err("refused")
    };
    let missing = |fact: &str| simulate::Refused::Missing(vec![fact.to_string()]);
    for (gone, fact) in [
        ("  traffic 900/s\n", "`traffic` of service `web`"),
        (
            "  rollback within 2m\n",
            "`rollback within TIME`: how long going back takes",
        ),
        ("  kind proportion\n", "`kind` of gate `errors`"),
    ] {
        assert!(TEXT.contains(gone), "{gone}");
        let text = TEXT.replacen(gone, "", 1);
        let fault = if gone.contains("kind") {
            "errors 50%"
        } else {
            "errors 5%"
        };
        assert_eq!(refused(&text, fault), missing(fact), "{gone}");
    }
    // a mean without its spread cannot be drawn
    assert!(matches!(
        refused(TEXT, "waiting 2s"),
        simulate::Refused::Missing(_)
    ));
    for (fault, says) in [
        ("p99 x2", "no gate of this plan measures `p99`"),
        ("error 5%", "did you mean `errors`?"),
        ("errors 40", "another unit"),
        ("errors x5000", "at most 100%"),
    ] {
        let why = refused(TEXT, fault);
        let simulate::Refused::Unmeasured(text) = &why else {
            panic!("{fault}: {why:?}");
        };
        assert!(text.contains(says), "{fault}: {text}");
    }
    let hand = TEXT.replace(
        "plan web-2 {",
        "target prod { kind envoy; gates by hand }\nplan web-2 {\n  on target prod",
    );
    let outcome = checked(&hand);
    let (model, plan) = outcome.plan("web-2").expect("the plan is read");
    let options = simulate::Options { runs: 10, seed: 1 };
    let faults = [Fault::parse("errors 5%").expect("a fault")];
    let why = simulate::simulate(model, plan, model.targets.first(), &faults, options);
    assert!(matches!(why, Err(simulate::Refused::Missing(_))), "{why:?}");
}

/// What would take days, or more memory than there is, is refused before anything is drawn, with what
/// can be asked instead.
#[test]
fn there_is_a_ceiling_for_looks() {
    let refused = |from: &str, to: &str, runs: u64| {
        assert!(TEXT.contains(from), "{from}");
        let outcome = checked(&TEXT.replace(from, to));
        let (model, plan) = outcome.plan("web-2").expect("the plan is read");
        let faults = [Fault::parse("errors 5%").expect("a fault")];
        let options = simulate::Options { runs, seed: 1 };
        match simulate::simulate(model, plan, None, &faults, options) {
            Err(simulate::Refused::Nothing(why)) => why,
            other => panic!("{other:?}"),
        }
    };
    let often = refused("every 1m for 10m", "every 1ms for 10m", 1);
    assert!(often.contains("a million can be simulated"), "{often}");
    let runs = refused("every 1m for 10m", "every 50ms for 10m", 1_000_000);
    let enough = runs
        .split("`--runs ")
        .nth(1)
        .and_then(|rest| rest.split('`').next());
    let enough: u64 = enough.and_then(|count| count.parse().ok()).expect(&runs);
    assert!((1..1_000_000).contains(&enough), "{runs}");
}

#[test]
fn the_command_tells_people_and_programs() {
    let mut wrong = String::new();
    let page = std::fs::read_to_string(root().join("docs/simulation.md")).expect("the page");
    for (name, fault, runs) in [
        ("simulate", "errors 0.45%", "4000"),
        ("simulate-late", "p99 x2 after 30m", "60"),
        ("simulate-healthy", "none", "60"),
    ] {
        let plan = ["simulate", "checkout-42", "examples/checkout"];
        let mut args = plan.to_vec();
        args.extend(["--runs", runs, "--fault", fault]);
        let ran = run(&root(), &args);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
        let file = root().join(format!("tests/show/{name}.txt"));
        expect(&file, &ran.out, &mut wrong);
        assert!(
            name != "simulate" || page.contains(&ran.out),
            "docs/simulation.md shows another output than\n{}",
            ran.out
        );
    }
    let schema = root().join("docs/simulation.schema.json");
    expect(
        &schema,
        &switchback::report::simulation::json_schema(),
        &mut wrong,
    );
    finish(&wrong);
    let published = std::fs::read_to_string(&schema).expect("published");
    let published: serde_json::Value = serde_json::from_str(&published).expect("JSON");
    let validator = jsonschema::validator_for(&published).expect("a schema");
    for (fault, code) in [("errors 5%", 0), ("errors 2% after 20m", 0), ("disk 9", 1)] {
        let base = [
            "simulate",
            "checkout-42",
            "examples/checkout",
            "--runs",
            "20",
        ];
        let mut args = base.to_vec();
        args.extend(["--format", "json", "--fault", fault]);
        let ran = run(&root(), &args);
        assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{}", ran.out);
        let all: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        let errors: Vec<String> = validator
            .iter_errors(&all)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{fault}");
        assert_eq!(all["result"].is_null(), code == 1);
        assert_eq!(
            run(&root(), &args).out,
            ran.out,
            "the same seed, the same bytes"
        );
    }
    for (args, says) in [
        (vec!["--fault", "errors"], "write what it shows in"),
        (
            vec!["--fault", "errors 5%", "--fault", "errors 9%"],
            "given two faults",
        ),
        (
            vec!["--fault", "errors 5%", "--target", "prd"],
            "did you mean `prod`?",
        ),
        (
            vec!["--fault", "errors 5%", "--runs", "0"],
            "0 is not in 1..=1000000",
        ),
        (vec![], "--fault <FAULT>"),
    ] {
        let mut all = vec!["simulate", "checkout-42", "examples/checkout"];
        all.extend(args);
        let ran = run(&root(), &all);
        assert_eq!(ran.code, 2, "{all:?}");
        assert!(ran.err.contains(says), "{all:?}: {}", ran.err);
    }
    let ran = run(
        &root(),
        &[
            "simulate",
            "checkout-4",
            "examples/checkout",
            "--fault",
            "errors 5%",
        ],
    );
    assert!(
        ran.err.contains("did you mean `checkout-42`?"),
        "{}",
        ran.err
    );
}
