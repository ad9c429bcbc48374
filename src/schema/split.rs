//! Cuts SQL text into statements without understanding them: quotes, comments, dollar quotes,
//! `DELIMITER` lines, psql lines, `COPY` data, routine bodies and goose's block lines.
//!
//! One pass, no recursion. Everything between two statements is white space, comment, delimiter or
//! a client's own line, so statements and gaps together are the whole text.

mod body;
mod dialect;

use std::ops::Range;

use super::Engine;
use body::Body;
use dialect::Dialect;

/// One statement, without its delimiter and without comments before or after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its bytes; never empty.
    pub range: Range<usize>,
}

/// What was opened and never closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// A text in `'`.
    Text,
    /// A name in `"`, `` ` `` or `[`.
    Name,
    /// A text in `$tag$`.
    DollarQuote,
    /// A comment in `/*`.
    Comment,
    /// `-- +goose StatementBegin` without its end.
    GooseBlock,
}

impl ProblemKind {
    /// What stands open, and what closes it.
    pub fn message(self) -> &'static str {
        match self {
            ProblemKind::Text => "this text is never closed; the file ends before the next `'`",
            ProblemKind::Name => {
                "this quoted name is never closed; the file ends before its second quote"
            }
            ProblemKind::DollarQuote => {
                "this dollar quote is never closed; the file ends before the same tag comes again"
            }
            ProblemKind::Comment => "this comment is never closed; the file ends before its `*/`",
            ProblemKind::GooseBlock => {
                "this block is never closed; the section ends before its line `StatementEnd`"
            }
        }
    }
}

/// A place from which on the text cannot be cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is open.
    pub kind: ProblemKind,
    /// The opening quote.
    pub range: Range<usize>,
}

/// A text cut into statements.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Split {
    /// The statements in the order of the text; they do not overlap.
    pub statements: Vec<Statement>,
    /// At most two problems: what stands open at the end.
    pub problems: Vec<Problem>,
}

impl Split {
    /// Moves all ranges by `offset` bytes.
    pub(super) fn shift(&mut self, offset: usize) {
        let statements = self.statements.iter_mut().map(|s| &mut s.range);
        for range in statements.chain(self.problems.iter_mut().map(|p| &mut p.range)) {
            *range = range.start + offset..range.end + offset;
        }
    }

    /// Whether no statement does anything: none at all, or only the likes of `BEGIN` and
    /// `SELECT 1`. `text` is the text that was split.
    pub fn does_nothing(&self, text: &str) -> bool {
        self.statements
            .iter()
            .all(|s| text.get(s.range.clone()).is_some_and(is_no_op))
    }
}

fn is_no_op(statement: &str) -> bool {
    const NO_OPS: [&str; 8] = [
        "begin",
        "begin transaction",
        "start transaction",
        "commit",
        "commit transaction",
        "end",
        "select 1",
        "select null",
    ];
    // longer than any of them: do not copy a large statement
    statement.len() <= 64 && {
        let words: Vec<&str> = statement.split_whitespace().collect();
        NO_OPS.contains(&words.join(" ").to_ascii_lowercase().as_str())
    }
}

/// Cuts `text` by the rules of `engine`. Without an engine PostgreSQL's rules are taken, and
/// MySQL's or SQLite's where only those leave nothing open. `goose_blocks` makes the
/// `StatementBegin` and `StatementEnd` lines of goose and sql-migrate bound statements.
pub fn split(text: &str, engine: Option<Engine>, goose_blocks: bool) -> Split {
    let first = Scanner::new(text, Dialect::of(engine), goose_blocks).run();
    // nobody but PostgreSQL has dollar quotes, so an open one is no sign of another engine
    let dollar = |problem: &Problem| problem.kind == ProblemKind::DollarQuote;
    if engine.is_some() || first.problems.is_empty() || first.problems.iter().any(dollar) {
        return first;
    }
    for engine in [Engine::MySql, Engine::Sqlite] {
        let other = Scanner::new(text, Dialect::of(Some(engine)), goose_blocks).run();
        if other.problems.is_empty() {
            return other;
        }
    }
    first
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    dialect: Dialect,
    goose: bool,
    delimiter: &'a [u8],
    /// Start and, so far, end of the current statement.
    current: Option<Range<usize>>,
    body: Body,
    /// The line that opened a goose block.
    block: Option<Range<usize>>,
    /// Whether a line `\.` may still follow: one look-up that finds none answers for all.
    copy_ends: bool,
    out: Split,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, dialect: Dialect, goose: bool) -> Self {
        Scanner {
            text: text.as_bytes(),
            at: if text.starts_with('\u{feff}') { 3 } else { 0 },
            dialect,
            goose,
            delimiter: b";",
            current: None,
            body: Body::default(),
            block: None,
            copy_ends: true,
            out: Split::default(),
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn starts(&self, with: &[u8]) -> bool {
        self.text
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(with))
    }

    fn run(mut self) -> Split {
        while self.at < self.text.len() {
            self.step();
        }
        self.finish();
        if let Some(range) = self.block.take() {
            self.out.problems.push(Problem {
                kind: ProblemKind::GooseBlock,
                range,
            });
        }
        self.out
    }

    fn step(&mut self) {
        let byte = self.peek(0);
        if byte.is_ascii_whitespace() {
            self.at += 1;
        } else if self.starts(self.delimiter) {
            self.delimiter_met();
        } else if self.line_comment() || self.block_comment() || self.client_line() {
        } else {
            self.token(byte);
        }
    }

    fn delimiter_met(&mut self) {
        let inside = self.block.is_some() || (self.delimiter == b";" && self.body.is_open());
        let copies = self.body.copies_from_stdin() && self.dialect.psql;
        let start = self.at;
        self.at += self.delimiter.len();
        if inside {
            self.extend(start);
        } else {
            self.finish();
            if copies {
                self.skip_copy_data();
            }
        }
    }

    /// Ends the current statement.
    fn finish(&mut self) {
        if let Some(range) = self.current.take() {
            self.out.statements.push(Statement { range });
        }
        self.body = Body::default();
    }

    /// Counts what was read since `start` as part of the statement.
    fn extend(&mut self, start: usize) {
        let end = self.at;
        match &mut self.current {
            Some(range) => range.end = end,
            None => self.current = Some(start..end),
        }
    }

    fn line_end(&self) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        rest.iter()
            .position(|&b| b == b'\n')
            .map_or(self.text.len(), |n| self.at + n)
    }

    fn line_comment(&mut self) -> bool {
        let spaced = !self.dialect.dashes_need_space || matches!(self.peek(2), 0..=b' ');
        let dashes = spaced && self.starts(b"--");
        let hash = self.dialect.hash_comments && self.peek(0) == b'#';
        if !dashes && !hash {
            return false;
        }
        let start = self.at;
        self.at = self.line_end();
        if self.goose && dashes {
            self.goose_line(start);
        }
        true
    }

    fn goose_line(&mut self, start: usize) {
        let line = self.text.get(start + 2..self.at).unwrap_or_default();
        let line = line.trim_ascii();
        let rest = line.strip_prefix(b"+goose");
        let Some(rest) = rest.or_else(|| line.strip_prefix(b"+migrate")) else {
            return;
        };
        let word = rest.trim_ascii();
        if word.eq_ignore_ascii_case(b"StatementBegin") {
            self.finish();
            self.block.get_or_insert(start..self.at);
        } else if word.eq_ignore_ascii_case(b"StatementEnd") {
            self.finish();
            self.block = None;
        }
    }

    fn block_comment(&mut self) -> bool {
        if !self.starts(b"/*") {
            return false;
        }
        let start = self.at;
        let version = self.peek(2) == b'!' && self.dialect.version_comments;
        if version && (!self.dialect.version_needs_digits || self.peek(3).is_ascii_digit()) {
            // MySQL runs what stands in `/*!40101 ... */`; its `*/` then is two plain bytes
            self.at += 3;
            self.extend(start);
            return true;
        }
        self.at += 2;
        let mut depth = 1_usize;
        while self.at < self.text.len() {
            if self.starts(b"*/") {
                self.at += 2;
                depth -= 1;
                if depth == 0 {
                    return true;
                }
            } else if self.dialect.nested_comments && self.starts(b"/*") {
                self.at += 2;
                depth += 1;
            } else {
                self.at += 1;
            }
        }
        self.open(ProblemKind::Comment, start, 2);
        true
    }

    fn open(&mut self, kind: ProblemKind, start: usize, length: usize) {
        self.out.problems.push(Problem {
            kind,
            range: start..start + length,
        });
    }

    /// A `DELIMITER` line or a psql line. They stand between statements, first on their line.
    fn client_line(&mut self) -> bool {
        if self.current.is_some() || self.block.is_some() {
            return false;
        }
        if self.peek(0) == b'\\' && self.dialect.psql {
            self.at = self.line_end();
            return true;
        }
        const WORD: &[u8] = b"DELIMITER";
        let word = self.text.get(self.at..self.at + WORD.len());
        if !word.is_some_and(|w| w.eq_ignore_ascii_case(WORD))
            || !matches!(self.peek(WORD.len()), b' ' | b'\t')
        {
            return false;
        }
        let end = self.line_end();
        let rest = self
            .text
            .get(self.at + WORD.len()..end)
            .unwrap_or_default()
            .trim_ascii();
        let length = rest
            .iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(rest.len());
        // the client's own limit; a longer one would make the search for it slow
        if (1..=15).contains(&length) {
            self.delimiter = rest.get(..length).unwrap_or(b";");
        }
        self.at = end;
        true
    }

    fn token(&mut self, byte: u8) {
        let start = self.at;
        match byte {
            b'\'' => self.quoted(b'\'', self.dialect.backslashes, ProblemKind::Text),
            b'"' => self.quoted(b'"', self.dialect.backslashes, ProblemKind::Name),
            b'`' if self.dialect.backticks => self.quoted(b'`', false, ProblemKind::Name),
            b'[' if self.dialect.brackets => self.quoted(b']', false, ProblemKind::Name),
            b'$' if self.dialect.dollar_quotes => self.dollar(),
            _ if is_word(byte) => self.word(),
            _ => self.at += 1,
        }
        self.extend(start);
    }

    /// A quoted piece from its opening quote to behind its closing one; a doubled quote is none.
    fn quoted(&mut self, close: u8, backslashes: bool, kind: ProblemKind) {
        let start = self.at;
        self.at += 1;
        while self.at < self.text.len() {
            let byte = self.peek(0);
            if byte == b'\\' && backslashes {
                self.at += 2;
            } else if byte == close {
                if self.peek(1) != close {
                    self.at += 1;
                    return;
                }
                self.at += 2;
            } else {
                self.at += 1;
            }
        }
        self.at = self.text.len();
        self.open(kind, start, 1);
    }

    fn dollar(&mut self) {
        let start = self.at;
        self.at += 1;
        let mut length = 0;
        // a tag is a name; PostgreSQL cuts names at 63 bytes
        while length <= 63 && is_tag(self.peek(length), length) {
            length += 1;
        }
        if self.peek(length) != b'$' {
            return;
        }
        let text = self.text;
        let tag = text.get(start..self.at + length + 1).unwrap_or(b"$");
        self.at += length + 1;
        while self.at < text.len() {
            if self.peek(0) == b'$' && self.starts(tag) {
                self.at += tag.len();
                return;
            }
            self.at += 1;
        }
        self.open(ProblemKind::DollarQuote, start, tag.len());
    }

    fn word(&mut self) {
        let start = self.at;
        let own = self.delimiter != b";";
        while self.at < self.text.len() && (is_word(self.peek(0)) || self.peek(0) == b'$') {
            if own && self.starts(self.delimiter) {
                break;
            }
            self.at += 1;
        }
        let word = self.text.get(start..self.at).unwrap_or_default();
        let escapes = self.dialect.escape_texts && word.eq_ignore_ascii_case(b"e");
        if escapes && self.peek(0) == b'\'' {
            self.quoted(b'\'', true, ProblemKind::Text);
            return;
        }
        let qualified = start > 0 && self.text.get(start - 1) == Some(&b'.');
        if !qualified {
            self.body.word(word);
        }
    }

    /// Skips the data lines behind `COPY ... FROM STDIN;`, up to the line `\.`, if there is one.
    fn skip_copy_data(&mut self) {
        if !self.copy_ends {
            return;
        }
        let from = self.at;
        loop {
            self.at = self.line_end();
            if self.at >= self.text.len() {
                self.at = from;
                self.copy_ends = false;
                return;
            }
            self.at += 1;
            if self.starts(b"\\.") && matches!(self.peek(2), 0 | b'\r' | b'\n') {
                self.at += 2;
                return;
            }
        }
    }
}

/// Whether `byte` belongs to a word; every byte of a character beyond ASCII does, so that cuts
/// fall between characters.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn is_tag(byte: u8, index: usize) -> bool {
    is_word(byte) && !(index == 0 && byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
