//! Gates as AnalysisTemplates of Argo Rollouts.
//!
//! Every metric has a count, so a run ends by its own looks and never by being stopped, which Argo
//! would take for success though nothing was measured. A look passes only on exactly one number:
//! no series, several series and NaN fail.

use std::collections::BTreeMap;

use crate::model::{Gate, GateRule, Limit, Outcome, Provider, ProviderKind, RunJob, Step, Then};
use crate::platform::looks::{Look, schedule, settle};
use crate::source::Span;

use super::Job;
use super::go_time::go_time;
use super::names::label;
use super::query::{dedent, substitute};
use super::stages::job_spec;
use super::yaml::{Yaml, map};

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

impl Templates {
    /// The documents in the order of their names.
    pub fn documents(&self) -> Vec<(Vec<String>, Yaml)> {
        self.by_name.values().cloned().collect()
    }

    /// The steps that judge a hold of a leg, and the pause behind them.
    pub fn judged_hold(
        &mut self,
        job: &mut Job<'_>,
        step: &Step,
        hold: crate::units::Duration,
    ) -> Vec<Yaml> {
        let mut watched = step.watch.clone();
        for gate in &job.plan.throughout {
            if watched.iter().all(|known| known.value != gate.value) {
                watched.push(*gate);
            }
        }
        let model = job.model;
        let gates: Vec<(&Gate, crate::units::Duration)> = watched
            .iter()
            .filter_map(|gate| model.gates.get(gate.value))
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
        let mut steps = Vec::new();
        for looks in &schedule.runs {
            let mut templates = Vec::new();
            for ((gate, _), look) in gates.iter().zip(looks) {
                if let Some(name) = self.template(job, gate, look, mode) {
                    templates.push(map([("templateName", Yaml::text(name))]));
                }
            }
            if !templates.is_empty() {
                let args = vec![
                    argument("service", &job.service.name.value),
                    argument("version", &job.roll.to_id.value),
                    argument("baseline", &job.roll.from_id.value),
                ];
                let analysis = map([
                    ("templates", Yaml::Seq(templates)),
                    ("args", Yaml::Seq(args)),
                ]);
                steps.push(map([("analysis", analysis)]));
            }
        }
        if schedule.rest.secs() > 0 {
            steps.push(pause(schedule.rest));
        }
        steps
    }

    /// The template of a gate with these looks.
    fn template(
        &mut self,
        job: &mut Job<'_>,
        gate: &Gate,
        look: &Look,
        mode: Mode,
    ) -> Option<String> {
        let place = gate.name.span;
        let provider = provider(job, gate);
        let address = match provider {
            Some(Provider {
                kind: Some(ProviderKind::Prometheus),
                address: Some(address),
                ..
            }) => address,
            Some(provider) if provider.kind == Some(ProviderKind::Prometheus) => {
                job.refuse(
                    provider.name.span,
                    "the provider has no address",
                    "write `address \"http://...\"` in it",
                );
                return None;
            }
            Some(provider) => {
                job.not_yet(provider.name.span, "a gate of this provider");
                return None;
            }
            None => {
                job.refuse(
                    place,
                    "the gate has no provider to ask",
                    "declare `provider prometheus { address \"...\" }`",
                );
                return None;
            }
        };
        let (query, success, failure) = measure(job, gate, mode)?;
        let count = look.count.to_string();
        let first = if look.first { "first" } else { "" };
        let name = label([
            &*job.plan.name.value,
            &gate.name.value,
            &count,
            mode.suffix(),
            first,
        ]);
        let mut metric = map([
            ("name", Yaml::text(&*gate.name.value)),
            ("initialDelay", Yaml::text(go_time(look.delay))),
            ("count", Yaml::count(look.count)),
        ]);
        if look.count > 1 {
            metric.set("interval", Yaml::text(go_time(look.interval)));
        }
        metric.set("failureLimit", Yaml::count(look.tolerate));
        metric.set("successCondition", Yaml::text(success));
        if let Some(failure) = failure {
            metric.set("failureCondition", Yaml::text(failure));
        }
        let used = |name: &&str| query.contains(&format!("{{{{args.{name}}}}}"));
        let args = ["service", "version", "baseline"].into_iter().filter(used);
        let args: Vec<Yaml> = args.map(|name| map([("name", Yaml::text(name))])).collect();
        let prometheus = map([
            ("address", Yaml::text(&*address.value)),
            ("query", Yaml::text(query)),
        ]);
        metric.set("provider", map([("prometheus", prometheus)]));
        let mut spec = map([]);
        if !args.is_empty() {
            spec.set("args", Yaml::Seq(args));
        }
        spec.set("metrics", Yaml::Seq(vec![metric]));
        let document = map([
            ("apiVersion", Yaml::text("argoproj.io/v1alpha1")),
            ("kind", Yaml::text("AnalysisTemplate")),
            ("metadata", super::argo_rollouts::metadata(job, &name)),
            ("spec", spec),
        ]);
        let mut comments = vec![format!(
            "gate {} ({})",
            gate.name.value,
            job.places.at(place)
        )];
        if let Some(expect) = &gate.expect {
            comments.push(job.places.says(expect.span));
        }
        self.by_name
            .entry(name.clone())
            .or_insert((comments, document));
        Some(name)
    }

    /// The step that runs a job.
    pub fn job(&mut self, job: &Job<'_>, run: &RunJob) -> Option<Yaml> {
        let image = run.image.as_ref()?;
        let name = label([&*job.plan.name.value, "run", &run.name.value]);
        let retries = run.retries.map_or(0, |retries| retries.value);
        let spec = job_spec(&label([&*run.name.value]), &image.value, &[], retries, None);
        let metric = map([
            ("name", Yaml::text(&*run.name.value)),
            ("count", Yaml::Int(1)),
            ("failureLimit", Yaml::Int(0)),
            ("provider", map([("job", map([("spec", spec)]))])),
        ]);
        let document = map([
            ("apiVersion", Yaml::text("argoproj.io/v1alpha1")),
            ("kind", Yaml::text("AnalysisTemplate")),
            ("metadata", super::argo_rollouts::metadata(job, &name)),
            ("spec", map([("metrics", Yaml::Seq(vec![metric]))])),
        ]);
        let comments = vec![job.places.says(run.span)];
        self.by_name.insert(name.clone(), (comments, document));
        let templates = Yaml::Seq(vec![map([("templateName", Yaml::text(name))])]);
        Some(map([("analysis", map([("templates", templates)]))]))
    }
}

/// `pause` for that long.
pub fn pause(time: crate::units::Duration) -> Yaml {
    map([("pause", map([("duration", Yaml::text(go_time(time)))]))])
}

fn argument(name: &str, value: &str) -> Yaml {
    map([("name", Yaml::text(name)), ("value", Yaml::text(value))])
}

fn provider<'a>(job: &Job<'a>, gate: &Gate) -> Option<&'a Provider> {
    job.model.providers.get(gate.provider?)
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
    if query.value.contains("{{") || query.value.contains("}}") {
        let help =
            "write the query without `{{` and `}}`, for example with a pattern: `=~\"[{].*\"`";
        job.refuse(
            query.span,
            "Argo Rollouts takes `{{` and `}}` in a query for an argument of its own",
            help,
        );
        return None;
    }
    let text = dedent(&query.value);
    let own = substitute(&text, "{{args.service}}", "{{args.version}}");
    let baselines = |rule: &GateRule| matches!(rule.limit.value, Limit::Baseline(_));
    let (query, success, fails) = match (expect.limit.value, &gate.fail) {
        (Limit::Baseline(factor), None) => {
            let old = substitute(&text, "{{args.service}}", "{{args.baseline}}");
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
    const MEASURED: &str = "len(result) == 1 && !isNaN(result[0])";
    let passes = format!("{MEASURED} && {success}");
    let fails = match (&fails, mode.pass_between) {
        // between the two counts as passed
        (Some(fails), true) => format!("({fails})"),
        // between the two is neither, and Argo stops there
        (Some(fails), false) if mode.pause_between => format!("({fails})"),
        _ => format!("!({success})"),
    };
    let success = match mode.pass_between {
        true => format!("{MEASURED} && !{fails}"),
        false if mode.pause_between => format!("{passes} && !{fails}"),
        false => passes,
    };
    let failure = match (mode.pause_blind, mode.pause_between) {
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

/// The statement of a gate that is watched, for a comment.
pub fn watch_place(job: &Job<'_>, span: Option<Span>) -> Option<String> {
    span.map(|span| job.places.says(span))
}
