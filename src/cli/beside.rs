//! Programs beside this one, which have what the checker does without: a network, an editor.

use std::path::PathBuf;
use std::process::Command;

/// Starts `program`, which belongs beside this one or into the search path.
///
/// # Errors
///
/// That it cannot be started, and how it is made.
pub(super) fn start<'a>(
    program: &str,
    args: impl IntoIterator<Item = &'a std::ffi::OsStr>,
) -> Result<u8, String> {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|own| {
            Some(
                own.parent()?
                    .join(format!("{program}{}", std::env::consts::EXE_SUFFIX)),
            )
        })
        .filter(|path| path.is_file());
    // else the one that the search path finds
    let path = beside.unwrap_or_else(|| PathBuf::from(program));
    exec(Command::new(path).args(args)).map_err(|error| {
        format!(
            "`{program}` cannot be started: {error}; it belongs beside `switchback` or into the search path, and `cargo build --release -p {program}` makes it"
        )
    })
}

/// The program takes this process's place, so that whoever started this one has that one as its child.
#[cfg(unix)]
fn exec(command: &mut Command) -> std::io::Result<u8> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

#[cfg(not(unix))]
fn exec(command: &mut Command) -> std::io::Result<u8> {
    let status = command.status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.unwrap_or(super::exit::INTERNAL))
}
