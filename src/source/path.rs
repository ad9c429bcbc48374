//! Paths that plans may name: relative, below the project root, links included.

use std::path::{Component, Path, PathBuf};

use super::Loader;

/// The folder that nothing outside of is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectRoot(pub PathBuf);

/// Why a path in a plan is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathProblem {
    /// It looks like an address: `https://...`.
    Address,
    /// It starts at the file system's root or with a drive.
    Absolute,
    /// `..` leads out of the project root.
    Escapes,
    /// A symbolic link on the way leads out of the project root.
    LinkEscapes,
    /// It is empty or holds a character that no path may hold.
    Unusable,
}

impl PathProblem {
    /// What is wrong with the path, as half a sentence.
    pub fn reason(&self) -> &'static str {
        match self {
            PathProblem::Address => {
                "addresses are not fetched; only files below the project root are read"
            }
            PathProblem::Absolute => "the path is absolute; write it relative to this file",
            PathProblem::Escapes => "`..` leads out of the project root",
            PathProblem::LinkEscapes => "a symbolic link leads out of the project root",
            PathProblem::Unusable => "the path is empty or holds a control character",
        }
    }
}

/// The project root for a file or folder: the nearest folder upwards that holds
/// `switchback.toml` or a repository (`.git`), else `given`.
pub fn find_root(loader: &dyn Loader, start: &Path, given: &Path) -> ProjectRoot {
    let mut folder = Some(start);
    while let Some(here) = folder {
        let mark = |name: &str| loader.canonical(&here.join(name)).is_some();
        if mark("switchback.toml") || mark(".git") {
            return ProjectRoot(here.to_path_buf());
        }
        folder = here.parent();
    }
    ProjectRoot(given.to_path_buf())
}

/// The path that `text` names, seen from `folder` (the folder of the file that says it).
///
/// The result lies below `root` after `..` and symbolic links are resolved; a path that does not
/// exist is returned joined and normalised, so that the caller can say that it is not there.
pub fn resolve_below(
    loader: &dyn Loader,
    root: &ProjectRoot,
    folder: &Path,
    text: &str,
) -> Result<PathBuf, PathProblem> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(PathProblem::Unusable);
    }
    if text.contains("://") {
        return Err(PathProblem::Address);
    }
    let relative = Path::new(text);
    if relative.is_absolute() || text.starts_with('\\') || text.get(1..2) == Some(":") {
        return Err(PathProblem::Absolute);
    }
    let mut path = folder.to_path_buf();
    for part in relative.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if path == root.0 || !path.pop() || !path.starts_with(&root.0) {
                    return Err(PathProblem::Escapes);
                }
            }
            Component::Normal(name) => path.push(name),
            Component::RootDir | Component::Prefix(_) => return Err(PathProblem::Absolute),
        }
    }
    if !path.starts_with(&root.0) {
        return Err(PathProblem::Escapes);
    }
    // a link may stand anywhere on the way; the deepest existing folder tells where it leads
    let mut existing = Some(path.as_path());
    while let Some(here) = existing {
        if let Some(real) = loader.canonical(here) {
            let real_root = loader.canonical(&root.0).unwrap_or_else(|| root.0.clone());
            if !real.starts_with(&real_root) {
                return Err(PathProblem::LinkEscapes);
            }
            break;
        }
        existing = here.parent();
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::super::MemoryLoader;
    use super::*;

    fn resolve(text: &str) -> Result<PathBuf, PathProblem> {
        let loader = MemoryLoader::new()
            .with("root/plans/a.swb", "")
            .with("root/db/1.sql", "");
        resolve_below(
            &loader,
            &ProjectRoot("root".into()),
            Path::new("root/plans"),
            text,
        )
    }

    #[test]
    fn stays_below_the_root() {
        assert_eq!(resolve("../db/1.sql"), Ok("root/db/1.sql".into()));
        assert_eq!(resolve("./x/../a.swb"), Ok("root/plans/a.swb".into()));
        assert_eq!(resolve("../../etc/passwd"), Err(PathProblem::Escapes));
        assert_eq!(resolve("../../root/db/1.sql"), Err(PathProblem::Escapes));
        assert_eq!(resolve("/etc/passwd"), Err(PathProblem::Absolute));
        assert_eq!(resolve("https://example.com/a"), Err(PathProblem::Address));
        assert_eq!(resolve(""), Err(PathProblem::Unusable));
        assert_eq!(resolve("a\0b"), Err(PathProblem::Unusable));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_may_not_lead_out() {
        use super::super::DiskLoader;
        let outside = tempfile::tempdir().expect("a folder");
        let inside = tempfile::tempdir().expect("a folder");
        let root = std::fs::canonicalize(inside.path()).expect("it is there");
        std::fs::write(outside.path().join("secret"), "x").expect("written");
        std::os::unix::fs::symlink(outside.path(), root.join("out")).expect("linked");
        let found = resolve_below(&DiskLoader, &ProjectRoot(root.clone()), &root, "out/secret");
        assert_eq!(found, Err(PathProblem::LinkEscapes));
    }
}
