//! `switchback check --watch`: the files are looked at a few times a second, and checked again when they
//! have changed and then stayed as they are.
//!
//! Looking at times and lengths needs nothing of the system, works on shared folders and in containers,
//! and is bounded: a folder of many files is looked at less often, so that looking takes a tenth of one
//! core at most.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::args::CheckArgs;
use super::find::{self, State};
use super::output;

/// The time between two looks where looking costs little.
const BETWEEN: Duration = Duration::from_millis(200);
/// So many times as long as a look takes is waited for the next.
const REST: u32 = 9;
/// Files that do not come to rest are checked after so many looks all the same.
const MOST_LOOKS: usize = 25;

/// Checks, and again whenever a file has changed; ends only when it cannot begin.
pub(super) fn run(
    args: &CheckArgs,
    check: &mut dyn FnMut() -> Result<(u8, Vec<PathBuf>), String>,
) -> Result<u8, String> {
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err("`--watch` looks at files, and standard input is none".into());
    }
    loop {
        // what changes from here on is seen, also while the check runs
        let before = find::states(&args.paths, args.max_files);
        let read = match check() {
            Ok((_, read)) => read,
            Err(message) => {
                output::error(&message);
                Vec::new()
            }
        };
        let known = (before, find::state_of(read));
        let files = known.0.keys().chain(known.1.keys());
        let count = files.collect::<std::collections::BTreeSet<_>>().len();
        let files = output::count(count, "file", "files");
        output::note(&format!("switchback: watching {files}"));
        wait(args, &known);
    }
}

type Known = (BTreeMap<PathBuf, State>, BTreeMap<PathBuf, State>);

/// Waits until files are other ones than `known`, and have come to rest.
fn wait(args: &CheckArgs, known: &Known) {
    let look = || {
        let read = known.1.keys().cloned();
        (
            find::states(&args.paths, args.max_files),
            find::state_of(read),
        )
    };
    let mut last: Option<Known> = None;
    let mut looks = 0;
    loop {
        let start = Instant::now();
        let now = look();
        let rest = start.elapsed().saturating_mul(REST).max(BETWEEN);
        if now != *known || last.is_some() {
            looks += 1;
            // a file that is being written, or a branch that is being checked out, comes to rest
            if last.as_ref() == Some(&now) || looks > MOST_LOOKS {
                return;
            }
            last = Some(now);
        }
        sleep(rest);
    }
}
