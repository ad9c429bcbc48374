//! The command line: one file for each command. Only this room prints.

mod args;
mod beside;
mod build;
mod build_folder;
mod build_lock;
mod check;
mod explain;
mod find;
mod fixes;
mod fmt;
mod graph;
mod init;
mod judge;
mod lsp;
mod output;
mod pictured;
mod report;
mod schema;
mod settings;
mod shell;
mod show;
mod simulate;
mod since;
mod watch;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Cli, Command};
pub use find::plan_files;
pub use report::page;

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
        output::error(&internal_error(&place, &what));
    }));
    ExitCode::from(guarded(run))
}

/// Runs `work`; a panic in it is the exit code of a fault of ours.
fn guarded(work: fn() -> u8) -> u8 {
    std::panic::catch_unwind(work).unwrap_or(exit::INTERNAL)
}

/// What is said of a panic: that it is no mistake of the user, and what to send along.
fn internal_error(place: &str, what: &str) -> String {
    format!(
        "internal error{place}: {what}\nthis is a fault in switchback {}, not in your files; please report it with the command and, if you can, the files",
        env!("CARGO_PKG_VERSION")
    )
}

fn run() -> u8 {
    let parsed = without_empty_variables(Cli::command())
        .try_get_matches()
        .and_then(|given| Ok((Cli::from_arg_matches(&given)?, given)));
    let (cli, given) = match parsed {
        Ok(parsed) => parsed,
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
        Command::Check(args) => check::run(&args, given.subcommand_matches("check")),
        Command::Fmt(args) => fmt::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Graph(args) => graph::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Judge(args) => judge::run(&args),
        Command::Lsp(args) => lsp::run(&args),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
    };
    result.unwrap_or_else(|message| {
        output::error(&message);
        exit::USAGE
    })
}

/// A variable that is set to nothing is one that a pipeline has no value for: it counts as unset.
fn without_empty_variables(mut command: clap::Command) -> clap::Command {
    let names: Vec<String> = command
        .get_subcommands()
        .map(|command| command.get_name().to_string())
        .collect();
    for name in names {
        command = command.mut_subcommand(name, |command| {
            command.mut_args(|arg| {
                let value = arg.get_env().and_then(std::env::var_os);
                match value.is_some_and(|value| value.is_empty()) {
                    true => arg.env(None::<&str>),
                    false => arg,
                }
            })
        });
    }
    command
}

#[cfg(test)]
mod tests {
    use super::{exit, guarded, internal_error};

    #[test]
    fn a_panic_is_a_fault_of_ours_with_its_own_exit_code() {
        assert_eq!(guarded(|| exit::FINDINGS), exit::FINDINGS);
        assert_eq!(guarded(|| panic!("a test")), exit::INTERNAL);
        let said = internal_error(" at src/x.rs:1", "a test");
        assert!(said.contains("src/x.rs:1") && said.contains("not in your files"));
        assert!(said.contains(env!("CARGO_PKG_VERSION")));
    }
}
