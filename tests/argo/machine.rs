//! A model of Argo Rollouts' step machine, written from what its source was read to do and from
//! nothing of the emitter. It reads a Rollout with its AnalysisTemplates and walks it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::argo_rules::seconds;
use super::expression::holds;

/// What is live.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// The share of the new version in percent.
    pub weight: u64,
    /// Its pods.
    pub pods: u64,
    /// Headers and values that go to it.
    pub headers: BTreeSet<(String, BTreeSet<String>)>,
    /// The share of requests that are copied.
    pub mirror: u64,
}

/// What happens, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A person has to say yes.
    Asks,
    /// A job has to succeed: its image.
    Job(String),
    /// Nothing moves for so many seconds, and these gates judge.
    Stays {
        live: Live,
        seconds: u64,
        gates: BTreeSet<String>,
        runs: Vec<Metric>,
    },
}

/// A metric of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// The gate.
    pub gate: String,
    /// From the start of the run to its first look.
    pub delay: u64,
    /// Its looks; none means without end.
    pub count: Option<u64>,
    /// Between looks.
    pub interval: u64,
    /// Failures that are let go.
    pub failures: u64,
    /// When a look passes.
    pub success: Option<String>,
    /// When it fails.
    pub failure: Option<String>,
    /// What is asked.
    pub query: String,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// On.
    Passed,
    /// Back, at this second.
    Failed(u64),
    /// Stop, and a person decides, at this second.
    Unsure(u64),
}

/// The Rollout of a folder.
pub struct Machine<'a> {
    documents: &'a [(String, Value)],
    spec: &'a Value,
}

impl<'a> Machine<'a> {
    pub fn of(documents: &'a [(String, Value)]) -> Machine<'a> {
        let (_, rollout) = documents
            .iter()
            .find(|(_, document)| document["kind"] == "Rollout")
            .expect("a Rollout");
        Machine {
            documents,
            spec: &rollout["spec"],
        }
    }

    pub fn replicas(&self) -> u64 {
        self.spec["replicas"].as_u64().unwrap_or(1)
    }

    /// Whether Services and not a router move the traffic.
    pub fn is_blue_green(&self) -> bool {
        self.spec["strategy"]["blueGreen"].is_object()
    }

    /// How long the old version is kept when the walk has ended.
    pub fn keeps(&self) -> Option<u64> {
        let strategy = match self.is_blue_green() {
            true => &self.spec["strategy"]["blueGreen"],
            false => &self.spec["strategy"]["canary"],
        };
        strategy["scaleDownDelaySeconds"].as_u64()
    }

    /// The walk when everything passes.
    pub fn walk(&self) -> Vec<Event> {
        match self.is_blue_green() {
            true => self.switch(),
            false => self.steps(None),
        }
    }

    /// What is live when the run beside the steps starts, and its metrics.
    pub fn background(&self) -> Option<(Live, Vec<Metric>)> {
        let analysis = self.spec["strategy"]["canary"].get("analysis")?;
        let at = analysis["startingStep"].as_u64().unwrap_or(0);
        let mut live = Live::default();
        let mut scale = Scale::Weight;
        let steps = self.spec["strategy"]["canary"]["steps"].as_array()?;
        let mut routes = BTreeMap::new();
        for step in steps.iter().take(at as usize) {
            self.change(step, &mut live, &mut scale, &mut routes);
        }
        Some((live, self.metrics(analysis)))
    }

    fn steps(&self, until: Option<usize>) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        let mut live = Live::default();
        let mut scale = Scale::Weight;
        let mut routes = BTreeMap::new();
        let steps = self.spec["strategy"]["canary"]["steps"].as_array();
        let mut moved = true;
        for step in steps
            .into_iter()
            .flatten()
            .take(until.unwrap_or(usize::MAX))
        {
            if self.change(step, &mut live, &mut scale, &mut routes) {
                moved = true;
                continue;
            }
            if let Some(pause) = step.get("pause") {
                let Some(time) = pause.get("duration") else {
                    events.push(Event::Asks);
                    continue;
                };
                let time = seconds(time.as_str().expect("a text"));
                // the rest of a hold that was judged
                if let (Some(Event::Stays { seconds, .. }), false) = (events.last_mut(), moved) {
                    *seconds += time;
                } else {
                    events.push(Event::Stays {
                        live: live.clone(),
                        seconds: time,
                        gates: BTreeSet::new(),
                        runs: Vec::new(),
                    });
                }
                moved = false;
                continue;
            }
            let analysis = step.get("analysis").expect("a step that is known");
            self.analysis(analysis, &live, &mut events);
            moved = false;
        }
        events
    }

    /// A run as events: its jobs, and its looks.
    fn analysis(&self, analysis: &Value, live: &Live, events: &mut Vec<Event>) {
        events.extend(self.jobs(analysis).into_iter().map(Event::Job));
        let runs = self.metrics(analysis);
        if runs.is_empty() {
            return;
        }
        events.push(Event::Stays {
            live: live.clone(),
            seconds: runs.iter().map(Metric::last).max().unwrap_or(0),
            gates: runs.iter().map(|metric| metric.gate.clone()).collect(),
            runs,
        });
    }

    fn change(
        &self,
        step: &Value,
        live: &mut Live,
        scale: &mut Scale,
        routes: &mut BTreeMap<String, (String, BTreeSet<String>)>,
    ) -> bool {
        if let Some(weight) = step.get("setWeight") {
            live.weight = weight.as_u64().expect("whole");
        } else if let Some(size) = step.get("setCanaryScale") {
            *scale = match (size["replicas"].as_u64(), size["weight"].as_u64()) {
                (Some(count), _) => Scale::Count(count),
                (_, Some(share)) => Scale::Share(share),
                _ => Scale::Weight,
            };
        } else if let Some(route) = step.get("setHeaderRoute") {
            let name = route["name"].as_str().expect("a name").to_string();
            match route["match"].as_array().map(Vec::as_slice) {
                None => drop(routes.remove(&name)),
                Some([only]) => {
                    let header = only["headerName"].as_str().expect("a name").to_string();
                    routes.insert(name, (header, values(&only["headerValue"])));
                }
                Some(_) => panic!("headers that have to come together: {route}"),
            }
        } else if let Some(route) = step.get("setMirrorRoute") {
            live.mirror = match route.get("match") {
                None => 0,
                Some(_) => route["percentage"].as_u64().unwrap_or(100),
            };
        } else {
            return false;
        }
        let whole = self.replicas();
        live.pods = match scale {
            Scale::Weight => (whole * live.weight).div_ceil(100),
            Scale::Count(count) => *count,
            Scale::Share(share) => (whole * *share).div_ceil(100),
        };
        live.headers = routes.values().cloned().collect();
        true
    }

    /// Blue-green in the order that the documentation gives.
    fn switch(&self) -> Vec<Event> {
        let strategy = &self.spec["strategy"]["blueGreen"];
        let whole = strategy["previewReplicaCount"].as_u64();
        let whole = whole.unwrap_or(self.replicas());
        let mut live = Live {
            pods: whole,
            ..Live::default()
        };
        let mut events = Vec::new();
        if let Some(analysis) = strategy.get("prePromotionAnalysis") {
            self.analysis(analysis, &live, &mut events);
        }
        if strategy["autoPromotionEnabled"] == false {
            events.push(Event::Asks);
        } else if let (Some(Event::Stays { seconds, .. }), Some(waits)) =
            (events.last_mut(), strategy["autoPromotionSeconds"].as_u64())
        {
            *seconds += waits;
        } else if let Some(waits) = strategy["autoPromotionSeconds"].as_u64() {
            events.push(Event::Stays {
                live: live.clone(),
                seconds: waits,
                gates: BTreeSet::new(),
                runs: Vec::new(),
            });
        }
        live.weight = 100;
        live.pods = self.replicas();
        if let Some(analysis) = strategy.get("postPromotionAnalysis") {
            self.analysis(analysis, &live, &mut events);
        }
        events
    }

    fn templates(&self, analysis: &Value) -> Vec<&'a Value> {
        let names = analysis["templates"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        names
            .iter()
            .map(|used| {
                let named = |document: &Value| {
                    document["kind"] == "AnalysisTemplate"
                        && document["metadata"]["name"] == used["templateName"]
                };
                let found = self.documents.iter().find(|(_, document)| named(document));
                &found.expect("the template is there").1["spec"]
            })
            .collect()
    }

    fn jobs(&self, analysis: &Value) -> Vec<String> {
        let all = self.templates(analysis).into_iter();
        let metrics = all.flat_map(|spec| spec["metrics"].as_array().into_iter().flatten());
        metrics
            .filter_map(|metric| {
                let pod = &metric["provider"]["job"]["spec"]["template"]["spec"];
                pod["containers"][0]["image"].as_str().map(String::from)
            })
            .collect()
    }

    fn metrics(&self, analysis: &Value) -> Vec<Metric> {
        let all = self.templates(analysis).into_iter();
        let metrics = all.flat_map(|spec| spec["metrics"].as_array().into_iter().flatten());
        metrics
            .filter(|metric| metric["provider"].get("job").is_none())
            .map(|metric| {
                let time = |key: &str| metric[key].as_str().map_or(0, seconds);
                let text = |key: &str| metric[key].as_str().map(String::from);
                let name = metric["name"].as_str().expect("a name");
                Metric {
                    gate: name.split('.').next().unwrap_or(name).to_string(),
                    delay: time("initialDelay"),
                    count: metric["count"].as_u64(),
                    interval: time("interval"),
                    failures: metric["failureLimit"].as_u64().unwrap_or(0),
                    success: text("successCondition"),
                    failure: text("failureCondition"),
                    query: metric["provider"]["prometheus"]["query"]
                        .as_str()
                        .unwrap_or_default()
                        .to_string(),
                }
            })
            .collect()
    }
}

enum Scale {
    Weight,
    Count(u64),
    Share(u64),
}

/// The values that a header match takes.
fn values(how: &Value) -> BTreeSet<String> {
    if let Some(exact) = how["exact"].as_str() {
        return BTreeSet::from([exact.to_string()]);
    }
    let pattern = how["regex"].as_str().expect("exact or regex");
    let inner = pattern
        .strip_prefix("^(")
        .and_then(|rest| rest.strip_suffix(")$"))
        .expect("the whole header");
    inner
        .split('|')
        .map(|value| value.replace('\\', ""))
        .collect()
}

impl Metric {
    /// The seconds of its looks.
    pub fn looks(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.count.unwrap_or(1)).map(|look| self.delay + look * self.interval)
    }

    /// The second of its last look.
    pub fn last(&self) -> u64 {
        self.looks().last().unwrap_or(self.delay)
    }

    /// What becomes of the metric when `answer` is what the provider says at a second: the failures
    /// beyond the limit, and one look that is neither.
    fn verdict(&self, answer: &dyn Fn(&Metric, u64) -> Vec<f64>) -> Verdict {
        let mut failures = 0;
        for second in self.looks() {
            let result = answer(self, second);
            let ask = |condition: &Option<String>| {
                let text = condition.as_deref();
                text.map(|text| {
                    holds(text, &result).unwrap_or_else(|error| panic!("{error}: {text}"))
                })
            };
            let (failed, passed) = match (ask(&self.failure), ask(&self.success)) {
                (Some(failed), Some(passed)) => (failed, passed && !failed),
                (Some(failed), None) => (failed, !failed),
                (None, Some(passed)) => (!passed, passed),
                (None, None) => (false, true),
            };
            if failed {
                failures += 1;
                if failures > self.failures {
                    return Verdict::Failed(second);
                }
            } else if !passed {
                return Verdict::Unsure(second);
            }
        }
        Verdict::Passed
    }
}

/// The end of a run: its metrics end one another, the earliest decides.
pub fn judge(runs: &[Metric], answer: &dyn Fn(&Metric, u64) -> Vec<f64>) -> Verdict {
    let at = |verdict: &Verdict| match verdict {
        Verdict::Passed => (u64::MAX, 2),
        Verdict::Failed(second) => (*second, 0),
        Verdict::Unsure(second) => (*second, 1),
    };
    let verdicts = runs.iter().map(|metric| metric.verdict(answer));
    verdicts.min_by_key(at).unwrap_or(Verdict::Passed)
}
