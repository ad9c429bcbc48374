//! What a folder holds: manifests that run something, and folders of migrations.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::diagnostic::Findings;
use crate::model::stands_for_pods;
use crate::schema::{self, Migrations};
use crate::source::{FileId, Loader, STANDARD_INPUT, SourceMap, Span, parallel};
use crate::workload::{self, Manifests, Workload};

use super::steps;

/// A manifest file that runs something, or says how it is replaced.
#[derive(Debug)]
pub struct ManifestFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says.
    pub manifests: Manifests,
}

/// A folder of migrations.
#[derive(Debug)]
pub struct MigrationFolder {
    /// Where it lies.
    pub path: PathBuf,
    /// What it holds; no layout where it is known to be one and cannot be read as SQL.
    pub migrations: Migrations,
    /// The file of each of the versioned migrations, in their order.
    pub files: Vec<PathBuf>,
    /// A file that stands for the folder.
    pub first: PathBuf,
}

/// What was found below the folders that a check was given.
#[derive(Debug, Default)]
pub struct Survey {
    /// Files with workloads, with what replaces them step by step, or with what stands beside them.
    pub manifests: Vec<ManifestFile>,
    /// Folders of migrations.
    pub migrations: Vec<MigrationFolder>,
    /// Files that may be manifests and cannot be read as they stand: templates, broken YAML, files
    /// without permission.
    pub unread: Vec<PathBuf>,
}

impl Survey {
    /// Whether there is nothing to judge.
    pub fn is_empty(&self) -> bool {
        let runs = |file: &ManifestFile| file.manifests.running().next().is_some();
        !self.manifests.iter().any(runs) && self.migrations.is_empty() && self.unread.is_empty()
    }

    /// The workloads that some file gives an image.
    fn based(&self) -> BTreeSet<&str> {
        let all = self.manifests.iter();
        all.flat_map(|file| file.manifests.running())
            .filter(|workload| names_image(workload))
            .map(Workload::name)
            .collect()
    }

    /// The files with their workloads, and whether the file is nothing but patches for Kustomize: what
    /// these leave out, a base says.
    pub(super) fn files(&self) -> Vec<(&ManifestFile, bool)> {
        let based = self.based();
        let patch = |workload: &Workload| {
            !names_image(workload)
                && !workload.kind.is_serverless()
                && workload.workload_ref.is_none()
                && based.contains(workload.name())
        };
        let files = self.manifests.iter();
        files
            .map(|file| {
                let mut running = file.manifests.running().peekable();
                (file, running.peek().is_some() && running.all(patch))
            })
            .collect()
    }
}

/// Whether a workload says which image it runs.
fn names_image(workload: &Workload) -> bool {
    let container = workload.pod.as_ref().and_then(|pod| pod.main_container());
    container.is_some_and(|container| container.image.is_some())
}

/// Folders whose name says what they hold, so that programs in them are migrations too.
const MIGRATION_FOLDERS: [&str; 4] = ["migrations", "migrate", "versions", "changelog"];

/// Endings of the files that are looked at: manifests, and what migrations of one tool or another are
/// written in.
pub const ENDINGS: [&str; 13] = [
    "sql", "py", "rb", "js", "ts", "mjs", "cjs", "exs", "php", "xml", "yaml", "yml", "json",
];

/// Looks through `files`, which are sorted. Time grows with their bytes.
pub fn survey(loader: &dyn Loader, files: &[PathBuf]) -> Survey {
    let mut found = Survey::default();
    let mut folders = BTreeSet::new();
    let texts: Vec<&PathBuf> = files.iter().filter(|path| may_be_manifest(path)).collect();
    for part in parallel::each(&texts, |path| manifest(loader, path)) {
        found.manifests.extend(part.manifests);
        found.unread.extend(part.unread);
    }
    for path in files {
        let ending = path.extension().and_then(|ending| ending.to_str());
        if let Some("sql") = ending {
            folders.extend(migration_folders(path))
        }
        let folder = path.parent().and_then(Path::file_name);
        if folder.is_some_and(|name| MIGRATION_FOLDERS.iter().any(|known| name == *known))
            && ending.is_some_and(|ending| ENDINGS.contains(&ending))
        {
            folders.extend(path.parent().map(Path::to_path_buf));
        }
    }
    for folder in folders {
        // what a folder above has taken as its own is not a folder of its own; it came just before
        let above = found.migrations.last();
        if above.is_some_and(|above| folder.starts_with(&above.path)) {
            continue;
        }
        found.migrations.extend(migrations(loader, &folder, files));
    }
    found
}

/// Whether a file may hold manifests, by its name.
fn may_be_manifest(path: &Path) -> bool {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("yaml" | "yml" | "json") => true,
        None => path.ends_with(STANDARD_INPUT),
        _ => false,
    }
}

/// Reads one text as a manifest file.
fn manifest(loader: &dyn Loader, path: &Path) -> Survey {
    let mut found = Survey::default();
    let Ok(text) = loader.read(path) else {
        found.unread.push(path.to_path_buf());
        return found;
    };
    // most YAML of a repository is no manifest
    if !text.contains("kind") || !text.contains("apiVersion") {
        return found;
    }
    let mut findings = Findings::new();
    let manifests = workload::read(FileId(0), &text, &mut findings);
    let path = path.to_path_buf();
    let leads = manifests.documents.iter().any(steps::is_canary);
    let stands_beside = !manifests.services.is_empty()
        || !manifests.autoscalers.is_empty()
        || !manifests.disruption_budgets.is_empty()
        || (manifests.documents.iter())
            .any(|document| document.kind() == "ConfigMap" || stands_for_pods(document));
    if manifests.running().next().is_some() || leads || stands_beside {
        found.manifests.push(ManifestFile { path, manifests });
    } else if manifests.broken {
        found.unread.push(path);
    }
    found
}

/// The folders that a file of SQL may be a migration of: its own, and for `up.sql` the one above.
fn migration_folders(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().and_then(|name| name.to_str());
    let own = path.parent();
    let above = own.and_then(Path::parent);
    let folder = match name {
        Some("up.sql" | "down.sql" | "migration.sql") => above,
        _ => own,
    };
    folder.map(Path::to_path_buf).into_iter().collect()
}

fn migrations(loader: &dyn Loader, folder: &Path, files: &[PathBuf]) -> Option<MigrationFolder> {
    let mut sources = SourceMap::new();
    let shown = folder.to_string_lossy();
    let at = sources.add(shown.clone(), folder, String::new());
    let mut findings = Findings::new();
    let here = Span::new(at, 0, 0);
    let migrations = schema::discover(loader, &mut sources, folder, &shown, here, &mut findings);
    // the files are sorted, so those of a folder stand behind its name
    let behind = files.partition_point(|file| file.as_path() < folder);
    let first = files
        .get(behind)
        .filter(|file| file.starts_with(folder))?
        .clone();
    let named = folder
        .file_name()
        .is_some_and(|name| MIGRATION_FOLDERS.iter().any(|known| name == *known));
    // a folder of queries is no folder of migrations, unless its name says so
    let foreign = migrations.layout.is_none() && (named || looks_foreign(&findings));
    if migrations.migrations.is_empty() && !foreign {
        return None;
    }
    let files = migrations
        .migrations
        .iter()
        .map(|migration| {
            let up = migration.up.as_ref().map(|script| script.file);
            let file = up.unwrap_or(migration.span.file);
            sources.file(file).path.clone()
        })
        .collect();
    Some(MigrationFolder {
        path: folder.to_path_buf(),
        migrations,
        files,
        first,
    })
}

/// Whether a tool was recognised whose migrations are not read.
fn looks_foreign(findings: &Findings) -> bool {
    findings
        .iter()
        .any(|found| found.rule.code == "MG01" && found.message.contains("look like those of"))
}
