//! `switchback fmt`

use std::io::{Read, Write};
use std::path::Path;

use crate::check::Outcome;
use crate::report;
use crate::source::{DiskLoader, Loader, MAX_FILE_BYTES, NotUtf8, SourceMap, find_root};
use crate::syntax::{FormatError, format};

use super::args::{Color, FmtArgs};
use super::{check, exit, find, output};

pub(super) fn run(args: &FmtArgs) -> Result<u8, String> {
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        return stdin(args);
    }
    let base = find::base();
    if !args.check {
        for path in &args.paths {
            stays_inside(&base, path)?;
        }
    }
    let mut code = exit::CLEAN;
    let (mut changed, mut right) = (Vec::new(), 0usize);
    for path in find::plan_files(&args.paths)? {
        let name = path
            .strip_prefix(&base)
            .unwrap_or(&path)
            .display()
            .to_string();
        let text = match DiskLoader.read(&path) {
            Ok(text) => text,
            Err(error) => {
                output::error(&format!("`{name}` cannot be read: {}", error.reason()));
                code = code.max(exit::USAGE);
                continue;
            }
        };
        match laid_out(&name, &text) {
            Ok(laid) if laid == text => right += 1,
            Ok(laid) => {
                if !args.check {
                    write(&path, &laid)?;
                }
                changed.push(name);
            }
            Err(failed) => code = code.max(failed),
        }
    }
    for name in &changed {
        output::print(&format!(
            "{} {name}\n",
            if args.check {
                "would lay out"
            } else {
                "laid out"
            }
        ));
    }
    let files = |n: usize| {
        if n == 1 {
            "1 file".to_string()
        } else {
            format!("{n} files")
        }
    };
    output::note(&match (changed.len(), args.check) {
        (0, _) => format!("{} laid out already", files(right)),
        (n, true) => format!(
            "{} to lay out, {} laid out already; `switchback fmt` does it",
            files(n),
            files(right)
        ),
        (n, false) => format!("{} laid out, {} unchanged", files(n), files(right)),
    });
    if args.check && !changed.is_empty() {
        code = code.max(exit::FINDINGS);
    }
    Ok(code)
}

/// Refuses a path whose symbolic links lead out of its project: `fmt` writes nothing there.
fn stays_inside(base: &Path, path: &Path) -> Result<(), String> {
    let given = base.join(path);
    let folder = match given.parent() {
        Some(folder) if !given.is_dir() => folder,
        _ => &given,
    };
    let root = find_root(&DiskLoader, folder, folder).0;
    match (DiskLoader.canonical(&given), DiskLoader.canonical(&root)) {
        (Some(real), Some(root)) if !real.starts_with(&root) => Err(format!(
            "`{}` is left as it is: a symbolic link leads out of the project root; name the file itself",
            path.display()
        )),
        _ => Ok(()),
    }
}

/// The text laid out, or the exit code when it cannot be; what is wrong has been printed.
fn laid_out(name: &str, text: &str) -> Result<String, u8> {
    let mut sources = SourceMap::new();
    let id = sources.add(name, name, text.to_string());
    match format(id, text) {
        Ok(laid) => Ok(laid),
        Err(FormatError::Broken(findings)) => {
            let mut outcome = Outcome {
                sources,
                findings,
                ..Outcome::default()
            };
            let mut shown = String::new();
            check::render(&mut outcome, report::FailOn::Error, |report| {
                report::full_findings(report, output::options(Color::Auto), &mut shown);
            });
            output::print(&shown);
            output::note(&format!("{name} is left as it is: it cannot be read whole"));
            Err(exit::FINDINGS)
        }
        Err(FormatError::Unsound { at }) => {
            output::error(&format!(
                "internal error: laying out `{name}` would change it at byte {}, so it is left as it is; please report it with the file",
                at.start
            ));
            Err(exit::INTERNAL)
        }
    }
}

fn stdin(args: &FmtArgs) -> Result<u8, String> {
    if args.paths.len() > 1 {
        return Err("`-` stands alone: standard input is one file".to_string());
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("standard input cannot be read: {error}"))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!(
            "standard input holds more than {MAX_FILE_BYTES} bytes"
        ));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let wrong = NotUtf8::new(error.as_bytes(), error.utf8_error().valid_up_to());
        format!("standard input cannot be read: {}", wrong.reason())
    })?;
    match laid_out("<stdin>", &text) {
        Ok(laid) if args.check => Ok(if laid == text {
            exit::CLEAN
        } else {
            exit::FINDINGS
        }),
        Ok(laid) => {
            output::print(&laid);
            Ok(exit::CLEAN)
        }
        Err(code) => Ok(code),
    }
}

/// Replaces a file in one go, so that a run that is killed leaves the old text or the new one.
pub(super) fn write(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("`{}` cannot be written: {error}", path.display());
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".switchback-")
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    let permissions = std::fs::metadata(path).map_err(failed)?.permissions();
    file.as_file()
        .set_permissions(permissions)
        .map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
