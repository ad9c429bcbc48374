//! The part of a query that is to blame when the parser refuses it for what its parts are.

use std::ops::Range;

use super::scan::{Kind, Token};
use super::words::{AGGREGATIONS, FUNCTIONS, WORD_OPERATORS, is_one_of};

/// The calls and groups of the query, inner before outer, each as its bytes from the name to the
/// closing bracket, with the place to point at.
pub(super) fn groups(text: &str, tokens: &[Token]) -> Vec<(Range<usize>, Range<usize>)> {
    let word_at = |index: usize| {
        let token: Option<&Token> = tokens.get(index);
        token.and_then(|t| text.get(t.range.clone())).unwrap_or("")
    };
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.kind != Kind::Close || word_at(index) != ")" {
            continue;
        }
        let Some(open) = token
            .partner
            .and_then(|open| tokens.get(open).map(|t| (open, t)))
        else {
            continue;
        };
        let name = open
            .0
            .checked_sub(1)
            .and_then(|before| tokens.get(before).map(|t| (before, t)));
        match name.filter(|(_, t)| t.kind == Kind::Word) {
            Some((before, name)) => {
                let word = word_at(before);
                if FUNCTIONS.contains(&word) || is_one_of(word, &AGGREGATIONS) {
                    found.push((name.range.start..token.range.end, name.range.clone()));
                }
            }
            None => {
                let whole = open.1.range.start..token.range.end;
                found.push((whole.clone(), whole));
            }
        }
    }
    found
}

/// The operator that is to blame within `whole`, whose parts cannot be combined: the last one of
/// the shortest beginning of `whole` that `refuses` refuses. `whole` is an expression with or
/// without brackets around it.
pub(super) fn operator(
    text: &str,
    tokens: &[Token],
    whole: &Range<usize>,
    refuses: impl Fn(Range<usize>) -> bool,
) -> Option<Range<usize>> {
    /// Each beginning is parsed once more.
    const MAX_TRIED: usize = 32;
    let inside = |token: &&Token| whole.start <= token.range.start && token.range.end <= whole.end;
    let mut inner: Vec<&Token> = tokens.iter().filter(inside).collect();
    let word = |token: &Token| text.get(token.range.clone()).unwrap_or("");
    if let [open, .., close] = inner.as_slice()
        && (word(open), word(close)) == ("(", ")")
        && tokens.get(open.partner?).map(|t| &t.range) == Some(&close.range)
    {
        inner.remove(0);
        inner.pop();
    }
    let (first, last) = (inner.first()?, inner.last()?);
    let mut depth = 0usize;
    let mut operators: Vec<&Token> = Vec::new();
    for (at, token) in inner.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            // a sign before an operand is no operator between two
            Kind::Operator if depth == 0 && at > 0 && inner[at - 1].kind != Kind::Operator => {
                operators.push(token);
            }
            Kind::Word if depth == 0 && at > 0 && is_one_of(word(token), &WORD_OPERATORS) => {
                operators.push(token);
            }
            _ => {}
        }
    }
    if operators.len() == 1 {
        return Some(operators[0].range.clone());
    }
    let ends = operators.iter().skip(1).map(|next| next.range.start);
    let ends = ends.chain([last.range.end]).take(MAX_TRIED);
    operators
        .iter()
        .zip(ends)
        .find(|(_, end)| refuses(first.range.start..*end))
        .map(|(operator, _)| operator.range.clone())
}

/// A range in brackets behind what is no selector: `sum(x)[5m]`.
pub(super) fn range_behind_call(text: &str, tokens: &[Token]) -> Option<Range<usize>> {
    let word = |token: &Token| text.get(token.range.clone()).unwrap_or("");
    tokens.windows(2).find_map(|pair| {
        let [before, open] = pair else { return None };
        let close = tokens.get(open.partner?)?;
        (word(before) == ")" && word(open) == "[").then_some(open.range.start..close.range.end)
    })
}
