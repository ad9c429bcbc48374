//! Colours and drawing characters of the terminal.

use super::Options;
use crate::diagnostic::Severity;

/// What a piece of text is, from which its colour follows. The sixteen terminal colours are used
/// because themes remap them; fixed ones may be unreadable on somebody's background.
#[derive(Clone, Copy)]
pub(crate) enum Ink {
    Error,
    Warning,
    Advice,
    Good,
    Strong,
    Faint,
}

impl Ink {
    pub(crate) fn of(severity: Severity) -> Self {
        match severity {
            Severity::Error => Ink::Error,
            Severity::Warning => Ink::Warning,
            Severity::Advice => Ink::Advice,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Ink::Error => "1;31",
            Ink::Warning => "1;33",
            Ink::Advice => "1;36",
            Ink::Good => "32",
            Ink::Strong => "1",
            Ink::Faint => "2",
        }
    }
}

/// Draws with what the terminal can show.
#[derive(Clone, Copy)]
pub(crate) struct Brush {
    pub color: bool,
    pub unicode: bool,
    /// Columns, at least 40.
    pub width: usize,
}

impl Brush {
    pub(crate) fn new(options: Options) -> Self {
        Brush {
            color: options.color,
            unicode: options.unicode,
            width: options.width.max(40),
        }
    }

    /// `text` in its colour, or as it is.
    pub(crate) fn paint(self, ink: Ink, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code())
        } else {
            text.to_string()
        }
    }

    /// The Unicode drawing or its ASCII stand-in.
    pub(crate) fn sign(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }

    /// The sign before a message.
    pub(crate) fn icon(self, severity: Severity) -> &'static str {
        match severity {
            Severity::Error => self.sign("×", "x"),
            Severity::Warning => self.sign("⚠", "!"),
            Severity::Advice => self.sign("☞", ">"),
        }
    }
}
