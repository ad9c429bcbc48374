//! What a build was made from, and what it wrote.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::check::Outcome;
use crate::emit::EmittedFile;

/// The file that says which files of a folder are ours.
pub(super) const LOCK: &str = "switchback.lock.json";

/// What [`LOCK`] holds. The same project gives the same bytes, wherever it lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lock {
    /// The version of this form.
    version: u32,
    /// What was asked for.
    pub asked: Asked,
    /// The SHA-256 of each file that was read, by its path below the project.
    pub inputs: BTreeMap<String, String>,
    /// The SHA-256 of each file that was written, by its path below the folder.
    pub files: BTreeMap<String, String>,
}

/// What a build was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    /// The target, or `all`.
    pub target: String,
    /// The plan, if it was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Whether whole documents were.
    pub standalone: bool,
    /// The environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Values that were replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sets: Vec<String>,
}

impl Lock {
    /// The form that this program writes.
    const VERSION: u32 = 1;

    pub(super) fn new(asked: Asked, outcome: &Outcome, files: &[EmittedFile]) -> Lock {
        let mut inputs = BTreeMap::new();
        let roots: Vec<&Path> = outcome
            .projects
            .iter()
            .flat_map(|project| &project.files)
            .map(|file| file.root.0.as_path())
            .collect();
        for (_, source) in outcome.sources.iter() {
            if !source.is_file() || source.view {
                continue;
            }
            let below = roots
                .iter()
                .find_map(|root| source.path.strip_prefix(root).ok());
            let path = below.map_or_else(
                || source.name.clone(),
                |path| path.to_string_lossy().replace('\\', "/"),
            );
            inputs.insert(path, sum(source.text.as_bytes()));
        }
        let files = files
            .iter()
            .map(|file| (file.path.clone(), sum(file.text.as_bytes())))
            .collect();
        Lock {
            version: Self::VERSION,
            asked,
            inputs,
            files,
        }
    }

    /// Reads the lock of a folder; nothing where it has none that can be read.
    pub(super) fn read(folder: &Path) -> Option<Lock> {
        let text = std::fs::read_to_string(folder.join(LOCK)).ok()?;
        let lock: Lock = serde_json::from_str(&text).ok()?;
        (lock.version == Self::VERSION).then_some(lock)
    }

    /// The text of [`LOCK`].
    pub(super) fn text(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// What has happened to the inputs since `was`, in the order of their paths.
    pub(super) fn inputs_since<'a>(&'a self, was: &'a Lock) -> Vec<(&'static str, &'a str)> {
        differences(&was.inputs, &self.inputs)
    }
}

/// What differs between two lists of sums, in the order of paths.
pub(super) fn differences<'a>(
    was: &'a BTreeMap<String, String>,
    is: &'a BTreeMap<String, String>,
) -> Vec<(&'static str, &'a str)> {
    let mut all: Vec<(&'static str, &str)> = Vec::new();
    for (path, sum) in is {
        match was.get(path) {
            None => all.push(("new", path)),
            Some(before) if before != sum => all.push(("changed", path)),
            Some(_) => {}
        }
    }
    let gone = was.keys().filter(|path| !is.contains_key(*path));
    all.extend(gone.map(|path| ("gone", path.as_str())));
    all.sort_by_key(|(_, path)| *path);
    all
}

/// The SHA-256 of a text.
pub(super) fn sum(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
