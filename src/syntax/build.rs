//! From pest's tokens to the tree. No recursion, one pass, one fault for each statement.

use pest::{Parser, Token};

use crate::diagnostic::{Diagnostic, Edit, Findings};
use crate::source::{FileId, Span};

use super::blame::{Ending, Event, match_braces};
use super::faults::{
    MISSING_COMMA, NESTING_TOO_DEEP, STRAY_BRACE, UNCLOSED_BLOCK, UNCLOSED_BRACKET,
    UNEXPECTED_TEXT, UNTERMINATED_TEXT,
};
use super::grammar::{Grammar, Rule};
use super::tree::{Arg, ArgKind, Op, Param, Statement, Tree};

/// How deep blocks may be nested.
pub const MAX_DEPTH: usize = 64;

/// Reads a file. Never fails; what is wrong is added to `findings`.
///
/// Linear in the length of the text.
pub fn parse(file: FileId, text: &str, findings: &mut Findings) -> Tree {
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
    builder.finish()
}

/// How many faults of the text are reported for one file.
const MAX_FAULTS: usize = 200;

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

    /// Reports a fault unless the statement has had one.
    fn fault(&mut self, fault: Diagnostic) {
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

    fn stray(&mut self, end: usize) {
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

    fn bad(&mut self, start: usize, end: usize) {
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
            "'" | "`" | "“" | "”" => "texts stand in straight double quotes: `\"...\"`",
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
            format!("`{}` has no meaning here", clip(shown)),
        )
        .help(help);
        self.fault(fault);
        if let Some(current) = &mut self.current {
            current.end = end as u32;
        }
    }

    fn open_text(&mut self, rule: Rule, start: usize, end: usize) {
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

    fn unclosed(&mut self, at: usize) {
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

    /// Nests the statements and reports what the braces lack.
    fn finish(mut self) -> Tree {
        let matching = match_braces(&self.events);
        let mut strays_reported = 0usize;
        for &at in &matching.strays {
            strays_reported += 1;
            if strays_reported > 20 {
                break;
            }
            let span = self.span(at as usize, at as usize + 1);
            self.findings.push(
                Diagnostic::new(&STRAY_BRACE, span, "`}` closes no block")
                    .help("take it out, or look above for a block that was closed too early"),
            );
        }
        // statements counted up to each event, to know where a block's statements stop
        let mut before = Vec::with_capacity(self.events.len() + 1);
        let mut seen = 0u32;
        for event in &self.events {
            before.push(seen);
            if let Event::Statement { .. } = event {
                seen += 1;
            }
        }
        before.push(seen);
        let mut missing = Vec::new();
        for &(index, ending, number) in &matching.ends {
            let stop = before[number];
            let statement = &mut self.tree.statements[index as usize];
            statement.end = stop.max(statement.first_child);
            let end = match ending {
                Ending::Closed(at) => at + 1,
                Ending::Missing(event) => {
                    missing.push((index, event));
                    // inner blocks have their ends already, and the last of them ends last
                    let statement = &self.tree.statements[index as usize];
                    let inner = self.tree.block(statement).last();
                    inner.map_or(statement.line.end, |inner| inner.span.end)
                }
            };
            let statement = &mut self.tree.statements[index as usize];
            statement.broken |= matching.is_blind && matches!(ending, Ending::Missing(_));
            if let Some(block) = &mut statement.block {
                block.end = end.max(block.end);
                statement.span.end = block.end;
            }
        }
        let mut top = 0u32;
        while let Some(statement) = self.tree.statements.get(top as usize) {
            self.tree.tops.push(top);
            top = statement.end;
        }
        self.report_missing(missing, matching.is_blind);
        self.report_depth();
        self.tree
    }

    fn report_missing(&mut self, mut missing: Vec<(u32, usize)>, is_blind: bool) {
        missing.sort_unstable();
        // a text with thousands of open blocks has one fault, not thousands
        missing.truncate(20);
        // of open blocks one in the other, the outermost says it all when nothing tells them apart
        if is_blind {
            missing.truncate(1);
        }
        for (index, event) in missing {
            let statement = self.tree.statements[index as usize];
            let line = self.text.get(statement.line.range()).unwrap_or("");
            let named = clip(line.lines().next().unwrap_or("").trim());
            let brace = statement.block.map_or(statement.line, |block| Span {
                end: block.start + 1,
                ..block
            });
            let message = if named.is_empty() {
                "this block is never closed".to_string()
            } else {
                format!("the block of `{named}` is never closed")
            };
            let mut fault = Diagnostic::new(&UNCLOSED_BLOCK, brace, message).here("opened here");
            fault = match self.events.get(event) {
                Some(&Event::Statement { index, .. }) => {
                    let next = self.tree.statements[index as usize];
                    let word = self.text.get(next.head.range()).unwrap_or("").to_string();
                    fault
                        .also(
                            next.head,
                            "this stands no deeper, so the block should end before it",
                        )
                        .help(format!(
                            "put `}}` on a line of its own above `{}`",
                            clip(&word)
                        ))
                }
                Some(&Event::Close { at, .. }) => {
                    let span = self.span(at as usize, at as usize + 1);
                    fault
                        .also(span, "this closes the block around it")
                        .help("put `}` on a line of its own above this one")
                }
                None if is_blind => fault
                    .help("put `}` where the block ends, or where a block in it does")
                    .note("which block lacks it cannot be told, because the text is not indented; nothing in this one was checked"),
                None => fault.help("put `}` where the block ends"),
            };
            self.findings.push(fault);
        }
    }

    fn report_depth(&mut self) {
        let mut ends: Vec<u32> = Vec::new();
        for (index, statement) in self.tree.statements.iter().enumerate() {
            while ends.last().is_some_and(|&end| end <= index as u32) {
                ends.pop();
            }
            if statement.block.is_some() {
                ends.push(statement.end);
                if ends.len() > MAX_DEPTH {
                    let span = statement.block.map_or(statement.line, |b| Span {
                        end: b.start + 1,
                        ..b
                    });
                    self.findings.push(
                        Diagnostic::new(
                            &NESTING_TOO_DEEP,
                            span,
                            format!("blocks are nested more than {MAX_DEPTH} deep"),
                        )
                        .help("no statement nests more than six blocks; was this text generated?"),
                    );
                    return;
                }
            }
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
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(u32, &'static str)> {
        let mut findings = Vec::new();
        parse(FileId(0), text, &mut findings);
        let index = crate::source::LineIndex::new(text);
        findings
            .iter()
            .map(|f| (index.line_col(text, f.span().start).line, f.rule.name))
            .collect()
    }

    fn outline(text: &str) -> String {
        let mut findings = Vec::new();
        let tree = parse(FileId(0), text, &mut findings);
        fn walk(
            tree: &Tree,
            text: &str,
            at: super::super::Statements<'_>,
            depth: usize,
            out: &mut String,
        ) {
            for s in at {
                out.push_str(&format!("{}{}", "  ".repeat(depth), &text[s.line.range()]));
                out.push('\n');
                walk(tree, text, tree.block(s), depth + 1, out);
            }
        }
        let mut out = String::new();
        walk(&tree, text, tree.top(), 0, &mut out);
        out
    }

    #[test]
    fn words_carry_their_punctuation() {
        let mut findings = Vec::new();
        let text = "w 1%->5% 900/s shop.orders 2024-01-01..2024-02-01 V1.2.3 a:b [x, y] f(p, q = [1, 2]) \"a\\\"b\"";
        let tree = parse(FileId(0), text, &mut findings);
        let top = tree.top().next().expect("a statement");
        let shown: Vec<&str> = tree
            .args(top)
            .iter()
            .map(|a| &text[a.span.range()])
            .collect();
        assert_eq!(
            shown,
            [
                "1%",
                "->",
                "5%",
                "900/s",
                "shop.orders",
                "2024-01-01",
                "..",
                "2024-02-01",
                "V1.2.3",
                "a:b",
                "[x, y]",
                "f(p, q = [1, 2])",
                "\"a\\\"b\""
            ]
        );
        let call = tree.args(top)[11];
        let params: Vec<_> = tree
            .params(&call)
            .iter()
            .map(|p| (p.name.map(|n| &text[n.range()]), p.value.kind))
            .collect();
        assert_eq!(params, [(None, ArgKind::Word), (Some("q"), ArgKind::List)]);
        assert_eq!(tree.params(&tree.params(&call)[1].value).len(), 2);
        assert!(findings.is_empty());
    }

    #[test]
    fn a_missing_brace_is_blamed_on_the_block_that_lacks_it() {
        let text = "plan a {\n  step x {\n    weight 5%\n  step y {\n    weight 9%\n  }\n}\nservice s {\n}\n";
        assert_eq!(faults(text), [(2, "unclosed-block")]);
        assert_eq!(
            outline(text),
            "plan a\n  step x\n    weight 5%\n  step y\n    weight 9%\nservice s\n"
        );
        let outer = "plan a {\n  step x {\n    weight 5%\n  }\nservice s {\n}\n";
        assert_eq!(faults(outer), [(1, "unclosed-block")]);
    }

    #[test]
    fn a_brace_too_many_is_reported_where_it_stands() {
        let text = "plan a {\n  step x {\n    weight 5%\n    }\n  }\n  step y {\n  }\n}\n";
        assert_eq!(faults(text), [(4, "stray-brace")]);
        let odd = "plan a {\n  step x {\n  }\n    }\n  step y {\n  }\n}\n";
        assert_eq!(faults(odd), [(4, "stray-brace")]);
    }

    #[test]
    fn one_fault_costs_one_statement() {
        let text = "a \"open\nb 1 ? ? ?\n= 5\nc [1, 2\nd )\ne {\n  f 1\n}\n";
        assert_eq!(
            faults(text),
            [
                (1, "unterminated-text"),
                (2, "unexpected-text"),
                (3, "unexpected-text"),
                (4, "unclosed-bracket"),
                (5, "unexpected-text"),
            ]
        );
        assert!(outline(text).contains("e\n  f 1\n"));
    }

    #[test]
    fn a_brace_behind_an_open_text_still_counts() {
        assert_eq!(faults("a { b \"x }\nc 1\n"), [(1, "unterminated-text")]);
        assert_eq!(faults("a \"x {\n  c 1\n}\n"), [(1, "unterminated-text")]);
        // a placeholder is the text's own
        let own = "a {\n  b \"x {y}\n  c 1\n}\n";
        assert_eq!(faults(own), [(2, "unterminated-text")]);
        assert_eq!(faults("a { b \"x {y} }\n"), [(1, "unterminated-text")]);
    }

    #[test]
    fn a_million_braces_give_a_few_findings() {
        let text = "{".repeat(1_000_000);
        let found = faults(&text);
        assert!(found.len() < 300 && found.iter().any(|f| f.1 == "nesting-too-deep"));
    }
}
