//! `DO` blocks: what stands in one as plain SQL has its effects, behind a condition on the schema
//! or with a handler for what is there already; everything else is unknown at its place.
//!
//! A condition and a handler are decided on the catalog, as the server would decide them on its
//! own: migrations ask whether what they make is there. What depends on rows or on anything else is
//! not decided.

mod condition;

use std::ops::Range;

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::super::apply::apply;
use super::Lowering;
use super::node::tokens;
use crate::schema::catalog::Catalog;
use crate::schema::postgres::Change;
use crate::schema::{Engine, parse, split};
use crate::source::{Span, Spanned};

/// The newest server: what needs an older one is refused where the statement is replayed.
const NEWEST: u32 = 18;

/// Conditions of an `EXCEPTION` that the schema alone decides, and their codes (PostgreSQL manual,
/// appendix A). Others depend on rows as well.
const DECIDED: [(&str, &str); 12] = [
    ("duplicate_column", "42701"),
    ("duplicate_function", "42723"),
    ("duplicate_object", "42710"),
    ("duplicate_schema", "42P06"),
    ("duplicate_table", "42P07"),
    ("invalid_schema_name", "3F000"),
    ("invalid_table_definition", "42P16"),
    ("undefined_column", "42703"),
    ("undefined_function", "42883"),
    ("undefined_object", "42704"),
    ("undefined_table", "42P01"),
    ("wrong_object_type", "42809"),
];

/// How commands begin that are taken as they are.
const COMMANDS: [&str; 14] = [
    "alter", "analyze", "comment", "create", "delete", "drop", "grant", "insert", "lock",
    "refresh", "revoke", "set", "truncate", "update",
];

/// A block or an `IF` that is open.
enum Frame {
    /// `BEGIN`: the catalog and the changes before it.
    Block {
        catalog: Box<Catalog>,
        changes: usize,
        /// The code with which the server refuses a statement of it.
        refused: Option<&'static str>,
        /// Where its handlers begin, and what they handle.
        handlers: Option<(Span, Vec<String>)>,
    },
    /// `IF`: whether what follows is run; `None` is not known.
    If(Option<bool>),
}

/// What the body cannot be followed over: where and why.
struct Lost(Range<usize>, String);

type Followed<T> = Result<T, Lost>;

impl Lowering<'_> {
    /// What a `DO` block does.
    pub(super) fn run_block(&self, node: &SyntaxNode, out: &mut Vec<Spanned<Change>>) {
        let Some((body, start)) = body_of(node) else {
            out.push(self.unknown(
                node,
                "a `DO` block in another language, or as a text with escapes, is not looked into",
            ));
            return;
        };
        let base = self.at.start as usize + start;
        let mut block = Block {
            lowering: self,
            body: &body,
            base,
            now: Catalog::clone(self.catalog),
            frames: Vec::new(),
            changes: Vec::new(),
            closed: false,
        };
        match block.follow() {
            Ok(()) if block.changes.is_empty() => {
                out.push(self.place(node, Change::Neutral("DO, with nothing left to do")));
            }
            Ok(()) => out.append(&mut block.changes),
            Err(Lost(range, reason)) => {
                let span = block.span(range);
                out.push(Spanned::new(Change::Unknown { reason }, span));
            }
        }
    }
}

/// The text of the body, and where it begins within the statement.
fn body_of(node: &SyntaxNode) -> Option<(String, usize)> {
    let mut found = None;
    let mut words = tokens(node).skip(1).peekable();
    while let Some(token) = words.next() {
        let written = token.text();
        match token.kind() {
            K::LANGUAGE_KW => {
                let language = words.next()?;
                let language = language.text().trim_matches(['"', '\'']);
                if !language.eq_ignore_ascii_case("plpgsql") {
                    return None;
                }
            }
            K::SEMICOLON => {}
            _ if found.is_none() => {
                let inner = constant(written)?;
                let start = usize::from(token.text_range().start()) + inner.start;
                found = Some((written.get(inner)?.to_string(), start));
            }
            _ => return None,
        }
    }
    found
}

/// The bytes between the quotes of a text that has no escapes.
fn constant(written: &str) -> Option<Range<usize>> {
    let quote = match written.as_bytes().first()? {
        b'\'' => 1,
        b'$' => written.get(1..)?.find('$')? + 2,
        _ => return None,
    };
    let inner = quote..written.len().checked_sub(quote)?;
    let text = written.get(inner.clone())?;
    (written.ends_with(written.get(..quote)?) && (quote > 1 || !text.contains('\'')))
        .then_some(inner)
}

struct Block<'l, 'c> {
    lowering: &'l Lowering<'c>,
    body: &'l str,
    /// Where the body begins in the file.
    base: usize,
    /// The catalog behind what was followed so far.
    now: Catalog,
    frames: Vec<Frame>,
    changes: Vec<Spanned<Change>>,
    /// Whether the outermost block has ended.
    closed: bool,
}

impl Block<'_, '_> {
    fn span(&self, range: Range<usize>) -> Span {
        let file = self.lowering.at.file;
        Span::new(file, self.base + range.start, self.base + range.end)
    }

    fn follow(&mut self) -> Followed<()> {
        let cut = split(self.body, Some(Engine::PostgreSql), false);
        if let Some(problem) = cut.problems.first() {
            let reason = "the body of the `DO` block is cut off".to_string();
            return Err(Lost(problem.range.clone(), reason));
        }
        for statement in cut.statements {
            let mut rest = statement.range;
            while let Some(next) = self.piece(rest)? {
                rest = next;
            }
        }
        match self.closed {
            true => Ok(()),
            false => Err(self.lost(0..self.body.len(), "the block has no `END`")),
        }
    }

    fn lost(&self, range: Range<usize>, what: &str) -> Lost {
        let words = self.body.get(range.clone()).unwrap_or("");
        let skipped = skip(words);
        let range = range.start + skipped..range.end;
        let words = words.get(skipped..).unwrap_or("");
        let length = words.find(['\n', ';']).unwrap_or(words.len()).min(60);
        let end = range.start + length.max(1).min(range.len());
        Lost(
            range.start..end,
            format!("{what}, so what the `DO` block does is not known"),
        )
    }

    /// Takes what stands at the start of `range`; gives the rest of it.
    fn piece(&mut self, range: Range<usize>) -> Followed<Option<Range<usize>>> {
        let text = self.body.get(range.clone()).unwrap_or("");
        let skipped = skip(text);
        let (start, text) = (range.start + skipped, text.get(skipped..).unwrap_or(""));
        if text.is_empty() {
            return Ok(None);
        }
        let here = start..range.end;
        if self.closed {
            return Err(self.lost(here, "something follows the end of the block"));
        }
        let word = word_at(text);
        let behind = |length: usize| Ok(Some(start + length..range.end));
        let first = word.to_ascii_lowercase();
        // nothing but handlers stands behind `EXCEPTION`
        let handling = matches!(
            self.frames.last(),
            Some(Frame::Block {
                handlers: Some(_),
                ..
            })
        );
        let told = ["when", "null", "raise", "end"];
        if handling && !told.contains(&first.as_str()) {
            return Err(self.lost(here, "a handler does something"));
        }
        if self.frames.is_empty() && first != "begin" {
            return Err(self.lost(here, "it declares variables"));
        }
        match first.as_str() {
            "begin" => {
                let frame = Frame::Block {
                    catalog: Box::new(self.now.clone()),
                    changes: self.changes.len(),
                    refused: None,
                    handlers: None,
                };
                self.frames.push(frame);
                behind(word.len())
            }
            "exception" => self.handlers(here, word.len()),
            "when" if handling => self.handler(here),
            "if" => {
                let Some(then) = keyword(text, "then") else {
                    return Err(self.lost(here, "an `IF` without a `THEN`"));
                };
                let asked = text.get(word.len()..then).unwrap_or("");
                let holds = condition::holds(asked, &self.now);
                if holds.is_none() && self.runs() == Some(true) {
                    let reason = format!(
                        "whether `{}` holds is not known from the migrations",
                        shown(asked)
                    );
                    let place = self.span(start..start + then);
                    self.changes
                        .push(Spanned::new(Change::Unknown { reason }, place));
                }
                self.frames.push(Frame::If(holds));
                behind(then + "then".len())
            }
            "else" => match self.frames.last_mut() {
                Some(Frame::If(holds)) => {
                    *holds = holds.map(|holds| !holds);
                    behind(word.len())
                }
                _ => Err(self.lost(here, "an `ELSE` without an `IF`")),
            },
            "end" => {
                let rest = text.get(word.len()..).unwrap_or("").trim();
                self.end(here, rest)?;
                Ok(None)
            }
            "null" if text.trim_end().len() == word.len() => Ok(None),
            "raise" => {
                let level = text.get(word.len()..).unwrap_or("").trim_start();
                let told = ["debug", "log", "info", "notice", "warning"];
                let level = word_at(level).to_ascii_lowercase();
                if told.contains(&level.as_str()) || self.runs() == Some(false) {
                    return Ok(None);
                }
                Err(self.lost(here, "it may raise an error"))
            }
            "perform" => {
                // as long as `SELECT` with a space before it
                self.command(here.clone(), &format!(" SELECT{}", &text[word.len()..]));
                Ok(None)
            }
            "execute" => {
                let skipped = word.len() + skip(&text[word.len()..]);
                let written = text.get(skipped..).unwrap_or("").trim_end();
                let inner = constant(written).filter(|_| is_one_literal(written));
                let sql = inner.clone().and_then(|inner| written.get(inner));
                match (inner, sql) {
                    (Some(inner), Some(sql)) if is_command(sql) => {
                        let at = start + skipped + inner.start;
                        self.command(at..at + sql.len(), sql);
                    }
                    _ => self.unknown(here, "`EXECUTE` runs a text that is put together elsewhere"),
                }
                Ok(None)
            }
            _ if is_command(text) => {
                self.command(here, text);
                Ok(None)
            }
            _ => Err(self.lost(here, "it is a program, not only SQL")),
        }
    }

    /// Whether what follows is run: not where an `IF` does not hold or the server has refused a
    /// statement before it; `None` is not known.
    fn runs(&self) -> Option<bool> {
        let mut known = Some(true);
        for frame in &self.frames {
            match frame {
                Frame::If(Some(false))
                | Frame::Block {
                    refused: Some(_), ..
                } => return Some(false),
                Frame::If(None) => known = None,
                _ => {}
            }
        }
        known
    }

    fn unknown(&mut self, range: Range<usize>, reason: &str) {
        if self.runs() == Some(true) {
            let span = self.span(range);
            let reason = reason.to_string();
            self.changes
                .push(Spanned::new(Change::Unknown { reason }, span));
        }
    }

    /// A command of SQL, which is done where it runs.
    fn command(&mut self, range: Range<usize>, sql: &str) {
        if self.runs() != Some(true) {
            return;
        }
        let at = self.span(range);
        let inner = Lowering {
            at,
            catalog: &self.now,
            schema: self.lowering.schema,
        };
        let found = match parse::with_tree(sql, |tree| inner.file(tree)) {
            Ok(found) => found,
            Err(fault) => {
                let reason = fault.message;
                let start = at.start as usize;
                let place = Span::new(at.file, start + fault.range.start, start + fault.range.end);
                vec![Spanned::new(Change::Unknown { reason }, place)]
            }
        };
        for change in found {
            let change = match change.value.is_transaction_control() {
                true => {
                    let reason = "it ends the transaction that it runs in".to_string();
                    Spanned::new(Change::Unknown { reason }, change.span)
                }
                false => change,
            };
            let outcome = apply(&change.value, &mut self.now, change.span, NEWEST);
            self.changes.push(change);
            if let Err(error) = outcome {
                self.refuse(error.sqlstate);
                return;
            }
        }
    }

    /// Nothing more is run in the innermost block; whether a handler takes the error is told at
    /// its end.
    fn refuse(&mut self, code: &'static str) {
        for frame in self.frames.iter_mut().rev() {
            if let Frame::Block { refused, .. } = frame {
                *refused = Some(code);
                return;
            }
        }
    }

    fn handlers(&mut self, here: Range<usize>, length: usize) -> Followed<Option<Range<usize>>> {
        let place = self.span(here.start..here.start + length);
        match self.frames.last_mut() {
            Some(Frame::Block { handlers, .. }) if handlers.is_none() => {
                *handlers = Some((place, Vec::new()));
                Ok(Some(here.start + length..here.end))
            }
            _ => Err(self.lost(here, "an `EXCEPTION` without a `BEGIN`")),
        }
    }

    /// `WHEN condition OR condition THEN`
    fn handler(&mut self, here: Range<usize>) -> Followed<Option<Range<usize>>> {
        let text = self.body.get(here.clone()).unwrap_or("");
        let Some(then) = keyword(text, "then") else {
            return Err(self.lost(here, "a handler without a `THEN`"));
        };
        let named = text.get("when".len()..then).unwrap_or("").to_lowercase();
        let words: Vec<&str> = named.split_whitespace().collect();
        let mut codes = Vec::new();
        for condition in words.split(|word| *word == "or") {
            codes.push(match condition {
                [name] => DECIDED
                    .iter()
                    .find(|(known, _)| known == name)
                    .map_or_else(|| (*name).to_string(), |(_, code)| (*code).to_string()),
                ["sqlstate", code] => code.trim_matches('\'').to_uppercase(),
                _ => return Err(self.lost(here, "what a handler handles is not understood")),
            });
        }
        if let Some(Frame::Block {
            handlers: Some((_, all)),
            ..
        }) = self.frames.last_mut()
        {
            all.extend(codes);
        }
        Ok(Some(here.start + then + "then".len()..here.end))
    }

    fn end(&mut self, here: Range<usize>, rest: &str) -> Followed<()> {
        let of_if = word_at(rest).eq_ignore_ascii_case("if");
        match (self.frames.pop(), of_if) {
            (Some(Frame::If(_)), true) => {}
            (
                Some(Frame::Block {
                    catalog,
                    changes,
                    refused,
                    handlers,
                }),
                false,
            ) => {
                self.end_block(*catalog, changes, refused, handlers);
                self.closed = self.frames.is_empty();
            }
            _ => return Err(self.lost(here, "an `END` that ends nothing")),
        }
        Ok(())
    }

    fn end_block(
        &mut self,
        before: Catalog,
        first: usize,
        refused: Option<&'static str>,
        handlers: Option<(Span, Vec<String>)>,
    ) {
        let Some((place, handled)) = handlers else {
            // a refusal ends the blocks around it as well
            if let Some(code) = refused {
                self.refuse(code);
            }
            return;
        };
        let decided = |code: &String| DECIDED.iter().any(|(_, known)| known == code);
        let all = handled.iter().any(|code| code == "others");
        if let Some(code) = refused
            && (all || handled.iter().any(|own| own == code))
        {
            // what the block has done before is taken back
            self.changes.truncate(first);
            self.now = before;
            return;
        }
        if let Some(code) = refused {
            self.refuse(code);
            return;
        }
        if self.changes.len() > first && !handled.iter().all(decided) {
            let reason = "whether the block is done or its handler takes an error depends on more \
                          than the schema"
                .to_string();
            self.changes
                .push(Spanned::new(Change::Unknown { reason }, place));
        }
    }
}

/// How many bytes of white space and comments stand at the start.
pub(super) fn skip(text: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or("");
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("--") {
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
        } else {
            return at;
        }
    }
}

pub(super) fn word_at(text: &str) -> &str {
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    text.get(..end).unwrap_or("")
}

fn is_command(text: &str) -> bool {
    let text = text.get(skip(text)..).unwrap_or("");
    let word = word_at(text).to_ascii_lowercase();
    COMMANDS.contains(&word.as_str())
}

/// Where a keyword stands outside of quotes.
pub(super) fn keyword(text: &str, wanted: &str) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        let rest = text.get(at..)?;
        let first = rest.chars().next()?;
        let word = word_at(rest);
        if word.eq_ignore_ascii_case(wanted) {
            return Some(at);
        }
        at += match first {
            '\'' | '"' => 1 + rest.get(1..)?.find(first)? + 1,
            _ => word.len().max(first.len_utf8()),
        };
    }
    None
}

/// Whether a text is one literal and nothing behind it.
fn is_one_literal(written: &str) -> bool {
    match written.as_bytes().first() {
        Some(b'$') => {
            let tag = written.get(1..).and_then(|rest| rest.find('$'));
            let tag = tag.and_then(|tag| written.get(..tag + 2));
            tag.is_some_and(|tag| written.matches(tag).count() == 2)
        }
        _ => written.matches('\'').count() == 2,
    }
}

/// A condition as it is told: on one line, and not too long.
fn shown(asked: &str) -> String {
    let words: Vec<&str> = asked.split_whitespace().collect();
    let mut line = words.join(" ");
    if let Some((end, _)) = line.char_indices().nth(60) {
        line.truncate(end);
        line.push_str("...");
    }
    line
}

#[cfg(test)]
mod tests;
