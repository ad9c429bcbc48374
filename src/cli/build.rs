//! `switchback build`

use super::args::BuildArgs;

pub(super) fn run(args: &BuildArgs) -> Result<u8, String> {
    let _ = args;
    Err("not yet".into())
}
