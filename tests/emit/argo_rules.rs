//! Argo Rollouts' own rules, as its controller has them, on emitted documents.

use serde_json::Value;

/// Seconds of a time of one number and one unit.
pub fn seconds(text: &str) -> u64 {
    let (number, factor) = match text.as_bytes().last() {
        Some(b'h') => (&text[..text.len() - 1], 3600),
        Some(b'm') => (&text[..text.len() - 1], 60),
        Some(b's') => (&text[..text.len() - 1], 1),
        _ => (text, 1),
    };
    number
        .parse::<u64>()
        .unwrap_or_else(|_| panic!("`{text}` is no time"))
        * factor
}

/// Holds every Rollout and AnalysisTemplate against the rules.
pub fn check(documents: &[(String, Value)]) {
    let of = |kind: &'static str| {
        documents
            .iter()
            .map(|(_, document)| document)
            .filter(move |document| document["kind"] == kind)
    };
    let templates: Vec<&Value> = of("AnalysisTemplate").collect();
    for template in &templates {
        let name = template["metadata"]["name"].as_str().expect("a name");
        let metrics = template["spec"]["metrics"].as_array().expect("metrics");
        assert!(!metrics.is_empty(), "{name}");
        for metric in metrics {
            let number = |key: &str| metric[key].as_i64().unwrap_or(0);
            assert!(number("count") >= 1, "{name}: a run must end by itself");
            assert!(
                number("failureLimit") >= 0 && number("count") >= number("failureLimit"),
                "{name}"
            );
            assert!(
                number("count") == 1 || metric["interval"].is_string(),
                "{name}: looks need an interval"
            );
            for key in ["interval", "initialDelay"] {
                if let Some(time) = metric.get(key) {
                    seconds(time.as_str().expect("a text"));
                }
            }
            assert_eq!(
                metric["provider"].as_object().map(|p| p.len()),
                Some(1),
                "{name}: one provider"
            );
            let known: Vec<&str> = template["spec"]["args"]
                .as_array()
                .map(|args| args.iter().filter_map(|arg| arg["name"].as_str()).collect())
                .unwrap_or_default();
            let text = metric.to_string();
            for used in text
                .split("{{args.")
                .skip(1)
                .filter_map(|rest| rest.split("}}").next())
            {
                assert!(known.contains(&used), "{name}: {used}");
            }
        }
    }
    let mut rollouts = 0;
    for rollout in of("Rollout") {
        rollouts += 1;
        let spec = &rollout["spec"];
        let canary = &spec["strategy"]["canary"];
        // A1, A2, A4, A5, A9, A10
        assert!(spec["replicas"].as_i64().is_some_and(|count| count >= 0));
        let ready = spec["minReadySeconds"].as_i64().unwrap_or(0);
        assert!(spec["progressDeadlineSeconds"].as_i64().unwrap_or(600) > ready);
        assert!(spec["workloadRef"].is_object() && spec.get("template").is_none());
        assert_eq!(spec["strategy"].as_object().map(|s| s.len()), Some(1));
        let none = |value: &Value| *value == 0 || *value == "0%" || *value == "0";
        assert!(!(none(&canary["maxSurge"]) && none(&canary["maxUnavailable"])));
        assert_ne!(canary["canaryService"], canary["stableService"]);
        let services: Vec<&Value> = of("Service")
            .map(|service| &service["metadata"]["name"])
            .collect();
        for role in ["canaryService", "stableService"] {
            assert!(services.contains(&&canary[role]), "{role}");
        }
        let managed: Vec<&Value> = canary["trafficRouting"]["managedRoutes"]
            .as_array()
            .map(|routes| routes.iter().map(|route| &route["name"]).collect())
            .unwrap_or_default();
        let steps = canary["steps"].as_array().expect("steps");
        let mut weight = 0;
        for step in steps {
            // A16, and AS2: one thing in each step
            assert_eq!(step.as_object().map(|step| step.len()), Some(1), "{step}");
            if let Some(set) = step.get("setWeight") {
                weight = set.as_u64().expect("a whole number");
                assert!(weight <= 100); // A17
            }
            if let Some(pause) = step.get("pause") {
                // A18, AS12
                let time = pause
                    .get("duration")
                    .map(|time| seconds(time.as_str().expect("a text")));
                assert_ne!(time, Some(0), "a pause that does not wait");
            }
            if let Some(route) = step.get("setHeaderRoute").or(step.get("setMirrorRoute")) {
                assert!(managed.contains(&&route["name"]), "{route}"); // A22
            }
            for used in step["analysis"]["templates"]
                .as_array()
                .into_iter()
                .flatten()
            {
                let found = templates
                    .iter()
                    .find(|t| t["metadata"]["name"] == used["templateName"]);
                let found = found.unwrap_or_else(|| panic!("no template {used}"));
                for arg in found["spec"]["args"].as_array().into_iter().flatten() {
                    let given = step["analysis"]["args"].as_array().into_iter().flatten();
                    assert!(
                        given.clone().any(|given| given["name"] == arg["name"]),
                        "{arg}"
                    );
                }
            }
            // metrics of one run have names of their own
            let mut names: Vec<&Value> = step["analysis"]["templates"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|used| {
                    templates
                        .iter()
                        .find(|t| t["metadata"]["name"] == used["templateName"])
                })
                .flat_map(|template| template["spec"]["metrics"].as_array().into_iter().flatten())
                .map(|metric| &metric["name"])
                .collect();
            let all = names.len();
            names.sort_by_key(|name| name.to_string());
            names.dedup();
            assert_eq!(names.len(), all);
        }
        // AS11: what follows the last step was judged
        assert_eq!(weight, 100);
        assert!(spec["progressDeadlineAbort"] == true); // AS10
    }
    assert_eq!(rollouts, 1);
}
