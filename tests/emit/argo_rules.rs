//! Argo Rollouts' own rules, as its controller has them, on emitted documents.
//!
//! Written from the list of what the controller rejects (A1 to A24), of the references that it
//! follows, and of what it asks of metrics; nothing of the emitter is used.

use std::collections::BTreeSet;

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

/// Fails on the first document that breaks a rule.
pub fn check(documents: &[(String, Value)]) {
    let faults = faults(documents);
    assert!(faults.is_empty(), "{faults:#?}");
}

/// What the controller would reject.
pub fn faults(documents: &[(String, Value)]) -> Vec<String> {
    let mut rules = Rules {
        documents: documents.iter().map(|(_, document)| document).collect(),
        faults: Vec::new(),
    };
    for template in rules.of("AnalysisTemplate") {
        rules.template(template);
    }
    let rollouts = rules.of("Rollout");
    rules.must(rollouts.len() == 1, "one Rollout", "the folder");
    for rollout in rollouts {
        rules.rollout(rollout);
    }
    rules.faults
}

struct Rules<'a> {
    documents: Vec<&'a Value>,
    faults: Vec<String>,
}

impl<'a> Rules<'a> {
    fn of(&self, kind: &str) -> Vec<&'a Value> {
        let all = self.documents.iter().copied();
        all.filter(|document| document["kind"] == kind).collect()
    }

    fn named(&self, kind: &str, name: &Value) -> Option<&'a Value> {
        let all = self.of(kind);
        all.into_iter()
            .find(|document| document["metadata"]["name"] == *name)
    }

    fn must(&mut self, holds: bool, rule: &str, at: &str) {
        if !holds {
            self.faults.push(format!("{rule}: {at}"));
        }
    }

    /// Durations of Go, as far as a number and a unit go.
    fn time(&mut self, value: &Value, rule: &str, at: &str) -> u64 {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let digits = text.trim_end_matches(['s', 'm', 'h']);
        let fits = text.len() - digits.len() <= 1 && digits.parse::<u64>().is_ok();
        self.must(fits, rule, at);
        if fits { seconds(&text) } else { 0 }
    }

    fn template(&mut self, template: &Value) {
        let name = template["metadata"]["name"].to_string();
        let metrics = template["spec"]["metrics"].as_array();
        let metrics = metrics.cloned().unwrap_or_default();
        self.must(!metrics.is_empty(), "metrics non-empty", &name);
        let mut names = BTreeSet::new();
        for metric in &metrics {
            let at = format!("{name} {}", metric["name"]);
            self.must(
                names.insert(metric["name"].to_string()),
                "unique metrics",
                &at,
            );
            let number = |key: &str, default: i64| metric[key].as_i64().unwrap_or(default);
            let (failures, successes) = (
                number("failureLimit", 0),
                number("consecutiveSuccessLimit", 0),
            );
            let (unsure, count) = (number("inconclusiveLimit", 0), number("count", 0));
            self.must(successes >= 0, "consecutiveSuccessLimit >= 0", &at);
            self.must(failures >= -1, "failureLimit >= -1", &at);
            self.must(failures != -1 || successes != 0, "a metric can end", &at);
            self.must(unsure >= 0, "inconclusiveLimit >= 0", &at);
            self.must(
                number("consecutiveErrorLimit", 4) >= 0,
                "consecutiveErrorLimit >= 0",
                &at,
            );
            if count > 0 {
                self.must(count >= failures + successes, "count >= limits", &at);
                self.must(count >= unsure, "count >= inconclusiveLimit", &at);
            }
            self.must(
                count <= 1 || metric["interval"].is_string(),
                "count > 1 needs interval",
                &at,
            );
            for key in ["interval", "initialDelay"] {
                if let Some(time) = metric.get(key) {
                    self.time(time, "durations parse", &at);
                }
            }
            let providers = metric["provider"].as_object().map(|all| all.len());
            self.must(providers == Some(1), "exactly one provider", &at);
            for key in ["successCondition", "failureCondition"] {
                if let Some(condition) = metric.get(key) {
                    let text = condition.as_str().unwrap_or_default();
                    self.must(!text.is_empty(), "conditions are texts", &at);
                }
            }
            // args resolve
            let args = template["spec"]["args"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let text = metric.to_string();
            let used = text
                .split("{{")
                .skip(1)
                .filter_map(|rest| rest.split("}}").next());
            for used in used {
                let known = args.iter().any(|arg| {
                    used == format!("args.{}", arg["name"].as_str().unwrap_or_default())
                });
                self.must(known, "args resolve", &format!("{at} {used}"));
            }
        }
    }

    fn rollout(&mut self, rollout: &Value) {
        let spec = &rollout["spec"];
        let at = rollout["metadata"]["name"].to_string();
        let number = |key: &str, default: i64| spec[key].as_i64().unwrap_or(default);
        for (key, default) in [
            ("replicas", 1),
            ("minReadySeconds", 0),
            ("revisionHistoryLimit", 10),
            ("progressDeadlineSeconds", 600),
        ] {
            self.must(number(key, default) >= 0, "A1", &at);
        }
        self.must(
            number("progressDeadlineSeconds", 600) > number("minReadySeconds", 0),
            "A2",
            &at,
        );
        let by_reference = spec["workloadRef"].is_object();
        let labels = &spec["template"]["metadata"]["labels"];
        if by_reference {
            let own = labels.is_object() || spec["template"]["metadata"]["annotations"].is_object();
            self.must(!own, "A4", &at);
            self.must(
                self.named("Deployment", &spec["workloadRef"]["name"])
                    .is_some(),
                "workloadRef",
                &at,
            );
        } else {
            let selector = spec["selector"]["matchLabels"].as_object();
            let fits = selector.is_some_and(|all| {
                !all.is_empty() && all.iter().all(|(key, value)| labels[key] == *value)
            });
            self.must(fits, "A3", &at);
        }
        let strategy = &spec["strategy"];
        let one = strategy["canary"].is_object() != strategy["blueGreen"].is_object();
        self.must(
            one && strategy.as_object().map(|all| all.len()) == Some(1),
            "A5",
            &at,
        );
        let pods = match by_reference {
            true => {
                let workload = self.named("Deployment", &spec["workloadRef"]["name"]);
                workload.map_or(Value::Null, |workload| {
                    workload["spec"]["template"]["metadata"]["labels"].clone()
                })
            }
            false => labels.clone(),
        };
        if strategy["canary"].is_object() {
            self.canary(&strategy["canary"], &at, &pods);
        } else {
            self.blue_green(&strategy["blueGreen"], spec, &at, &pods);
        }
        // AS10
        self.must(spec["progressDeadlineAbort"] == true, "AS10", &at);
    }

    fn blue_green(&mut self, strategy: &Value, spec: &Value, at: &str, pods: &Value) {
        self.must(
            strategy["activeService"] != strategy["previewService"],
            "A6",
            at,
        );
        self.must(strategy["activeService"].is_string(), "A6", at);
        let limit = strategy["scaleDownDelayRevisionLimit"]
            .as_i64()
            .unwrap_or(0);
        self.must(
            limit <= spec["revisionHistoryLimit"].as_i64().unwrap_or(10),
            "A7",
            at,
        );
        self.anti_affinity(strategy, at);
        self.service(&strategy["previewService"], pods, at);
        let mut longest = 0;
        for key in ["prePromotionAnalysis", "postPromotionAnalysis"] {
            if let Some(analysis) = strategy.get(key) {
                longest = self.analysis(analysis, false, at);
            }
        }
        // AS19: a judgement behind the switch ends before the old stack goes
        if strategy.get("postPromotionAnalysis").is_some() {
            let kept = strategy["scaleDownDelaySeconds"].as_u64().unwrap_or(30);
            self.must(kept >= longest, "AS19", at);
        }
        self.must(
            strategy.get("autoPromotionEnabled").is_some(),
            "says whether a person is asked",
            at,
        );
    }

    fn anti_affinity(&mut self, strategy: &Value, at: &str) {
        if let Some(affinity) = strategy.get("antiAffinity") {
            let preferred = &affinity["preferredDuringSchedulingIgnoredDuringExecution"];
            let required = &affinity["requiredDuringSchedulingIgnoredDuringExecution"];
            let weight = preferred["weight"]
                .as_i64()
                .is_none_or(|weight| (1..=100).contains(&weight));
            self.must(
                preferred.is_object() != required.is_object() && weight,
                "A8",
                at,
            );
        }
    }

    fn canary(&mut self, canary: &Value, at: &str, pods: &Value) {
        self.anti_affinity(canary, at);
        let none = |value: Option<&Value>| {
            value.is_some_and(|value| *value == 0 || *value == "0%" || *value == "0")
        };
        self.must(
            !(none(canary.get("maxSurge")) && none(canary.get("maxUnavailable"))),
            "A9",
            at,
        );
        let routing = canary.get("trafficRouting");
        let (stable, new) = (&canary["stableService"], &canary["canaryService"]);
        self.must(stable.is_null() || stable != new, "A10", at);
        let with = |key: &str| routing.and_then(|routing| routing.get(key));
        let (istio, alb, nginx) = (with("istio"), with("alb"), with("nginx"));
        let plugins = with("plugins");
        let subsets = istio.and_then(|istio| istio.get("destinationRule"));
        let needs = alb.is_some() || nginx.is_some() || (istio.is_some() && subsets.is_none());
        self.must(!needs || stable.is_string() && new.is_string(), "A11", at);
        self.must(canary.get("pingPong").is_none(), "A12", at);
        if routing.is_none() {
            self.must(canary.get("scaleDownDelaySeconds").is_none(), "A13", at);
            self.must(canary.get("dynamicStableScale").is_none(), "A13", at);
            // Services without a router lead to the stable pods alone, and nobody meets the canary
            self.must(
                stable.is_null() && new.is_null(),
                "no Services without a router",
                at,
            );
        }
        let both =
            canary.get("scaleDownDelaySeconds").is_some() && canary["dynamicStableScale"] == true;
        self.must(!both, "A14", at);
        let most = with("maxTrafficWeight").and_then(Value::as_u64);
        self.must(
            most.is_none() || nginx.is_some() || plugins.is_some(),
            "A15",
            at,
        );
        for service in [stable, new] {
            if service.is_string() {
                self.service(service, pods, at);
            }
        }
        self.route(canary, at);
        let managed: Vec<&Value> = with("managedRoutes")
            .and_then(Value::as_array)
            .map(|routes| routes.iter().map(|route| &route["name"]).collect())
            .unwrap_or_default();
        let steps = canary["steps"].as_array().cloned().unwrap_or_default();
        self.must(!steps.is_empty(), "steps", at);
        let mut weight = 0;
        for (index, step) in steps.iter().enumerate() {
            let at = format!("{at} step {index} {step}");
            const KNOWN: [&str; 8] = [
                "setWeight",
                "pause",
                "setCanaryScale",
                "analysis",
                "experiment",
                "setHeaderRoute",
                "setMirrorRoute",
                "plugin",
            ];
            let keys: Vec<&String> = step
                .as_object()
                .map(|step| step.keys().collect())
                .unwrap_or_default();
            // A16, and AS2: one thing in each step
            self.must(
                keys.len() == 1 && KNOWN.contains(&keys[0].as_str()),
                "A16",
                &at,
            );
            if let Some(set) = step.get("setWeight") {
                let fits = set.as_u64().is_some_and(|set| set <= most.unwrap_or(100));
                self.must(fits, "A17", &at);
                weight = set.as_u64().unwrap_or(0);
            }
            if let Some(pause) = step.get("pause")
                && let Some(time) = pause.get("duration")
            {
                // A18, AS12
                self.must(*time != 0, "A18", &at);
                let time = self.time(time, "A18", &at);
                self.must(time > 0, "AS12", &at);
            }
            if let Some(scale) = step.get("setCanaryScale") {
                self.must(routing.is_some(), "A19", &at);
                self.must(
                    scale.as_object().map(|scale| scale.len()) == Some(1),
                    "one size",
                    &at,
                );
            }
            if let Some(route) = step.get("setHeaderRoute") {
                self.must(
                    istio.is_some() || alb.is_some() || plugins.is_some(),
                    "A20",
                    &at,
                );
                for header in route["match"].as_array().into_iter().flatten() {
                    let value = header["headerValue"].as_object();
                    self.must(value.is_some_and(|value| value.len() == 1), "A20", &at);
                    let exact = value.is_some_and(|value| value.contains_key("exact"));
                    self.must(alb.is_none() || exact, "A20", &at);
                }
            }
            if let Some(route) = step.get("setMirrorRoute") {
                self.must(istio.is_some(), "A21", &at);
                for matched in route["match"].as_array().into_iter().flatten() {
                    for key in ["method", "path"] {
                        let one = matched
                            .get(key)
                            .is_none_or(|how| how.as_object().map(|how| how.len()) == Some(1));
                        self.must(one, "A21", &at);
                    }
                }
                let share = route
                    .get("percentage")
                    .is_none_or(|share| share.as_u64().is_some_and(|share| share <= 100));
                self.must(share, "A21", &at);
            }
            if let Some(route) = step.get("setHeaderRoute").or(step.get("setMirrorRoute")) {
                self.must(managed.contains(&&route["name"]), "A22", &at);
            }
            if let Some(experiment) = step.get("experiment") {
                let weighs = experiment["templates"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|template| template.get("weight").is_some());
                self.must(
                    !weighs || alb.is_some() || istio.is_some() || plugins.is_some(),
                    "A23",
                    &at,
                );
            }
            if let Some(analysis) = step.get("analysis") {
                self.analysis(analysis, false, &at);
            }
        }
        if let Some(background) = canary.get("analysis") {
            self.analysis(background, true, at);
            let starts = background["startingStep"].as_u64().unwrap_or(0);
            self.must(starts as usize <= steps.len(), "startingStep", at);
        }
        // AS11: what follows the last step was judged
        self.must(weight == 100, "AS11", at);
        // AS5
        self.must(canary.get("dynamicStableScale").is_none(), "AS5", at);
    }

    /// A Service leads to the pods of this Rollout.
    fn service(&mut self, name: &Value, pods: &Value, at: &str) {
        let Some(service) = self.named("Service", name) else {
            self.must(false, "the Service is there", &format!("{at} {name}"));
            return;
        };
        let selector = service["spec"]["selector"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        let subset = selector.iter().all(|(key, value)| pods[key] == *value);
        self.must(
            !selector.is_empty() && subset,
            "Service selector",
            &format!("{at} {name}"),
        );
    }

    /// A run, its templates and arguments; returns the time to its last look.
    fn analysis(&mut self, analysis: &Value, background: bool, at: &str) -> u64 {
        let mut names = BTreeSet::new();
        let mut longest = 0;
        let used = analysis["templates"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        self.must(!used.is_empty(), "templates", at);
        for used in &used {
            let Some(template) = self.named("AnalysisTemplate", &used["templateName"]) else {
                self.must(false, "the template is there", &format!("{at} {used}"));
                continue;
            };
            for arg in template["spec"]["args"].as_array().into_iter().flatten() {
                let given = analysis["args"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|given| given["name"] == arg["name"]);
                self.must(
                    given || arg.get("value").is_some(),
                    "args are supplied",
                    &format!("{at} {arg}"),
                );
            }
            for metric in template["spec"]["metrics"].as_array().into_iter().flatten() {
                let at = format!("{at} {}", metric["name"]);
                self.must(
                    names.insert(metric["name"].to_string()),
                    "metrics of a run have names of their own",
                    &at,
                );
                let (count, interval) = (metric["count"].as_u64(), metric.get("interval"));
                // a run that is not beside the steps ends by itself
                self.must(
                    background || count.is_some() || interval.is_none(),
                    "runs indefinitely",
                    &at,
                );
                let every = interval.map_or(0, |time| self.time(time, "durations parse", &at));
                let delay = metric
                    .get("initialDelay")
                    .map_or(0, |time| self.time(time, "durations parse", &at));
                longest = longest.max(delay + count.unwrap_or(1).saturating_sub(1) * every);
            }
        }
        for arg in analysis["args"].as_array().into_iter().flatten() {
            let path = arg["valueFrom"]["fieldRef"]["fieldPath"]
                .as_str()
                .unwrap_or("metadata.name");
            let known = ["metadata.name", "metadata.namespace", "metadata.uid"];
            let keyed =
                path.starts_with("metadata.labels['") || path.starts_with("metadata.annotations['");
            self.must(
                !path.starts_with("metadata") || known.contains(&path) || keyed,
                "A24",
                at,
            );
        }
        longest
    }

    /// What leads traffic, where it is written too.
    fn route(&mut self, canary: &Value, at: &str) {
        let routing = &canary["trafficRouting"];
        let (stable, new) = (&canary["stableService"], &canary["canaryService"]);
        let istio = &routing["istio"];
        let virtual_service = &istio["virtualService"];
        if istio.is_object() {
            self.must(
                istio.get("virtualServices").is_none() && virtual_service.is_object(),
                "Istio xor",
                at,
            );
        }
        if let Some(document) = self.named("VirtualService", &virtual_service["name"]) {
            let routes = document["spec"]["http"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let wanted = virtual_service["routes"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            self.must(
                !wanted.is_empty() || routes.len() == 1,
                "VirtualService routes",
                at,
            );
            for wanted in &wanted {
                let found = routes.iter().find(|route| route["name"] == *wanted);
                let places = found
                    .and_then(|route| route["route"].as_array())
                    .cloned()
                    .unwrap_or_default();
                let rule = &istio["destinationRule"];
                let leads = |service: &Value, subset: &str| {
                    places.iter().any(|place| match rule.is_object() {
                        true => place["destination"]["subset"] == rule[subset],
                        false => place["destination"]["host"] == *service,
                    })
                };
                let both = leads(stable, "stableSubsetName") && leads(new, "canarySubsetName");
                self.must(both && places.len() == 2, "VirtualService destinations", at);
                let sum: u64 = places
                    .iter()
                    .filter_map(|place| place["weight"].as_u64())
                    .sum();
                self.must(sum == 100, "VirtualService weights", at);
            }
            // a managed route stands above all others
            let managed = routing["managedRoutes"]
                .as_array()
                .is_some_and(|all| !all.is_empty());
            let plain = routes.len() == 1 && routes[0].get("match").is_none();
            self.must(!managed || plain, "a managed route takes nothing else", at);
            for name in routing["managedRoutes"].as_array().into_iter().flatten() {
                let own = routes.iter().any(|route| route["name"] == name["name"]);
                self.must(!own, "AS13", at);
            }
        }
        if let Some(rule) = istio.get("destinationRule") {
            let document = self.named("DestinationRule", &rule["name"]);
            let subsets = document
                .map(|document| document["spec"]["subsets"].clone())
                .unwrap_or_default();
            let has = |key: &str| {
                subsets
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|subset| subset["name"] == rule[key])
            };
            self.must(
                has("stableSubsetName") && has("canarySubsetName"),
                "DestinationRule subsets",
                at,
            );
        }
        let backends = |document: &Value| -> Vec<Value> {
            let rules = document["spec"]["rules"].as_array().into_iter().flatten();
            let paths =
                rules.flat_map(|rule| rule["http"]["paths"].as_array().into_iter().flatten());
            let paths = paths.map(|path| path["backend"]["service"].clone());
            paths
                .chain([document["spec"]["defaultBackend"]["service"].clone()])
                .collect()
        };
        if let Some(nginx) = routing.get("nginx") {
            self.must(
                nginx["stableIngress"].is_string() && nginx.get("stableIngresses").is_none(),
                "NGINX xor",
                at,
            );
            if let Some(document) = self.named("Ingress", &nginx["stableIngress"]) {
                let leads = backends(document)
                    .iter()
                    .any(|service| service["name"] == *stable);
                self.must(leads, "Ingress leads to stableService", at);
            }
        }
        if let Some(alb) = routing.get("alb") {
            self.must(
                alb["ingress"].is_string() && alb.get("ingresses").is_none(),
                "ALB xor",
                at,
            );
            self.must(
                alb["servicePort"].as_u64().is_some_and(|port| port > 0),
                "ALB port",
                at,
            );
            if let Some(document) = self.named("Ingress", &alb["ingress"]) {
                let root = alb.get("rootService").unwrap_or(stable);
                let leads = backends(document).iter().any(|service| {
                    service["name"] == *root && service["port"]["name"] == "use-annotation"
                });
                self.must(leads, "Ingress leads to rootService", at);
                let key = format!(
                    "alb.ingress.kubernetes.io/actions.{}",
                    root.as_str().unwrap_or_default()
                );
                let action = document["metadata"]["annotations"][&key]
                    .as_str()
                    .unwrap_or_default();
                let action: Value = serde_json::from_str(action).unwrap_or_default();
                let groups = action["forwardConfig"]["targetGroups"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                let weights: Vec<Option<u64>> = groups
                    .iter()
                    .map(|group| group["weight"].as_u64())
                    .collect();
                self.must(weights == [Some(100), Some(0)], "ALB action", at);
            }
        }
        if let Some(plugin) = routing["plugins"].get("argoproj-labs/gatewayAPI") {
            let name = match plugin.get("httpRoute") {
                Some(name) => name,
                None => &plugin["httpRoutes"][0]["name"],
            };
            self.must(
                name.is_string() && plugin["namespace"].is_string(),
                "the plugin's route",
                at,
            );
            if let Some(document) = self.named("HTTPRoute", name) {
                let rules = document["spec"]["rules"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                let weights = rules.iter().any(|rule| {
                    let of = |service: &Value| {
                        let all = rule["backendRefs"].as_array().into_iter().flatten();
                        let found = all.into_iter().find(|backend| backend["name"] == *service);
                        found.and_then(|backend| backend["weight"].as_u64())
                    };
                    of(stable) == Some(100) && of(new) == Some(0)
                });
                self.must(weights, "HTTPRoute weights", at);
            }
        }
    }
}
