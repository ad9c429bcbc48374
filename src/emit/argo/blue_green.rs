//! Blue-green without a router: the selectors of two Services move.

use crate::model::{Action, Step};
use crate::source::Span;
use crate::units::Duration;

use super::Job;
use super::analysis::Templates;
use super::setup::Setup;
use super::yaml::{Yaml, map};

/// What surrounds the switch.
#[derive(Default)]
pub struct Phases {
    /// What has to pass before it.
    pub before: Option<Yaml>,
    /// Whether a person says yes, and where the plan says so.
    pub approval: Option<String>,
    /// How long the second stack stands before the switch, where nobody is asked.
    pub waits: Duration,
    /// What has to pass behind it.
    pub after: Option<Yaml>,
    /// From the switch until the old stack is scaled away.
    pub keeps: Duration,
}

/// Whether the plan is blue-green, and Services have to carry it.
pub fn wanted(job: &Job<'_>, setup: &Setup) -> bool {
    setup.router.is_none()
        && walked(job)
            .iter()
            .flat_map(|step| &step.actions)
            .any(|action| matches!(action.value, Action::Switch | Action::Preview(true)))
}

fn walked<'a>(job: &Job<'a>) -> &'a [Step] {
    job.plan
        .steps
        .get(job.walk.first..job.walk.end)
        .unwrap_or_default()
}

/// The phases of the plan.
pub fn phases(job: &mut Job<'_>, templates: &mut Templates) -> Phases {
    let mut phases = Phases::default();
    let steps = walked(job);
    let mut switched = false;
    let mut judged = [false, false];
    for step in steps {
        let switch = step
            .actions
            .iter()
            .find(|action| action.value == Action::Switch);
        for action in &step.actions {
            carried(job, &action.value, action.span);
        }
        let (own, now) = (switch.is_some(), switched);
        if let Some(approval) = &step.approval {
            match own && !now {
                true => phases.approval = Some(job.places.says(approval.span)),
                false => refuse(
                    job,
                    approval.span,
                    "wait for an approval anywhere but before the switch",
                ),
            }
        }
        if let Some(switch) = switch
            && now
        {
            refuse(job, switch.span, "switch twice");
        }
        switched |= own;
        let hold = step.hold.map_or(Duration::ZERO, |hold| hold.value);
        let (analysis, rest) = analysis(job, templates, step, hold, switched);
        let at = usize::from(switched);
        if analysis.is_some() && std::mem::replace(&mut judged[at], true) {
            refuse(job, step.line, "judge two steps on one side of the switch");
        }
        match (switched, analysis) {
            (true, analysis) => {
                phases.after = analysis.or(phases.after.take());
                phases.keeps = phases.keeps.plus(hold);
            }
            (false, analysis) => {
                phases.before = analysis.or(phases.before.take());
                phases.waits = phases.waits.plus(rest);
            }
        }
    }
    if let Some(says) = &phases.approval
        && phases.waits > Duration::ZERO
    {
        let (says, waits) = (says.clone(), phases.waits);
        job.output.note(format!(
            "{says}: not before the second stack has stood for {waits}; nothing but the person looks at the clock"
        ));
        phases.waits = Duration::ZERO;
    }
    phases
}

fn refuse(job: &mut Job<'_>, span: Span, what: &str) {
    let message = format!("Argo Rollouts cannot {what} without a router");
    job.refuse(
        span,
        message,
        "name the router in the target: `router istio \"NAME\"`; behind one this is a canary of its own steps",
    );
}

fn carried(job: &mut Job<'_>, action: &Action, span: Span) {
    match action {
        Action::Preview(true) | Action::Switch => {}
        Action::Weight(_) | Action::Split(_) | Action::Preview(false) => {
            refuse(job, span, "mix weights with a switch between two stacks");
        }
        Action::Retire(..) => {
            let help = "put it below `no return`";
            job.refuse(
                span,
                "the old stack is scaled away when the walk ends",
                help,
            );
        }
        _ => {}
    }
}

/// Jobs and gates of a step as one run, and what of the hold it does not cover.
fn analysis(
    job: &mut Job<'_>,
    templates: &mut Templates,
    step: &Step,
    hold: Duration,
    exposed: bool,
) -> (Option<Yaml>, Duration) {
    let mut rest = hold;
    let mut used = Vec::new();
    for run in &step.runs {
        if let Some(Yaml::Map(spec)) = templates.job(job, run) {
            used.extend(templates_of(spec));
        }
    }
    let watches = !step.watch.is_empty() || exposed && !job.plan.throughout.is_empty();
    if watches && hold > Duration::ZERO {
        if !used.is_empty() {
            job.output.note(format!(
                "step {}: its jobs and its gates start together",
                step.name.value
            ));
        }
        if let Some(judged) = templates.judged_hold(job, step, hold, exposed) {
            rest = judged.rest;
            if let Yaml::Map(spec) = judged.analysis {
                used.extend(templates_of(spec));
            }
        }
    }
    if used.is_empty() {
        return (None, rest);
    }
    let spec = map([("templates", Yaml::Seq(used))]);
    let mut says: Vec<String> = step
        .runs
        .iter()
        .map(|run| job.places.says(run.span))
        .collect();
    says.extend(
        step.watch_span
            .map(|watch| format!("hold {hold}, {}", job.places.says(watch))),
    );
    (Some(says.into_iter().rev().fold(spec, Yaml::noted)), rest)
}

fn templates_of(spec: Vec<(String, Yaml)>) -> Vec<Yaml> {
    let found = spec.into_iter().find(|(key, _)| key == "templates");
    match found {
        Some((_, Yaml::Seq(templates))) => templates,
        _ => Vec::new(),
    }
}
