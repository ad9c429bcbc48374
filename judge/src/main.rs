//! The `switchback-judge` command, which `switchback judge` starts: the clock and the network around
//! [`switchback::judge`].

mod args;
mod ask;
mod credentials;
mod walk;

use std::process::ExitCode;

use clap::Parser;

/// Wrong usage, or input that cannot be judged: nothing was passed.
const USAGE: u8 = 2;
/// A fault in Switchback itself.
const INTERNAL: u8 = 3;

fn main() -> ExitCode {
    let args = match args::JudgeArgs::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    let run = std::panic::catch_unwind(|| walk::run(&args));
    ExitCode::from(match run {
        Ok(Ok(code)) => code,
        Ok(Err(message)) => {
            walk::say(&format!("switchback judge: {message}"));
            USAGE
        }
        Err(_) => INTERNAL,
    })
}
