//! Gates as AnalysisTemplates of Argo Rollouts.
//!
//! Every metric has a count, so a run ends by its own looks and never by being stopped, which Argo
//! would take for success though nothing was measured. A look passes only on exactly one number:
//! no series, several series and NaN fail.

use std::collections::BTreeMap;

use crate::model::{
    Gate, GateRule, Index, Limit, Outcome, Provider, ProviderKind, RunJob, Step, Then,
};
use crate::platform::looks::{Look, schedule, settle};
use crate::source::Span;
use crate::units::Duration;

use super::super::stages::job_spec;
use super::Job;
use super::go_time::go_time;
use super::names::label;
use super::query::{dedent, substitute};
use super::yaml::{Yaml, map};
use crate::emit::metadata::metadata;

/// The templates of a plan, by name; a run refers to them.
#[derive(Debug, Default)]
pub struct Templates {
    by_name: BTreeMap<String, (Vec<String>, Yaml)>,
}

/// What a look without a pass leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mode {
    /// Between `expect` and `fail`: stop and wait for a person.
    pause_between: bool,
    /// Between `expect` and `fail`: on.
    pass_between: bool,
    /// Without data: stop and wait for a person.
    pause_blind: bool,
}

impl Mode {
    fn of(step: &Step) -> Mode {
        let mut mode = Mode::default();
        for edge in &step.edges {
            match (edge.outcome, &edge.then) {
                (Outcome::Inconclusive, Then::Pause(_)) => mode.pause_between = true,
                (Outcome::Inconclusive, Then::Continue) => mode.pass_between = true,
                (Outcome::NoData, Then::Pause(_)) => mode.pause_blind = true,
                _ => {}
            }
        }
        mode
    }

    /// The mode that all steps of the walk agree on.
    fn of_all(job: &Job<'_>) -> Option<Mode> {
        let steps = job.plan.steps.get(job.walk.first..job.walk.end)?;
        let mut modes = steps.iter().map(Mode::of);
        let first = modes.next()?;
        modes.all(|mode| mode == first).then_some(first)
    }

    fn suffix(self) -> &'static str {
        match (self.pause_between, self.pass_between, self.pause_blind) {
            (false, false, false) => "",
            (true, _, false) => "asks",
            (false, true, false) => "lenient",
            (false, false, true) => "blind-asks",
            (true, _, true) => "all-ask",
            (false, true, true) => "lenient-blind-asks",
        }
    }
}

/// How a gate looks.
enum Looks {
    /// Round after round, and then it has passed.
    Rounds(Vec<Look>),
    /// As long as the walk goes on.
    ForEver {
        /// Before the first look.
        delay: Duration,
        /// Between looks.
        interval: Duration,
    },
}

/// A hold that is judged.
pub struct Judged {
    /// The run.
    pub analysis: Yaml,
    /// What is left of the hold behind it.
    pub rest: Duration,
}

/// The gates that judge a hold of a step.
fn watched(job: &Job<'_>, step: &Step, exposed: bool) -> Vec<Index> {
    let mut gates: Vec<Index> = step.watch.iter().map(|gate| gate.value).collect();
    let throughout = job.plan.throughout.iter().filter(|_| exposed);
    for gate in throughout {
        if !gates.contains(&gate.value) {
            gates.push(gate.value);
        }
    }
    gates
}

/// The gates that a run beside the steps can judge as the plan means it: those that tolerate
/// nothing, because such a run has no rounds to count in, and those that all steps answer the same.
pub fn background_gates(job: &Job<'_>) -> Vec<Index> {
    if Mode::of_all(job).is_none() {
        return Vec::new();
    }
    let strict = |gate: &Index| {
        let gate = job.model.gates.get(*gate);
        gate.is_some_and(|gate| gate.tolerate.is_none_or(|tolerate| tolerate.value == 0))
    };
    let gates = job.plan.throughout.iter().map(|gate| gate.value);
    gates.filter(strict).collect()
}

/// From the start of a run to the last look of it.
fn length(run: &[Look]) -> Duration {
    let ends = run.iter().map(|look| {
        look.delay
            .plus(look.interval.times(look.count.saturating_sub(1)))
    });
    ends.max().unwrap_or(Duration::ZERO)
}

fn interval(gate: &Gate) -> Duration {
    let own = gate.interval.map(|time| time.value);
    own.filter(|time| *time > Duration::ZERO)
        .unwrap_or(Duration::from_secs(60))
}

/// Where the gate's provider is asked.
fn address(job: &mut Job<'_>, gate: &Gate) -> Option<String> {
    match provider(job, gate) {
        Some(provider) if provider.kind == Some(ProviderKind::Prometheus) => {
            if let Some(address) = &provider.address {
                plain(job, &address.value, address.span);
                return Some(address.value.clone());
            }
            job.refuse(
                provider.name.span,
                "the provider has no address",
                "write `address \"http://...\"` in it",
            );
        }
        Some(provider) => job.not_yet(provider.name.span, "a gate of this provider"),
        None => job.refuse(
            gate.name.span,
            "the gate has no provider to ask",
            "declare `provider prometheus { address \"...\" }`",
        ),
    }
    None
}

impl Templates {
    /// The documents in the order of their names.
    pub fn documents(&self) -> Vec<(Vec<String>, Yaml)> {
        self.by_name.values().cloned().collect()
    }

    /// The run that judges a hold: all rounds of all gates, each round a metric of its own that
    /// starts when the one before has ended, because what is tolerated counts in each.
    pub fn judged_hold(
        &mut self,
        job: &mut Job<'_>,
        step: &Step,
        hold: Duration,
        exposed: bool,
    ) -> Option<Judged> {
        let model = job.model;
        let gates: Vec<(&Gate, Duration)> = watched(job, step, exposed)
            .into_iter()
            .filter_map(|gate| model.gates.get(gate))
            .map(|gate| (gate, settle(gate, provider(job, gate))))
            .collect();
        let schedule = schedule(hold, &gates);
        if schedule.merged {
            job.output.note(format!(
                "step {}: {} rounds are judged in {} runs; what is tolerated in a round is tolerated \
                 in a run, so this is stricter than the plan",
                step.name.value,
                schedule.rounds,
                schedule.runs.len(),
            ));
        }
        let mode = Mode::of(step);
        if mode.pause_between || mode.pause_blind {
            job.output.note(format!(
                "step {}: who goes on where Argo Rollouts has stopped, passes over the looks that were left of the hold",
                step.name.value,
            ));
        }
        let mut templates = Vec::new();
        for (at, (gate, _)) in gates.iter().enumerate() {
            // a run begins when the longest look of the run before has been taken
            let mut begins = Duration::ZERO;
            let mut looks = Vec::new();
            for run in &schedule.runs {
                if let Some(look) = run.get(at) {
                    looks.push(Look {
                        delay: begins.plus(look.delay),
                        ..*look
                    });
                }
                begins = begins.plus(length(run));
            }
            let name = [&*gate.name.value, &*go_time(hold), mode.suffix()];
            if let Some(name) = self.template(job, gate, &name, Looks::Rounds(looks), mode) {
                templates.push(map([("templateName", Yaml::text(name))]));
            }
        }
        if templates.is_empty() {
            return None;
        }
        Some(Judged {
            analysis: map([("templates", Yaml::Seq(templates))]),
            rest: schedule.rest,
        })
    }

    /// The run beside the steps, from the step `starts` on: it looks between the legs too, where
    /// approvals are waited for. What a run that has not looked yet says is worth nothing, so every
    /// leg is judged on its own as well.
    pub fn background(&mut self, job: &mut Job<'_>, starts: usize) -> Option<Yaml> {
        let model = job.model;
        let gates = background_gates(job);
        let mode = Mode::of_all(job)?;
        let mut templates = Vec::new();
        for gate in gates.iter().filter_map(|gate| model.gates.get(*gate)) {
            let delay = settle(gate, provider(job, gate));
            let interval = interval(gate);
            let name = [&*gate.name.value, "throughout", mode.suffix()];
            let looks = Looks::ForEver { delay, interval };
            if let Some(name) = self.template(job, gate, &name, looks, mode) {
                templates.push(map([("templateName", Yaml::text(name))]));
            }
        }
        if templates.is_empty() {
            return None;
        }
        let background = map([
            ("templates", Yaml::Seq(templates)),
            ("startingStep", Yaml::count(starts as u64)),
        ]);
        let says = job
            .plan
            .throughout
            .first()
            .map(|gate| job.places.at(gate.span));
        Some(match says {
            Some(place) => background.noted(format!(
                "{place}: watched throughout, while approvals are waited for too"
            )),
            None => background,
        })
    }

    /// The template of a gate with these looks.
    fn template(
        &mut self,
        job: &mut Job<'_>,
        gate: &Gate,
        name: &[&str],
        looks: Looks,
        mode: Mode,
    ) -> Option<String> {
        let place = gate.name.span;
        let address = address(job, gate)?;
        let (query, success, failure) = measure(job, gate, mode)?;
        let metric = |name: String| map([("name", Yaml::text(name))]);
        let judged = |mut metric: Yaml, tolerate: u64| {
            metric.set("failureLimit", Yaml::count(tolerate));
            metric.set("successCondition", Yaml::text(&*success));
            if let Some(failure) = &failure {
                metric.set("failureCondition", Yaml::text(&**failure));
            }
            let prometheus = map([
                ("address", Yaml::text(&*address)),
                ("query", Yaml::text(&*query)),
            ]);
            metric.set("provider", map([("prometheus", prometheus)]));
            metric
        };
        let metrics = match &looks {
            Looks::ForEver { delay, interval } => {
                let mut metric = metric(format!("{}.throughout", gate.name.value));
                metric.set("initialDelay", Yaml::text(go_time(*delay)));
                metric.set("interval", Yaml::text(go_time(*interval)));
                vec![judged(metric, 0)]
            }
            Looks::Rounds(looks) => {
                let several = looks.len() > 1;
                let one = |(at, look): (usize, &Look)| {
                    let mut metric = metric(match several {
                        true => format!("{}.{}", gate.name.value, at + 1),
                        false => gate.name.value.clone(),
                    });
                    metric.set("initialDelay", Yaml::text(go_time(look.delay)));
                    metric.set("count", Yaml::count(look.count));
                    if look.count > 1 {
                        metric.set("interval", Yaml::text(go_time(look.interval)));
                    }
                    judged(metric, look.tolerate)
                };
                looks.iter().enumerate().map(one).collect()
            }
        };
        let spec = map([("metrics", Yaml::Seq(metrics))]);
        let mut comments = vec![format!(
            "gate {} ({})",
            gate.name.value,
            job.places.at(place)
        )];
        if let Some(expect) = &gate.expect {
            comments.push(job.places.says(expect.span));
        }
        Some(self.named(job, name, comments, spec))
    }

    /// Keeps a template under a name of its own, or gives the name of the one that is the same.
    fn named(&mut self, job: &Job<'_>, name: &[&str], comments: Vec<String>, spec: Yaml) -> String {
        let plan = [job.plan.name.value.as_str()];
        let mut number = 1;
        loop {
            let behind = match number {
                1 => String::new(),
                number => number.to_string(),
            };
            let parts = plan.iter().chain(name).copied().chain([behind.as_str()]);
            let name = label(parts);
            let document = map([
                ("apiVersion", Yaml::text("argoproj.io/v1alpha1")),
                ("kind", Yaml::text("AnalysisTemplate")),
                ("metadata", metadata(job, &name)),
                ("spec", spec.clone()),
            ]);
            match self.by_name.get(&name) {
                Some((_, known)) if *known == document => return name,
                Some(_) => number += 1,
                None => {
                    self.by_name.insert(name.clone(), (comments, document));
                    return name;
                }
            }
        }
    }

    /// The run of a job, which passes when the job does.
    pub fn job(&mut self, job: &mut Job<'_>, run: &RunJob) -> Option<Yaml> {
        let image = run.image.as_ref()?;
        plain(job, &image.value, image.span);
        let retries = run.retries.map_or(0, |retries| retries.value);
        let spec = job_spec(&label([&*run.name.value]), &image.value, &[], retries, None);
        let metric = map([
            (
                "name",
                Yaml::text(format!("run.{}", label([&*run.name.value]))),
            ),
            ("count", Yaml::Int(1)),
            ("failureLimit", Yaml::Int(0)),
            ("provider", map([("job", map([("spec", spec)]))])),
        ]);
        let spec = map([("metrics", Yaml::Seq(vec![metric]))]);
        let comments = vec![job.places.says(run.span)];
        let name = self.named(job, &["run", &run.name.value], comments, spec);
        let templates = Yaml::Seq(vec![map([("templateName", Yaml::text(name))])]);
        Some(map([("templates", templates)]))
    }
}

/// `pause` for that long.
pub fn pause(time: Duration) -> Yaml {
    map([("pause", map([("duration", Yaml::text(go_time(time)))]))])
}

fn provider<'a>(job: &Job<'a>, gate: &Gate) -> Option<&'a Provider> {
    job.model.providers.get(gate.provider?)
}

/// Braces in a template are arguments of Argo Rollouts, which it does not find: they are refused.
fn plain(job: &mut Job<'_>, text: &str, span: Span) -> bool {
    let plain = !text.contains("{{") && !text.contains("}}");
    if !plain {
        job.refuse(
            span,
            "Argo Rollouts takes `{{` and `}}` in an analysis for an argument of its own",
            "write it without `{{` and `}}`, in a query for example with a pattern: `=~\"[{].*\"`",
        );
    }
    plain
}

/// Query, condition of success, and condition of failure where that is not simply its opposite.
fn measure(job: &mut Job<'_>, gate: &Gate, mode: Mode) -> Option<(String, String, Option<String>)> {
    let (Some(query), Some(expect)) = (&gate.query, &gate.expect) else {
        job.refuse(
            gate.name.span,
            "the gate has no query or no `expect`",
            "write both",
        );
        return None;
    };
    if !plain(job, &query.value, query.span) {
        return None;
    }
    let text = dedent(&query.value);
    // both fit into any quoted text, as the setup has made sure
    let (service, new) = (&job.service.name.value, &job.roll.to_id.value);
    let own = substitute(&text, service, new);
    let baselines = |rule: &GateRule| matches!(rule.limit.value, Limit::Baseline(_));
    let (query, success, fails) = match (expect.limit.value, &gate.fail) {
        (Limit::Baseline(factor), None) => {
            let old = substitute(&text, service, &job.roll.from_id.value);
            job.output.note(format!(
                "gate {}: Argo Rollouts compares two points and not two samples, so a few errors more in \
                 little traffic can fail it, and a small difference in much traffic passes",
                gate.name.value,
            ));
            // equal to the baseline is not above it, also where both are nothing
            let op = match expect.op.symbol() {
                "<" => "<=",
                ">" => ">=",
                "=" => "==",
                same => same,
            };
            let query = format!("(\n{own}\n) - {factor} * (\n{old}\n)");
            (query, format!("result[0] {op} 0"), None)
        }
        (_, fail) if !baselines(expect) && fail.as_ref().is_none_or(|fail| !baselines(fail)) => {
            let success = condition(expect);
            (own, success, fail.as_ref().map(condition))
        }
        _ => {
            job.not_yet(
                expect.span,
                "a gate that compares with the baseline and with something else",
            );
            return None;
        }
    };
    // without `fail` nothing lies between
    let given = fails.is_some();
    const MEASURED: &str = "len(result) == 1 && !isNaN(result[0])";
    let passes = format!("{MEASURED} && {success}");
    let fails = match (&fails, mode.pass_between) {
        // between the two counts as passed
        (Some(fails), true) => format!("({fails})"),
        // between the two is neither, and Argo stops there
        (Some(fails), false) if mode.pause_between => format!("({fails})"),
        _ => format!("!({success})"),
    };
    let success = match mode.pass_between && given {
        true => format!("{MEASURED} && !{fails}"),
        false if mode.pause_between && given => format!("{passes} && !{fails}"),
        false => passes,
    };
    let failure = match (mode.pause_blind, mode.pause_between && given) {
        (true, _) => Some(format!("{MEASURED} && {fails}")),
        (false, true) => Some(format!("len(result) != 1 || isNaN(result[0]) || {fails}")),
        (false, false) => None,
    };
    Some((query, success, failure))
}

/// `result[0] < 0.01`
fn condition(rule: &GateRule) -> String {
    let op = if rule.op.symbol() == "=" {
        "=="
    } else {
        rule.op.symbol()
    };
    let limit = rule.limit.value.as_number().unwrap_or(0.0);
    format!("result[0] {op} {limit}")
}
