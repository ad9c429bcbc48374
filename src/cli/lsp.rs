//! `switchback lsp`: starts the language server, which is a program of its own so that the checker
//! stays small.

use std::ffi::OsStr;

use super::args::LspArgs;
use super::beside;

pub(super) fn run(_: &LspArgs) -> Result<u8, String> {
    beside::start("switchback-lsp", [OsStr::new("--stdio")])
}
