//! From pest's tokens to the tree. No recursion, one pass, one fault for each statement.

mod nest;
mod statement;

use pest::{Parser, Token};

use crate::diagnostic::{Diagnostic, Edit, Findings};
use crate::source::{FileId, Span};

use super::blame::{AnyNesting, Event, Nesting};
use super::faults::{MISSING_COMMA, UNEXPECTED_TEXT};
use super::grammar::{Grammar, Rule};
use super::tree::{Arg, ArgKind, Op, Param, Statement, Tree};

/// How deep blocks may be nested.
pub const MAX_DEPTH: usize = 64;

/// Reads a file. Never fails; what is wrong is added to `findings`.
///
/// Linear in the length of the text.
pub fn parse(file: FileId, text: &str, findings: &mut Findings) -> Tree {
    parse_with(file, text, &AnyNesting, findings)
}

/// Like [`parse`], and asks `nesting` which block lacks its `}` when indentation does not tell.
pub fn parse_with<N: Nesting>(
    file: FileId,
    text: &str,
    nesting: &N,
    findings: &mut Findings,
) -> Tree {
    let mut builder = Builder {
        file,
        text,
        tree: Tree {
            file,
            statements: Vec::new(),
            args: Vec::new(),
            params: Vec::new(),
            tops: Vec::new(),
        },
        events: Vec::new(),
        current: None,
        frames: Vec::new(),
        name: None,
        doc: None,
        started: 0,
        line: LineCursor::default(),
        faults: 0,
        findings,
    };
    match Grammar::parse(Rule::file, text) {
        Ok(pairs) => {
            for token in pairs.tokens() {
                match token {
                    Token::Start { rule, pos } => builder.start(rule, pos.pos()),
                    Token::End { rule, pos } => builder.end(rule, pos.pos()),
                }
            }
        }
        // the grammar accepts every text, so this is a fault of ours; say so at the place
        Err(error) => {
            let at = match error.location {
                pest::error::InputLocation::Pos(at) => at,
                pest::error::InputLocation::Span((at, _)) => at,
            };
            builder.findings.push(Diagnostic::new(
                &UNEXPECTED_TEXT,
                Span::new(file, at, at),
                "the text cannot be read from here on",
            ));
        }
    }
    builder.finish(nesting)
}

/// A statement that is being read.
struct Current {
    start: u32,
    head: Option<Span>,
    args_from: u32,
    end: u32,
    open: Option<u32>,
    /// A `}` that an unterminated text has swallowed.
    swallowed_close: Option<u32>,
    broken: bool,
    doc: Option<Span>,
    indent: Option<u32>,
}

/// An open `(` or `[`.
struct Frame {
    start: u32,
    /// The name that the list belongs to, when it is a parameter's value.
    name: Option<Span>,
    items: Vec<Param>,
}

struct Builder<'a> {
    file: FileId,
    text: &'a str,
    tree: Tree,
    events: Vec<Event>,
    current: Option<Current>,
    frames: Vec<Frame>,
    name: Option<Span>,
    doc: Option<Span>,
    started: usize,
    line: LineCursor,
    faults: usize,
    findings: &'a mut Findings,
}

/// Tells the indentation of offsets that are asked for in rising order.
#[derive(Default)]
struct LineCursor {
    start: usize,
    scanned: usize,
}

impl LineCursor {
    /// The indentation of `at` in characters, or `None` when something else stands before it.
    fn indent(&mut self, text: &str, at: usize) -> Option<u32> {
        let bytes = text.as_bytes();
        let from = self.scanned.min(at);
        if let Some(back) = bytes[from..at].iter().rposition(|&b| b == b'\n') {
            self.start = from + back + 1;
        }
        self.scanned = at;
        let before = text[self.start..at].trim_start_matches('\u{feff}');
        before
            .bytes()
            .all(|b| b == b' ' || b == b'\t' || b == b'\r')
            .then_some(before.len() as u32)
    }
}

impl Builder<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn start(&mut self, rule: Rule, at: usize) {
        match rule {
            Rule::stmt | Rule::stray => {
                let indent = self.line.indent(self.text, at);
                self.current = Some(Current {
                    start: at as u32,
                    head: None,
                    args_from: self.tree.args.len() as u32,
                    end: at as u32,
                    open: None,
                    swallowed_close: None,
                    broken: false,
                    doc: self.doc.take(),
                    indent,
                });
                if rule == Rule::stray {
                    // the head stays empty; the fault is reported at its end, when its text is known
                    let head = self.span(at, at);
                    if let Some(current) = &mut self.current {
                        current.head = Some(head);
                    }
                }
            }
            Rule::params | Rule::list => {
                let name = self.name.take();
                self.frames.push(Frame {
                    start: at as u32,
                    name,
                    items: Vec::new(),
                });
            }
            Rule::close => {
                let indent = self.line.indent(self.text, at);
                self.events.push(Event::Close {
                    at: at as u32,
                    indent,
                });
                self.doc = None;
            }
            Rule::unclosed => self.unclosed(at),
            Rule::missing_comma => {
                let span = self.span(at, at);
                self.fault(
                    Diagnostic::new(
                        &MISSING_COMMA,
                        span,
                        "two items stand without `,` between them",
                    )
                    .here("`,` is missing here")
                    .help("separate the items with `,`"),
                );
            }
            _ => self.started = at,
        }
    }

    fn end(&mut self, rule: Rule, at: usize) {
        let (start, end) = (self.started, at);
        match rule {
            Rule::word => self.leaf(ArgKind::Word, start, end),
            Rule::quoted => self.leaf(ArgKind::Text, start, end),
            Rule::raw_text => self.leaf(ArgKind::RawText, start, end),
            Rule::open_text | Rule::open_raw_text => self.open_text(rule, start, end),
            Rule::op => {
                let op = operator(&self.text[start..end]);
                self.leaf(ArgKind::Op(op), start, end);
            }
            Rule::name => self.name = Some(self.span(start, end)),
            Rule::bad => self.bad(start, end),
            Rule::doubled => self.doubled(end),
            Rule::open => self.open(start),
            Rule::doc => {
                let span = self.span(start, end);
                self.doc = Some(self.doc.map_or(span, |doc| doc.join(span)));
            }
            Rule::params => self.end_params(at),
            Rule::list => self.end_list(at),
            Rule::stmt => self.end_statement(),
            Rule::stray => {
                self.stray(at);
                self.end_statement();
            }
            _ => {}
        }
    }

    fn leaf(&mut self, kind: ArgKind, start: usize, end: usize) {
        let span = self.span(start, end);
        self.emit(Arg {
            kind,
            span,
            word_end: end as u32,
            sub: (0, 0),
        });
    }

    /// Puts an argument where it belongs: into the open brackets, or into the statement.
    fn emit(&mut self, arg: Arg) {
        if let Some(frame) = self.frames.last_mut() {
            frame.items.push(Param {
                name: self.name.take(),
                value: arg,
            });
            return;
        }
        if let Some(current) = &mut self.current {
            current.end = arg.span.end;
            if current.head.is_none() {
                current.head = Some(arg.span);
            } else {
                self.tree.args.push(arg);
            }
        }
    }

    /// Moves the items of the innermost brackets into the tree.
    fn close_frame(&mut self) -> Option<(u32, (u32, u32))> {
        let frame = self.frames.pop()?;
        let from = self.tree.params.len() as u32;
        self.tree.params.extend(frame.items);
        Some((frame.start, (from, self.tree.params.len() as u32)))
    }

    fn end_params(&mut self, at: usize) {
        let Some((start, sub)) = self.close_frame() else {
            return;
        };
        let Some(current) = &mut self.current else {
            return;
        };
        current.end = at as u32;
        let own = self.tree.args.len() as u32 > current.args_from;
        match self.tree.args.last_mut() {
            // parameters stand directly behind the word that they belong to
            Some(arg) if own && arg.kind == ArgKind::Word && arg.span.end == start => {
                arg.kind = ArgKind::Call;
                arg.sub = sub;
                arg.span.end = at as u32;
            }
            _ => {
                let span = self.span(start as usize, at);
                self.fault(
                    Diagnostic::new(&UNEXPECTED_TEXT, span, "parentheses belong directly behind a name")
                        .help("write `cautious(first = 1%)` without a blank before `(`; a list stands in `[...]`"),
                );
            }
        }
    }

    fn end_list(&mut self, at: usize) {
        let name = self.frames.last().and_then(|frame| frame.name);
        let Some((start, sub)) = self.close_frame() else {
            return;
        };
        self.name = name;
        let span = self.span(start as usize, at);
        self.emit(Arg {
            kind: ArgKind::List,
            span,
            word_end: at as u32,
            sub,
        });
    }

    fn end_statement(&mut self) {
        let Some(current) = self.current.take() else {
            return;
        };
        self.frames.clear();
        self.name = None;
        let index = self.tree.statements.len() as u32;
        let head = current
            .head
            .unwrap_or(self.span(current.start as usize, current.start as usize));
        let line = self.span(current.start as usize, current.end.max(head.end) as usize);
        self.tree.statements.push(Statement {
            head,
            line,
            span: line,
            doc: current.doc,
            block: current
                .open
                .map(|at| self.span(at as usize, at as usize + 1)),
            broken: current.broken,
            args: (current.args_from, self.tree.args.len() as u32),
            first_child: index + 1,
            end: index + 1,
        });
        let opens = current.open.is_some();
        self.events.push(Event::Statement {
            index,
            opens,
            indent: current.indent,
        });
        if let Some(at) = current.swallowed_close {
            self.events.push(Event::Close { at, indent: None });
        }
    }

    /// A `{`: the block of the statement that it follows on its line, or one without a statement.
    fn open(&mut self, at: usize) {
        let block = self.span(at, at + 1);
        if let (Some(statement), Some(Event::Statement { opens, .. })) =
            (self.tree.statements.last_mut(), self.events.last_mut())
        {
            let between = self
                .text
                .get(statement.line.end as usize..at)
                .unwrap_or("\n");
            let blank = |b: u8| b == b' ' || b == b'\t' || b == b'\r';
            let on_its_line = between.bytes().all(blank);
            let below = between.bytes().all(|b| b == b'\n' || blank(b));
            if !*opens && (on_its_line || below) {
                *opens = true;
                statement.block = Some(block);
                // one habit of another language is one mistake: the block is read all the same
                // a statement that is no word at all has been reported
                if !on_its_line && !statement.broken {
                    let line = statement.line;
                    let gap = Span {
                        start: line.end,
                        end: block.start,
                        ..block
                    };
                    self.fault(
                        Diagnostic::new(
                            &UNEXPECTED_TEXT,
                            block,
                            "the `{` of a block stands on the line of its statement",
                        )
                        .also(line, "its statement ends here, with its line")
                        .help(format!("write `{} {{`", clip(&self.text[line.range()])))
                        .fix(
                            "move the `{` up",
                            vec![Edit {
                                span: gap,
                                text: " ".to_string(),
                            }],
                        ),
                    );
                }
                return;
            }
        }
        self.start(Rule::stray, at);
        self.fault(
            Diagnostic::new(
                &UNEXPECTED_TEXT,
                block,
                "a block needs a statement before its `{`",
            )
            .help("write what the block belongs to on the same line: `step canary {`"),
        );
        if let Some(current) = &mut self.current {
            current.open = Some(at as u32);
        }
        self.end_statement();
    }
}

fn operator(text: &str) -> Op {
    match text {
        "->" => Op::Arrow,
        ".." => Op::Range,
        "<=" => Op::LessEqual,
        ">=" => Op::GreaterEqual,
        "<" => Op::Less,
        ">" => Op::Greater,
        "=" => Op::Equal,
        "*" => Op::Times,
        "+" => Op::Plus,
        "," => Op::Comma,
        _ => Op::Foreign,
    }
}

/// A short form of plan text for a message.
fn clip(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests;
