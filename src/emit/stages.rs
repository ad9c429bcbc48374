//! What stands before the first exposure and below `no return`: acts of their own, started by
//! somebody or something before and after the walk.

use crate::model::{Action, Leg, RunJob, Runs, Step};
use crate::platform::{Walker, platform};
use crate::source::Span;
use crate::units::Duration;

use super::Job;
use super::go_time::go_time;
use super::names::{label, part};
use super::runbook::{Act, command};
use super::yaml::{Yaml, map};

/// How a stage's jobs are started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// As Kubernetes Jobs.
    Kubernetes,
    /// As commands of whoever runs the stage.
    Shell,
}

/// A job of a stage.
struct Task {
    name: String,
    title: String,
    span: Span,
    image: Option<String>,
    command: Option<String>,
    env: Vec<(&'static str, String)>,
    retries: u64,
    deadline: Option<Duration>,
    missing: &'static str,
}

/// Writes the steps `from..to` into the folder `stage`; returns what a shell would run.
pub fn emit(job: &mut Job<'_>, stage: &str, from: usize, to: usize, runner: Runner) {
    let plan = job.plan;
    let mut number = 0;
    for step in plan.steps.get(from..to).unwrap_or_default() {
        let mut act = Act {
            title: format!("{stage}: {}", step.name.value),
            place: job.places.at(step.line),
            ..Act::default()
        };
        entry(job, step, &mut act);
        for task in tasks(job, step) {
            number += 10;
            one(job, stage, number, &task, runner, &mut act);
        }
        for action in &step.actions {
            if let Action::Retire(version, _) = &action.value {
                let engine = job
                    .target
                    .kind
                    .is_some_and(|kind| platform(kind.value).walker == Walker::Engine);
                let when = if engine {
                    "is scaled away when the walk ends"
                } else {
                    "is stopped by you"
                };
                act.notes.push(format!(
                    "{}: {} {when}; from then on going back is a cold start",
                    job.places.at(action.span),
                    version.value,
                ));
            }
        }
        if let Some(hold) = &step.hold {
            let gates = watched(job, step);
            let gates = if gates.is_empty() {
                String::new()
            } else {
                format!(" and look at {gates}")
            };
            act.notes
                .push(format!("then stay for {}{gates}", hold.value));
        }
        let moves = |action: &crate::source::Spanned<Action>| {
            matches!(action.value, Action::Migrate(..) | Action::Backfill(..))
        };
        if stage.starts_with('9') {
            act.notes
                .push("this stands below no return: what it does is not taken back".into());
        } else if step.actions.iter().any(moves) {
            act.notes
                .push("on the way back the schema stays where it is".into());
        }
        job.acts.push(act);
    }
}

/// The names of the gates that a step watches.
pub fn watched(job: &Job<'_>, step: &Step) -> String {
    let names: Vec<&str> = step
        .watch
        .iter()
        .chain(&job.plan.throughout)
        .filter_map(|gate| job.model.gates.get(gate.value))
        .map(|gate| gate.name.value.as_str())
        .collect();
    names.join(", ")
}

/// What a leg waits for, how long it stays, who judges it, and what follows when a gate does not
/// pass.
pub fn around(job: &Job<'_>, leg: &Leg, step: &Step) -> Vec<String> {
    let mut notes = Vec::new();
    if leg.number == 0 {
        for after in &step.after {
            notes.push(format!(
                "start when {} has passed",
                job.places.says(after.span)
            ));
        }
        if let Some(approval) = &step.approval {
            let limit = approval.limit.map_or(String::new(), |limit| {
                format!(" within {}, else go back", limit.value)
            });
            notes.push(format!("when {} says yes{limit}", approval.team.value));
        }
    }
    let gates = match watched(job, step) {
        gates if gates.is_empty() => "nothing".into(),
        gates => gates,
    };
    notes.push(format!("stay for {}, judged by {gates}", leg.hold));
    notes.extend(step.edges.iter().map(|edge| job.places.says(edge.span)));
    notes
}

/// What the walk waits for before it is started.
pub fn before_walk(job: &Job<'_>) -> Vec<String> {
    let first = job.plan.steps.get(job.walk.first);
    let waits = job
        .plan
        .after
        .iter()
        .chain(first.into_iter().flat_map(|step| &step.after));
    waits
        .map(|after| format!("start when {} has passed", job.places.says(after.span)))
        .collect()
}

fn entry(job: &Job<'_>, step: &Step, act: &mut Act) {
    for after in &step.after {
        act.notes.push(format!(
            "start when {} has passed",
            job.places.says(after.span)
        ));
    }
    if let Some(approval) = &step.approval {
        let limit = approval
            .limit
            .map_or(String::new(), |limit| format!(" within {}", limit.value));
        act.notes.push(format!(
            "start when {} says yes{limit}",
            approval.team.value
        ));
    }
}

fn tasks(job: &Job<'_>, step: &Step) -> Vec<Task> {
    let plan = job.plan.name.value.as_str();
    let mut tasks = Vec::new();
    for action in &step.actions {
        let (database, verb, id, own) = match &action.value {
            Action::Migrate(database, id) => (*database, "migrate", id, None),
            Action::Backfill(database, id, image) => (*database, "backfill", id, image.as_ref()),
            _ => continue,
        };
        let Some(database) = job.model.databases.get(database) else {
            continue;
        };
        let name = database.name.value.as_str();
        // how a migration is run says nothing of a backfill
        let run = database.run.as_ref().filter(|_| verb == "migrate");
        let image = own.or(run.and_then(Runs::image));
        tasks.push(Task {
            name: label([plan, verb, name, &id.value]),
            title: format!("{verb} {name} to {}", id.value),
            span: action.span,
            image: image.map(|image| image.value.clone()),
            command: run.and_then(Runs::command).map(|run| run.value.clone()),
            env: vec![
                ("SWITCHBACK_DATABASE", name.to_string()),
                ("SWITCHBACK_TO", id.value.clone()),
            ],
            retries: 0,
            deadline: database.deadline.map(|deadline| deadline.value),
            missing: "run it with your own tool; run image in the database makes a job of it",
        });
    }
    tasks.extend(step.runs.iter().map(|run| of_run(plan, run)));
    tasks
}

fn of_run(plan: &str, run: &RunJob) -> Task {
    Task {
        name: label([plan, "run", &run.name.value]),
        title: format!("run {}", run.name.value),
        span: run.span,
        image: run.image.as_ref().map(|image| image.value.clone()),
        command: run.command.as_ref().map(|command| command.value.clone()),
        env: Vec::new(),
        retries: run.retries.map_or(0, |retries| retries.value),
        deadline: None,
        missing: "run it yourself",
    }
}

fn one(job: &mut Job<'_>, stage: &str, number: usize, task: &Task, runner: Runner, act: &mut Act) {
    act.title = format!("{}, {}", act.title, task.title);
    let place = job.places.says(task.span);
    if let (Some(image), Runner::Kubernetes) = (&task.image, runner) {
        let namespace = job.target.namespace.as_ref().map(|name| name.value.clone());
        let mut metadata = map([("name", Yaml::text(&*task.name))]);
        let mut options = Vec::new();
        if let Some(namespace) = &namespace {
            metadata.set("namespace", Yaml::text(&**namespace));
            options.push(format!("--namespace={namespace}"));
        }
        let document = map([
            ("apiVersion", Yaml::text("batch/v1")),
            ("kind", Yaml::text("Job")),
            ("metadata", metadata),
            (
                "spec",
                job_spec(&task.name, image, &task.env, task.retries, task.deadline),
            ),
        ]);
        let path = format!("{stage}/{number:02}-{}.yaml", part(&task.name));
        let mut head = job.head(&task.title);
        head.push(place);
        job.output.write(&*path, &[(head, document)]);
        let wait = format!("--timeout={}", task.deadline.map_or("10m".into(), go_time));
        let target = format!("job/{}", task.name);
        let options = || options.iter().map(String::as_str);
        act.forward.push(command(
            ["kubectl", "apply", "-f", &path]
                .into_iter()
                .chain(options()),
        ));
        let words = [
            "kubectl",
            "wait",
            "--for=condition=Complete",
            &wait,
            &target,
        ];
        act.forward
            .push(command(words.into_iter().chain(options())));
        return;
    }
    if let Some(line) = &task.command {
        let env: Vec<String> = task
            .env
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let words = ["env"]
            .into_iter()
            .chain(env.iter().map(String::as_str))
            .chain(["sh", "-c", line]);
        act.forward.push(command(words));
        return;
    }
    act.by_hand = true;
    match &task.image {
        Some(image) => act.notes.push(format!(
            "{place}: start the image {image} as a job, and wait for it"
        )),
        None => act.notes.push(format!("{place}: {}", task.missing)),
    }
}

/// The `spec` of a Kubernetes Job that runs once, `retries` being the only retry.
pub fn job_spec(
    name: &str,
    image: &str,
    env: &[(&'static str, String)],
    retries: u64,
    deadline: Option<Duration>,
) -> Yaml {
    let mut container = map([("name", Yaml::text(name)), ("image", Yaml::text(image))]);
    if !env.is_empty() {
        let env = env
            .iter()
            .map(|(name, value)| {
                map([("name", Yaml::text(*name)), ("value", Yaml::text(&**value))])
            })
            .collect();
        container.set("env", Yaml::Seq(env));
    }
    let mut spec = map([("backoffLimit", Yaml::count(retries))]);
    if let Some(deadline) = deadline {
        spec.set("activeDeadlineSeconds", Yaml::count(deadline.secs().max(1)));
    }
    let pod = map([
        ("restartPolicy", Yaml::text("Never")),
        ("containers", Yaml::Seq(vec![container])),
    ]);
    spec.set("template", map([("spec", pod)]));
    spec
}
