//! Argo Rollouts: a Rollout over the given workload, behind the router of the target.
//!
//! With a router every plan is a canary, blue-green ones included: the second stack is sized apart
//! from its weight, and the switch is a weight of 100 %. Without one, blue-green moves the selectors
//! of Services, and weights are numbers of pods.

mod analysis;
mod autoscaler;
mod blue_green;
mod gateway;
mod ingress;
mod istio;
mod rollout;
mod runbook;
mod setup;
mod steps;
mod traffic;

use crate::units::Percent;

use super::stages::{self, Runner};
use super::workload_copy::{document, set_version};
use super::yaml::Yaml;
use super::{Job, go_time, names, query, workload_copy, yaml};

use crate::emit::metadata::namespace;
use analysis::Templates;
use rollout::Strategy;
use setup::{Over, Setup};

/// Writes the files.
pub fn emit(job: &mut Job<'_>) {
    let walk = job.walk;
    let Some(setup) = Setup::of(job) else {
        return;
    };
    stages::emit(job, "10-expand", 0, walk.first, Runner::Kubernetes);
    let mut templates = Templates::default();
    let strategy = match blue_green::wanted(job, &setup) {
        true => Strategy::BlueGreen(blue_green::phases(job, &mut templates)),
        false => Strategy::Canary(steps::canary(job, &setup, &mut templates)),
    };
    traffic::services(job, &setup, &strategy);
    let documents = templates.documents();
    if !documents.is_empty() {
        job.output.write("20-rollout/20-analysis.yaml", &documents);
    }
    traffic::route(job, &setup);
    let document = rollout::document(job, &setup, &strategy);
    let start = match setup.over {
        Over::Deployment => {
            let mut head = job.head("the walk");
            head.push(job.places.says(job.roll.span));
            if let Some(document) = document {
                job.output
                    .write("20-rollout/40-rollout.yaml", &[(head, document)]);
            }
            workload(job);
            START_WORKLOAD
        }
        Over::Rollout => {
            let mut head = job.head("the walk and the new version; applying this starts it");
            head.push(job.places.says(job.roll.span));
            if let Some(document) = document {
                job.output.write(START_ROLLOUT, &[(head, document)]);
            }
            START_ROLLOUT
        }
    };
    autoscaler::emit(job, &setup);
    runbook::start(job, &setup, start);
    runbook::walk(job, &setup);
    stages::emit(
        job,
        "90-contract",
        walk.end,
        job.plan.steps.len(),
        Runner::Kubernetes,
    );
    notes(job, &setup, &strategy);
}

/// What starts the walk stands in a folder of its own, so that everything that it needs can be
/// applied at once, and nothing moves by it.
const START_WORKLOAD: &str = "30-start/10-workload.yaml";
const START_ROLLOUT: &str = "30-start/10-rollout.yaml";

/// What Argo Rollouts does that no field turns off.
fn notes(job: &mut Job<'_>, setup: &Setup, strategy: &Strategy) {
    if job.walk.end < job.plan.steps.len() {
        job.output.note(
            "90-contract is started by hand when the Rollout is Healthy, never before: the old version runs until then",
        );
    }
    let start = match setup.over {
        Over::Deployment => START_WORKLOAD,
        Over::Rollout => START_ROLLOUT,
    };
    job.output.note(format!(
        "the first Rollout of a workload skips all steps: let it become Healthy with the version that runs before {start} is applied",
    ));
    if let Some(replicas) = job.service.replicas()
        && (setup.router.is_some() || matches!(strategy, Strategy::BlueGreen(_)))
    {
        job.output.note(format!(
            "the version that runs stays at full size until the last step has passed: up to {} pods",
            replicas.value.saturating_mul(2),
        ));
    }
    if let Some(workload) = &job.service.workload {
        job.output.note(format!(
            "do not apply {} while this runs: it holds the route and the replicas as they were before",
            workload.path.value,
        ));
    }
    job.output
        .note("an edit of the steps while they run starts them again from the first");
    job.output.note(
        "going back to an older version after the walk is a walk of its own: it runs all steps and gates again",
    );
    job.output.note(
        "what ConfigMaps and Secrets hold does not go back with an abort: name them by their content, and keep the old ones until the way back is closed",
    );
    job.output.note(
        "a Rollout knows nothing of another one: who starts this one looks whether what it waits for has passed, and takes this one back first",
    );
    if let Strategy::BlueGreen(_) = strategy {
        job.output.note(
            "the preview Service leads to the new pods before they are ready: who calls it has to try again until they are; jobs of the walk start when they are",
        );
    } else if setup.router.is_some() {
        job.output.note(format!(
            "Service {} leads to the new pods before they are ready: nothing but the route calls it, and the route gives it nothing until they are",
            setup.canary,
        ));
    }
}

/// The Deployment with the new version and no pods of its own: applying it starts the walk.
fn workload(job: &mut Job<'_>) {
    let Some(mut document) = document(job.service) else {
        return;
    };
    if let Some(namespace) = namespace(job) {
        document
            .map_at("metadata")
            .set("namespace", Yaml::text(namespace));
    }
    set_version(&mut document, job.service, job.to);
    let comment = "the Rollout runs the pods";
    document
        .map_at("spec")
        .set("replicas", Yaml::Int(0).noted(comment));
    let mut head = job.head("the new version; applying this starts the walk");
    head.push(job.places.at(job.to.id.span));
    job.output.write(START_WORKLOAD, &[(head, document)]);
}

/// The percents of a share that Argo counts in; the check has refused what it cannot.
fn percents(share: Percent) -> u64 {
    share.whole().unwrap_or(0)
}
