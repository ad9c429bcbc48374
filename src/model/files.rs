//! Files that a plan names: manifests, migrations, queries.

use std::path::PathBuf;

use crate::diagnostic::{Diagnostic, Findings, Rule, UNREADABLE_FILE};
use crate::source::{LoadError, Loader, PathProblem, Span, Spanned, resolve_below};

use super::limits::TOO_LARGE;
use super::load::ProjectFile;

pub(crate) static PATH_OUTSIDE_PROJECT: Rule = Rule {
    name: "path-outside-project",
    code: "FI07",
    summary: "every path stays below the project root",
    why: "A plan is text from a pull request. It reads nothing outside of its project: no `..` out \
          of it, no link out of it, no address.",
    failing: "import \"../../etc/passwd\"\n",
    passing: "--- main.swb\nimport \"platform.swb\"\n--- platform.swb\nservice web {\n  traffic 10/s\n}\n",
    ..Rule::SHAPE
};

pub(crate) static NO_WORKLOAD: Rule = Rule {
    name: "no-workload",
    code: "FI08",
    summary: "a workload file holds the workload that the service runs as",
    why: "Replicas, image, probes and drain are read from the workload; without it nothing is known of the service.",
    failing: "--- main.swb\nservice web {\n  workload \"web.yaml\"\n}\n--- web.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n",
    passing: "service web {\n  traffic 10/s\n}\n",
    ..Rule::SHAPE
};

pub(crate) static NO_MATCHING_FILE: Rule = Rule {
    name: "no-matching-file",
    code: "FI09",
    summary: "every pattern of `queries` matches a file",
    why: "A pattern that matches nothing leaves the version without queries, so that the whole schema counts as used.",
    failing: "service web {\n  version 1 { queries \"sql/*.sql\" }\n}\n",
    passing: "--- main.swb\nservice web {\n  version 1 { queries \"sql/*.sql\" }\n}\n--- sql/one.sql\nSELECT 1;\n",
    ..Rule::SHAPE
};

/// All rules of files that this room owns.
pub static RULES: &[&Rule] = &[
    &UNREADABLE_FILE,
    &PATH_OUTSIDE_PROJECT,
    &NO_WORKLOAD,
    &NO_MATCHING_FILE,
    &TOO_LARGE,
];

/// The path that `text` names, seen from `file`; a finding when it leads out of the project.
pub(super) fn resolve(
    loader: &dyn Loader,
    file: &ProjectFile,
    text: &Spanned<String>,
    findings: &mut Findings,
) -> Option<PathBuf> {
    match resolve_below(loader, &file.root, &file.folder, &text.value) {
        Ok(path) => Some(path),
        Err(problem) => {
            findings.push(outside(text.span, &text.value, &problem));
            None
        }
    }
}

/// A path that may not be read.
pub(super) fn outside(span: Span, text: &str, problem: &PathProblem) -> Diagnostic {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
    Diagnostic::new(
        &PATH_OUTSIDE_PROJECT,
        span,
        format!("`{shown}` is not read: {}", problem.reason()),
    )
    .help("name a file below the project root, relative to this file")
}

/// A file that cannot be read.
pub(super) fn unreadable(span: Span, shown: &str, error: &LoadError) -> Diagnostic {
    let found = Diagnostic::new(
        &UNREADABLE_FILE,
        span,
        format!("`{shown}` cannot be read: {}", error.reason()),
    );
    match error {
        LoadError::NotFound => {
            found.help("paths are seen from the file that names them; check the spelling")
        }
        LoadError::NotUtf8(_) => found.help("save the file as UTF-8"),
        LoadError::TooLarge(_) => {
            found.help("name a smaller file; a plan, manifest or migration is never that large")
        }
        LoadError::IsFolder => found.help("name a file in that folder"),
        LoadError::Denied | LoadError::Other(_) => {
            found.help("make the file readable for the user who runs the check")
        }
    }
}

/// How many files one pattern may match, and how many names are looked at for it.
const MAX_MATCHES: usize = 10_000;
/// The longest pattern in bytes: its braces are read by recursion, so its length bounds the stack.
const MAX_PATTERN: usize = 1_000;

/// The files that a pattern like `sql/42/*.sql` matches, sorted.
pub(super) fn matching(
    loader: &dyn Loader,
    file: &ProjectFile,
    pattern: &Spanned<String>,
    findings: &mut Findings,
) -> Vec<PathBuf> {
    let text = &pattern.value;
    let fixed_end = text.find(['*', '?', '[', '{']).map_or(text.len(), |wild| {
        text[..wild].rfind('/').map_or(0, |slash| slash)
    });
    let base = if fixed_end == 0 {
        "."
    } else {
        &text[..fixed_end]
    };
    let base = Spanned::new(base.to_string(), pattern.span);
    let Some(folder) = resolve(loader, file, &base, findings) else {
        return Vec::new();
    };
    if fixed_end == text.len() {
        if let Err(error) = loader.read(&folder) {
            findings.push(unreadable(pattern.span, text, &error));
            return Vec::new();
        }
        return vec![folder];
    }
    let rest = text[fixed_end..].trim_start_matches('/');
    if rest.len() > MAX_PATTERN {
        findings.push(
            Diagnostic::new(
                &NO_MATCHING_FILE,
                pattern.span,
                format!(
                    "the pattern holds {} bytes; the limit is {MAX_PATTERN}",
                    rest.len()
                ),
            )
            .help("write a pattern like `sql/42/*.sql`; `**` stands for any folders"),
        );
        return Vec::new();
    }
    let glob = match globset::GlobBuilder::new(rest)
        .literal_separator(true)
        .build()
    {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            findings.push(
                Diagnostic::new(
                    &NO_MATCHING_FILE,
                    pattern.span,
                    format!("the pattern cannot be read: {}", error.kind()),
                )
                .help("write a pattern like `sql/42/*.sql`; `**` stands for any folders"),
            );
            return Vec::new();
        }
    };
    let deepest = if rest.contains("**") {
        16
    } else {
        rest.matches('/').count()
    };
    // a link below the folder may lead anywhere
    let root = loader.canonical(&file.root.0);
    let is_inside = |path: &PathBuf| match (loader.canonical(path), &root) {
        (Some(real), Some(root)) => real.starts_with(root),
        (real, root) => real.is_some() && root.is_none(),
    };
    let mut found = Vec::new();
    let mut left = MAX_MATCHES;
    let mut open = vec![(folder.clone(), 0usize)];
    while let Some((here, depth)) = open.pop() {
        let Ok((names, _)) = loader.list(&here, left) else {
            continue;
        };
        for (name, is_folder) in names {
            left = left.saturating_sub(1);
            let path = here.join(&name);
            if is_folder {
                if depth < deepest && is_inside(&path) {
                    open.push((path, depth + 1));
                }
            } else if path
                .strip_prefix(&folder)
                .is_ok_and(|relative| glob.is_match(relative))
                && is_inside(&path)
            {
                found.push(path);
            }
        }
        if left == 0 {
            break;
        }
    }
    if found.is_empty() {
        findings.push(
            Diagnostic::new(
                &NO_MATCHING_FILE,
                pattern.span,
                format!("`{text}` matches no file"),
            )
            .help("paths are seen from the file that names them; check the folder"),
        );
    }
    found.sort();
    found
}
