//! Text to trees: one for each document, those behind a broken one included.
//!
//! The parser below `serde-saphyr` is used directly: its events say how a scalar is quoted, where a
//! collection ends and which alias is meant, and it goes on behind a document with an error.

use serde_saphyr::granit_parser::{ErrorKind, Options, Parser};

use super::builder::{Builder, Stop};
use super::lenient;
use super::node::Node;
use super::problem;
use super::template;
use crate::diagnostic::Findings;
use crate::source::{FileId, Span};

/// The deepest nesting that is read, aliases written out. A Pod template reaches about 15.
pub const MAX_DEPTH: u32 = 100;
/// The most values that a file may stand for, its aliases and merges written out.
pub const MAX_NODES: u32 = 500_000;
/// The most findings of one kind for one file; the first ones are the useful ones.
pub const MAX_FINDINGS: usize = 25;

/// The trees of a file.
#[derive(Debug, Default)]
pub(super) struct Trees {
    /// One for each document that holds something and could be read.
    pub roots: Vec<Node>,
    /// Whether a document could not be read; a finding says why.
    pub broken: bool,
}

/// Reads all documents of `text`.
pub(super) fn read(file: FileId, text: &str, findings: &mut Findings) -> Trees {
    if text.len() > u32::MAX as usize {
        findings.push(problem::too_large(Span::new(file, 0, 0)));
        return Trees {
            roots: Vec::new(),
            broken: true,
        };
    }
    let known = findings.len();
    let (trees, underindented) = attempt(file, text, text, findings);
    if underindented && let Some(joined) = lenient::join_quoted(text) {
        findings.truncate(known);
        return attempt(file, text, &joined, findings).0;
    }
    trees
}

/// Reads the documents of `text` by parsing `parsed`, which differs from it only in line ends within
/// quoted texts. The flag says that a quoted text was refused for its indentation.
fn attempt(file: FileId, text: &str, parsed: &str, findings: &mut Findings) -> (Trees, bool) {
    let mut underindented = false;
    let mut trees = Trees::default();
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = MAX_DEPTH as usize;
    options.block_nesting_limit = MAX_DEPTH as usize;
    let mut parser = Parser::new_from_str_with_options(parsed, options);
    let mut builder = Builder::new(file, text, !std::ptr::eq(text, parsed));
    // where the last good event ended: what is wrong stands behind it
    let mut reached = 0;
    // documents that could not be read
    let mut given_up = 0;
    loop {
        let (event, span) = match parser.next() {
            None => break,
            Some(Ok(event)) => event,
            Some(Err(error)) => {
                trees.broken = true;
                underindented |= matches!(error.kind(), ErrorKind::InvalidQuotedScalarIndent);
                let at = error
                    .marker()
                    .byte_offset()
                    .unwrap_or(reached)
                    .min(text.len());
                if let Some(place) = template::near_error(text, reached, at, error.kind()) {
                    findings.push(template::finding(
                        text,
                        Span::new(file, place.start, place.end),
                    ));
                    break;
                }
                findings.push(problem::syntax(file, text, at, reached, error.kind()));
                given_up += 1;
                if given_up >= MAX_FINDINGS {
                    break;
                }
                builder.abandon();
                reached = reached.max(at);
                // each try moves forward, and what cannot be recovered ends the file
                match parser.proceed_next_document() {
                    Ok(true) => continue,
                    Ok(false) | Err(_) => break,
                }
            }
        };
        let range = span.byte_range().unwrap_or(reached..reached);
        reached = reached.max(range.end);
        match builder.event(event, range, findings) {
            Ok(Some(root)) => trees.roots.push(root),
            Ok(None) => {}
            Err(stop) => {
                trees.broken = true;
                match stop {
                    Stop::Template(at) => {
                        findings.push(template::finding(text, at));
                        break;
                    }
                    Stop::Deep(at) => findings.push(problem::too_deep(at)),
                    Stop::Large(at) => findings.push(problem::too_many(at)),
                    Stop::Endless(at) => findings.push(problem::endless(at)),
                }
                given_up += 1;
                if given_up >= MAX_FINDINGS || builder.is_full() {
                    break;
                }
                builder.abandon();
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
        }
    }
    (trees, underindented)
}
