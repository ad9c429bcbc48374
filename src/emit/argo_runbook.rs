//! The runbook of a Rollout: it goes by itself, except through an approval.

use super::argo_rollouts::Names;
use super::go_time::go_time;
use super::runbook::Act;
use super::{Job, stages};

/// What starts the walk.
pub fn start(job: &mut Job<'_>, names: &Names) {
    let mut forward = Vec::new();
    let paths: Vec<String> = job
        .output
        .files
        .iter()
        .map(|file| file.path.clone())
        .filter(|path| path.starts_with("20-rollout/") && !path.ends_with("50-workload.yaml"))
        .collect();
    for path in &paths {
        forward.push(names.kubectl(["apply", "-f", path]));
    }
    forward.push(names.kubectl(["argo", "rollouts", "status", &names.workload]));
    forward.push(names.kubectl(["apply", "-f", "20-rollout/50-workload.yaml"]));
    let mut notes = stages::before_walk(job);
    notes.extend([
            "the command status waits until the Rollout is Healthy with the version that runs".into(),
            format!(
                "after an abort the Rollout is Degraded until the manifest of {} is applied again, with replicas 0",
                job.roll.from_id.value,
            ),
    ]);
    job.acts.push(Act {
        title: "20-rollout: start".into(),
        place: job.places.at(job.roll.span),
        forward,
        backward: vec![names.kubectl(["argo", "rollouts", "abort", &names.workload])],
        notes,
        ..Act::default()
    });
}

/// An act for each leg: Argo goes by itself, except through an approval.
pub fn walk(job: &mut Job<'_>, names: &Names) {
    let plan = job.plan;
    let walk = job.walk;
    for leg in plan
        .legs
        .iter()
        .filter(|leg| leg.step >= walk.first && leg.step < walk.end)
    {
        let Some(step) = plan.steps.get(leg.step) else {
            continue;
        };
        let mut act = Act {
            title: format!(
                "{}: {} on {}",
                step.name.value,
                leg.exposure.weight(),
                job.roll.to_id.value
            ),
            place: job.places.at(leg.span),
            backward: vec![names.kubectl(["argo", "rollouts", "abort", &names.workload])],
            ..Act::default()
        };
        if leg.number == 0
            && let Some(approval) = &step.approval
        {
            act.notes
                .push(format!("when {} says yes", approval.team.value));
            act.forward
                .push(names.kubectl(["argo", "rollouts", "promote", &names.workload]));
        } else {
            act.notes.push("Argo Rollouts goes here by itself".into());
        }
        let gates = stages::watched(job, step);
        let gates = if gates.is_empty() {
            "nothing".into()
        } else {
            gates
        };
        act.notes.push(format!(
            "stays for {}, judged by {gates}",
            go_time(leg.hold)
        ));
        job.acts.push(act);
    }
}
