//! The `switchback` command.

fn main() -> std::process::ExitCode {
    switchback::cli::main()
}
