//! Recognizing templates: text that becomes a manifest only when it is rendered.
//!
//! `{{` proves nothing by itself: within quotes, within a block of text and within a plain text
//! (`summary: {{ $value }} requests fail` has to be quoted, `summary: now {{ $value }}` has not) it
//! is ordinary YAML, common in alerts and ConfigMaps. What proves a template:
//!
//! - a flow map whose first key is a flow map, `{{ .Values.x }}` where a value begins: YAML allows
//!   it, no manifest has it;
//! - a syntax error at a line that begins with a sign, or whose value begins with one
//!   (`{{- if ... }}`, `{% for ... %}`), or that holds words only a template has;
//! - a plain text that holds such words (`name: web-{{ .Release.Name }}`).

use std::ops::Range;

use serde_saphyr::granit_parser::ErrorKind;

use super::node::shortened;
use super::rules::HELM_TEMPLATE;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// What to do with a value that a shell or `envsubst` would fill in.
pub const FILL_IN: &str =
    "fill in the placeholder before the check, for example with `envsubst`, and name the result";

/// Whether a value is one that a shell or `envsubst` would fill in.
pub fn is_placeholder(text: &str) -> bool {
    text.contains("${") || text.contains("$(")
}

/// What stands only in Helm's templates, right behind `{{`, `-` and blanks.
const HELM_WORDS: [&str; 26] = [
    ".Values",
    ".Release",
    ".Chart",
    ".Files",
    ".Capabilities",
    ".Template",
    "$.Values",
    "$.Release",
    "$.Chart",
    "include ",
    "template ",
    "if ",
    "else",
    "end",
    "range ",
    "with ",
    "define ",
    "block ",
    "toYaml ",
    "tpl ",
    "default ",
    "required ",
    "lookup ",
    "printf ",
    "/*",
    "quote ",
];

/// How far from an error a sign may stand, in bytes. Flow collections span lines, but a template's
/// sign is near.
const REACH: usize = 4096;

/// The end of the sign that begins at `start`: behind `}}` or `%}` on its line, else the line's end.
pub(super) fn sign_end(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or("");
    let line = rest.lines().next().unwrap_or("");
    let close = if line.starts_with("{%") { "%}" } else { "}}" };
    let len = line
        .find(close)
        .map_or(line.trim_end().len(), |at| at + close.len());
    start + len
}

/// A sign with Helm's words in the plain text at `range`.
pub(super) fn in_plain(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let source = text.get(range.clone())?;
    // most texts hold no brace at all
    let at = source.find("{{")?;
    source
        .match_indices("{{")
        .skip_while(|(i, _)| *i < at)
        .find(|(i, _)| is_helm(&source[*i..]))
        .map(|(i, _)| {
            let start = range.start + i;
            start..sign_end(text, start)
        })
}

/// Whether `sign`, which begins with `{{`, goes on with a word that only Helm's templates have.
fn is_helm(sign: &str) -> bool {
    let inner = sign.get(2..).unwrap_or("");
    let inner = inner
        .strip_prefix('-')
        .unwrap_or(inner)
        .trim_start_matches([' ', '(']);
    HELM_WORDS.iter().any(|word| match word.strip_suffix(' ') {
        Some(word) => inner
            .strip_prefix(word)
            .is_some_and(|rest| rest.starts_with([' ', '(', '"'])),
        None => inner.starts_with(word),
    })
}

/// Whether a text that was read from quotes holds a sign of Helm.
pub(super) fn in_text(text: &str) -> bool {
    text.match_indices("{{")
        .any(|(at, _)| is_helm(text.get(at..).unwrap_or("")))
}

/// The sign that explains a syntax error at `at`, all before `reached` having been read well.
pub(super) fn near_error(
    text: &str,
    reached: usize,
    at: usize,
    kind: &ErrorKind,
) -> Option<Range<usize>> {
    let line_start = |at: usize| {
        text.as_bytes().get(..at).map_or(0, |b| {
            b.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1)
        })
    };
    let from = line_start(reached.min(at).max(at.saturating_sub(REACH)));
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let mut to = at
        + rest
            .iter()
            .take(REACH)
            .position(|&b| b == b'\n')
            .unwrap_or(rest.len().min(REACH));
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    let mut start = from;
    for line in text.get(from..to).unwrap_or("").split_inclusive('\n') {
        let here = start;
        start += line.len();
        if line.trim_start().starts_with('#') {
            continue;
        }
        for (i, sign) in line.match_indices(['{']) {
            let Some(rest) = line.get(i..) else { continue };
            if !(sign == "{" && (rest.starts_with("{{") || rest.starts_with("{%"))) {
                continue;
            }
            let before = line.get(..i).unwrap_or("").trim_end();
            let begins =
                before.is_empty() || before.ends_with([':', '-']) || before.ends_with(": ");
            // an unclosed quote swallows signs that would be ordinary text
            let quoted = matches!(kind, ErrorKind::UnclosedQuotedScalar);
            if !quoted && (begins || rest.starts_with("{%") || is_helm(rest)) {
                let place = here + i;
                return Some(place..sign_end(text, place));
            }
        }
    }
    None
}

/// What is said of the sign at `span`.
pub(super) fn finding(text: &str, span: Span) -> Diagnostic {
    let sign = text.get(span.range()).unwrap_or("");
    let shown = shortened(sign);
    let (what, help) = if sign.starts_with("{%") {
        (
            "a Jinja template",
            "render it with the tool that fills it in, and name the result".to_string(),
        )
    } else if is_helm(sign) {
        (
            "a Helm template",
            "render it and name the result: `helm template . > rendered.yaml`, with the \
             `--values` file of the environment"
                .to_string(),
        )
    } else {
        (
            "a template",
            "render it and name the result; for a Helm chart `helm template . > rendered.yaml`; if \
             `{{` is meant as text, put the value in quotes"
                .to_string(),
        )
    };
    Diagnostic::new(
        &HELM_TEMPLATE,
        span,
        format!("this is {what}, not a manifest: `{shown}` has no value before it is rendered"),
    )
    .here("filled in when it is rendered")
    .help(help)
}

/// A quoted sign in a field that a rollout reads.
pub(super) fn quoted(path: &str, text: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        &HELM_TEMPLATE,
        span,
        format!("`{path}` is filled in by Helm, so this is a template, not a manifest: `{}`", shortened(text)),
    )
    .here("filled in when it is rendered")
    .help("render it and name the result: `helm template . > rendered.yaml`, with the `--values` file of the environment")
}
