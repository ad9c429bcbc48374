//! Tokens of a query with their places, and the faults that tokens alone show.
//!
//! The parser says what is wrong without saying where, and recurses; so places and limits come
//! from here. One pass, no recursion.

use std::ops::Range;

use super::number::{MAX_SECONDS, duration, duration_help, value};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A metric, function, label or keyword.
    Word,
    /// A number or a duration.
    Number,
    /// A text with its quotes.
    Text,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// An operator or a matcher's operator; also a lone `+` or `-`.
    Operator,
    /// `,`
    Comma,
    /// `:` in a subquery.
    Colon,
    /// `@`
    At,
    /// A `$name` outside of a text.
    Variable,
}

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its bytes in the query.
    pub range: Range<usize>,
    /// For a bracket its partner's index among the tokens.
    pub partner: Option<usize>,
    /// The bracket that it stands in: 0 for none.
    pub inside: u8,
}

/// Something wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Where.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// A second place and what it has to do with it.
    pub also: Option<(Range<usize>, &'static str)>,
}

impl Fault {
    pub(super) fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Fault {
            range,
            message: message.into(),
            help: None,
            also: None,
        }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A query in tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    /// All tokens, comments left out.
    pub tokens: Vec<Token>,
    /// What is surely wrong.
    pub faults: Vec<Fault>,
    /// Deepest nesting of brackets.
    pub depth: usize,
    /// The bracket at which the nesting passed a limit given to [`scan`].
    pub too_deep: Option<Range<usize>>,
}

/// Cuts `text` into tokens. Brackets nested deeper than `limit` are noted.
pub(super) fn scan(text: &str, limit: usize) -> Scan {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        open: Vec::new(),
        in_text: false,
        limit,
        out: Scan::default(),
    };
    while scanner.at < scanner.bytes.len() {
        scanner.step();
    }
    for &index in &scanner.open {
        // a text that does not end has swallowed the brackets behind it
        if scanner.in_text {
            break;
        }
        let Some(token) = scanner.out.tokens.get(index) else {
            continue;
        };
        let bracket = text.get(token.range.clone()).unwrap_or("");
        let fault = Fault::new(token.range.clone(), format!("`{bracket}` is never closed"));
        scanner
            .out
            .faults
            .push(fault.help(format!("add the `{}` that it lacks", closing(bracket))));
        break; // one missing bracket explains all that stand around it
    }
    scanner.out
}

fn closing(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Indexes of the open brackets.
    open: Vec<usize>,
    /// Whether the query ends within a text.
    in_text: bool,
    limit: usize,
    out: Scan,
}

fn word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn run(&mut self, fits: impl Fn(u8) -> bool) {
        while self.at < self.bytes.len() && fits(self.peek(0)) {
            self.at += 1;
        }
    }

    fn inside(&self) -> u8 {
        let token = self
            .open
            .last()
            .and_then(|&index| self.out.tokens.get(index));
        token
            .and_then(|token| self.bytes.get(token.range.start))
            .copied()
            .unwrap_or(0)
    }

    fn push(&mut self, kind: Kind, start: usize) {
        let inside = self.inside();
        self.out.tokens.push(Token {
            kind,
            range: start..self.at,
            partner: None,
            inside,
        });
    }

    fn step(&mut self) {
        let start = self.at;
        let byte = self.peek(0);
        let inside = self.inside();
        match byte {
            b'#' => self.run(|b| b != b'\n' && b != b'\r'),
            b'\'' | b'"' | b'`' => self.text(byte),
            b'(' | b'[' | b'{' => self.opening(),
            b')' | b']' | b'}' => self.closing(byte),
            b',' => self.one(Kind::Comma),
            b'@' => self.one(Kind::At),
            b':' if inside == b'[' => self.one(Kind::Colon),
            b'$' => self.variable(),
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_ascii_digit() => self.number(),
            _ if byte.is_ascii_whitespace() => self.at += 1,
            _ if word_start(byte) || (byte == b':' && inside != b'{') => {
                self.run(|b| word_byte(b) || (b == b':' && inside != b'[' && inside != b'{'));
                let word = self.text.get(start..self.at).unwrap_or("");
                let endless = word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("nan");
                if endless && self.lasts() {
                    let fault =
                        Fault::new(start..self.at, format!("`{word}` is no length of time"));
                    self.out
                        .faults
                        .push(fault.help("write a duration such as `5m`"));
                }
                self.push(Kind::Word, start);
            }
            b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'<' | b'>' | b'=' | b'!' => self.operator(),
            _ if self.curly_quote(self.at).is_some() => self.curly_text(),
            _ => self.stray(),
        }
    }

    /// The bytes of the curly quote that stands at `at`.
    fn curly_quote(&self, at: usize) -> Option<usize> {
        let first = self.text.get(at..)?.chars().next()?;
        matches!(first, '“' | '”' | '„' | '‘' | '’').then(|| first.len_utf8())
    }

    /// A text in curly quotes is one fault with all that it holds, up to the quote that ends it or
    /// the end of the line.
    fn curly_text(&mut self) {
        let start = self.at;
        let length = self.curly_quote(start).unwrap_or(1);
        let rest = self.text.get(start + length..).unwrap_or("");
        let end = rest
            .char_indices()
            .take_while(|(_, c)| *c != '\n')
            .find(|(_, c)| matches!(c, '“' | '”' | '„' | '‘' | '’' | '"' | '\''))
            .map(|(at, c)| start + length + at + c.len_utf8());
        let Some(end) = end else {
            return self.stray();
        };
        self.at = end;
        let quotes = self.text.get(start..start + length).unwrap_or("");
        let fault = Fault::new(
            start..end,
            format!("`{quotes}` means nothing in PromQL, whose texts stand in straight quotes"),
        );
        let inner = rest
            .chars()
            .take_while(|c| !matches!(c, '“' | '”' | '„' | '‘' | '’' | '"' | '\'' | '\n'));
        let inner: String = inner.take(80).filter(|c| !c.is_control()).collect();
        self.out
            .faults
            .push(fault.help(format!("write `\"{inner}\"`")));
        self.push(Kind::Text, start);
    }

    fn one(&mut self, kind: Kind) {
        let start = self.at;
        self.at += 1;
        self.push(kind, start);
    }

    fn operator(&mut self) {
        let start = self.at;
        let (first, second) = (self.peek(0), self.peek(1));
        let braces = self.inside() == b'{';
        let two = matches!((first, second), (b'=' | b'!' | b'<' | b'>', b'='))
            || (braces && matches!((first, second), (b'=' | b'!', b'~')));
        self.at += if two && !(braces && (first, second) == (b'=', b'=')) {
            2
        } else {
            1
        };
        let range = start..self.at;
        if first == b'!' && !two {
            let fault = Fault::new(range.clone(), "`!` is no operator");
            self.out
                .faults
                .push(fault.help("write `!=`, or `unless` between two vectors"));
        } else if first == b'=' && !two && !braces {
            let fault = Fault::new(
                range.clone(),
                "`=` compares labels, and stands in `{...}` only",
            );
            self.out
                .faults
                .push(fault.help("write `==` to compare values"));
        }
        self.push(Kind::Operator, start);
    }

    fn opening(&mut self) {
        let start = self.at;
        // matchers hold no brackets, so their `}` is missing before this one
        if self.inside() == b'{'
            && let Some(open) = self.open.pop().and_then(|at| self.out.tokens.get(at))
        {
            let shown = char::from(self.peek(0));
            let mut fault = Fault::new(
                start..start + 1,
                format!("`}}` is missing before this `{shown}`"),
            );
            fault.also = Some((open.range.clone(), "opened here"));
            self.out
                .faults
                .push(fault.help(format!("close `{{` with `}}` before `{shown}`")));
        }
        self.one(Kind::Open);
        self.open.push(self.out.tokens.len() - 1);
        self.out.depth = self.out.depth.max(self.open.len());
        if self.open.len() > self.limit {
            self.out.too_deep.get_or_insert(start..start + 1);
        }
    }

    fn closing(&mut self, byte: u8) {
        let start = self.at;
        let (inside, open) = (self.inside(), self.open.pop());
        self.leave_unclosed(byte, inside);
        let fits = matches!((inside, byte), (b'(', b')') | (b'[', b']') | (b'{', b'}'));
        self.one(Kind::Close);
        let index = self.out.tokens.len() - 1;
        let shown = char::from(byte);
        match open.and_then(|open| self.out.tokens.get_mut(open).map(|token| (open, token))) {
            Some((open, token)) if fits => {
                token.partner = Some(index);
                if let Some(close) = self.out.tokens.get_mut(index) {
                    close.partner = Some(open);
                }
            }
            Some((_, token)) => {
                let bracket = char::from(inside).to_string();
                let wanted = closing(&bracket);
                let mut fault = Fault::new(
                    start..start + 1,
                    format!("`{shown}` stands where `{wanted}` is missing"),
                );
                fault.also = Some((token.range.clone(), "opened here"));
                self.out
                    .faults
                    .push(fault.help(format!("close `{bracket}` with `{wanted}` first")));
            }
            None => {
                let fault = Fault::new(start..start + 1, format!("`{shown}` closes nothing"));
                self.out
                    .faults
                    .push(fault.help("remove it, or add the bracket that it should close"));
            }
        }
    }

    /// A closing bracket of another kind closes the bracket around the one that lacks its own, if
    /// it has one, so that one missing bracket is one fault.
    fn leave_unclosed(&mut self, byte: u8, inside: u8) {
        let wanted = match byte {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        if inside == 0 || inside == wanted || self.inside() != wanted {
            return;
        }
        let Some(around) = self.open.pop() else {
            return;
        };
        // its partner is the token that is about to be pushed
        let close = self.out.tokens.len();
        if let Some(token) = self.out.tokens.get_mut(around) {
            token.partner = Some(close);
        }
    }

    fn text(&mut self, quote: u8) {
        let start = self.at;
        self.at += 1;
        while self.at < self.bytes.len() && self.peek(0) != quote {
            // Prometheus reads no escapes in backticks
            if self.peek(0) == b'\\' && quote != b'`' {
                self.escape(quote);
            } else {
                self.at += 1;
            }
        }
        if self.at >= self.bytes.len() {
            self.at = self.bytes.len();
            self.in_text = true;
            let shown = char::from(quote);
            let fault = Fault::new(start..start + 1, "this text is never closed");
            self.out
                .faults
                .push(fault.help(format!("add the {shown} that ends it")));
        } else {
            self.at += 1;
        }
        self.push(Kind::Text, start);
    }

    fn escape(&mut self, quote: u8) {
        let start = self.at;
        let next = self.peek(1);
        let known = next == quote || b"abfnrtv\\01234567xuU".contains(&next);
        // a character may be longer than a byte; the run below keeps to its borders
        self.at += 1;
        if self.at < self.bytes.len() {
            self.at += 1;
            self.run(|b| b & 0xc0 == 0x80);
        }
        if !known && self.at < self.bytes.len() {
            let shown = self.text.get(start..self.at).unwrap_or("\\");
            let fault = Fault::new(
                start..self.at,
                format!("`{shown}` is no escape in a quoted text"),
            );
            self.out
                .faults
                .push(fault.help(format!("write `\\{shown}`, or put the text in backticks")));
        }
    }

    fn variable(&mut self) {
        let start = self.at;
        self.at += 1;
        if self.peek(0) == b'{' {
            self.run(|b| b != b'}' && b != b'"' && b != b'\n');
            self.at = (self.at + 1).min(self.bytes.len());
            while !self.text.is_char_boundary(self.at) {
                self.at += 1;
            }
        } else {
            self.run(word_byte);
        }
        if self.at == start + 1 {
            self.out.faults.push(
                Fault::new(start..self.at, "`$` begins a variable, and no name follows")
                    .help("write `$version` or `$service`, in quotes"),
            );
        }
        self.push(Kind::Variable, start);
    }

    fn number(&mut self) {
        let start = self.at;
        // `1e-3` holds a sign; in `0x1e-3` the `-` subtracts
        let hexadecimal = self.peek(0) == b'0' && matches!(self.peek(1), b'x' | b'X');
        loop {
            self.run(|b| word_byte(b) || b == b'.');
            let sign = matches!(self.peek(0), b'+' | b'-') && self.peek(1).is_ascii_digit();
            let last = self
                .bytes
                .get(self.at.wrapping_sub(1))
                .copied()
                .unwrap_or(0);
            let mantissa = self
                .bytes
                .get(start..self.at.saturating_sub(1))
                .unwrap_or_default();
            let plain = mantissa.iter().all(|b| b.is_ascii_digit() || *b == b'.');
            if sign && !hexadecimal && plain && matches!(last, b'e' | b'E') {
                self.at += 1;
            } else {
                break;
            }
        }
        let range = start..self.at;
        let word = self.text.get(range.clone()).unwrap_or("");
        let inside = self.inside();
        match duration(word) {
            Some(seconds) if seconds <= MAX_SECONDS => {}
            Some(_) => {
                let fault = Fault::new(range, format!("`{word}` is longer than 100 years"));
                self.out
                    .faults
                    .push(fault.help("write a range within what Prometheus keeps"));
            }
            None => match value(word) {
                None => {
                    let fault = Fault::new(
                        range,
                        format!("`{word}` is neither a number nor a duration"),
                    );
                    self.out.faults.push(fault.help(duration_help(word)));
                }
                Some(seconds) if self.lasts() && !(seconds > 0.0 && seconds <= MAX_SECONDS) => {
                    let fault = Fault::new(range, format!("`{word}` is no length of time"));
                    self.out
                        .faults
                        .push(fault.help("write a duration such as `5m`"));
                }
                Some(_) if inside == b'[' && word.bytes().any(|b| !b.is_ascii_digit()) => {
                    let fault = Fault::new(range, format!("`{word}` is no duration"));
                    self.out.faults.push(
                        fault.help("write a whole number with its unit: `90s`, `5m`, `1h30m`"),
                    );
                }
                Some(_) => {}
            },
        }
        self.push(Kind::Number, start);
    }

    /// Whether a number here would be taken for a length of time.
    fn lasts(&self) -> bool {
        let mut before = self.out.tokens.iter().rev();
        let mut last = before.next();
        if last.is_some_and(|t| t.kind == Kind::Operator) {
            last = before.next();
        }
        let offset = last.is_some_and(|token| {
            let word = self.text.get(token.range.clone()).unwrap_or("");
            token.kind == Kind::Word && word.eq_ignore_ascii_case("offset")
        });
        offset || self.inside() == b'['
    }

    fn stray(&mut self) {
        let start = self.at;
        self.at += 1;
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        let doubled = matches!(
            (self.peek(0), self.bytes.get(start)),
            (b'&', Some(b'&')) | (b'|', Some(b'|'))
        );
        if doubled {
            self.at += 1;
        }
        let shown = self.text.get(start..self.at).unwrap_or("");
        let help = match shown {
            "&&" | "&" => "write `and`",
            "||" | "|" => "write `or`",
            "“" | "”" | "„" | "‘" | "’" => "write straight quotes: `\"`",
            "\\" => "a query may go over several lines without `\\`",
            _ => "remove it",
        };
        let shown: String = shown
            .chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect();
        let fault = Fault::new(start..self.at, format!("`{shown}` means nothing in PromQL"));
        self.out.faults.push(fault.help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_know_their_brackets() {
        let text = "sum(a:b{c=~\"(\"}[5m:1m] @ 1e-3) # (";
        let found = scan(text, 64);
        assert_eq!(found.faults, []);
        let words: Vec<&str> = found
            .tokens
            .iter()
            .map(|t| &text[t.range.clone()])
            .collect();
        assert_eq!(
            words,
            [
                "sum", "(", "a:b", "{", "c", "=~", "\"(\"", "}", "[", "5m", ":", "1m", "]", "@",
                "1e-3", ")"
            ]
        );
        assert_eq!(found.tokens[1].partner, Some(15));
        assert_eq!(found.depth, 2);
        assert_eq!(scan("((((", 2).too_deep, Some(2..3));
    }
}
