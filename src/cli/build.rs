//! `switchback build`

use std::io::Write;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use crate::check::Outcome;
use crate::diagnostic::{Findings, Severity, nearest};
use crate::emit::{self, Output};
use crate::model::{Model, Plan, Target};
use crate::report;
use crate::vocabulary::DeclKind;

use super::args::BuildArgs;
use super::{check, exit, find, output};

/// The file that says which files of a folder are ours.
const MANIFEST: &str = "switchback.build.json";

/// What [`MANIFEST`] holds.
#[derive(Debug, Serialize, Deserialize)]
struct Built {
    version: u32,
    plan: String,
    target: String,
    files: Vec<String>,
}

pub(super) fn run(args: &BuildArgs) -> Result<u8, String> {
    let paths: Vec<_> = args.path.iter().cloned().collect();
    let mut outcome = find::checked(&paths, &args.values)?;
    let mut args = args.clone();
    if let Some(name) = by_kind(&outcome, &args.target) {
        args.target = name;
    }
    let args = &args;
    known_target(&outcome, args)?;
    // a plan with errors has no configuration: what is refuted must not be carried out
    if outcome
        .findings
        .iter()
        .any(|found| found.severity == Severity::Error)
    {
        let findings = std::mem::take(&mut outcome.findings);
        return Ok(refused(&mut outcome, findings, args));
    }
    let (model, plan, target) = choose(&outcome, args)?;
    let built = match emit::build(model, &outcome.sources, plan, target) {
        Ok(built) => built,
        Err(findings) => return Ok(refused(&mut outcome, findings, args)),
    };
    let names = (plan.name.value.clone(), target.name.value.clone());
    write(&built, &names.0, &names.1, &args.out)?;
    let mut text = format!("built `{}` for `{}`\n", names.0, names.1);
    for file in &built.files {
        text.push_str(&format!("  {}\n", args.out.join(&file.path).display()));
    }
    for note in &built.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    output::print(&text);
    Ok(exit::CLEAN)
}

fn refused(outcome: &mut Outcome, findings: Findings, args: &BuildArgs) -> u8 {
    outcome.findings = findings;
    let mut text = String::new();
    let code = check::render(outcome, report::FailOn::Error, |report| {
        report::full_findings(report, output::options(args.color), &mut text);
    });
    output::print(&text);
    output::note("nothing was written");
    code.max(exit::FINDINGS)
}

/// A target that no file declares is a mistake of the command, whatever else is wrong.
fn known_target(outcome: &Outcome, args: &BuildArgs) -> Result<(), String> {
    let projects = &outcome.projects;
    if projects
        .iter()
        .any(|project| project.may_declare(DeclKind::Target, &args.target))
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
    let meant = nearest(&args.target, targets.iter().copied());
    let known = match (meant, targets.as_slice()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, []) => "declare one: `target prod { kind argo-rollouts }`".to_string(),
        (None, known) => format!("there is {}", known.join(", ")),
    };
    Err(format!("there is no target `{}`; {known}", args.target))
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

/// The target that was asked for, and the plan that names it.
fn choose<'a>(
    outcome: &'a Outcome,
    args: &BuildArgs,
) -> Result<(&'a Model, &'a Plan, &'a Target), String> {
    let models: Vec<&Model> = outcome
        .models
        .iter()
        .filter_map(|models| models.first())
        .collect();
    let mut found = Vec::new();
    for model in models {
        for (index, target) in model.targets.iter().enumerate() {
            if target.name.value != args.target {
                continue;
            }
            for plan in &model.plans {
                let named = plan.targets.iter().any(|named| named.value == index);
                if named
                    && args
                        .plan
                        .as_ref()
                        .is_none_or(|name| *name == plan.name.value)
                {
                    found.push((model, plan, target));
                }
            }
        }
    }
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(match &args.plan {
            Some(plan) => format!(
                "no plan `{plan}` runs on target `{}`; add `on target {}` to it",
                args.target, args.target
            ),
            None => format!(
                "no plan runs on target `{}`; add `on target {}` to one",
                args.target, args.target
            ),
        }),
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|(_, plan, _)| format!("`{}`", plan.name.value))
                .collect();
            Err(format!(
                "several plans run on target `{}`; choose one with `--plan`: {}",
                args.target,
                names.join(", ")
            ))
        }
    }
}

/// Writes all files or none: into a folder beside the one that is asked for, which then takes its
/// name. A folder that holds anything that is not ours is left alone.
fn write(built: &Output, plan: &str, target: &str, out: &Path) -> Result<(), String> {
    let failed = |what: &Path, error: &dyn std::fmt::Display| {
        format!("`{}` cannot be written: {error}", what.display())
    };
    ours_alone(out)?;
    let parent = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
    let fresh = tempfile::Builder::new()
        .prefix(".switchback-")
        .tempdir_in(parent)
        .map_err(|error| failed(out, &error))?;
    let mut files: Vec<String> = Vec::new();
    for file in &built.files {
        let relative = Path::new(&file.path);
        if !relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(format!(
                "`{}` is no path below the output folder",
                file.path
            ));
        }
        let path = fresh.path().join(relative);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed(out, &error))?;
        }
        let mut open = std::fs::File::create_new(&path).map_err(|error| failed(out, &error))?;
        open.write_all(file.text.as_bytes())
            .map_err(|error| failed(out, &error))?;
        #[cfg(unix)]
        if file.executable {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o755);
            open.set_permissions(mode)
                .map_err(|error| failed(out, &error))?;
        }
        files.push(file.path.clone());
    }
    let manifest = Built {
        version: 1,
        plan: plan.to_string(),
        target: target.to_string(),
        files,
    };
    let text = serde_json::to_string_pretty(&manifest).map_err(|error| failed(out, &error))?;
    std::fs::write(fresh.path().join(MANIFEST), text + "\n")
        .map_err(|error| failed(out, &error))?;
    let fresh = fresh.keep();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&fresh, mode).map_err(|error| failed(out, &error))?;
    }
    swap(&fresh, out).inspect_err(|_| {
        let _ = std::fs::remove_dir_all(&fresh);
    })
}

/// Puts the fresh folder in the place of the old one.
fn swap(fresh: &Path, out: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("`{}` cannot be written: {error}", out.display());
    if !out.exists() {
        return std::fs::rename(fresh, out).map_err(failed);
    }
    let parent = fresh.parent().unwrap_or(Path::new("."));
    let old = tempfile::Builder::new()
        .prefix(".switchback-old-")
        .tempdir_in(parent)
        .map_err(failed)?;
    let aside = old.path().join("out");
    std::fs::rename(out, &aside).map_err(failed)?;
    if let Err(error) = std::fs::rename(fresh, out) {
        // the old one goes back to its place
        let _ = std::fs::rename(&aside, out);
        return Err(failed(error));
    }
    Ok(())
}

/// Fails when the folder holds something that an earlier build did not write.
fn ours_alone(out: &Path) -> Result<(), String> {
    let unreadable = |error: std::io::Error| format!("`{}` cannot be read: {error}", out.display());
    if !out.exists() {
        return Ok(());
    }
    if !out.is_dir() {
        return Err(format!(
            "`{}` is a file; name a folder with `--out`",
            out.display()
        ));
    }
    let known: Vec<String> = std::fs::read_to_string(out.join(MANIFEST))
        .ok()
        .and_then(|text| serde_json::from_str::<Built>(&text).ok())
        .map(|built| built.files)
        .unwrap_or_default();
    let mut foreign = Vec::new();
    let mut open = vec![out.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            if entry.file_type().map_err(unreadable)?.is_dir() {
                open.push(path);
                continue;
            }
            let relative = path
                .strip_prefix(out)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            if relative != MANIFEST && !known.contains(&relative) {
                foreign.push(relative);
            }
            if foreign.len() > 1000 {
                break;
            }
        }
    }
    if foreign.is_empty() {
        return Ok(());
    }
    foreign.sort();
    let more = foreign.len().saturating_sub(3);
    foreign.truncate(3);
    let named: Vec<String> = foreign.iter().map(|name| format!("`{name}`")).collect();
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Err(format!(
        "`{}` holds files that `switchback build` did not write: {}{more}; nothing was written. Name another folder with `--out`",
        out.display(),
        named.join(", ")
    ))
}
