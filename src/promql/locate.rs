//! Finds the place of a mistake in a query that the parser refused.
//!
//! The parser has the last word on whether a query is right; this runs only after it said no, and
//! looks for the first token that cannot stand where it stands.

use std::ops::Range;

use super::scan::{Fault, Kind, Token};
use super::words::{AGGREGATIONS, FUNCTIONS, LIST_WORDS, WORD_OPERATORS, is_one_of};
use crate::diagnostic::nearest;

struct Locator<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

/// The first place at which `tokens` cannot be PromQL, with what is wrong there. Time is linear in
/// the tokens.
pub(super) fn locate(text: &str, tokens: &[Token]) -> Option<Fault> {
    let locator = Locator { text, tokens };
    locator.unknown_function().or_else(|| locator.walk())
}

impl Locator<'_> {
    fn word(&self, index: usize) -> &str {
        self.tokens
            .get(index)
            .and_then(|t| self.text.get(t.range.clone()))
            .unwrap_or("")
    }

    fn kind(&self, index: usize) -> Option<Kind> {
        self.tokens.get(index).map(|t| t.kind)
    }

    fn range(&self, index: usize) -> Range<usize> {
        self.tokens.get(index).map_or(0..0, |t| t.range.clone())
    }

    fn fault(&self, index: usize, message: impl Into<String>) -> Fault {
        Fault::new(self.range(index), message)
    }

    fn opens(&self, index: usize, bracket: &str) -> bool {
        self.kind(index) == Some(Kind::Open) && self.word(index) == bracket
    }

    fn unknown_function(&self) -> Option<Fault> {
        for (index, token) in self.tokens.iter().enumerate() {
            let word = self.word(index);
            let call =
                token.kind == Kind::Word && self.opens(index + 1, "(") && token.inside != b'{';
            let keyword = is_one_of(word, &AGGREGATIONS)
                || is_one_of(word, &LIST_WORDS)
                || is_one_of(word, &WORD_OPERATORS)
                || is_one_of(word, &["bool", "start", "end", "offset"]);
            // `by job (x)`: the word is a label whose brackets are missing
            let label = index
                .checked_sub(1)
                .is_some_and(|before| is_one_of(self.word(before), &LIST_WORDS));
            if !call || keyword || label || FUNCTIONS.contains(&word) {
                continue;
            }
            let fault = self.fault(index, format!("PromQL has no function `{word}`"));
            let known = FUNCTIONS.iter().chain(&AGGREGATIONS).copied();
            // a slip of the last letters is the likeliest: `rat` is `rate`, not `rad`
            let begun = word.len() > 2 && word.is_ascii();
            let longer = known
                .clone()
                .filter(|name| begun && name.starts_with(word) && name.len() - word.len() <= 2)
                .min_by_key(|name| name.len());
            return Some(match longer.or_else(|| nearest(word, known)) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help("write one of Prometheus's functions, such as `rate` or `sum`"),
            });
        }
        None
    }

    /// Walks the tokens, knowing only whether an operand or something behind one may come next.
    fn walk(&self) -> Option<Fault> {
        let mut index = 0;
        let mut operand = true;
        while let Some(kind) = self.kind(index) {
            if self.opens(index, "{") {
                if let Some(fault) = self.matchers(index) {
                    return Some(fault);
                }
                let named = !operand && index > 0 && self.kind(index - 1) == Some(Kind::Word);
                if !operand && !named {
                    return Some(self.two_values(index));
                }
                operand = false;
                index = self.behind(index)?;
                continue;
            }
            if self.opens(index, "[") {
                if operand {
                    return Some(
                        self.fault(index, "a range `[...]` stands behind a metric")
                            .help("write `metric[5m]`"),
                    );
                }
                if let Some(fault) = self.range_of(index) {
                    return Some(fault);
                }
                index = self.behind(index)?;
                continue;
            }
            let word = self.word(index);
            let next = if operand {
                self.at_operand(index, kind, word)
            } else {
                self.behind_operand(index, kind, word)
            };
            match next {
                Ok((next, wants)) => (index, operand) = (next, wants),
                Err(fault) => return Some(*fault),
            }
        }
        if !operand {
            return None;
        }
        match self.tokens.len() {
            0 => None,
            length => Some(self.no_operand_behind(length - 1, "the query ends")),
        }
    }

    /// The index behind the bracket that opens at `index`.
    fn behind(&self, index: usize) -> Option<usize> {
        self.tokens.get(index)?.partner.map(|close| close + 1)
    }

    fn at_operand(&self, index: usize, kind: Kind, word: &str) -> Step {
        match kind {
            Kind::Operator if matches!(word, "+" | "-") => Ok((index + 1, true)),
            Kind::Operator => Err(self.no_operand(index)),
            Kind::Word
                if is_one_of(word, &WORD_OPERATORS)
                    && index > 0
                    && !self.closes_operand(index + 1) =>
            {
                Err(self.no_operand(index))
            }
            Kind::Word if is_one_of(word, &AGGREGATIONS) => self.aggregation(index),
            Kind::Word
                if is_one_of(
                    word,
                    &["on", "ignoring", "group_left", "group_right", "bool"],
                ) =>
            {
                let fault = self.fault(
                    index,
                    format!("`{word}` stands directly behind an operator"),
                );
                Err(Box::new(
                    fault.help(format!("write it as in `a / {word}(label) b`")),
                ))
            }
            // an operand that is a call goes on at its bracket
            Kind::Word if self.opens(index + 1, "(") => Ok((index + 2, !self.closes(index + 2))),
            Kind::Word | Kind::Number | Kind::Text => Ok((index + 1, false)),
            Kind::Open if self.closes(index + 1) => {
                let fault = Fault::new(
                    self.range(index).start..self.range(index + 1).end,
                    "the brackets hold nothing",
                );
                Err(Box::new(
                    fault.help("write an expression between them, or remove them"),
                ))
            }
            Kind::Open => Ok((index + 1, true)),
            Kind::Close if index > 0 => Err(Box::new(
                self.no_operand_behind(index - 1, "the bracket closes"),
            )),
            Kind::Comma if index > 0 && self.word(index - 1) == "," => Err(Box::new(
                self.fault(index, "an argument is missing between two commas")
                    .help("remove one comma"),
            )),
            Kind::Comma => Err(Box::new(
                self.fault(index, "an argument is missing before this comma")
                    .help("write the argument, or remove the comma"),
            )),
            _ => Err(Box::new(
                self.fault(index, format!("`{word}` cannot begin an expression"))
                    .help("write a metric, a number or a call before it"),
            )),
        }
    }

    fn behind_operand(&self, index: usize, kind: Kind, word: &str) -> Step {
        let lower = word.to_ascii_lowercase();
        match kind {
            Kind::Operator if word == "=~" || word == "!~" => Err(Box::new(
                self.fault(
                    index,
                    format!("`{word}` matches labels, and stands in `{{...}}` only"),
                )
                .help(format!("write `{{label{word}\"pattern\"}}`")),
            )),
            Kind::Operator => Ok((self.modifiers(index + 1)?, true)),
            Kind::Word if is_one_of(word, &WORD_OPERATORS) => {
                Ok((self.modifiers(index + 1)?, true))
            }
            Kind::Word if lower == "by" || lower == "without" => {
                let (next, _) = self.list(index)?;
                Ok((next, false))
            }
            Kind::Word if lower == "offset" => {
                let sign = matches!(self.word(index + 1), "+" | "-");
                let value = index + 1 + usize::from(sign);
                if self.kind(value) == Some(Kind::Number) {
                    return Ok((value + 1, false));
                }
                Err(Box::new(
                    self.fault(index, "a duration is missing behind `offset`")
                        .help("write `offset 5m`"),
                ))
            }
            Kind::At => {
                let sign = matches!(self.word(index + 1), "+" | "-");
                let value = index + 1 + usize::from(sign);
                match self.kind(value) {
                    Some(Kind::Number) => Ok((value + 1, false)),
                    Some(Kind::Word) if self.opens(value + 1, "(") => Ok((value + 3, false)),
                    _ => Err(Box::new(
                        self.fault(index, "a time is missing behind `@`")
                            .help("write `@ start()`, `@ end()` or seconds"),
                    )),
                }
            }
            Kind::Close => Ok((index + 1, false)),
            Kind::Comma if self.tokens.get(index).is_some_and(|t| t.inside != b'(') => {
                Err(Box::new(
                    self.fault(
                        index,
                        "a comma stands between arguments only, and these are none",
                    )
                    .help("remove it, or write the operator that is meant"),
                ))
            }
            Kind::Comma if self.closes(index + 1) => Err(Box::new(
                self.fault(index, "no argument follows this comma")
                    .help("remove the comma"),
            )),
            Kind::Comma => Ok((index + 1, true)),
            Kind::Open if index > 0 && self.kind(index - 1) == Some(Kind::Word) => {
                Ok((index + 1, true))
            }
            _ => Err(Box::new(self.two_values(index))),
        }
    }

    /// `sum(...)`, `sum by (a) (...)`; a bare `sum` is a metric.
    fn aggregation(&self, index: usize) -> Step {
        let word = self.word(index);
        let mut at = index + 1;
        if is_one_of(self.word(at), &["by", "without"]) {
            at = self.list(at)?.0;
            if !self.opens(at, "(") {
                let fault = self.fault(index, format!("`{word}` lacks its expression in brackets"));
                return Err(Box::new(
                    fault.help(format!("write `{word} by (label) (expression)`")),
                ));
            }
        }
        if !self.opens(at, "(") {
            return Ok((index + 1, false));
        }
        if self.closes(at + 1) {
            let fault = self.fault(index, format!("`{word}` lacks its expression"));
            return Err(Box::new(fault.help(format!("write `{word}(expression)`"))));
        }
        Ok((at + 1, true))
    }

    /// A word such as `by` with its list of labels.
    fn list(&self, index: usize) -> Step {
        let word = self.word(index);
        if !self.opens(index + 1, "(") {
            let message = format!("`{word}` lacks its labels in brackets");
            if self.kind(index + 1) == Some(Kind::Word) {
                let label = self.word(index + 1);
                let fault = self.fault(index + 1, message);
                return Err(Box::new(fault.help(format!("write `{word} ({label})`"))));
            }
            let fault = self.fault(index, message);
            return Err(Box::new(
                fault.help(format!("write `{word} (label, label)`")),
            ));
        }
        let end = self.behind(index + 1).unwrap_or(self.tokens.len());
        for at in index + 2..end.saturating_sub(1) {
            let value = (at - index).is_multiple_of(2);
            let fits = match self.kind(at) {
                Some(Kind::Word | Kind::Text) => value,
                Some(Kind::Comma) => !value,
                _ => false,
            };
            if !fits {
                let fault = self.fault(at, format!("`{}` is no label of `{word}`", self.word(at)));
                return Err(Box::new(
                    fault.help("write label names with commas between them"),
                ));
            }
        }
        Ok((end, false))
    }

    /// Skips what may stand between an operator and its right operand.
    fn modifiers(&self, mut index: usize) -> Result<usize, Box<Fault>> {
        let operator = index.saturating_sub(1);
        let first = index;
        loop {
            let word = self.word(index);
            if self.kind(index) != Some(Kind::Word) {
                return Ok(index);
            }
            if word.eq_ignore_ascii_case("bool") && index > first {
                let message = "`bool` stands directly behind its operator";
                let help = format!(
                    "write `{} bool` with the rest behind it",
                    self.word(operator)
                );
                return Err(Box::new(self.fault(index, message).help(help)));
            }
            let grouped = is_one_of(word, &["group_left", "group_right"]);
            let sets = is_one_of(self.word(operator), &["and", "or", "unless"]);
            if grouped && sets {
                let message = format!("`{word}` cannot stand behind `{}`", self.word(operator));
                let help = "remove it: sets are matched many to many";
                return Err(Box::new(self.fault(index, message).help(help)));
            }
            let bare =
                is_one_of(word, &["group_left", "group_right"]) && !self.opens(index + 1, "(");
            if bare || word.eq_ignore_ascii_case("bool") {
                index += 1;
            } else if is_one_of(word, &["on", "ignoring", "group_left", "group_right"]) {
                index = self.list(index)?.0;
            } else if is_one_of(word, &["fill", "fill_left", "fill_right"])
                && self.opens(index + 1, "(")
            {
                index = self.behind(index + 1).unwrap_or(self.tokens.len());
            } else {
                return Ok(index);
            }
        }
    }

    /// The matchers between `{` at `index` and its `}`.
    fn matchers(&self, index: usize) -> Option<Fault> {
        let end = self.behind(index)?.checked_sub(1)?;
        let mut at = index + 1;
        while at < end {
            let name = self.kind(at);
            if !matches!(name, Some(Kind::Word | Kind::Text)) {
                let fault = self.fault(
                    at,
                    format!("`{}` stands where a label is wanted", self.word(at)),
                );
                return Some(
                    fault.help("write matchers as `{label=\"value\", other=~\"pattern\"}`"),
                );
            }
            let bare = name == Some(Kind::Text)
                && (at + 1 == end || self.kind(at + 1) == Some(Kind::Comma));
            if bare {
                at += 2;
                continue;
            }
            if !matches!(self.word(at + 1), "=" | "!=" | "=~" | "!~") || at + 1 >= end {
                let label = self.word(at);
                let fault = self.fault(at, format!("label `{label}` is compared with nothing"));
                return Some(fault.help(format!("write `{label}=\"value\"`")));
            }
            if self.word(at + 1) == "=" && self.word(at + 2) == "=" {
                let both = self.range(at + 1).start..self.range(at + 2).end;
                let fault = Fault::new(both, "labels are compared by one `=`");
                return Some(fault.help("write `=` once: `label=\"value\"`"));
            }
            if self.kind(at + 2) != Some(Kind::Text) || at + 2 >= end {
                let value = self.word(at + 2);
                if at + 2 >= end {
                    return Some(
                        self.fault(at + 1, "a text is missing behind this operator")
                            .help("write `label=\"value\"`"),
                    );
                }
                let fault = self.fault(
                    at + 2,
                    format!("a label's value stands in quotes, and `{value}` does not"),
                );
                return Some(
                    if matches!(self.kind(at + 2), Some(Kind::Word | Kind::Number)) {
                        fault.help(format!("write `\"{value}\"`"))
                    } else {
                        fault.help("write matchers as `{label=\"value\", other=~\"pattern\"}`")
                    },
                );
            }
            at += 3;
            if at < end
                && self.kind(at) != Some(Kind::Comma)
                && !self.word(at).eq_ignore_ascii_case("or")
            {
                return Some(
                    self.fault(at, "a comma is missing before this label")
                        .help("write `,` between two matchers"),
                );
            }
            at += 1;
        }
        None
    }

    /// What stands between `[` at `index` and its `]`.
    fn range_of(&self, index: usize) -> Option<Fault> {
        let close = self.behind(index)?.checked_sub(1)?;
        let kinds: Vec<Kind> = (index + 1..close)
            .take(4)
            .filter_map(|at| self.kind(at))
            .collect();
        match kinds[..] {
            [Kind::Number]
            | [Kind::Number, Kind::Colon]
            | [Kind::Number, Kind::Colon, Kind::Number] => None,
            [] => {
                let range = self.range(index).start..self.range(close).end;
                Some(Fault::new(range, "a duration is missing in `[]`").help("write `[5m]`"))
            }
            _ => {
                let range = self.range(index).start..self.range(close).end;
                let fault = Fault::new(
                    range,
                    "a range holds one duration, and a subquery a second one behind `:`",
                );
                Some(fault.help("write `[5m]` or `[1h:5m]`"))
            }
        }
    }

    fn closes(&self, index: usize) -> bool {
        self.kind(index) == Some(Kind::Close)
    }

    /// Whether what stands at `index` shows that an operand ended before it.
    fn closes_operand(&self, index: usize) -> bool {
        match self.kind(index) {
            None | Some(Kind::Close | Kind::Comma) => true,
            Some(Kind::Open) => self.word(index) != "(",
            Some(Kind::Operator) => !matches!(self.word(index), "+" | "-"),
            _ => false,
        }
    }

    fn no_operand(&self, index: usize) -> Box<Fault> {
        let word = self.word(index);
        let fault = if index == 0 {
            self.fault(index, format!("`{word}` has nothing before it"))
                .help(format!("write `a {word} b`"))
        } else {
            let before = self.word(index - 1);
            self.fault(
                index,
                format!("an operand is missing between `{before}` and `{word}`"),
            )
            .help("write what stands between them, or remove one")
        };
        Box::new(fault)
    }

    fn no_operand_behind(&self, index: usize, end: &str) -> Fault {
        let word = self.word(index);
        self.fault(
            index,
            format!("{end} where an operand of `{word}` is wanted"),
        )
        .help("write the operand, or remove the operator")
    }

    fn two_values(&self, index: usize) -> Fault {
        let before = self.word(index.saturating_sub(1));
        let word = self.word(index);
        self.fault(
            index,
            format!("an operator is missing between `{before}` and `{word}`"),
        )
        .help("write the operator, or remove one of the two")
    }
}

/// The next index and whether an operand is wanted there.
type Step = Result<(usize, bool), Box<Fault>>;
