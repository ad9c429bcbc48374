//! `switchback-judge` against a real Prometheus that scrapes a real exporter.
//!
//! Needs Prometheus, which `./tests/run` installs; plain `cargo test` leaves these tests out.

mod exporter;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use exporter::{Exporter, Prometheus, Way, free_port};

const QUERY: &str = "(sum(rate(http_requests_total{app=\\\"$service\\\", version=\\\"$version\\\", code=~\\\"5..\\\"}[4s])) or vector(0)) / sum(rate(http_requests_total{app=\\\"$service\\\", version=\\\"$version\\\"}[4s]))";

/// A plan that rolls `app` from 1 to 2 in one leg, with these statements of its gate and its step.
fn plan(folder: &Path, app: &str, gate: &str, step: &str) -> String {
    let name = format!("{app}-2");
    let text = format!(
        "provider prometheus {{ address \"http://127.0.0.1:9\"; scrape 1s }}\n\
         service {app} {{\n  traffic 100/s\n  version 1 {{ image \"r.example/x@sha256:aa\" }}\n  version 2 {{ image \"r.example/x@sha256:bb\" }}\n}}\n\
         gate errors {{\n  query \"{QUERY}\"\n  kind proportion\n  {gate}\n  every 1s for 3s\n}}\n\
         plan {name} {{\n  roll {app} from 1 to 2\n  step canary {{ weight 5%; hold 9s; watch errors; {step} }}\n}}\n"
    );
    std::fs::write(folder.join(format!("{app}.swb")), text).expect("written");
    name
}

fn judge(folder: &Path, plan: &str, url: &str, more: &[&str]) -> Command {
    let file = format!("{}.swb", plan.trim_end_matches("-2"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchback-judge"));
    command
        .args([
            plan,
            &file,
            "--leg",
            "canary",
            "--format",
            "json",
            "--address",
            url,
        ])
        .args(more)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

struct Ran {
    code: Option<i32>,
    verdict: serde_json::Value,
    said: String,
}

fn ran(output: Output) -> Ran {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let verdict: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let schema: serde_json::Value =
        serde_json::from_str(&switchback::judge::json_schema()).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(validator.is_valid(&verdict), "{text}\n{said}");
    Ran {
        code: output.status.code(),
        verdict,
        said,
    }
}

fn wait(seconds: u64) {
    std::thread::sleep(Duration::from_secs(seconds));
}

#[test]
#[ignore = "needs Prometheus"]
fn legs_pass_and_fail_as_their_error_rates_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let exporter = Exporter::start();
    let app = |name: &str, old: (f64, f64), new: (f64, f64)| {
        exporter.set(name, "1", old.0, old.1);
        exporter.set(name, "2", new.0, new.1);
    };
    app("good", (950.0, 0.0), (50.0, 0.001));
    app("bad", (950.0, 0.0), (50.0, 0.2));
    app("between", (950.0, 0.0), (50.0, 0.03));
    app("alike", (950.0, 0.01), (500.0, 0.01));
    app("worse", (950.0, 0.01), (500.0, 0.05));
    app("turns", (950.0, 0.0), (50.0, 0.0));
    exporter.set("silent", "1", 950.0, 0.0);
    exporter.set("alone", "2", 50.0, 0.0);
    let prometheus = Prometheus::start(folder, free_port(), exporter.address);
    let url = prometheus.url();
    wait(6);
    let limit = "expect value < 1%";
    let cases = [
        ("good", limit, "", 0, "pass", "continue"),
        ("bad", limit, "", 1, "fail", "rollback"),
        (
            "turns",
            "expect value < 1%; tolerate 1 failure",
            "",
            1,
            "fail",
            "rollback",
        ),
        (
            "between",
            "expect value < 1%; fail value > 5%",
            "",
            2,
            "inconclusive",
            "rollback",
        ),
        ("silent", limit, "", 2, "no-data", "rollback"),
        (
            "silently",
            limit,
            "on no-data pause within 1h",
            2,
            "no-data",
            "pause within 1h",
        ),
        (
            "alike",
            "expect value <= 1.5 * baseline",
            "",
            0,
            "pass",
            "continue",
        ),
        (
            "worse",
            "expect value <= 1.5 * baseline",
            "",
            1,
            "fail",
            "rollback",
        ),
        (
            "alone",
            "expect value <= baseline",
            "",
            2,
            "no-data",
            "rollback",
        ),
    ];
    let running: Vec<_> = cases
        .iter()
        .map(|(app, gate, step, ..)| {
            let plan = plan(folder, app, gate, step);
            judge(folder, &plan, &url, &[]).spawn().expect("it starts")
        })
        .collect();
    let started = Instant::now();
    wait(4);
    exporter.set("turns", "2", 50.0, 0.5);
    for ((app, _, _, code, verdict, then), child) in cases.iter().zip(running) {
        let ran = ran(child.wait_with_output().expect("it ends"));
        assert_eq!(ran.code, Some(*code), "{app}: {}", ran.said);
        assert_eq!(ran.verdict["verdict"], *verdict, "{app}: {}", ran.said);
        assert_eq!(ran.verdict["then"], *then, "{app}: {}", ran.said);
        let looks = ran.verdict["gates"][0]["looks"].as_array().expect("looks");
        match *verdict {
            // 5 s to the first look, then one round of three looks in the 9 s
            "pass" => assert_eq!(looks.len(), 3, "{app}: {}", ran.said),
            _ => assert!((1..=3).contains(&looks.len()), "{app}: {}", ran.said),
        }
        let first = looks[0]["due"].as_f64();
        assert_eq!(first, Some(5.0), "{app}: {}", ran.said);
        if *app == "alike" {
            assert!(
                looks[0]["counts"][1].as_f64() > Some(1000.0),
                "{}",
                ran.verdict
            );
        }
    }
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
#[ignore = "needs Prometheus"]
fn a_provider_that_goes_away_is_asked_again_and_not_for_ever() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let exporter = Exporter::start();
    exporter.set("web", "2", 50.0, 0.0);
    let prometheus = Prometheus::start(folder, free_port(), exporter.address);
    let way = Way::to(prometheus.port);
    let url = format!("http://127.0.0.1:{}", way.port);
    let plan = plan(folder, "web", "expect value < 1%", "");
    wait(6);
    way.set(false);
    let child = judge(folder, &plan, &url, &[]).spawn().expect("it starts");
    // away at the first look, back before anybody has lost patience
    wait(8);
    way.set(true);
    let back = ran(child.wait_with_output().expect("it ends"));
    assert!(back.said.contains("is away"), "{}", back.said);
    assert!(back.said.contains("asking again"), "{}", back.said);
    assert_eq!(back.code, Some(0), "{}", back.said);
    // what was missed is asked for its own time
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    wait(10);
    let since = now.to_string();
    let begun = Instant::now();
    let output = judge(folder, &plan, &url, &["--since", &since]).output();
    let missed = ran(output.expect("it ends"));
    assert_eq!(missed.code, Some(0), "{}", missed.said);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "nothing is waited for"
    );
    let looks = missed.verdict["gates"][0]["looks"]
        .as_array()
        .expect("looks");
    let at = looks[0]["at"].as_f64().expect("a time");
    assert!((at - (now as f64 + 5.0)).abs() < 0.01, "{at} {now}");
    // away for good: an end in time, and no pass
    way.set(false);
    let begun = Instant::now();
    let gone = ran(judge(folder, &plan, &url, &[]).output().expect("it ends"));
    assert_eq!(gone.code, Some(2), "{}", gone.said);
    assert_eq!(gone.verdict["verdict"], "no-data");
    assert!(
        begun.elapsed() < Duration::from_secs(25),
        "{:?}",
        begun.elapsed()
    );
}
