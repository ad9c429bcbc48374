//! Quoted texts that continue on lines indented no deeper than their key.
//!
//! YAML 1.2 forbids them, and so does the parser; the readers that `kubectl` and Python use take
//! them, and custom resource definitions that were indented by hand have them. Such a text is put
//! on one line by turning its line ends into blanks, which moves no byte; the value is then read
//! from the original.

use serde_saphyr::granit_parser::{Event, Parser};

/// The longest such text, in bytes.
const MAX_TEXT: usize = 64 * 1024;

/// `text` with those texts on one line, of the same length; `None` when there is none, or when a
/// quote is not closed.
pub(super) fn join_quoted(text: &str) -> Option<String> {
    let mut joined = text.to_string().into_bytes();
    let mut found = false;
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let line = rest.split_inclusive('\n').next().unwrap_or(rest);
        let mut next = start + line.len();
        if let Some(quote) = opening(line) {
            let opened = start + quote;
            let close = opened + closing(text.get(opened..)?)?;
            if close >= next {
                let body = text.get(next..close)?;
                let depth = indent(line);
                if body
                    .lines()
                    .any(|line| !line.trim().is_empty() && indent(line) <= depth)
                {
                    found = true;
                    for byte in joined.get_mut(opened..close)? {
                        if matches!(byte, b'\n' | b'\r') {
                            *byte = b' ';
                        }
                    }
                }
                let tail = text.get(close..)?;
                next = close + tail.find('\n').map_or(tail.len(), |end| end + 1);
            }
        }
        start = next;
    }
    if !found {
        return None;
    }
    String::from_utf8(joined).ok()
}

/// Where a quote opens a value on this line.
fn opening(line: &str) -> Option<usize> {
    if line.trim_start().starts_with('#') {
        return None;
    }
    let signs = [": '", ": \"", "- '", "- \""];
    signs
        .iter()
        .filter_map(|sign| line.find(sign))
        .min()
        .map(|at| at + 2)
}

/// Where the quote that `text` begins with is closed.
fn closing(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate().take(MAX_TEXT);
    let (_, quote) = bytes.next()?;
    let mut bytes = bytes.peekable();
    while let Some((at, byte)) = bytes.next() {
        if byte == b'\\' && quote == b'"' {
            bytes.next();
        } else if byte == quote {
            if quote == b'\'' && bytes.peek().is_some_and(|&(_, next)| next == quote) {
                bytes.next();
            } else {
                return Some(at);
            }
        }
    }
    None
}

/// The column of the first thing on the line that is neither blank nor the `-` of a list.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '-']).len()
}

/// The value of the quoted text `source`, read on its own, where no indentation counts.
pub(super) fn quoted_value(source: &str) -> Option<String> {
    Parser::new_from_str(source)
        .map_while(Result::ok)
        .find_map(|(event, _)| match event {
            Event::Scalar(text, ..) => Some(text.into_owned()),
            _ => None,
        })
}
