//! `switchback fmt`

use super::args::FmtArgs;

pub(super) fn run(args: &FmtArgs) -> Result<u8, String> {
    let _ = args;
    Err("not yet".into())
}
