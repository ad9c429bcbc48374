//! `switchback check --fix`, `--unsafe-fixes` and `--diff`.

use std::path::Path;

use similar::TextDiff;

use crate::check::Outcome;
use crate::fix::{self, Fixed, Texts};
use crate::source::{DiskLoader, Loader};

use super::args::CheckArgs;
use super::find::{self, Target};
use super::{fmt, output};

/// Finds out which fixes hold.
pub(super) fn apply(outcome: Outcome, target: &Target, args: &CheckArgs) -> Result<Fixed, String> {
    if let Target::Input(..) = target {
        return Err(
            "`--fix` writes files, and standard input is none; check the file itself".into(),
        );
    }
    fix::apply(outcome, args.unsafe_fixes, &mut |texts| {
        target.check(texts, args)
    })
}

/// Writes the files, or prints what would change. Gives whether anything changes.
pub(super) fn finish(
    texts: &Texts,
    titles: &[String],
    refused: usize,
    args: &CheckArgs,
) -> Result<bool, String> {
    for (path, text) in texts {
        let shown = shown(path);
        let before = DiskLoader
            .read(path)
            .map_err(|error| format!("`{shown}` cannot be read: {}", error.reason()))?;
        if args.diff {
            let diff = TextDiff::from_lines(&before, text);
            let (old, new) = (format!("a/{shown}"), format!("b/{shown}"));
            let mut unified = diff.unified_diff();
            output::print(&unified.context_radius(3).header(&old, &new).to_string());
        } else {
            fmt::write(path, text)?;
        }
    }
    if !titles.is_empty() {
        let done = if args.diff { "would make" } else { "made" };
        let fixes = output::count(titles.len(), "fix", "fixes");
        let files = output::count(texts.len(), "file", "files");
        output::note(&format!("{done} {fixes} in {files}"));
    }
    if refused > 0 {
        let left = output::count(refused, "fix that did not", "fixes that did not");
        output::note(&format!(
            "left out {left} remove the finding, or brought another"
        ));
    }
    Ok(!texts.is_empty())
}

fn shown(path: &Path) -> String {
    let base = find::base();
    let below = path.strip_prefix(&base).unwrap_or(path);
    below.to_string_lossy().replace('\\', "/")
}
