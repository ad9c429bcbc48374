//! The folder that a build is written to: all files or none, and nothing that is not ours is lost.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use crate::check::Outcome;
use crate::emit::EmittedFile;

use super::build_lock::{LOCK, Lock, differences, sum};
use super::output;

/// What the names of folders under construction begin with.
const UNDER_WAY: &str = ".switchback-build-";

/// The file that a run holds while its folder is under construction.
const HELD: &str = "held";

/// The most files that are looked at in a folder.
const MOST: usize = 10_000;

/// The output folder as it is.
pub(super) struct Folder {
    /// As it was asked for.
    asked: PathBuf,
    /// Where it is; a link is followed.
    path: PathBuf,
    exists: bool,
    /// What the build before wrote.
    pub lock: Option<Lock>,
    /// Files that no build wrote, in order.
    pub foreign: Vec<String>,
    /// Files of the build before that hold something else now, in order.
    pub edited: Vec<String>,
    /// The sums of all files, but for the lock.
    sums: BTreeMap<String, String>,
}

impl Folder {
    /// Looks at the folder.
    ///
    /// # Errors
    ///
    /// When it is a file, or cannot be read.
    pub(super) fn open(out: &Path) -> Result<Folder, String> {
        let mut folder = Folder {
            asked: out.to_path_buf(),
            path: out.to_path_buf(),
            exists: false,
            lock: None,
            foreign: Vec::new(),
            edited: Vec::new(),
            sums: BTreeMap::new(),
        };
        match fs::metadata(out) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(folder),
            Err(error) => return Err(folder.unreadable(&error)),
            Ok(found) if !found.is_dir() => {
                return Err(format!(
                    "`{}` is a file; name a folder with `--out`",
                    out.display()
                ));
            }
            Ok(_) => {}
        }
        folder.exists = true;
        folder.path = fs::canonicalize(out).map_err(|error| folder.unreadable(&error))?;
        folder.lock = Lock::read(&folder.path);
        let known = folder.lock.as_ref().map(|lock| lock.files.clone());
        let known = known.unwrap_or_default();
        let mut open = vec![folder.path.clone()];
        let mut seen = 0;
        while let Some(below) = open.pop() {
            for entry in fs::read_dir(&below).map_err(|error| folder.unreadable(&error))? {
                let entry = entry.map_err(|error| folder.unreadable(&error))?;
                seen += 1;
                if seen > MOST {
                    return Err(format!(
                        "`{}` holds more than {MOST} files, so it is no output of `switchback build`; name another folder with `--out`",
                        out.display()
                    ));
                }
                let kind = entry
                    .file_type()
                    .map_err(|error| folder.unreadable(&error))?;
                if kind.is_dir() {
                    open.push(entry.path());
                    continue;
                }
                folder.look(&entry.path(), kind.is_file(), &known)?;
            }
        }
        folder.foreign.sort();
        folder.edited.sort();
        Ok(folder)
    }

    fn look(
        &mut self,
        path: &Path,
        is_file: bool,
        known: &BTreeMap<String, String>,
    ) -> Result<(), String> {
        let below = path.strip_prefix(&self.path).unwrap_or(path);
        let name = below.to_string_lossy().replace('\\', "/");
        if name == LOCK && self.lock.is_some() {
            return Ok(());
        }
        let Some(written) = known.get(&name).filter(|_| is_file) else {
            self.foreign.push(name);
            return Ok(());
        };
        let bytes = fs::read(path).map_err(|error| self.unreadable(&error))?;
        let sum = sum(&bytes);
        if sum != *written {
            self.edited.push(name.clone());
        }
        self.sums.insert(name, sum);
        Ok(())
    }

    fn unreadable(&self, error: &dyn std::fmt::Display) -> String {
        format!("`{}` cannot be read: {error}", self.asked.display())
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> String {
        format!(
            "`{}` cannot be written: {error}; nothing was changed there",
            self.asked.display()
        )
    }

    /// What a build would change: files that are missing, hold something else, or are not ours.
    pub(super) fn differs(&self, lock: &Lock) -> Vec<(&'static str, String)> {
        let mut all: Vec<(&'static str, String)> = differences(&self.sums, &lock.files)
            .into_iter()
            .map(|(what, path)| {
                let what = match what {
                    "new" => "missing",
                    "gone" => "no longer written",
                    other => other,
                };
                (what, path.to_string())
            })
            .collect();
        let foreign = self.foreign.iter();
        all.extend(foreign.map(|path| ("not ours", path.clone())));
        all
    }

    /// Writes all files or none: into a folder beside this one, which then takes its place in one
    /// step. What an earlier build wrote and this one does not is gone.
    ///
    /// # Errors
    ///
    /// When the folder holds anything that is not ours, unless `force`; when it cannot be written.
    pub(super) fn replace(
        &self,
        files: &[EmittedFile],
        lock: &Lock,
        outcome: &Outcome,
        force: bool,
    ) -> Result<(), String> {
        self.keep_what_is_not_ours(outcome, force)?;
        let parent = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(|error| self.failed(&error))?;
        // one run at a time begins, so that a folder without its lock is no run's that begins now
        let beginning = File::open(parent).ok().filter(|held| held.lock().is_ok());
        sweep(parent, beginning.is_some());
        let room = tempfile::Builder::new()
            .prefix(UNDER_WAY)
            .tempdir_in(parent)
            .map_err(|error| self.failed(&error))?;
        // whoever finds the folder later and can lock this knows that the run is over
        let held = File::create_new(room.path().join(HELD)).map_err(|error| self.failed(&error))?;
        let _ = held.try_lock();
        drop(beginning);
        let fresh = room.path().join("files");
        self.fill(&fresh, files, lock)?;
        if self.exists {
            exchange(&fresh, &self.path, &room.path().join("before"))
        } else {
            fs::rename(&fresh, &self.path)
        }
        .map_err(|error| self.failed(&error))
    }

    fn fill(&self, fresh: &Path, files: &[EmittedFile], lock: &Lock) -> Result<(), String> {
        fs::create_dir(fresh).map_err(|error| self.failed(&error))?;
        for file in files {
            let relative = Path::new(&file.path);
            let mut parts = relative.components();
            if !parts.all(|part| matches!(part, Component::Normal(_))) {
                return Err(format!(
                    "`{}` is no path below the output folder",
                    file.path
                ));
            }
            let path = fresh.join(relative);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|error| self.failed(&error))?;
            }
            let mut open = File::create_new(&path).map_err(|error| self.failed(&error))?;
            open.write_all(file.text.as_bytes())
                .map_err(|error| self.failed(&error))?;
            #[cfg(unix)]
            if file.executable {
                use std::os::unix::fs::PermissionsExt as _;
                let mode = fs::Permissions::from_mode(0o755);
                open.set_permissions(mode)
                    .map_err(|error| self.failed(&error))?;
            }
        }
        let text = lock.text().map_err(|error| self.failed(&error))?;
        fs::write(fresh.join(LOCK), text).map_err(|error| self.failed(&error))
    }

    /// Refuses to lose what no build wrote, or somebody has changed since.
    fn keep_what_is_not_ours(&self, outcome: &Outcome, force: bool) -> Result<(), String> {
        if self.foreign.is_empty() && self.edited.is_empty() {
            return Ok(());
        }
        let out = self.asked.display();
        // a mistyped folder would take the project, or where one stands, with it
        let here = std::env::current_dir().and_then(fs::canonicalize);
        let inputs = outcome
            .sources
            .iter()
            .filter(|(_, source)| source.is_file());
        let kept = inputs
            .filter_map(|(_, source)| fs::canonicalize(&source.path).ok())
            .chain(here)
            .find(|path| path.starts_with(&self.path));
        if let Some(kept) = kept {
            let kept = kept.strip_prefix(&self.path).unwrap_or(&kept);
            let what = match kept.as_os_str().is_empty() {
                true => "is the folder that you are in".to_string(),
                false => format!("holds `{}`, which is read or worked in", kept.display()),
            };
            return Err(format!(
                "`{out}` {what}; nothing was written. Name another folder with `--out`"
            ));
        }
        let mut all: Vec<String> = Vec::new();
        let foreign = self.foreign.iter();
        all.extend(foreign.map(|name| format!("`{name}` is not ours")));
        let edited = self.edited.iter();
        all.extend(edited.map(|name| format!("`{name}` was changed by hand")));
        if force {
            let list: String = all.iter().map(|what| format!("\n  {what}")).collect();
            output::note(&format!("`--force` replaces everything in `{out}`:{list}"));
            return Ok(());
        }
        let more = all.len().saturating_sub(3);
        all.truncate(3);
        let more = match more {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Err(format!(
            "`{out}` holds what `switchback build` did not write: {}{more}; nothing was written. Name another folder with `--out`, or lose them with `--force`",
            all.join("; "),
        ))
    }
}

/// Puts `fresh` into the place of `out` and takes what was there away, in one step where the system
/// has such a step.
fn exchange(fresh: &Path, out: &Path, aside: &Path) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        if renameat_with(CWD, fresh, CWD, out, RenameFlags::EXCHANGE).is_ok() {
            return Ok(());
        }
    }
    fs::rename(out, aside)?;
    fs::rename(fresh, out).inspect_err(|_| {
        // the old one goes back to its place
        let _ = fs::rename(aside, out);
    })
}

/// Takes away what runs that were killed have left behind; `alone` says that no other run begins
/// meanwhile.
fn sweep(parent: &Path, alone: bool) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten().take(MOST) {
        let name = entry.file_name();
        let ours = name.to_string_lossy().starts_with(UNDER_WAY);
        if !ours || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let over = match File::open(entry.path().join(HELD)) {
            Ok(held) => held.try_lock().is_ok(),
            // killed before it had its lock, or while this was taken away
            Err(error) => alone && error.kind() == std::io::ErrorKind::NotFound,
        };
        if over {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
