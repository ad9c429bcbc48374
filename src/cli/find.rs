//! Which plan files a command is about.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::bare::{self, Scope, Survey};
use crate::check::{Options, Outcome, check};
use crate::fix::Texts;
use crate::source::{DiskLoader, MAX_FILE_BYTES, OverlayLoader, STANDARD_INPUT};

use super::args::{CheckArgs, ValueArgs};
use super::output;
use super::since::Changes;

/// A folder with more files than this is not a project with plans in it, unless somebody says so.
pub(super) const MAX_FILES: usize = 200_000;

/// The plan files below `paths`: files as they are, folders searched for `*.swb`. What version
/// control ignores is passed over. Sorted, each once.
pub fn plan_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    let mut found = Vec::new();
    for path in paths {
        let real = real(path)?;
        if real.is_dir() {
            search(&real, &is_plan, MAX_FILES, &mut found)?;
        } else if is_manifest(path) {
            let path = path.display();
            return Err(format!(
                "`{path}` is a Kubernetes manifest and no plan: `switchback init {path}` writes a first plan for it"
            ));
        } else {
            found.push(real);
        }
    }
    found.sort();
    found.dedup();
    if found.is_empty() {
        let shown: Vec<String> = paths
            .iter()
            .map(|path| format!("`{}`", path.display()))
            .collect();
        return Err(format!(
            "no plan file in {}: looked for files that end in `.swb`; `switchback init deploy.yaml` writes a first one",
            shown.join(", ")
        ));
    }
    Ok(found)
}

/// Whether a file is given that a plan names, and that is none.
fn is_manifest(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    matches!(ending, Some("yaml" | "yml" | "json"))
}

/// Whether a file is a plan.
fn is_plan(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "swb")
}

/// Whether a file may say what is rolled out where there is no plan, or be a migration.
fn is_source(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| bare::ENDINGS.contains(&ending))
}

fn real(path: &Path) -> Result<PathBuf, String> {
    std::fs::canonicalize(path)
        .map_err(|error| format!("`{}` cannot be read: {}", path.display(), reason(&error)))
}

/// The files below `folder` that `wanted` takes. What version control ignores is passed over. Of a
/// large folder each quarter of the most files that are looked at is told on standard error.
fn search(
    folder: &Path,
    wanted: &dyn Fn(&Path) -> bool,
    most: usize,
    found: &mut Vec<PathBuf>,
) -> Result<(), String> {
    let mut seen = 0usize;
    let walk = ignore::WalkBuilder::new(folder)
        .require_git(false)
        .max_depth(Some(64))
        .build();
    for entry in walk {
        let entry = entry.map_err(|error| unreadable(&error))?;
        seen += 1;
        if seen > most {
            return Err(format!(
                "`{}` holds more than {most} files; name the folder with the plans or manifests, let version control ignore what is none of them, or raise `--max-files`",
                folder.display()
            ));
        }
        if seen.is_multiple_of((most / 4).max(1)) && seen < most {
            output::note(&format!(
                "switchback: {seen} files and folders of `{}` looked at",
                folder.display()
            ));
        }
        if wanted(entry.path()) && entry.file_type().is_some_and(|kind| kind.is_file()) {
            found.push(entry.into_path());
        }
    }
    Ok(())
}

/// Why a walk ended, with the path that it ended at.
fn unreadable(error: &ignore::Error) -> String {
    let mut inner = error;
    let mut path = None;
    loop {
        match inner {
            ignore::Error::WithPath { path: at, err } => {
                path = Some(at);
                inner = err;
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
                inner = err;
            }
            _ => break,
        }
    }
    match (path, inner) {
        (Some(path), ignore::Error::Io(io)) => format!(
            "`{}` cannot be read: {}; make it readable for the user who runs the check, or name the folders beside it",
            path.display(),
            reason(io)
        ),
        _ => format!("{error}"),
    }
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".to_string(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        _ => error.to_string(),
    }
}

/// The folder that shown paths are relative to.
pub(super) fn base() -> PathBuf {
    std::env::current_dir()
        .and_then(std::fs::canonicalize)
        .unwrap_or_default()
}

/// Checks the plans below `paths`.
pub(super) fn checked(paths: &[PathBuf], values: &ValueArgs) -> Result<Outcome, String> {
    let files = plan_files(paths)?;
    let options = Options {
        environment: values.env.clone(),
        sets: values.set.clone(),
        ..Options::default()
    };
    check(&DiskLoader, &base(), &files, &options)
}

/// What `check` was asked for.
pub(super) enum Target {
    /// Plans, with everything that they name.
    Plans(Vec<PathBuf>),
    /// Manifests and migrations, where there is no plan.
    Bare(Scope, Vec<PathBuf>, Survey),
    /// Rendered manifests from standard input.
    Input(Scope, String),
}

/// What a check looks at.
pub(super) struct Look<'a> {
    /// The paths of the command line.
    pub paths: &'a [PathBuf],
    /// What is passed over.
    pub excluded: &'a dyn Fn(&Path) -> bool,
    /// What version control says is new.
    pub changes: Option<&'a Changes>,
    /// The most files and folders of one folder that are looked at.
    pub most: usize,
}

impl Target {
    /// Looks for what there is to judge: plans where there are some, manifests and migrations where
    /// there are none, standard input for `-`.
    pub(super) fn find(look: &Look<'_>) -> Result<Target, String> {
        let mut scope = Scope {
            folder: base(),
            added: look.changes.map(|changes| changes.added.clone()),
            before: look
                .changes
                .map_or_else(Default::default, |changes| changes.before.clone()),
        };
        if look.paths.iter().any(|path| path.as_os_str() == "-") {
            if look.paths.len() > 1 {
                return Err(
                    "`-` stands for standard input, and nothing can stand beside it".into(),
                );
            }
            return Ok(Target::Input(scope, standard_input()?));
        }
        let here = [PathBuf::from(".")];
        let asked = match look.paths {
            [] => &here[..],
            paths => paths,
        };
        let (mut plans, mut files, mut folders) = (Vec::new(), Vec::new(), Vec::new());
        for path in asked {
            let real = real(path)?;
            if real.is_dir() {
                search(
                    &real,
                    &|path| is_plan(path) && !(look.excluded)(path),
                    look.most,
                    &mut plans,
                )?;
                folders.push(real);
            } else if is_source(&real) {
                files.push(real);
            } else {
                plans.push(real);
            }
        }
        if !plans.is_empty() {
            if let Some(file) = files.first() {
                return Err(format!(
                    "`{}` is no plan, and plans are checked with the files that they name: check it by itself",
                    file.display()
                ));
            }
            plans.sort();
            plans.dedup();
            return Ok(Target::Plans(plans));
        }
        scope.folder = common(folders.iter().chain(&files));
        for folder in &folders {
            search(
                folder,
                &|path| is_source(path) && !(look.excluded)(path),
                look.most,
                &mut files,
            )?;
        }
        files.sort();
        files.dedup();
        let survey = bare::survey(&DiskLoader, &files);
        if survey.is_empty() {
            let shown: Vec<String> = asked
                .iter()
                .map(|path| format!("`{}`", path.display()))
                .collect();
            return Err(format!(
                "no plan, manifest or migration in {}: looked for files that end in `.swb`, for YAML or JSON with {}, and for folders of SQL migrations; `switchback init deploy.yaml` writes a first plan",
                shown.join(", "),
                crate::workload::WORKLOAD_KINDS
            ));
        }
        Ok(Target::Bare(scope, files, survey))
    }

    /// Judges it, with `texts` in the place of the files of these paths.
    pub(super) fn check(&self, texts: &Texts, args: &CheckArgs) -> Result<Outcome, String> {
        let mut loader = OverlayLoader::new(&DiskLoader);
        for (path, text) in texts {
            loader = loader.with(path.clone(), text.clone());
        }
        let options = Options {
            environment: args.values.env.clone(),
            sets: args.values.set.clone(),
            start: args.start,
            ..Options::default()
        };
        match self {
            Target::Plans(plans) => check(&loader, &base(), plans, &options),
            Target::Bare(scope, _, survey) if texts.is_empty() => {
                bare::check(&loader, &base(), scope, survey, &options)
            }
            Target::Bare(scope, files, _) => {
                let survey = bare::survey(&loader, files);
                bare::check(&loader, &base(), scope, &survey, &options)
            }
            Target::Input(scope, text) => {
                let path = base().join(STANDARD_INPUT);
                let loader = loader.with(path.clone(), text.clone());
                let survey = bare::survey(&loader, std::slice::from_ref(&path));
                if survey.is_empty() {
                    return Err(format!(
                        "standard input holds nothing that is rolled out: looked for {}",
                        crate::workload::WORKLOAD_KINDS
                    ));
                }
                bare::check(&loader, &base(), scope, &survey, &options)
            }
        }
    }
}

/// The files whose change may change what a check of `paths` says, with what tells one state from the
/// next: when it was written, and its length. Nothing for a folder that cannot be walked.
pub(super) fn states(paths: &[PathBuf], most: usize) -> BTreeMap<PathBuf, State> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    let mut files = Vec::new();
    for path in paths.iter().filter_map(|path| real(path).ok()) {
        let walk = ignore::WalkBuilder::new(&path)
            .require_git(false)
            .max_depth(Some(64))
            .build();
        let entries = walk.take(most).flatten().map(ignore::DirEntry::into_path);
        files.extend(entries.filter(|path| is_plan(path) || is_source(path) || is_config(path)));
    }
    state_of(files)
}

/// When a file was written, and its length.
pub(super) type State = (Option<SystemTime>, u64);

/// The states of those of `files` that are there.
pub(super) fn state_of(files: impl IntoIterator<Item = PathBuf>) -> BTreeMap<PathBuf, State> {
    let each = files.into_iter().filter_map(|path| {
        let data = std::fs::metadata(&path).ok()?;
        let state = (data.modified().ok(), data.len());
        data.is_file().then_some((path, state))
    });
    each.collect()
}

/// Whether a file is one that says how to check, or which files a tool keeps beside migrations.
fn is_config(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    matches!(ending, Some("toml" | "sum" | "conf"))
}

/// The folder that all paths lie in.
fn common<'a>(mut paths: impl Iterator<Item = &'a PathBuf>) -> PathBuf {
    let folder = |path: &Path| match path.is_dir() {
        true => path.to_path_buf(),
        false => path.parent().unwrap_or(Path::new("/")).to_path_buf(),
    };
    let mut shared = paths.next().map_or_else(base, |path| folder(path));
    for path in paths {
        while !path.starts_with(&shared) && shared.pop() {}
    }
    shared
}

fn standard_input() -> Result<String, String> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("standard input cannot be read: {error}"))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!(
            "standard input holds more than {MAX_FILE_BYTES} bytes; render one chart at a time"
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        format!("standard input is not UTF-8: byte {byte} begins no character")
    })
}
