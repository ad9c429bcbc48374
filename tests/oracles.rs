//! The numbers against values that other programs computed (scipy, statsmodels, the upstream
//! controllers), and against what must hold of all of them.
//!
//! The values are kept beside the project: `../shared/facts/oracles.json`, or where
//! `SWITCHBACK_ORACLES` leads. Where nobody named a file and that one is missing, the test says so and
//! passes.

#[path = "oracles/groups.rs"]
mod groups;

#[path = "oracles/properties.rs"]
mod properties;

use std::path::PathBuf;

use serde_json::Value;

fn oracles() -> Option<Value> {
    let path = std::env::var_os("SWITCHBACK_ORACLES").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/facts/oracles.json"),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(&path) else {
        let named = std::env::var_os("SWITCHBACK_ORACLES").is_some();
        assert!(
            !named,
            "SWITCHBACK_ORACLES leads to no file: {}",
            path.display()
        );
        println!(
            "skipped: the oracles are not beside the project (set SWITCHBACK_ORACLES to their file)"
        );
        return None;
    };
    Some(serde_json::from_str(&text).expect("the oracles are JSON"))
}

/// Compares what is expected with what was computed; what differs is added to `wrong`.
fn compare(
    place: &str,
    expected: &Value,
    actual: &Value,
    tolerance: &Tolerance,
    wrong: &mut Vec<String>,
) {
    match (expected, actual) {
        (Value::Number(want), Value::Number(have)) => {
            let (want, have) = (
                want.as_f64().expect("a number"),
                have.as_f64().expect("a number"),
            );
            let allowed = (tolerance.relative * want.abs()).max(tolerance.absolute);
            if (want - have).abs() > allowed {
                wrong.push(format!("{place}: {have} instead of {want}"));
            }
        }
        (Value::Array(want), Value::Array(have)) if want.len() == have.len() => {
            for (at, (want, have)) in want.iter().zip(have).enumerate() {
                compare(&format!("{place}[{at}]"), want, have, tolerance, wrong);
            }
        }
        (Value::Object(want), Value::Object(have)) => {
            for (name, want) in want {
                match have.get(name) {
                    Some(have) => compare(&format!("{place}.{name}"), want, have, tolerance, wrong),
                    None => wrong.push(format!("{place}.{name}: is not computed")),
                }
            }
        }
        _ if expected == actual => {}
        _ => wrong.push(format!("{place}: {actual} instead of {expected}")),
    }
}

struct Tolerance {
    relative: f64,
    absolute: f64,
}

#[test]
fn every_case_of_every_group() {
    let Some(all) = oracles() else { return };
    let groups = all["groups"].as_array().expect("a list of groups");
    let (mut cases, mut wrong) = (0, Vec::new());
    for group in groups {
        let id = group["id"].as_str().expect("an id");
        let Some((_, compute)) = groups::ALL.iter().find(|(known, _)| *known == id) else {
            wrong.push(format!("{id}: nobody computes this group"));
            continue;
        };
        for (number, case) in group["cases"].as_array().expect("cases").iter().enumerate() {
            cases += 1;
            let given = &case["in"];
            let tolerance = Tolerance {
                // a tolerance of nothing is meant for whole numbers
                relative: group["rel_tol"].as_f64().expect("a tolerance").max(1e-15),
                absolute: given["mc_tol"].as_f64().unwrap_or(0.0),
            };
            let actual = compute(given, &case["out"]);
            compare(
                &format!("{id} {number}"),
                &case["out"],
                &actual,
                &tolerance,
                &mut wrong,
            );
        }
    }
    println!("{cases} cases of {} groups", groups.len());
    assert!(cases > 0, "there is no case");
    for (known, _) in groups::ALL {
        if !groups.iter().any(|group| group["id"] == *known) {
            wrong.push(format!("{known}: is not in the file any more"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
