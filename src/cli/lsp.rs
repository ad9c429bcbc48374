//! `switchback lsp`: starts the language server, which is a program of its own so that the checker
//! stays small.

use std::path::PathBuf;
use std::process::Command;

use super::args::LspArgs;

const SERVER: &str = "switchback-lsp";

pub(super) fn run(_: &LspArgs) -> Result<u8, String> {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|own| {
            Some(
                own.parent()?
                    .join(format!("{SERVER}{}", std::env::consts::EXE_SUFFIX)),
            )
        })
        .filter(|path| path.is_file());
    // else the one that the search path finds
    let server = beside.unwrap_or_else(|| PathBuf::from(SERVER));
    start(Command::new(server).arg("--stdio")).map_err(|error| {
        format!(
            "`{SERVER}` cannot be started: {error}; it belongs beside `switchback` or into the search path, and `cargo build --release -p {SERVER}` makes it"
        )
    })
}

/// The server takes this process's place, so that the editor's child is the server itself.
#[cfg(unix)]
fn start(command: &mut Command) -> std::io::Result<u8> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

#[cfg(not(unix))]
fn start(command: &mut Command) -> std::io::Result<u8> {
    let status = command.status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.unwrap_or(super::exit::INTERNAL))
}
