//! The `switchback-lsp` command.

use std::process::ExitCode;

const USAGE: &str =
    "switchback-lsp speaks the Language Server Protocol over standard input and output

Usage: switchback-lsp [--stdio]

Editors start it; see lsp/editors for their configuration.
";

fn main() -> ExitCode {
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            // editors add it; there is no other way
            "--stdio" => {}
            "--version" | "-V" => {
                println!("switchback-lsp {}", env!("CARGO_PKG_VERSION"));
                return ExitCode::SUCCESS;
            }
            "--help" | "-h" => {
                print!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            other => {
                eprintln!("error: there is no option `{other}`\n\n{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    switchback_lsp::run()
}
