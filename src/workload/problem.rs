//! Findings about a text that is no readable YAML.

use serde_saphyr::granit_parser::ErrorKind;

use super::node::shortened;
use super::rules::{DUPLICATE_KEY, MANIFEST_VALUE, YAML_LIMIT, YAML_SYNTAX};
use super::tree::{MAX_DEPTH, MAX_NODES};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// A syntax error that the parser met at byte `at`; everything before `reached` was read.
pub(super) fn syntax(
    file: FileId,
    text: &str,
    at: usize,
    reached: usize,
    kind: &ErrorKind,
) -> Diagnostic {
    if matches!(kind, ErrorKind::RecursionLimitExceeded) {
        return too_deep(character(file, text, at));
    }
    let (message, help) = explain(kind, text, at);
    let place = match kind {
        ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::DocumentIndicatorInQuotedScalar
        | ErrorKind::UnclosedQuotedScalar => {
            // the fault is where the quote was opened, the parser stands where it gave up
            let quote = text
                .get(reached..at)
                .and_then(|read| read.find(['"', '\'']));
            if let Some(quote) = quote {
                let noticed = character(file, text, end_of_text(text, at));
                return Diagnostic::new(
                    &YAML_SYNTAX,
                    character(file, text, reached + quote),
                    message,
                )
                .here("opened here")
                .also(noticed, "not closed before here")
                .help(help);
            }
            at
        }
        ErrorKind::UnknownQuotedScalarEscape => at + unknown_escape(text.get(at..).unwrap_or("")),
        _ if is_tab(kind) => tab_before(text, at),
        _ => end_of_text(text, at),
    };
    Diagnostic::new(&YAML_SYNTAX, character(file, text, place), message).help(help)
}

/// An error behind the last thing of the text is shown where the text ends.
fn end_of_text(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    let after = text.get(at..).unwrap_or("");
    if after.trim_start().is_empty() {
        before.trim_end().len()
    } else {
        at
    }
}

/// The first tab of the line of `at`, which stands behind the tabs it is about.
fn tab_before(text: &str, at: usize) -> usize {
    let start = line_start(text, at);
    let tab = text
        .get(start..)
        .and_then(|line| line.lines().next())
        .and_then(|line| line.find('\t'));
    tab.map_or(at, |tab| start + tab)
}

/// How far into a double-quoted text its first unknown escape is.
fn unknown_escape(text: &str) -> usize {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\'
            && letters
                .next()
                .is_some_and(|(_, next)| !"0abt\tnvfre \"/\\N_LPxuU\r\n".contains(next))
        {
            return at;
        }
    }
    0
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |newline| newline + 1)
}

/// The character at byte `at`, or nothing where the line or the text ends.
fn character(file: FileId, text: &str, at: usize) -> Span {
    let len = match text.get(at..).and_then(|rest| rest.chars().next()) {
        None | Some('\n' | '\r') => 0,
        Some(first) => first.len_utf8(),
    };
    Span::new(file, at, at + len)
}

fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    )
}

/// What is wrong and what to write instead.
fn explain(kind: &ErrorKind, text: &str, at: usize) -> (String, String) {
    let pair = |message: &str, help: &str| (message.to_string(), help.to_string());
    // what stands before the error on its line
    let line = text.get(line_start(text, at)..at).unwrap_or("");
    match kind {
        _ if is_tab(kind) => pair(
            "a tab indents this line, and YAML counts only spaces",
            "write two spaces for each level instead of the tab",
        ),
        ErrorKind::UnclosedQuotedScalar => pair(
            "a quoted text has no closing quote",
            "close the text with the quote that opened it; a `'` within single quotes is written `''`",
        ),
        ErrorKind::DocumentIndicatorInQuotedScalar => pair(
            "a new document begins within a quoted text, so its closing quote is missing",
            "close the text before the line with `---`",
        ),
        ErrorKind::UnclosedFlowCollection { open } => (
            format!("`{open}` is never closed"),
            format!("write the closing `{}`", if *open == '[' { ']' } else { '}' }),
        ),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => (
            format!("`{close}` closes what `{open}` opened"),
            format!("write `{}` here", if *open == '[' { ']' } else { '}' }),
        ),
        ErrorKind::UnexpectedEofFlowSequence => pair("`[` is never closed", "write the closing `]`"),
        ErrorKind::UnexpectedEofFlowMapping | ErrorKind::UnexpectedEofImplicitFlowMapping => {
            pair("`{` is never closed", "write the closing `}`")
        }
        ErrorKind::ExpectedFlowMappingSeparator => {
            pair("`,` or `}` is missing in a `{ ... }` map", "separate its entries by `,` and close it with `}`")
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            pair("`,` or `]` is missing in a `[ ... ]` list", "separate its items by `,` and close it with `]`")
        }
        ErrorKind::UnknownAnchor => {
            let name = text.get(at..).and_then(|t| t.split_whitespace().next()).unwrap_or("*");
            let name = shortened(name);
            (
                format!("`{name}` repeats a value that no anchor before it names"),
                format!("write `&{}` at the value to repeat, above this line and in the same document; a text that begins with `*` needs quotes", name.trim_start_matches('*')),
            )
        }
        ErrorKind::MappingValueNotAllowed if !line.contains(": ") => pair(
            "this line cannot hold a key: it is indented otherwise than the keys around it, or the line above is unfinished",
            "give the keys of one map the same indentation, and write `:` behind each",
        ),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidMappingValueWhitespace => pair(
            "a second `: ` stands where a value was expected",
            "put a value that holds `: ` in quotes, and write each key on a line of its own",
        ),
        ErrorKind::InvalidColonPlacement => pair(
            "a `:` stands within a `[ ... ]` list, so its `]` is probably missing above",
            "close the list with `]`, or put a text that holds `:` in quotes",
        ),
        ErrorKind::MisplacedFlowCollectionEnd => pair(
            "a bracket closes nothing that is open",
            "remove it, or put a text that begins with a bracket in quotes",
        ),
        ErrorKind::BlockSequenceEntryNotAllowed if line.trim_end().ends_with(':') => pair(
            "a list begins on the line of its key",
            "write `-` on the next line, two spaces deeper than the key",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => pair(
            "this line has no `:` behind its key, or the line before it is indented otherwise",
            "write `key: value`, with the same indentation as its neighbours",
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::InvalidIndentation
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::UnexpectedEofBlockMapping
        | ErrorKind::UnexpectedEofBlockSequence => pair(
            "the indentation of this line fits neither the line above nor a level around it",
            "align it with the keys, or the `-`, that it belongs to",
        ),
        ErrorKind::InvalidQuotedScalarIndent | ErrorKind::InvalidBlockScalarIndent => pair(
            "a line of a longer text is indented less than the text, so a closing quote may be missing",
            "close the text with the quote that opened it, and indent each of its lines deeper than its key",
        ),
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => pair(
            "more text stands behind a closing quote",
            "put the whole value in quotes; within double quotes write `\\\"`, within single quotes `''`",
        ),
        ErrorKind::UnknownQuotedScalarEscape => pair(
            "`\\` is followed by a letter that is no escape",
            "write `\\\\` for a backslash, or use single quotes",
        ),
        ErrorKind::UnexpectedCharacter { character } => (
            format!("a value cannot begin with `{}`", character.escape_default()),
            "put the value in quotes".to_string(),
        ),
        ErrorKind::CommentNotSeparated => pair("`#` stands directly behind a value", "write a space before `#`, or put the value in quotes"),
        other => (
            format!("this is no YAML: {}", lower_first(&other.to_string())),
            "write `key: value` lines, two spaces for each level, and quotes around a text with special characters".to_string(),
        ),
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

/// Nesting beyond [`MAX_DEPTH`].
pub(super) fn too_deep(at: Span) -> Diagnostic {
    Diagnostic::new(
        &YAML_LIMIT,
        at,
        format!("the document nests deeper than {MAX_DEPTH} levels, which is the limit"),
    )
    .here("one level too many")
    .help("a manifest needs about fifteen levels; write the value flatter, or name another file")
}

/// More values than [`MAX_NODES`].
pub(super) fn too_many(at: Span) -> Diagnostic {
    Diagnostic::new(
        &YAML_LIMIT,
        at,
        format!("more than {MAX_NODES} values stand here once aliases are written out, which is the limit"),
    )
    .help("write the values out instead of repeating aliases of aliases, or name a smaller file")
}

/// An alias below its own anchor.
pub(super) fn endless(at: Span) -> Diagnostic {
    Diagnostic::new(
        &YAML_LIMIT,
        at,
        "this alias repeats a value that it is part of, without end",
    )
    .help("move the anchor to a value that does not hold the alias")
}

/// A text whose offsets do not fit into 32 bits.
pub(super) fn too_large(at: Span) -> Diagnostic {
    Diagnostic::new(
        &YAML_LIMIT,
        at,
        "the file is larger than 4 GiB, which is the limit",
    )
    .help("name the manifest alone instead of the whole dump")
}

/// A map or list as a key.
pub(super) fn odd_key(at: Span) -> Diagnostic {
    Diagnostic::new(
        &MANIFEST_VALUE,
        at,
        "a map or list stands as a key, and Kubernetes knows only texts as keys",
    )
    .help("write a plain name before the `:`; a text that begins with `[` or `{` needs quotes")
}

/// A key that stands a second time.
pub(super) fn duplicate(key: &str, second: Span, first: Span) -> Diagnostic {
    let key = shortened(key);
    Diagnostic::new(
        &DUPLICATE_KEY,
        second,
        format!("`{key}` stands twice in this map, and readers differ in which one counts"),
    )
    .here("stands again")
    .also(first, "stands here first")
    .help(format!("keep one `{key}`, with all that belongs below it"))
}
