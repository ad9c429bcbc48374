//! The notation of the table's forms, and its compiled shape.
//!
//! ```text
//! <share:percent> (-> <share:percent>)*      a chain
//! <rate:rate> (peak <peak:rate>)?            an optional part
//! <gate:gate>...                             one or more, separated by `,`; a list `[a, b]` too
//! <op:compare>                               `<`, `<=`, `>`, `>=` or `=`
//! <kind:canary|baseline>                     one of these words
//! <port:integer from 1 to 65535>             a value in a range; `above 0s`, `below 100%` too
//! per day                                    these words themselves
//! ```

use crate::syntax::Op;

use super::DeclKind;
use super::value::{Value, Written, parse_value};

/// What an argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// `5%`, from 0 % to 100 % unless the statement says otherwise.
    Percent,
    /// `30s`, `1h30m`.
    Duration,
    /// `40M`, `500`, `2k`.
    Count,
    /// `3`.
    Integer,
    /// `0.5`, `2`.
    Number,
    /// `900/s`.
    Rate,
    /// `12GiB`.
    Bytes,
    /// `3` or `25%`.
    Amount,
    /// `x2`.
    Factor,
    /// What a gate compares with: `1%`, `300ms`, `5`, `12GiB`, `3/s`.
    Threshold,
    /// A bare word or a text that names something outside the language.
    Id,
    /// The name that the statement declares.
    Name,
    /// A name, or a name with parameters.
    Call,
    /// `"..."` or `"""..."""`, with something between the quotes.
    Text,
    /// The same, and there may be nothing between the quotes.
    AnyText,
    /// A path below the project root.
    Path,
    /// `2026-12-18`.
    Date,
    /// A comparison operator.
    Compare,
    /// One of these words, written `a|b|c`.
    Choice(&'static str),
    /// The name of a declaration.
    Ref(DeclKind),
}

impl SlotKind {
    /// What to write, with an example: "a percentage like `5%`".
    pub fn wanted(self) -> String {
        let text = match self {
            SlotKind::Percent => "a percentage like `5%`",
            SlotKind::Duration => "a time like `30s`, `10m` or `1h30m`",
            SlotKind::Count => "a count like `500` or `40M`",
            SlotKind::Integer => "a whole number like `3`",
            SlotKind::Number => "a number like `2` or `0.5`",
            SlotKind::Rate => "a rate like `900/s`",
            SlotKind::Bytes => "a size like `12GiB`",
            SlotKind::Amount => "a count like `1` or a percentage like `25%`",
            SlotKind::Factor => "a multiple like `x2`",
            SlotKind::Threshold => "a value like `1%`, `300ms` or `5`",
            SlotKind::Id => "a name or id",
            SlotKind::Name => "a name",
            SlotKind::Call => "a name like `cautious` or `cautious(first = 1%)`",
            SlotKind::Text => "a text in quotes",
            SlotKind::AnyText => "a text in quotes, which may be empty",
            SlotKind::Path => "a path in quotes",
            SlotKind::Date => "a date like `2026-12-18`",
            SlotKind::Compare => "one of `<`, `<=`, `>`, `>=`, `=`",
            SlotKind::Choice(words) => {
                let words: Vec<String> = words.split('|').map(|word| format!("`{word}`")).collect();
                return match words.as_slice() {
                    [one] => one.clone(),
                    _ => format!("one of {}", words.join(", ")),
                };
            }
            SlotKind::Ref(kind) => return format!("the name of a {}", kind.word()),
        };
        text.to_string()
    }

    /// What it is, without an example: "a percentage".
    pub fn noun(self) -> String {
        let mut wanted = self.wanted();
        if let Some(end) = wanted.find(" like ") {
            wanted.truncate(end);
        }
        wanted
    }

    fn of(name: &'static str) -> SlotKind {
        match name {
            "percent" => SlotKind::Percent,
            "duration" => SlotKind::Duration,
            "count" => SlotKind::Count,
            "integer" => SlotKind::Integer,
            "number" => SlotKind::Number,
            "rate" => SlotKind::Rate,
            "bytes" => SlotKind::Bytes,
            "amount" => SlotKind::Amount,
            "factor" => SlotKind::Factor,
            "threshold" => SlotKind::Threshold,
            "id" => SlotKind::Id,
            "name" => SlotKind::Name,
            "call" => SlotKind::Call,
            "text" => SlotKind::Text,
            "any-text" => SlotKind::AnyText,
            "path" => SlotKind::Path,
            "date" => SlotKind::Date,
            "compare" => SlotKind::Compare,
            other => DeclKind::of(other).map_or(SlotKind::Choice(other), SlotKind::Ref),
        }
    }
}

/// What the value of a slot is confined to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// As the table and messages say it: `from 1 to 65535`, `above 0s`; empty when any value of
    /// the kind will do.
    pub text: &'static str,
    low: Bound,
    high: Bound,
}

/// One end of a range, in the base unit of its kind.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    None,
    Included(f64),
    Excluded(f64),
}

impl Range {
    /// Any value.
    pub const ANY: Range = Range {
        text: "",
        low: Bound::None,
        high: Bound::None,
    };

    /// Reads `from 1 to 100`, `above 0%`, `below 100%`, the latter two joined by `and`. A bound
    /// that cannot be read is a fault of the table; the test over the whole table finds it.
    fn of(text: &'static str, kind: SlotKind) -> Range {
        let mut range = Range { text, ..Range::ANY };
        let mut words = text.split(' ').filter(|word| *word != "and");
        while let (Some(word), Some(bound)) = (words.next(), words.next()) {
            let bound = parse_value(kind, Written::Word, bound).ok();
            let Some(bound) = bound.as_ref().and_then(magnitude) else {
                continue;
            };
            match word {
                "from" => range.low = Bound::Included(bound),
                "to" => range.high = Bound::Included(bound),
                "above" => range.low = Bound::Excluded(bound),
                "below" => range.high = Bound::Excluded(bound),
                _ => {}
            }
        }
        range
    }

    /// How many bounds it has.
    #[cfg(test)]
    pub(super) fn bounds(&self) -> usize {
        [self.low, self.high]
            .iter()
            .filter(|bound| **bound != Bound::None)
            .count()
    }

    /// Whether a value lies in it; what is no measured value does.
    pub fn holds(&self, value: &Value) -> bool {
        let Some(value) = magnitude(value) else {
            return true;
        };
        let above = match self.low {
            Bound::None => true,
            Bound::Included(low) => value >= low,
            Bound::Excluded(low) => value > low,
        };
        let below = match self.high {
            Bound::None => true,
            Bound::Included(high) => value <= high,
            Bound::Excluded(high) => value < high,
        };
        above && below
    }
}

/// A measured value in the base unit of its kind; counts go up to 10^15, so none loses a digit.
fn magnitude(value: &Value) -> Option<f64> {
    Some(match value {
        Value::Percent(share) => share.ppm() as f64,
        Value::Duration(time) => time.millis() as f64,
        Value::Count(count) => *count as f64,
        Value::Number(number) | Value::Factor(number) => *number,
        Value::Rate(rate) => rate.value(),
        Value::Bytes(bytes) => bytes.value() as f64,
        _ => return None,
    })
}

/// One part of a form.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// This very word.
    Word(&'static str),
    /// This very operator.
    Op(Op),
    /// A value, kept under a name.
    Slot(&'static str, SlotKind, Range),
    /// One or more values separated by `,`; a list counts as its items.
    Many(&'static str, SlotKind),
    /// One or more of the same group separated by `,`: `(<domain:id> <share:percent>),...`
    ManyOf(Vec<Node>),
    /// May be left out.
    Optional(Vec<Node>),
    /// Any number of times.
    Repeat(Vec<Node>),
}

/// One form of a statement.
pub type Form = Vec<Node>;

/// Compiles one form. The table is part of the program, so a form that cannot be read is a fault
/// of ours; it then matches nothing, and the test over the whole table fails.
pub(super) fn compile(text: &'static str) -> Form {
    let mut rest = text;
    sequence(&mut rest)
}

/// Writes a form behind its statement's word; see [`super::Entry::form_usage`].
pub(super) fn write_usage(nodes: &[Node], out: &mut String) {
    for node in nodes {
        match node {
            Node::Word(word) => {
                out.push(' ');
                out.push_str(word);
            }
            Node::Op(op) => {
                out.push(' ');
                out.push_str(super::matching::symbol(*op));
            }
            Node::Slot(_, SlotKind::Compare, _) => out.push_str(" <="),
            Node::Slot(_, SlotKind::Choice(word), _) if !word.contains('|') => {
                out.push(' ');
                out.push_str(word);
            }
            Node::Slot(name, ..) | Node::Many(name, _) => {
                out.push(' ');
                out.push_str(&name.to_uppercase());
            }
            Node::ManyOf(inner) => write_usage(inner, out),
            Node::Optional(_) | Node::Repeat(_) => {}
        }
    }
}

fn sequence(rest: &mut &'static str) -> Form {
    let mut nodes = Vec::new();
    loop {
        *rest = rest.trim_start();
        let Some(first) = rest.chars().next() else {
            return nodes;
        };
        match first {
            ')' => return nodes,
            '(' => {
                *rest = &rest[1..];
                let inner = sequence(rest);
                *rest = rest.strip_prefix(')').unwrap_or(rest);
                if let Some(after) = rest.strip_prefix(",...") {
                    *rest = after;
                    nodes.push(Node::ManyOf(inner));
                } else if let Some(after) = rest.strip_prefix('*') {
                    *rest = after;
                    nodes.push(Node::Repeat(inner));
                } else {
                    *rest = rest.strip_prefix('?').unwrap_or(rest);
                    nodes.push(Node::Optional(inner));
                }
            }
            '<' if rest.contains('>')
                && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) =>
            {
                let end = rest.find('>').unwrap_or(rest.len() - 1);
                let (name, kind) = rest[1..end]
                    .split_once(':')
                    .unwrap_or((&rest[1..end], "id"));
                let (kind, range) = kind.split_once(' ').unwrap_or((kind, ""));
                *rest = &rest[end + 1..];
                let kind = SlotKind::of(kind);
                if let Some(after) = rest.strip_prefix("...") {
                    *rest = after;
                    nodes.push(Node::Many(name, kind));
                } else {
                    nodes.push(Node::Slot(name, kind, Range::of(range, kind)));
                }
            }
            _ => {
                let end = rest.find([' ', ')']).unwrap_or(rest.len());
                let word = &rest[..end];
                *rest = &rest[end..];
                nodes.push(match word {
                    "->" => Node::Op(Op::Arrow),
                    ".." => Node::Op(Op::Range),
                    "=" => Node::Op(Op::Equal),
                    "*" => Node::Op(Op::Times),
                    "+" => Node::Op(Op::Plus),
                    "," => Node::Op(Op::Comma),
                    _ => Node::Word(word),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::value::{Written, parse_value};

    #[test]
    fn usage_leaves_out_what_may_be_left_out() {
        let mut out = String::from("on");
        write_usage(
            &compile("<outcome:failure|success> <then:pause> (within <limit:duration>)?"),
            &mut out,
        );
        assert_eq!(out, "on OUTCOME pause");
    }

    #[test]
    fn ranges_hold_what_they_say() {
        let within = |text, kind, value: &str| {
            let range = Range::of(text, kind);
            let value = parse_value(kind, Written::Word, value).expect("a value");
            range.holds(&value)
        };
        for (value, is_in) in [("0", false), ("1", true), ("65535", true), ("65536", false)] {
            assert_eq!(within("from 1 to 65535", SlotKind::Integer, value), is_in);
        }
        for (value, is_in) in [("0%", false), ("99.9%", true), ("100%", false)] {
            let range = "above 0% and below 100%";
            assert_eq!(within(range, SlotKind::Percent, value), is_in);
        }
        assert!(!within("above 0s", SlotKind::Duration, "0m"));
        assert!(within("above 0s", SlotKind::Duration, "1ms"));
        assert!(!within("above 0/s", SlotKind::Rate, "0/s"));
        assert!(within("", SlotKind::Integer, "0"));
    }

    #[test]
    fn reads_chains_options_and_lists() {
        assert_eq!(
            compile("<share:percent> (-> <share:percent>)*"),
            [
                Node::Slot("share", SlotKind::Percent, Range::ANY),
                Node::Repeat(vec![
                    Node::Op(Op::Arrow),
                    Node::Slot("share", SlotKind::Percent, Range::ANY)
                ]),
            ]
        );
        assert_eq!(
            compile("<gate:gate>... (by <who:text>)?"),
            [
                Node::Many("gate", SlotKind::Ref(DeclKind::Gate)),
                Node::Optional(vec![
                    Node::Word("by"),
                    Node::Slot("who", SlotKind::Text, Range::ANY)
                ]),
            ]
        );
        assert_eq!(
            compile("(<d:id> <s:percent>),..."),
            [Node::ManyOf(vec![
                Node::Slot("d", SlotKind::Id, Range::ANY),
                Node::Slot("s", SlotKind::Percent, Range::ANY)
            ])]
        );
    }
}
