//! The Prometheus rules beside the targets: accepted by `promtool`, and each alert fires and does not.
//!
//! Needs `promtool` (Debian package `prometheus`), which `./tests/run` installs; plain `cargo test`
//! leaves these tests out.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use switchback::emit::build;
use switchback::model::{Overrides, load};
use switchback::source::{DiskLoader, Loader, MemoryLoader, SourceMap};

/// The plain rule file of the first plan on its first target.
fn rules(loader: &dyn Loader, base: &Path, files: &[PathBuf]) -> String {
    let mut project = load(loader, SourceMap::new(), base, files);
    let (model, findings) = project.build(loader, &Overrides::default());
    let said: Vec<_> = project.findings.iter().chain(&findings).collect();
    assert!(said.is_empty(), "{said:#?}");
    let plan = &model.plans[0];
    let target = &model.targets[plan.targets[0].value];
    let output =
        build(&model, &project.sources, plan, target).unwrap_or_else(|found| panic!("{found:#?}"));
    let file = |path: &str| output.files.iter().find(|file| file.path == path);
    let plain = &file("monitoring/rules.yml").expect("rules").text;
    let resource = &file("monitoring/prometheusrule.yaml").expect("rules").text;
    let (plain_value, resource): (Value, Value) = (
        serde_saphyr::from_str(plain).expect("YAML"),
        serde_saphyr::from_str(resource).expect("YAML"),
    );
    assert_eq!(plain_value, resource["spec"], "both say the same");
    plain.clone()
}

fn example(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&root)
        .expect("the example is there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "swb"))
        .collect();
    files.sort();
    rules(&DiskLoader, &root, &files)
}

fn memory(text: &str) -> String {
    let loader = MemoryLoader::new().with("plan.swb", text);
    rules(&loader, Path::new(""), &[PathBuf::from("plan.swb")])
}

/// Runs `promtool` on the rules and on tests of them.
fn promtool(rules: &str, tests: &Value) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("rules.yml"), rules).expect("written");
    std::fs::write(path("tests.yml"), tests.to_string()).expect("written");
    for (act, file) in [("check", "rules.yml"), ("test", "tests.yml")] {
        let output = Command::new("promtool")
            .args([act, "rules", file])
            .current_dir(folder.path())
            .output()
            .expect("promtool runs; `./tests/run` installs it");
        if !output.status.success() {
            return Err(format!(
                "{}{}\n{rules}\n{tests}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            ));
        }
    }
    Ok(())
}

/// A series that counts `rate` a minute for four days.
fn counter(series: &str, rate: f64) -> Value {
    json!({ "series": series, "values": format!("0+{rate}x5760") })
}

/// The alerts of a rule file: name, severity, long window of a burn rate.
fn alerts(rules: &str) -> Vec<(String, String, Option<String>)> {
    let all: Value = serde_saphyr::from_str(rules).expect("YAML");
    let groups = all["groups"].as_array().expect("groups");
    let rules = groups
        .iter()
        .flat_map(|group| group["rules"].as_array().expect("rules"));
    rules
        .filter_map(|rule| {
            let name = rule["alert"].as_str()?.to_string();
            let severity = rule["labels"]["severity"].as_str()?.to_string();
            let window = rule["labels"]["window"].as_str().map(str::to_string);
            Some((name, severity, window))
        })
        .collect()
}

/// How many alerts of each name fire after four days of these series.
fn fires(rules: &str, series: &[Value], wanted: &dyn Fn(&str) -> bool) -> Result<(), String> {
    let mut names: Vec<String> = alerts(rules).into_iter().map(|(name, ..)| name).collect();
    names.sort();
    names.dedup();
    // the count of firing series of each name, as a query over what Prometheus itself keeps
    let tests: Vec<Value> = names
        .iter()
        .map(|name| {
            let expected = alerts(rules).iter().filter(|(own, ..)| own == name).count();
            let samples = match wanted(name) {
                true => json!([{ "labels": "{}", "value": expected }]),
                false => json!([]),
            };
            json!({
                "expr": format!("count(ALERTS{{alertname=\"{name}\", alertstate=\"firing\"}})"),
                "eval_time": "4d",
                "exp_samples": samples,
            })
        })
        .collect();
    let file = json!({
        "rule_files": ["rules.yml"],
        "evaluation_interval": "30m",
        "tests": [{ "interval": "1m", "input_series": series, "promql_expr_test": tests }],
    });
    promtool(rules, &file)
}

/// Requests of one version of an app, and of its histogram.
fn traffic(app: &str, version: &str, fails: f64, slow: bool) -> Vec<Value> {
    let labels = format!("app=\"{app}\", version=\"{version}\"");
    let mut series = vec![
        counter(
            &format!("http_requests_total{{{labels}, code=\"200\"}}"),
            6000.0 * (1.0 - fails),
        ),
        counter(
            &format!("http_requests_total{{{labels}, code=\"500\"}}"),
            6000.0 * fails,
        ),
    ];
    for (bound, share) in [("0.1", 0.9), ("0.3", 0.999), ("1", 1.0), ("+Inf", 1.0)] {
        let share = if slow && bound.starts_with('0') {
            0.0
        } else {
            share
        };
        series.push(counter(
            &format!("http_request_duration_seconds_bucket{{{labels}, le=\"{bound}\"}}"),
            6000.0 * share,
        ));
    }
    series
}

#[test]
#[ignore = "needs promtool"]
fn the_alerts_of_the_examples_fire_and_do_not() {
    for (name, app, old, new) in [
        ("checkout", "checkout", "41", "42"),
        ("nginx-mirror", "", "", ""),
        ("sticky-canary", "", "", ""),
    ] {
        let rules = example(name);
        let all: Value = serde_saphyr::from_str(&rules).expect("YAML");
        let first = &all["groups"][0]["rules"][0];
        let of = |text: &str, label: &str| {
            let behind = text.split(&format!("{label}=\"")).nth(1).unwrap_or("");
            behind.split('"').next().unwrap_or("").to_string()
        };
        let expr = first["expr"].as_str().expect("a query");
        let app = if app.is_empty() {
            of(expr, "app")
        } else {
            app.into()
        };
        let new = if new.is_empty() {
            of(expr, "version")
        } else {
            new.into()
        };
        let with = |fails: f64, slow: bool| {
            let mut series = traffic(&app, &new, fails, slow);
            if !old.is_empty() {
                series.extend(traffic(&app, old, 0.0, false));
            }
            series
        };
        assert!(!alerts(&rules).is_empty(), "{name}");
        fires(&rules, &with(0.0, false), &|_| false).unwrap_or_else(|why| panic!("{name}: {why}"));
        fires(&rules, &with(0.5, true), &|_| true).unwrap_or_else(|why| panic!("{name}: {why}"));
        // and a test that expects what does not happen fails
        assert!(
            fires(&rules, &with(0.0, false), &|_| true).is_err(),
            "{name}"
        );
    }
}

/// A gate of a random kind, with error rates at which it passes and at which it does not.
#[derive(Clone, Debug)]
struct Case {
    limit: u32,
    baseline: Option<u32>,
    fail: bool,
    tolerate: u32,
    window: &'static str,
    good: bool,
    objective: &'static str,
    days: u32,
}

fn case() -> impl Strategy<Value = Case> {
    let windows = prop::sample::select(vec!["5m", "10m", "30m"]);
    let objectives = prop::sample::select(vec!["99%", "99.9%", "99.95%"]);
    (
        1..20u32,
        prop::option::of(1..5u32),
        any::<bool>(),
        0..3u32,
        windows,
        any::<bool>(),
        objectives,
        7..31u32,
    )
        .prop_map(
            |(limit, baseline, fail, tolerate, window, good, objective, days)| Case {
                limit,
                baseline,
                fail,
                tolerate,
                window,
                good,
                objective,
                days,
            },
        )
}

fn text(case: &Case) -> String {
    let code = if case.good { "2.." } else { "5.." };
    let (op, over) = if case.good { (">", "<") } else { ("<", ">") };
    let share = |percent: u32| if case.good { 100 - percent } else { percent };
    let expect = match case.baseline {
        Some(_) if case.good => format!("value {op} 0.9 * baseline"),
        Some(factor) => format!("value {op} {factor} * baseline"),
        None => format!("value {op} {}%", share(case.limit)),
    };
    let mut gate = String::new();
    if case.fail && case.baseline.is_none() {
        let _ = writeln!(gate, "  fail value {over} {}%", share(case.limit * 2));
    }
    if case.tolerate > 0 {
        let _ = writeln!(gate, "  tolerate {} failures", case.tolerate);
    }
    let window = case.window;
    let objective = format!("objective {} over {}d", case.objective, case.days);
    format!(
        "provider prometheus {{ address \"http://prometheus:9090\"; scrape 15s }}\n\
         service web {{\n  {objective}\n  version 1 {{ image \"r.example/x@sha256:aa\" }}\n  version 2 {{ image \"r.example/x@sha256:bb\" }}\n}}\n\
         gate errors {{\n  query \"sum(rate(http_requests_total{{app=\\\"$service\\\", version=\\\"$version\\\", code=~\\\"{code}\\\"}}[{window}])) / sum(rate(http_requests_total{{app=\\\"$service\\\", version=\\\"$version\\\"}}[{window}]))\"\n\
           kind proportion\n  expect {expect}\n{gate}  every 1m for 10m\n}}\n\
         target edge {{ kind envoy; gates by pipeline; listen \"0.0.0.0:8080\"; upstream 1 \"a:1\"; upstream 2 \"b:1\" }}\n\
         plan web-2 {{\n  roll web from 1 to 2\n  on target edge\n  step canary {{ weight 5%; hold 2h; watch errors }}\n  step all {{ weight 100%; hold 2h; watch errors }}\n}}\n"
    )
}

#[test]
#[ignore = "needs promtool"]
fn the_alerts_of_random_gates_fire_and_do_not() {
    let mut runner = TestRunner::new(Config {
        cases: 12,
        failure_persistence: None,
        ..Config::default()
    });
    let strategy = case();
    runner
        .run(&strategy, |case| {
            let rules = memory(&text(&case));
            let with = |old: f64, new: f64| {
                let mut series = traffic("web", "1", old, false);
                series.extend(traffic("web", "2", new, false));
                series
            };
            let healthy = fires(&rules, &with(0.0001, 0.0001), &|_| false);
            prop_assert!(healthy.is_ok(), "{case:?}: {healthy:?}");
            let bad = fires(&rules, &with(0.0001, 0.9), &|_| true);
            prop_assert!(bad.is_ok(), "{case:?}: {bad:?}");
            Ok(())
        })
        .unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn burn_rates_are_those_of_the_sre_workbook() {
    let case = Case {
        limit: 1,
        baseline: None,
        fail: false,
        tolerate: 0,
        window: "5m",
        good: false,
        objective: "99.9%",
        days: 30,
    };
    let rules = memory(&text(&case));
    for limit in ["> 0.0144 and", "> 0.006 and", "> 0.003 and", "> 0.001 and"] {
        assert!(rules.contains(limit), "{limit}: {rules}");
    }
    let found = alerts(&rules);
    let windows: Vec<_> = found
        .iter()
        .filter_map(|(.., window)| window.as_deref())
        .collect();
    assert_eq!(windows, ["1h", "6h", "1d", "3d"]);
    let severities: Vec<_> = found
        .iter()
        .map(|(_, severity, _)| severity.as_str())
        .collect();
    assert_eq!(severities, ["page", "page", "page", "ticket", "ticket"]);
}
