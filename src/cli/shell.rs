//! `switchback completions` and `switchback man`: what a shell and a manual reader want to know.

use std::path::Path;

use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::{exit, output};

pub(super) fn completions(args: &CompletionsArgs) -> Result<u8, String> {
    let mut out = Vec::new();
    let mut command = Cli::command();
    clap_complete::generate(args.shell, &mut command, "switchback", &mut out);
    output::print(&String::from_utf8_lossy(&out));
    Ok(exit::CLEAN)
}

pub(super) fn man(args: &ManArgs) -> Result<u8, String> {
    let mut command = Cli::command();
    command.build();
    let Some(folder) = &args.out else {
        output::print(&page(&command)?);
        return Ok(exit::CLEAN);
    };
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("`{}` cannot be written: {error}", folder.display()))?;
    write(folder, "switchback", &page(&command)?)?;
    for inner in command
        .get_subcommands()
        .filter(|one| one.get_name() != "help")
    {
        let name = format!("switchback-{}", inner.get_name());
        let inner = inner.clone().display_name(name.clone());
        write(folder, &name, &page(&inner)?)?;
    }
    Ok(exit::CLEAN)
}

fn page(command: &clap::Command) -> Result<String, String> {
    let mut out = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut out)
        .map_err(|error| format!("the page cannot be written: {error}"))?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), String> {
    let path = folder.join(format!("{name}.1"));
    std::fs::write(&path, text)
        .map_err(|error| format!("`{}` cannot be written: {error}", path.display()))
}
