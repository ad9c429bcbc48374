//! Which plan files a command is about.

use std::path::{Path, PathBuf};

use crate::check::{Options, Outcome, check};
use crate::source::DiskLoader;

use super::args::ValueArgs;

/// A folder with more files than this is not a project with plans in it.
const MAX_FILES: usize = 200_000;

/// The plan files below `paths`: files as they are, folders searched for `*.swb`. What version
/// control ignores is passed over. Sorted, each once.
pub fn plan_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    let mut found = Vec::new();
    for path in paths {
        let real = std::fs::canonicalize(path)
            .map_err(|error| format!("`{}` cannot be read: {}", path.display(), reason(&error)))?;
        if real.is_dir() {
            search(&real, &mut found)?;
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

fn search(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let mut seen = 0usize;
    let walk = ignore::WalkBuilder::new(folder)
        .require_git(false)
        .max_depth(Some(64))
        .build();
    for entry in walk {
        let entry = entry.map_err(|error| format!("{error}"))?;
        seen += 1;
        if seen > MAX_FILES {
            return Err(format!(
                "`{}` holds more than {MAX_FILES} files; name the folder with the plans",
                folder.display()
            ));
        }
        let is_plan = entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "swb");
        if is_plan && entry.file_type().is_some_and(|kind| kind.is_file()) {
            found.push(entry.into_path());
        }
    }
    Ok(())
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
    };
    check(&DiskLoader, &base(), &files, &options)
}
