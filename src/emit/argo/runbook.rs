//! The runbook of a Rollout: it goes by itself, except through an approval.

use super::super::runbook::Act;
use super::super::stages;
use super::Job;
use super::go_time::go_time;

use super::setup::{Over, Setup};
use crate::units::Duration;

/// What takes the walk back at any time: the old version at once, then the workload, which the
/// Rollout would go on with as soon as somebody retries it.
fn back(setup: &Setup) -> Vec<String> {
    let abort = setup.kubectl(["argo", "rollouts", "abort", &setup.workload]);
    let undo = match setup.over {
        Over::Deployment => {
            let workload = format!("deployment/{}", setup.workload);
            setup.kubectl(["rollout", "undo", &workload])
        }
        Over::Rollout => setup.kubectl(["argo", "rollouts", "undo", &setup.workload]),
    };
    vec![abort, undo]
}

/// What starts the walk.
pub fn start(job: &mut Job<'_>, setup: &Setup, start: &str) {
    let paths: Vec<String> = job
        .output
        .files
        .iter()
        .map(|file| file.path.clone())
        .filter(|path| path.starts_with("20-rollout/"))
        .collect();
    if !paths.is_empty() {
        let mut ready = Vec::new();
        for path in &paths {
            ready.push(setup.kubectl(["apply", "-f", path]));
        }
        let mut notes =
            vec!["nothing moves by this: all requests stay with the version that runs".into()];
        if setup.over == Over::Deployment {
            ready.push(setup.kubectl(["argo", "rollouts", "status", &setup.workload]));
            notes.push(
                "the command status waits until the Rollout is Healthy with the version that runs; the pods of the Deployment go when it is".into(),
            );
        }
        job.acts.push(Act {
            title: "20-rollout: make ready".into(),
            place: job.places.at(job.roll.span),
            forward: ready,
            notes,
            ..Act::default()
        });
    }
    let mut notes = stages::before_walk(job);
    notes.push(format!(
        "backward, abort sends all requests to {} at once; undo gives the workload its version back, so that the Rollout is Healthy again and no retry goes on",
        job.roll.from_id.value,
    ));
    let status = setup.kubectl([
        "argo",
        "rollouts",
        "get",
        "rollout",
        &setup.workload,
        "--watch",
    ]);
    job.acts.push(Act {
        title: "30-start: start the walk".into(),
        place: job.places.at(job.roll.span),
        forward: vec![setup.kubectl(["apply", "-f", start]), status],
        backward: back(setup),
        notes,
        ..Act::default()
    });
}

/// An act for each leg: Argo goes by itself, except through an approval.
pub fn walk(job: &mut Job<'_>, setup: &Setup) {
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
            backward: back(setup),
            ..Act::default()
        };
        if leg.number == 0
            && let Some(approval) = &step.approval
        {
            act.notes
                .push(format!("when {} says yes", approval.team.value));
            act.forward
                .push(setup.kubectl(["argo", "rollouts", "promote", &setup.workload]));
        } else {
            act.notes.push("Argo Rollouts goes here by itself".into());
        }
        let gates = stages::watched(job, step);
        let gates = if gates.is_empty() {
            "nothing".into()
        } else {
            gates
        };
        for run in &step.runs {
            act.notes
                .push(format!("{}: has to succeed", job.places.says(run.span)));
        }
        if leg.hold > Duration::ZERO {
            act.notes.push(format!(
                "stays for {}, judged by {gates}",
                go_time(leg.hold)
            ));
        }
        act.notes
            .extend(step.edges.iter().map(|edge| job.places.says(edge.span)));
        job.acts.push(act);
    }
}
