//! Texts of a plan on a page.

use maud::{Markup, html};

use crate::report::visible;
use crate::source::{SourceMap, Span};

/// A text as one line in which nothing acts on who reads it.
pub(super) fn shown(text: &str) -> String {
    visible::line(text, true).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// A message, with what stands in backticks as code.
pub(super) fn prose(text: &str) -> Markup {
    let text = shown(text);
    let parts: Vec<&str> = text.split('`').collect();
    // an odd one out is no pair
    let paired = parts.len() % 2 == 1;
    html! {
        @if paired {
            @for (number, part) in parts.iter().enumerate() {
                @if number % 2 == 1 { code { (part) } } @else { (part) }
            }
        } @else { (text) }
    }
}

/// `checkout.swb:12:3`
pub(super) fn place(sources: &SourceMap, span: Span) -> String {
    let at = sources.start(span);
    let name = shown(&sources.file(span.file).name);
    format!("{name}:{}:{}", at.line, at.column)
}

/// The text of `##` lines, without their marks.
pub(super) fn documentation(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.trim().trim_start_matches('#').trim())
        .filter(|line| !line.is_empty())
        .collect();
    shown(&lines.join(" "))
}

/// Base64 with its padding, as a hash of a content security policy is written (RFC 4648, section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .chain([0, 0].iter())
            .take(3)
            .fold(0_u32, |word, &byte| word << 8 | u32::from(byte));
        for at in 0..4 {
            if at > chunk.len() {
                out.push('=');
            } else {
                let six = (word >> (18 - 6 * at)) & 63;
                out.push(char::from(LETTERS[six as usize]));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{base64, prose};

    #[test]
    fn base64_is_that_of_the_standard() {
        let cases = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
        let coded = cases.map(|text| base64(text.as_bytes()));
        assert_eq!(
            coded,
            [
                "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"
            ]
        );
    }

    #[test]
    fn names_in_backticks_are_code_and_stay_text() {
        assert_eq!(
            prose("`<b>` is missing").into_string(),
            "<code>&lt;b&gt;</code> is missing"
        );
        assert_eq!(prose("odd ` one").into_string(), "odd ` one");
    }
}
