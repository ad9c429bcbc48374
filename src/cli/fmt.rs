//! `switchback fmt`
use super::args::FmtArgs;
pub(super) fn run(_: &FmtArgs) -> Result<u8, String> {
    Err("not yet".into())
}
