//! Printing, with colour where it is wanted, and without failing when nobody listens.

use std::io::{IsTerminal, Write};

use super::args::Color;
use crate::report::Options;

/// Prints to standard output. A reader that went away (`| head`) is no error.
pub(super) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints an error that is none of the plan's.
pub(super) fn error(text: &str) {
    let mut out = std::io::stderr().lock();
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() && c != '\n' { '·' } else { c })
        .collect();
    let _ = writeln!(out, "switchback: {clean}");
}

/// Says something beside the result.
pub(super) fn note(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = writeln!(out, "{text}");
}

/// A number with what is counted.
pub(super) fn count(number: usize, one: &str, several: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {several}"),
    }
}

/// How to write on this terminal: no line is longer than one reads well.
pub(super) fn options(color: Color) -> Options {
    let mut options = sized(color, None);
    options.width = options.width.min(120);
    options
}

/// How to draw on this terminal, or on so many columns.
pub(super) fn sized(color: Color, columns: Option<u16>) -> Options {
    let terminal = std::io::stdout().is_terminal();
    let wanted = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        }
    };
    let width = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    let width = columns
        .map(usize::from)
        .or(width)
        .or_else(|| terminal.then(terminal_width).flatten())
        .unwrap_or(100);
    Options {
        color: wanted,
        unicode: true,
        width: width.clamp(40, 200),
        links: false,
    }
}

/// The terminal's own width.
fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}
