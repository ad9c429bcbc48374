//! What changed since a revision, as git knows it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::diagnostic::{Diagnostic, Findings};
use crate::source::SourceMap;

/// So many changed manifests are compared with what they said before; each is one question to git.
const MAX_BEFORE: usize = 500;

/// The files that differ from a revision.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    /// Files that are new.
    pub added: BTreeSet<PathBuf>,
    /// Files that are new or hold other text.
    pub changed: BTreeSet<PathBuf>,
    /// What changed manifests said at the revision.
    pub before: BTreeMap<PathBuf, String>,
}

/// What differs in the working tree, files that git does not know yet included, from where this branch
/// left `revision`.
pub(super) fn changes(folder: &Path, revision: &str) -> Result<Changes, String> {
    let top = git(folder, &["rev-parse", "--show-toplevel"])?;
    let top = PathBuf::from(top.trim_end_matches('\n'));
    let name = format!("{revision}^{{commit}}");
    let commit = git(
        folder,
        &["rev-parse", "--verify", "--quiet", "--end-of-options", &name],
    )
    .map_err(|_| {
        format!(
            "`--since {revision}`: git knows no such revision here; in a pipeline, fetch it first: `git fetch origin main`, and clone with its history"
        )
    })?;
    let commit = commit.trim().to_string();
    // what others did on the main branch meanwhile is not this branch's
    let from = git(folder, &["merge-base", &commit, "HEAD"])
        .map_or(commit, |base| base.trim().to_string());
    let listed = git(
        folder,
        &["diff", "--name-status", "-z", "--no-renames", &from, "--"],
    )?;
    let mut found = Changes::default();
    let mut parts = listed.split('\0');
    while let (Some(status), Some(name)) = (parts.next(), parts.next()) {
        let path = top.join(name);
        match status {
            "D" => {}
            "A" => {
                found.added.insert(path.clone());
                found.changed.insert(path);
            }
            _ => {
                let ending = path.extension().and_then(|ending| ending.to_str());
                if matches!(ending, Some("yaml" | "yml" | "json"))
                    && found.before.len() < MAX_BEFORE
                    && let Ok(text) = git(&top, &["show", &format!("{from}:{name}")])
                {
                    found.before.insert(path.clone(), text);
                }
                found.changed.insert(path);
            }
        }
    }
    let unknown = git(
        &top,
        &[
            "ls-files",
            "--others",
            "--exclude-standard",
            "-z",
            "--full-name",
        ],
    )?;
    for name in unknown.split('\0').filter(|name| !name.is_empty()) {
        found.added.insert(top.join(name));
        found.changed.insert(top.join(name));
    }
    Ok(found)
}

/// Leaves the findings that have a place in a changed file, or in a text that is no file. Gives the
/// number of the others.
pub(super) fn keep(findings: &mut Findings, sources: &SourceMap, changes: &Changes) -> usize {
    let before = findings.len();
    let touches = |found: &Diagnostic| {
        found.labels.iter().any(|label| {
            let file = sources.file(label.span.file);
            !file.is_file() || changes.changed.contains(&file.path)
        })
    };
    findings.retain(touches);
    before - findings.len()
}

fn git(folder: &Path, args: &[&str]) -> Result<String, String> {
    let ran = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(args)
        .output()
        .map_err(|error| format!("`--since` asks git, which cannot be started: {error}"))?;
    if !ran.status.success() {
        let said = String::from_utf8_lossy(&ran.stderr);
        let said = said.lines().next().unwrap_or("it gave no reason");
        return Err(format!("`--since` asks git, which refused: {said}"));
    }
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}
