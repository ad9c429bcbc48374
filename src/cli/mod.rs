//! The command line: one file for each command. Only this room prints.

mod args;
mod build;
mod check;
mod explain;
mod find;
mod fmt;
mod init;
mod output;
mod show;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

/// Exit codes, a contract: scripts rely on them.
pub mod exit {
    /// Nothing to complain about.
    pub const CLEAN: u8 = 0;
    /// Findings at or above `--fail-on`.
    pub const FINDINGS: u8 = 1;
    /// Wrong usage, or input that cannot be read.
    pub const USAGE: u8 = 2;
    /// A fault in Switchback itself.
    pub const INTERNAL: u8 = 3;
}

/// Runs the command line and gives the exit code. A panic is a fault of ours: it is reported as
/// such, with what to send along.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or(String::new(), |at| {
            format!(" at {}:{}", at.file(), at.line())
        });
        let what = info
            .payload()
            .downcast_ref::<&str>()
            .map(|text| (*text).to_string())
            .or_else(|| info.payload().downcast_ref::<String>().cloned())
            .unwrap_or_default();
        output::error(&format!(
            "internal error{place}: {what}\nthis is a fault in switchback {}, not in your files; please report it with the command and, if you can, the files",
            env!("CARGO_PKG_VERSION")
        ));
    }));
    let code = std::panic::catch_unwind(run).unwrap_or(exit::INTERNAL);
    ExitCode::from(code)
}

fn run() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // help and version are no mistakes
            let code = if error.use_stderr() {
                exit::USAGE
            } else {
                exit::CLEAN
            };
            let _ = error.print();
            return code;
        }
    };
    let result = match cli.command {
        Command::Check(args) => check::run(&args),
        Command::Fmt(args) => fmt::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Build(args) => build::run(&args),
    };
    result.unwrap_or_else(|message| {
        output::error(&message);
        exit::USAGE
    })
}
