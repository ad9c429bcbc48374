//! Cloud Run: the Service as it stands in each leg, with every share pinned to a named revision.
//!
//! After a split Cloud Run sends nothing to later revisions until somebody says so. So every file,
//! the last one too, names its revisions, and no share is left to "the latest".

use crate::model::Action;
use crate::source::Span;
use crate::units::Percent;
use crate::workload::WorkloadKind;

use super::Job;
use super::names::{is_label, label};
use super::pipeline::{self, LegFile, Means};
use super::query::fits;
use super::runbook::{Act, command};
use super::stages::{self, Runner};
use super::workload_copy::{document, set_version};
use super::yaml::{Yaml, map};

/// The tag of the new revision while it is rolled out; it always moves, so tags never pile up and
/// keep old revisions warm.
const TAG: &str = "candidate";

/// The longest name of a revision.
const MAX_REVISION: usize = 63;

/// What the files and commands of one service have in common.
pub struct Names {
    /// The Service.
    pub service: String,
    /// The revision that runs before.
    pub old: String,
    /// The revision that runs after.
    pub new: String,
    /// The cloud project.
    pub project: Option<String>,
    /// The region.
    pub region: String,
}

impl Names {
    fn of(job: &mut Job<'_>) -> Option<Names> {
        let service = job.service;
        let Some(workload) = &service.workload else {
            let help = "name its manifest: `workload \"deploy/service.yaml\"`";
            job.refuse(
                service.name.span,
                "Cloud Run needs the manifest of the service",
                help,
            );
            return None;
        };
        let facts = workload.facts();
        if !matches!(
            facts.kind,
            WorkloadKind::CloudRunService | WorkloadKind::KnativeService
        ) {
            let message = format!("Cloud Run cannot run a {}", facts.kind.word());
            job.refuse(
                workload.path.span,
                message,
                "name a Service of `serving.knative.dev/v1`",
            );
            return None;
        }
        if let Some(traffic) = facts
            .knative
            .as_ref()
            .and_then(|knative| knative.traffic_key)
        {
            let help = "take `traffic` out of the manifest: the plan says it";
            job.refuse(
                traffic,
                "the manifest already says how its traffic is split",
                help,
            );
            return None;
        }
        let Some(region) = &job.target.region else {
            job.refuse(
                job.target.name.span,
                "the target does not say its region",
                "write `region asia-northeast3` in it",
            );
            return None;
        };
        let name = facts.name().to_string();
        let old = revision(job, &name, &job.roll.from_id.value, job.from.id.span)?;
        let new = revision(job, &name, &job.roll.to_id.value, job.to.id.span)?;
        if let Some(own) = facts
            .knative
            .as_ref()
            .and_then(|knative| knative.revision_name.as_ref())
            && own.value != new
        {
            let message = format!(
                "the manifest calls its revision `{}`, and the plan `{new}`",
                own.value
            );
            let help = "name the version after it, or leave `metadata.name` out of the template";
            job.refuse(own.span, message, help);
            return None;
        }
        Some(Names {
            service: name,
            old,
            new,
            project: job
                .target
                .project
                .as_ref()
                .map(|project| project.value.clone()),
            region: region.value.clone(),
        })
    }

    /// The project and region, as options of `gcloud`.
    pub fn place(&self) -> Vec<String> {
        let project = self
            .project
            .iter()
            .map(|project| format!("--project={project}"));
        project
            .chain([format!("--region={}", self.region)])
            .collect()
    }

    /// A command of `gcloud run` in that project and region.
    pub fn gcloud(&self, words: &[&str]) -> String {
        let place = self.place();
        command(
            ["gcloud", "run"]
                .iter()
                .chain(words)
                .copied()
                .chain(place.iter().map(String::as_str)),
        )
    }

    /// The command that puts all traffic on the version before.
    pub fn back(&self) -> String {
        let to = format!("--to-revisions={}=100", self.old);
        self.gcloud(&["services", "update-traffic", &self.service, &to, "--quiet"])
    }

    fn replace(&self, path: &str) -> String {
        self.gcloud(&["services", "replace", path, "--quiet"])
    }
}

/// `SERVICE-VERSION`, where that is a name that Cloud Run takes.
fn revision(job: &mut Job<'_>, service: &str, version: &str, span: Span) -> Option<String> {
    let name = format!("{service}-{}", version.to_ascii_lowercase());
    if is_label(&name) && name.len() <= MAX_REVISION && fits(version) {
        return Some(name);
    }
    let message = format!("`{version}` cannot be part of a revision's name");
    job.refuse(
        span,
        message,
        "write lower-case letters, digits and `-`: `v12`",
    );
    None
}

/// Writes the files.
pub fn emit(job: &mut Job<'_>) {
    let plan = job.plan;
    let walk = job.walk;
    for step in plan.steps.get(walk.first..walk.end).unwrap_or_default() {
        for action in &step.actions {
            if !matches!(action.value, Action::Weight(_)) {
                job.not_yet(action.span, "this statement on Cloud Run");
            }
        }
    }
    let Some(names) = Names::of(job) else {
        return;
    };
    stages::emit(job, "10-expand", 0, walk.first, Runner::Shell);
    let none = Percent::ZERO;
    let start = "20-rollout/10-deploy.yaml";
    service(
        job,
        &names,
        none,
        start,
        "the new revision, which nobody meets yet",
        job.to.id.span,
    );
    let mut legs = Vec::new();
    for (index, leg) in plan.legs.iter().enumerate() {
        if leg.step < walk.first || leg.step >= walk.end {
            continue;
        }
        let Some(step) = plan.steps.get(leg.step) else {
            continue;
        };
        let path = format!(
            "20-rollout/{:02}-{}.yaml",
            20 + legs.len(),
            label([&*step.name.value, &(leg.number + 1).to_string()])
        );
        let what = format!(
            "step {}, leg {} of {}",
            step.name.value,
            leg.number + 1,
            leg.of
        );
        service(job, &names, leg.exposure.weight(), &path, &what, leg.span);
        legs.push(LegFile {
            number: index + 1,
            leg,
            path,
        });
    }
    service(
        job,
        &names,
        none,
        "back/service.yaml",
        "the way back: all traffic on the version before",
        plan.name.span,
    );
    acts(job, &names, start, &legs);
    if job.target.is_judged_by_pipeline() {
        let means = Means {
            needs: "gcloud",
            apply: names.gcloud(&["services", "replace", "--quiet"]),
            ready: names.gcloud(&["revisions", "describe", &names.old]),
            not_ready: "the revision to go back to is not there; nothing was changed",
            start: start.into(),
            back: "back/service.yaml".into(),
            back_by_hand: names.back(),
        };
        pipeline::emit(job, &means, &legs);
    }
    stages::emit(
        job,
        "90-contract",
        walk.end,
        plan.steps.len(),
        Runner::Shell,
    );
    job.output.note(format!(
        "all traffic stays pinned to {} at the end: a later deployment gets none until a plan, or `gcloud run services update-traffic {} --to-latest`, gives it some",
        names.new, names.service,
    ).replace('`', "'"));
    job.output.note(format!(
        "revision {} has to be there under this name: it is where the way back leads",
        names.old,
    ));
}

/// The Service with `share` of the traffic on the new revision.
fn service(job: &mut Job<'_>, names: &Names, share: Percent, path: &str, what: &str, span: Span) {
    let Some(mut document) = document(job.service) else {
        return;
    };
    set_version(&mut document, job.service, job.to);
    let metadata = document
        .map_at("spec")
        .map_at("template")
        .map_at("metadata");
    // the name goes first, where a reader looks for it
    metadata.remove("name");
    if let Yaml::Map(entries) = metadata {
        entries.insert(0, ("name".into(), Yaml::text(&*names.new)));
    }
    let new = share.whole().unwrap_or(0);
    let mut traffic = Vec::new();
    if new < 100 {
        traffic.push(map([
            ("revisionName", Yaml::text(&*names.old)),
            ("percent", Yaml::count(100 - new)),
        ]));
    }
    let mut entry = map([
        ("revisionName", Yaml::text(&*names.new)),
        ("percent", Yaml::count(new)),
    ]);
    if new < 100 {
        entry.set("tag", Yaml::text(TAG));
    }
    // on the way back the new revision gets neither traffic nor an address
    if !path.starts_with("back/") {
        traffic.push(entry);
    }
    let says = job.places.says(span);
    document
        .map_at("spec")
        .set("traffic", Yaml::Seq(traffic).noted(says));
    let head = job.head(what);
    job.output.write(path, &[(head, document)]);
}

fn acts(job: &mut Job<'_>, names: &Names, start: &str, legs: &[LegFile<'_>]) {
    let back = names.back();
    let mut deploy_notes = stages::before_walk(job);
    deploy_notes.push(format!("the new revision answers under the tag {TAG}"));
    job.acts.push(Act {
        title: format!("20-rollout: deploy {} without traffic", names.new),
        place: job.places.at(job.roll.span),
        forward: vec![names.replace(start)],
        backward: vec![back.clone()],
        notes: deploy_notes,
        ..Act::default()
    });
    for leg in legs {
        let Some(step) = job.plan.steps.get(leg.leg.step) else {
            continue;
        };
        let notes = stages::around(job, leg.leg, step);
        job.acts.push(Act {
            title: format!(
                "{}: {} on {}",
                step.name.value,
                leg.leg.exposure.weight(),
                job.roll.to_id.value
            ),
            place: job.places.at(leg.leg.span),
            forward: vec![names.replace(&leg.path)],
            backward: vec![back.clone()],
            notes,
            ..Act::default()
        });
    }
}
