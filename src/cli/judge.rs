//! `switchback judge`: starts the program that asks providers, which is one of its own so that the
//! checker has no network in it.

use super::args::JudgeArgs;
use super::beside;

pub(super) fn run(args: &JudgeArgs) -> Result<u8, String> {
    beside::start(
        "switchback-judge",
        args.rest.iter().map(|arg| arg.as_os_str()),
    )
}
