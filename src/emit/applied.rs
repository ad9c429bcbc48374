//! The runbook of platforms whose legs are folders that `apply.sh` puts into place.

use super::Job;
use super::pipeline::LegFile;
use super::runbook::{Act, command};
use super::stages;

/// An act for what stands before the first leg, and one for each leg. `newcomer` is what the
/// platform calls the new version, `notes` what to know before it takes part.
pub fn acts(
    job: &mut Job<'_>,
    newcomer: &str,
    start: &str,
    notes: Vec<String>,
    legs: &[LegFile<'_>],
    described: &[String],
) {
    let apply = |path: &str| command(["sh", "apply.sh", path]);
    let back = apply("back");
    job.acts.push(Act {
        title: format!("20-rollout: {newcomer} takes part, without traffic"),
        place: job.places.at(job.roll.span),
        forward: vec![apply(start)],
        backward: vec![back.clone()],
        notes,
        ..Act::default()
    });
    for (leg, described) in legs.iter().zip(described) {
        let Some(step) = job.plan.steps.get(leg.leg.step) else {
            continue;
        };
        let mut notes = stages::around(job, leg.leg, step);
        let mut forward = vec![apply(&leg.path)];
        for run in &step.runs {
            match &run.command {
                Some(line) => forward.push(command(["sh", "-c", &line.value])),
                None => notes.push(format!(
                    "{}: start the job {} and wait for it",
                    job.places.says(run.span),
                    run.name.value
                )),
            }
        }
        job.acts.push(Act {
            title: format!("{}: {described}", step.name.value),
            place: job.places.at(leg.leg.span),
            forward,
            backward: vec![back.clone()],
            notes,
            ..Act::default()
        });
    }
}
