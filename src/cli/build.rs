//! `switchback build`

use std::path::PathBuf;

use crate::check::Outcome;
use crate::diagnostic::{Findings, Severity, nearest};
use crate::emit::{self, EmittedFile, Form};
use crate::model::{Model, Plan, Target};
use crate::platform::platform;
use crate::report;
use crate::vocabulary::DeclKind;

use super::args::{BuildArgs, ValueArgs};
use super::build_folder::Folder;
use super::build_lock::{Asked, Lock};
use super::{check, exit, find, output};

/// The target that stands for all of them.
const ALL: &str = "all";

/// One plan on one target.
type Part<'a> = (&'a Model, &'a Plan, &'a Target);

/// What is to be written.
struct Whole {
    files: Vec<EmittedFile>,
    /// What to know, each with the plan that it is about.
    notes: Vec<String>,
    /// What was built, in words.
    what: Vec<String>,
}

pub(super) fn run(args: &BuildArgs) -> Result<u8, String> {
    let folder = Folder::open(&args.out)?;
    let asked = match (&args.target, args.check) {
        (_, true) => match &folder.lock {
            Some(lock) => same_values(&lock.asked, args)?,
            None => {
                let out = args.out.display();
                output::print(&format!("`{out}` is stale: nothing was built there\n"));
                return Ok(exit::FINDINGS);
            }
        },
        (target, false) => Asked {
            target: target.clone().unwrap_or_default(),
            plan: args.plan.clone(),
            standalone: args.standalone,
            environment: args.values.env.clone(),
            sets: args.values.set.clone(),
        },
    };
    let paths: Vec<PathBuf> = args.path.iter().cloned().collect();
    let values = ValueArgs {
        env: asked.environment.clone(),
        set: asked.sets.clone(),
    };
    let mut outcome = find::checked(&paths, &values)?;
    let name = by_kind(&outcome, &asked.target).unwrap_or_else(|| asked.target.clone());
    if !is_all(&outcome, &name) {
        known_target(&outcome, &name)?;
    }
    // a plan with errors has no configuration: what is refuted must not be carried out
    if outcome
        .findings
        .iter()
        .any(|found| found.severity == Severity::Error)
    {
        let findings = std::mem::take(&mut outcome.findings);
        return Ok(refused(&mut outcome, findings, args, &folder));
    }
    let whole = match build(&outcome, &name, &asked)? {
        Ok(whole) => whole,
        Err(findings) => return Ok(refused(&mut outcome, findings, args, &folder)),
    };
    let lock = Lock::new(asked, &outcome, &whole.files);
    if args.check {
        return Ok(compare(&folder, &lock, args));
    }
    folder.replace(&whole.files, &lock, &outcome, args.force)?;
    let mut text = String::new();
    for what in &whole.what {
        text.push_str(&format!("built {what}\n"));
    }
    for file in &whole.files {
        text.push_str(&format!("  {}\n", args.out.join(&file.path).display()));
    }
    for note in &whole.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    output::print(&text);
    Ok(exit::CLEAN)
}

/// What the folder was asked for, unless this is asked for with other values.
fn same_values(asked: &Asked, args: &BuildArgs) -> Result<Asked, String> {
    let (own, was) = (&args.values, asked);
    let other_environment = own.env.is_some() && own.env != was.environment;
    let other_values = !own.set.is_empty() && own.set != was.sets;
    if other_environment || other_values {
        return Err(format!(
            "`{}` was built with {}; leave `--env` and `--set` out, they are known",
            args.out.display(),
            match &was.environment {
                Some(name) => format!("`--env {name}`"),
                None => "other values".into(),
            }
        ));
    }
    Ok(asked.clone())
}

/// Whether every target is meant; a target may have that name, too.
fn is_all(outcome: &Outcome, name: &str) -> bool {
    let mut projects = outcome.projects.iter();
    name == ALL && !projects.any(|project| project.may_declare(DeclKind::Target, ALL))
}

/// The texts of everything that was asked for.
fn build(outcome: &Outcome, name: &str, asked: &Asked) -> Result<Result<Whole, Findings>, String> {
    let all = is_all(outcome, name);
    let parts = match all {
        true => every(outcome, asked.plan.as_deref())?,
        false => vec![choose(outcome, name, asked.plan.as_deref())?],
    };
    let form = match asked.standalone {
        true => Form::Standalone,
        false => Form::Patch,
    };
    let mut whole = Whole {
        files: Vec::new(),
        notes: Vec::new(),
        what: Vec::new(),
    };
    let mut findings = Findings::new();
    for (model, plan, target) in parts {
        let words = format!("`{}` for `{}`", plan.name.value, target.name.value);
        let kind = target.kind.map(|kind| platform(kind.value));
        if all && let Some(kind) = kind.filter(|kind| !kind.built) {
            let title = kind.title;
            let note = format!("{words} is left out: files for {title} cannot be built yet");
            whole.notes.push(note);
            continue;
        }
        let built = match emit::build_as(model, &outcome.sources, plan, target, form) {
            Ok(built) => built,
            Err(found) => {
                findings.extend(found);
                continue;
            }
        };
        let folder = all.then(|| emit::folder(&target.name.value, &plan.name.value));
        for file in built.files {
            let path = match &folder {
                Some(folder) => format!("{folder}/{}", file.path),
                None => file.path,
            };
            whole.files.push(EmittedFile { path, ..file });
        }
        let notes = built.notes.into_iter();
        whole.notes.extend(notes.map(|note| match all {
            true => format!("{words}: {note}"),
            false => note,
        }));
        whole.what.push(words);
    }
    if !findings.is_empty() {
        return Ok(Err(findings));
    }
    if whole.what.is_empty() {
        return Err(format!(
            "nothing can be built yet: {}",
            whole.notes.join("; ")
        ));
    }
    whole.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Ok(whole))
}

/// Says whether the folder is what would be written now.
fn compare(folder: &Folder, lock: &Lock, args: &BuildArgs) -> u8 {
    let out = args.out.display();
    let changes = folder.lock.as_ref().map(|was| lock.inputs_since(was));
    let changes = changes.unwrap_or_default();
    let differs = folder.differs(lock);
    let mut text = String::new();
    if differs.is_empty() {
        text.push_str(&format!("`{out}` is up to date\n"));
        for (what, path) in &changes {
            text.push_str(&format!("  {what} without effect: {path}\n"));
        }
        output::print(&text);
        return exit::CLEAN;
    }
    text.push_str(&format!("`{out}` is stale\n"));
    for (what, path) in &changes {
        text.push_str(&format!("  input {what}: {path}\n"));
    }
    if changes.is_empty() {
        let why = match folder.edited.is_empty() && folder.foreign.is_empty() {
            true => "no input has changed: this version of switchback writes other files",
            false => "no input has changed: the folder was changed by hand",
        };
        text.push_str(&format!("  {why}\n"));
    }
    for (what, path) in &differs {
        text.push_str(&format!("  file {what}: {path}\n"));
    }
    text.push_str("build again\n");
    output::print(&text);
    exit::FINDINGS
}

fn refused(outcome: &mut Outcome, findings: Findings, args: &BuildArgs, folder: &Folder) -> u8 {
    outcome.findings = findings;
    let mut text = String::new();
    let code = check::render(outcome, report::FailOn::Error, |report| {
        report::full_findings(report, output::options(args.color), &mut text);
    });
    if args.check {
        text.push_str(&format!(
            "\n`{}` is stale: what it was built from cannot be built any more\n",
            args.out.display()
        ));
        if let Some(was) = &folder.lock {
            let now = Lock::new(was.asked.clone(), outcome, &[]);
            for (what, path) in now.inputs_since(was) {
                text.push_str(&format!("  input {what}: {path}\n"));
            }
        }
        output::print(&text);
        return code.max(exit::FINDINGS);
    }
    output::print(&text);
    output::note("nothing was written");
    code.max(exit::FINDINGS)
}

/// A target that no file declares is a mistake of the command, whatever else is wrong.
fn known_target(outcome: &Outcome, asked: &str) -> Result<(), String> {
    let projects = &outcome.projects;
    if projects
        .iter()
        .any(|project| project.may_declare(DeclKind::Target, asked))
    {
        return Ok(());
    }
    let mut targets: Vec<&str> = projects
        .iter()
        .flat_map(|project| &project.decls)
        .filter(|decl| decl.kind == DeclKind::Target)
        .map(|decl| decl.name.as_str())
        .collect();
    targets.sort_unstable();
    targets.dedup();
    let meant = nearest(asked, targets.iter().copied());
    let known = match (meant, targets.as_slice()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, []) => "declare one: `target prod { kind argo-rollouts }`".to_string(),
        (None, known) => format!("there is {}", known.join(", ")),
    };
    Err(format!("there is no target `{}`; {known}", asked))
}

/// A target may be asked for by its kind, where only one is of it: `--target cloud-run`.
fn by_kind(outcome: &Outcome, asked: &str) -> Option<String> {
    let models = outcome.models.iter().filter_map(|models| models.first());
    let targets: Vec<&Target> = models.flat_map(|model| &model.targets).collect();
    if targets.iter().any(|target| target.name.value == asked) {
        return None;
    }
    let mut named: Vec<&str> = targets
        .iter()
        .filter(|target| {
            target
                .kind
                .as_ref()
                .is_some_and(|kind| kind.value.word() == asked)
        })
        .map(|target| target.name.value.as_str())
        .collect();
    named.sort_unstable();
    named.dedup();
    match named.as_slice() {
        [only] => Some((*only).to_string()),
        _ => None,
    }
}

/// Every plan on every target that it names.
fn every<'a>(outcome: &'a Outcome, plan: Option<&str>) -> Result<Vec<Part<'a>>, String> {
    let mut found: Vec<Part<'a>> = Vec::new();
    for model in outcome.models.iter().filter_map(|models| models.first()) {
        for own in &model.plans {
            if plan.is_some_and(|name| name != own.name.value) {
                continue;
            }
            let targets = own.targets.iter();
            let targets = targets.filter_map(|named| model.targets.get(named.value));
            found.extend(targets.map(|target| (model, own, target)));
        }
    }
    // one folder each
    let mut seen = Vec::new();
    for (_, plan, target) in &found {
        let folder = emit::folder(&target.name.value, &plan.name.value);
        if seen.contains(&folder) {
            return Err(format!(
                "two projects have a plan `{}` for a target `{}`; build them one by one",
                plan.name.value, target.name.value
            ));
        }
        seen.push(folder);
    }
    match (found.is_empty(), plan) {
        (false, _) => Ok(found),
        (true, Some(plan)) => Err(format!(
            "no plan `{plan}` names a target; add `on target NAME` to it"
        )),
        (true, None) => Err("no plan names a target; add `on target NAME` to one".into()),
    }
}

/// The target that was asked for, and the plan that names it.
fn choose<'a>(outcome: &'a Outcome, asked: &str, named: Option<&str>) -> Result<Part<'a>, String> {
    let models: Vec<&Model> = outcome
        .models
        .iter()
        .filter_map(|models| models.first())
        .collect();
    let mut found = Vec::new();
    for model in models {
        for (index, target) in model.targets.iter().enumerate() {
            if target.name.value != asked {
                continue;
            }
            for plan in &model.plans {
                let runs = plan.targets.iter().any(|target| target.value == index);
                if runs && named.is_none_or(|name| *name == plan.name.value) {
                    found.push((model, plan, target));
                }
            }
        }
    }
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(match named {
            Some(plan) => {
                format!("no plan `{plan}` runs on target `{asked}`; add `on target {asked}` to it")
            }
            None => {
                format!("no plan runs on target `{asked}`; add `on target {asked}` to one")
            }
        }),
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|(_, plan, _)| format!("`{}`", plan.name.value))
                .collect();
            Err(format!(
                "several plans run on target `{asked}`; choose one with `--plan`, or write `--target all`: {}",
                names.join(", ")
            ))
        }
    }
}
