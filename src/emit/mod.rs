//! A plan as the configuration of the platform that carries it out: one file for each target.
//!
//! [`build`] refuses what the target cannot carry ([`crate::platform::check`]) before it writes
//! anything, and writes nothing itself: it gives the files' texts. Applying them in name order is
//! make-before-break. Every text from a plan is data in every output.

mod applied;
mod argo;
mod cloud_run;
mod envoy;
mod gateway_api;
mod gateway_apply;
mod gateway_route;
mod gateway_stack;
pub(crate) mod github;
mod go_time;
mod metadata;
mod monitoring;
mod names;
mod nginx;
mod pipeline;
mod place;
mod proxy;
mod proxy_address;
pub(crate) mod query;
mod runbook;
mod shell;
mod stages;
mod traffic;
mod workload_copy;
pub mod yaml;

use crate::diagnostic::{Diagnostic, Findings, Severity};
use crate::model::{Model, Plan, Roll, Service, Target, TargetKind, Version};
use crate::platform::{TARGET_CANNOT_CARRY, TARGET_NOT_BUILT, Walk, platform, walk};
use crate::source::{SourceMap, Span};

use place::Places;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmittedFile {
    /// Where it goes, below the output folder: `20-rollout/30-rollout.yaml`. Parts are lower-case
    /// letters, digits, `-` and `.`; never absolute, never upwards.
    pub path: String,
    /// What is in it.
    pub text: String,
    /// Whether it is a program to run.
    pub executable: bool,
}

/// How files meet the manifests that a service has already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// What the plan decides, to be put over the given manifests.
    #[default]
    Patch,
    /// Whole documents, the given manifests' own parts in them.
    Standalone,
}

/// What a build gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The files in the order of their names, which is the order to apply them in.
    pub files: Vec<EmittedFile>,
    /// What the platform does in another way than the plan says, never less safely.
    pub notes: Vec<String>,
    /// Whether only the question was asked, if there is anything to refuse: no text is needed then.
    only_asked: bool,
}

impl Output {
    /// Adds a file of YAML documents, each below its comments.
    fn write(&mut self, path: impl Into<String>, documents: &[(Vec<String>, yaml::Yaml)]) {
        let text = match self.only_asked {
            true => String::new(),
            false => yaml::file(documents),
        };
        self.add(path, text);
    }

    fn add(&mut self, path: impl Into<String>, text: String) {
        self.files.push(EmittedFile {
            path: path.into(),
            text,
            executable: false,
        });
    }

    fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// The files of `plan` on `target`.
///
/// # Errors
///
/// What the target cannot carry, or what cannot be written for it yet, each at its statement.
/// Nothing is written for a plan that could not be read.
pub fn build(
    model: &Model,
    sources: &SourceMap,
    plan: &Plan,
    target: &Target,
) -> Result<Output, Findings> {
    build_as(model, sources, plan, target, Form::Patch)
}

/// The files of `plan` on `target`, in that form.
///
/// # Errors
///
/// As [`build`].
pub fn build_as(
    model: &Model,
    sources: &SourceMap,
    plan: &Plan,
    target: &Target,
    form: Form,
) -> Result<Output, Findings> {
    emit(model, sources, plan, target, form, false)
}

fn emit(
    model: &Model,
    sources: &SourceMap,
    plan: &Plan,
    target: &Target,
    form: Form,
    only_asked: bool,
) -> Result<Output, Findings> {
    let Some(kind) = target.kind else {
        return Err(Findings::new());
    };
    if plan.incomplete || target.incomplete {
        let name = &plan.name;
        let message = format!(
            "plan `{}` cannot be built: it was not read in full",
            name.value
        );
        return Err(vec![
            Diagnostic::new(&TARGET_NOT_BUILT, name.span, message)
                .help("put right what `switchback check` reports"),
        ]);
    }
    let findings: Findings = crate::platform::check(model, plan, target)
        .into_iter()
        .filter(|found| found.severity == Severity::Error)
        .collect();
    if !findings.is_empty() {
        return Err(findings);
    }
    let mut job = Job::new(model, sources, plan, target)?;
    job.output.only_asked = only_asked;
    job.form = form;
    match kind.value {
        TargetKind::ArgoRollouts => argo::emit(&mut job),
        TargetKind::CloudRun => cloud_run::emit(&mut job),
        TargetKind::GatewayApi => gateway_api::emit(&mut job),
        TargetKind::Envoy => proxy::emit(&mut job, &envoy::ENGINE),
        TargetKind::Nginx => proxy::emit(&mut job, &nginx::ENGINE),
        other => {
            let built: Vec<&str> = TargetKind::ALL
                .iter()
                .filter(|(kind, _)| platform(*kind).built)
                .map(|(_, word)| *word)
                .collect();
            let message = format!(
                "files for {} cannot be built: not yet",
                platform(other).title
            );
            job.findings
                .push(
                    Diagnostic::new(&TARGET_NOT_BUILT, kind.span, message).help(format!(
                        "the targets that can be built: {}",
                        built.join(", ")
                    )),
                );
        }
    }
    if job.findings.is_empty() {
        monitoring::emit(&mut job);
    }
    job.finish()
}

/// The folder of a plan on a target, where several are built into one: two parts of a path.
pub fn folder(target: &str, plan: &str) -> String {
    format!("{}/{}", names::part(target), names::part(plan))
}

/// What [`build`] would refuse of a plan, beyond what a platform cannot carry at all. What cannot be
/// written yet is no fault of the plan, and a service that has no manifest, on a platform that is
/// built from one, is a plan to be judged and not to be built.
pub fn refusals(model: &Model, sources: &SourceMap, plan: &Plan, target: &Target) -> Findings {
    let Some(kind) = target.kind else {
        return Findings::new();
    };
    let by_itself = matches!(kind.value, TargetKind::Envoy | TargetKind::Nginx);
    let has_manifest = |roll: &Roll| {
        let service = model.services.get(roll.service);
        service.is_some_and(|service| service.workload.is_some())
    };
    if !by_itself && !plan.rolls.iter().all(has_manifest) {
        return Findings::new();
    }
    let mut refused = emit(model, sources, plan, target, Form::Patch, true)
        .err()
        .unwrap_or_default();
    refused.retain(|found| found.rule != &TARGET_NOT_BUILT);
    refused
}

/// One build under way.
struct Job<'a> {
    model: &'a Model,
    plan: &'a Plan,
    target: &'a Target,
    places: Places<'a>,
    roll: &'a Roll,
    service: &'a Service,
    from: &'a Version,
    to: &'a Version,
    walk: Walk,
    form: Form,
    output: Output,
    acts: Vec<runbook::Act>,
    findings: Findings,
}

impl<'a> Job<'a> {
    fn new(
        model: &'a Model,
        sources: &'a SourceMap,
        plan: &'a Plan,
        target: &'a Target,
    ) -> Result<Self, Findings> {
        let not_yet = |span: Span, what: &str| {
            vec![Diagnostic::new(
                &TARGET_NOT_BUILT,
                span,
                format!("{what} cannot be built: not yet"),
            )]
        };
        let roll = match plan.rolls.as_slice() {
            [roll] => roll,
            [] => return Err(not_yet(plan.name.span, "a plan that rolls no service")),
            [_, second, ..] => return Err(not_yet(second.span, "a plan that rolls two services")),
        };
        let (Some(service), Some(from), Some(to)) = (
            model.services.get(roll.service),
            model.from_version(roll),
            model.to_version(roll),
        ) else {
            return Err(not_yet(roll.span, "a version that is not declared"));
        };
        Ok(Job {
            model,
            plan,
            target,
            places: Places::of(sources, plan),
            roll,
            service,
            from,
            to,
            walk: walk(plan),
            form: Form::Patch,
            output: Output::default(),
            acts: Vec::new(),
            findings: Findings::new(),
        })
    }

    /// Says that a statement is carried by the platform, but not written yet.
    fn not_yet(&mut self, span: Span, what: &str) {
        let message = format!("{what} cannot be built: not yet");
        self.findings
            .push(Diagnostic::new(&TARGET_NOT_BUILT, span, message));
    }

    /// Says that a value cannot stand where it would have to.
    fn refuse(&mut self, span: Span, message: impl Into<String>, help: &str) {
        self.findings
            .push(Diagnostic::new(&TARGET_CANNOT_CARRY, span, message).help(help));
    }

    /// The comment lines at the head of a file.
    fn head(&self, what: &str) -> Vec<String> {
        let plan = &self.plan.name;
        vec![format!(
            "{what}, from plan {} ({})",
            plan.value,
            self.places.at(plan.span)
        )]
    }

    /// Deadlines that nothing but a person, or the progress deadline of a Rollout, watches.
    fn note_deadlines(&mut self) {
        if let Some(deadline) = self.plan.deadline {
            let place = self.places.says(deadline.span);
            self.output.note(format!(
                "nothing ends the whole plan after {} ({place}): look at the clock",
                deadline.value
            ));
        }
        let own = self.target.kind.map(|kind| kind.value) == Some(TargetKind::ArgoRollouts);
        for step in &self.plan.steps {
            if let Some(deadline) = step.deadline {
                let says = if own {
                    "is the progress deadline of the whole Rollout, the shortest of all"
                } else {
                    "is watched by nobody"
                };
                let name = &step.name.value;
                self.output.note(format!(
                    "step {name}: its deadline of {} {says}",
                    deadline.value
                ));
            }
        }
    }

    fn finish(mut self) -> Result<Output, Findings> {
        if !self.findings.is_empty() {
            return Err(self.findings);
        }
        self.note_deadlines();
        let text = runbook::write(&self);
        self.output.add("runbook.md", text);
        self.output.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(self.output)
    }
}
