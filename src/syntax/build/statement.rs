//! What is wrong within a statement: one fault for each.

use crate::diagnostic::{Diagnostic, Edit};

use super::super::faults::{UNCLOSED_BRACKET, UNEXPECTED_TEXT, UNTERMINATED_TEXT};
use super::super::grammar::Rule;
use super::{Builder, clip};

/// How many faults of the text are reported for one file.
const MAX_FAULTS: usize = 200;

impl Builder<'_> {
    /// Reports a fault unless the statement has had one.
    pub(super) fn fault(&mut self, fault: Diagnostic) {
        match &mut self.current {
            Some(current) if current.broken => return,
            Some(current) => current.broken = true,
            None => {}
        }
        self.faults += 1;
        // a text that is wrong everywhere is one mistake, and nobody reads the two hundredth message
        match self.faults {
            ..=MAX_FAULTS => self.findings.push(fault),
            n if n == MAX_FAULTS + 1 => self.findings.push(
                fault.note(format!("more than {MAX_FAULTS} statements of this file cannot be read; the rest is left out")),
            ),
            _ => {}
        }
    }

    pub(super) fn stray(&mut self, end: usize) {
        let Some(current) = &self.current else { return };
        if current.broken {
            return;
        }
        let start = current.start as usize;
        let end = current
            .open
            .map_or(end, |open| open as usize)
            .max(start + 1);
        let shown = self.text.get(start..end).unwrap_or("").trim_end();
        let span = self.span(start, start + shown.len().max(1));
        let fault = Diagnostic::new(&UNEXPECTED_TEXT, span, "a statement begins with a word")
            .here("this is none")
            .help("write the statement's name first: `weight 5%`");
        self.fault(fault);
    }

    pub(super) fn bad(&mut self, start: usize, end: usize) {
        let shown = &self.text[start..end];
        let span = self.span(start, end);
        let help = match shown {
            "(" => {
                "parameters stand directly behind a name, `cautious(first = 1%)`; a list stands in `[...]`"
            }
            ")" | "]" => "take the bracket out, or open it earlier in this statement",
            "-" => {
                "values are never negative; a chain is written `5% -> 25%`, a range of days `2026-12-18 .. 2027-01-04`"
            }
            ":" => "values follow their statement without `:`: `replicas 3`",
            _ if shown.starts_with('≤') => "write `<=`",
            _ if shown.starts_with('≥') => "write `>=`",
            _ if shown.starts_with(['→', '⇒']) => "write `->`",
            _ if shown.starts_with(['–', '—', '−']) => {
                "this is a dash and no `-`; a chain is written `5% -> 25%`, a range of days `2026-12-18 .. 2027-01-04`"
            }
            _ if shown.starts_with(['“', '”', '„', '‘', '’', '«', '»']) => {
                "texts stand in straight double quotes: `\"...\"`"
            }
            _ if shown.starts_with(is_odd_blank) => {
                "this character only looks like a blank, or like nothing: put an ordinary blank there"
            }
            "'" | "`" => "texts stand in straight double quotes: `\"...\"`",
            "//" | "/*" => "a comment begins with `#`",
            "/" | "./" | "../" => "a path stands in quotes: `\"sql/42/*.sql\"`",
            "://" => "an address stands in quotes: `\"https://...\"`",
            _ => {
                "arguments are words, texts in `\"...\"`, lists in `[...]` and the operators `-> .. <= >= < > = * + ,`"
            }
        };
        let fault = Diagnostic::new(
            &UNEXPECTED_TEXT,
            span,
            match shown.chars().next().filter(|c| is_odd_blank(*c)) {
                Some('\u{a0}') => "a no-break space has no meaning here".to_string(),
                Some(odd) => format!("the character U+{:04X} has no meaning here", odd as u32),
                None => format!("`{}` has no meaning here", clip(shown)),
            },
        )
        .help(help);
        self.fault(fault);
        if let Some(current) = &mut self.current {
            current.end = end as u32;
        }
    }

    /// `name = = value`; `end` is behind the last `=`.
    pub(super) fn doubled(&mut self, end: usize) {
        let Some(name) = self.name else { return };
        let from = name.end as usize;
        let blanks = self.text[from..end].find('=').unwrap_or(0);
        let span = self.span(from + blanks, end);
        let named = clip(&self.text[name.range()]);
        let fault = Diagnostic::new(
            &UNEXPECTED_TEXT,
            span,
            format!("`=` stands more than once behind `{named}`"),
        )
        .help(format!("write `=` once: `{named} = ...`"))
        .fix(
            "write `=` once",
            vec![Edit {
                span,
                text: "=".to_string(),
            }],
        );
        self.fault(fault);
    }

    pub(super) fn open_text(&mut self, rule: Rule, start: usize, end: usize) {
        let raw = rule == Rule::open_raw_text;
        // a text on one line ends before its last blanks already
        let text = match &self.text[start..end] {
            text if raw => text.trim_end(),
            text => text,
        };
        let line_end = start + text.find('\n').unwrap_or(text.len());
        let span = self.span(start, line_end);
        let quotes = if raw { "\"\"\"" } else { "\"" };
        let mut fault = Diagnostic::new(
            &UNTERMINATED_TEXT,
            span,
            format!("the text that begins here has no closing `{quotes}`"),
        )
        .here("begins here and does not end");
        fault = if raw {
            fault.help(
                "close it with `\"\"\"`; everything up to the end of the file was read as text",
            )
        } else {
            fault.help("close it with `\"` on this line; a text of several lines stands between `\"\"\"` and `\"\"\"`")
        };
        self.fault(fault);
        if let Some(current) = &mut self.current {
            current.end = line_end as u32;
            // a brace at the end of the line was meant as a brace: it keeps the fault to its line
            let last = start + text.len().saturating_sub(1);
            if !raw && text.len() > 1 {
                match text.as_bytes().last() {
                    Some(b'{') => current.open = Some(last as u32),
                    // unless the text itself opened it: `"for {user}`
                    Some(b'}') if !closes_inside(text) => {
                        current.swallowed_close = Some(last as u32);
                    }
                    _ => {}
                }
            }
        }
    }

    pub(super) fn unclosed(&mut self, at: usize) {
        let Some(frame) = self.frames.last() else {
            return;
        };
        let start = frame.start as usize;
        let (open, close) = if self.text[start..].starts_with('(') {
            ('(', ')')
        } else {
            ('[', ']')
        };
        let span = self.span(start, start + 1);
        let end = self.span(at, at);
        self.fault(
            Diagnostic::new(
                &UNCLOSED_BRACKET,
                span,
                format!("`{open}` has no `{close}`"),
            )
            .here("opened here")
            .help(format!(
                "close it with `{close}`; items are separated by `,`"
            )),
        );
        if let Some(current) = &mut self.current {
            current.end = current.end.max(end.end);
        }
    }
}

/// Whether the `}` at the end of `text` closes a `{` within it.
fn closes_inside(text: &str) -> bool {
    let mut open = 0usize;
    let mut closed = false;
    for byte in text.bytes() {
        match byte {
            b'{' => open += 1,
            b'}' => {
                closed = open > 0;
                open = open.saturating_sub(1);
            }
            _ => {}
        }
    }
    closed
}

/// Whether a character looks like a blank, or like nothing, and is none that the language has.
fn is_odd_blank(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{ad}' | '\u{1680}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{feff}')
}
