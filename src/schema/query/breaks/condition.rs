//! Whether a row satisfies a condition, as far as its values are known.

use std::cmp::Ordering;

use squawk_syntax::ast::AstNode as _;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::schema::catalog::Name;
use crate::schema::query::contract::Literal;
use crate::schema::query::function::{Nulls, nulls};
use crate::schema::query::with_tree;

/// Conditions that nest deeper are not judged.
const MAX_DEPTH: usize = 40;

/// What is known of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Known {
    /// It is this.
    Literal(Literal),
    /// It is `NULL`.
    Null,
    /// It is not `NULL`.
    Something,
    /// Nothing.
    Unknown,
}

/// The outcome of the condition for a row with these values: a truth value, `NULL`, or unknown.
pub(super) fn outcome(condition: &str, value: &(dyn Fn(&str) -> Known + Sync)) -> Known {
    with_tree(&format!("SELECT {condition}"), |root| {
        let mut nodes = root.children();
        let target = nodes
            .next()
            .into_iter()
            .flat_map(|select| select.children())
            .find(|node| node.kind() == SyntaxKind::SELECT_CLAUSE)
            .and_then(|clause| child(&clause, SyntaxKind::TARGET_LIST))
            .and_then(|list| child(&list, SyntaxKind::TARGET))
            .and_then(|target| target.first_child());
        match target {
            Some(expression) => evaluate(&expression, value, 0),
            None => Known::Unknown,
        }
    })
    .unwrap_or(Known::Unknown)
}

fn child(node: &SyntaxNode, kind: SyntaxKind) -> Option<SyntaxNode> {
    node.children().find(|found| found.kind() == kind)
}

fn truth(value: bool) -> Known {
    Known::Literal(Literal::Bool(value))
}

fn evaluate(node: &SyntaxNode, value: &(dyn Fn(&str) -> Known + Sync), depth: usize) -> Known {
    if depth > MAX_DEPTH {
        return Known::Unknown;
    }
    let operand = |at: usize| match operands(node).get(at) {
        Some(found) => evaluate(found, value, depth + 1),
        None => Known::Unknown,
    };
    match node.kind() {
        SyntaxKind::PAREN_EXPR => operand(0),
        SyntaxKind::CAST_EXPR => match node.first_child() {
            // `'a'::text` keeps its value; a cast to another type may change it
            Some(inner) if inner.kind() == SyntaxKind::LITERAL => {
                match evaluate(&inner, value, depth + 1) {
                    Known::Literal(Literal::Text(text)) if is_text_cast(node) => {
                        Known::Literal(Literal::Text(text))
                    }
                    Known::Literal(_) => Known::Something,
                    other => other,
                }
            }
            Some(inner) if !is_type(&inner) => match evaluate(&inner, value, depth + 1) {
                Known::Null => Known::Null,
                Known::Literal(Literal::Text(text)) if is_text_cast(node) => {
                    Known::Literal(Literal::Text(text))
                }
                Known::Literal(_) | Known::Something => Known::Something,
                Known::Unknown => Known::Unknown,
            },
            _ => Known::Unknown,
        },
        SyntaxKind::LITERAL => literal(node),
        SyntaxKind::NAME_REF => value(&Name::fold(&node.text().to_string())),
        // `NEW.column` in the program of a trigger
        SyntaxKind::FIELD_EXPR => {
            let text = node.text().to_string();
            let parts: Vec<String> = text
                .split('.')
                .map(|part| Name::fold(part.trim()))
                .collect();
            value(&parts.join("."))
        }
        SyntaxKind::PREFIX_EXPR => match (operator(node).as_str(), operand(0)) {
            ("not", Known::Literal(Literal::Bool(inner))) => truth(!inner),
            (_, Known::Null) => Known::Null,
            ("-", Known::Literal(Literal::Number(number))) => {
                Known::Literal(Literal::Number(match number.strip_prefix('-') {
                    Some(positive) => positive.to_string(),
                    None => format!("-{number}"),
                }))
            }
            _ => Known::Unknown,
        },
        SyntaxKind::POSTFIX_EXPR => null_test(&operator(node), &operand(0)),
        SyntaxKind::BETWEEN_EXPR => {
            let both = (
                compared(">=", &operand(0), &operand(1)),
                compared("<=", &operand(0), &operand(2)),
            );
            let text = node.text().to_string().to_ascii_lowercase();
            match both {
                (Known::Literal(Literal::Bool(one)), Known::Literal(Literal::Bool(other)))
                    if !text.contains(" not ") =>
                {
                    truth(one && other)
                }
                (Known::Null, Known::Null) => Known::Null,
                _ => Known::Unknown,
            }
        }
        SyntaxKind::BIN_EXPR => {
            let sign = operator(node);
            match sign.as_str() {
                "is distinct from" => distinct(&operand(0), &operand(1), true),
                "is not distinct from" => distinct(&operand(0), &operand(1), false),
                "+" | "-" | "*" | "/" | "%" => computed(&operand(0), &operand(1)),
                "and" => both(&operand(0), &operand(1), false),
                "or" => both(&operand(0), &operand(1), true),
                "is" | "is not" => {
                    let written = operands(node).get(1).map(|n| n.text().to_string());
                    match written.as_deref().map(str::to_ascii_lowercase).as_deref() {
                        Some("null") => null_test(&format!("{sign} null"), &operand(0)),
                        _ => Known::Unknown,
                    }
                }
                "in" | "not in" => contained(
                    &operand(0),
                    operands(node).get(1),
                    sign == "in",
                    value,
                    depth,
                ),
                _ => compared(&sign, &operand(0), &operand(1)),
            }
        }
        SyntaxKind::CALL_EXPR => call(node, value, depth),
        _ => Known::Unknown,
    }
}

fn is_type(node: &SyntaxNode) -> bool {
    squawk_syntax::ast::Type::can_cast(node.kind())
}

fn is_text_cast(node: &SyntaxNode) -> bool {
    let text = node.text().to_string().to_ascii_lowercase();
    ["::text", "::character varying", "::varchar", "::bpchar"]
        .iter()
        .any(|cast| text.ends_with(cast))
}

/// A function of known values.
fn call(node: &SyntaxNode, value: &(dyn Fn(&str) -> Known + Sync), depth: usize) -> Known {
    let name = node
        .first_child()
        .map(|name| name.text().to_string().to_ascii_lowercase())
        .unwrap_or_default();
    let values: Vec<Known> = child(node, SyntaxKind::ARG_LIST)
        .into_iter()
        .flat_map(|list| list.children())
        .filter(|found| found.kind() == SyntaxKind::ARG)
        .filter_map(|argument| argument.first_child())
        .map(|argument| evaluate(&argument, value, depth + 1))
        .collect();
    let is_there = |known: &Known| matches!(known, Known::Literal(_) | Known::Something);
    if let ("length" | "char_length", [Known::Literal(Literal::Text(text))]) =
        (name.as_str(), values.as_slice())
    {
        return Known::Literal(Literal::Number(text.chars().count().to_string()));
    }
    match nulls(&name) {
        Nulls::Never => Known::Something,
        Nulls::OfAny if values.contains(&Known::Null) => Known::Null,
        Nulls::OfAny if values.iter().all(is_there) && !values.is_empty() => Known::Something,
        Nulls::OfAll if values.iter().all(|known| *known == Known::Null) => Known::Null,
        Nulls::OfAll if values.iter().any(is_there) => {
            let first = values.iter().find(|known| **known != Known::Null);
            match first {
                Some(first) if name == "coalesce" && is_there(first) => first.clone(),
                _ => Known::Something,
            }
        }
        _ => Known::Unknown,
    }
}

/// The operands of an operator: of two, the first and the last node, since an operator of several
/// words is a node of its own between them.
pub(in crate::schema::query) fn operands(node: &SyntaxNode) -> Vec<SyntaxNode> {
    if node.kind() == SyntaxKind::BIN_EXPR {
        node.first_child()
            .into_iter()
            .chain(node.last_child())
            .collect()
    } else {
        node.children().collect()
    }
}

/// The operator between or beside its operands, in lower case with single blanks.
pub(in crate::schema::query) fn operator(node: &SyntaxNode) -> String {
    let (first, last) = (node.first_child(), node.last_child());
    let is_operand = |found: &SyntaxNode| match node.kind() {
        SyntaxKind::PREFIX_EXPR => Some(found) == last.as_ref(),
        SyntaxKind::POSTFIX_EXPR => Some(found) == first.as_ref(),
        _ => Some(found) == first.as_ref() || Some(found) == last.as_ref(),
    };
    // the text of operands may be long, and they nest
    let mut words: Vec<String> = Vec::new();
    for part in node.children_with_tokens() {
        let text = match (part.as_node(), part.as_token()) {
            (Some(inner), _) if !is_operand(inner) => inner.text().to_string(),
            (_, Some(token)) if token.kind() != SyntaxKind::COMMENT => token.text().to_string(),
            _ => continue,
        };
        words.extend(text.split_whitespace().map(str::to_ascii_lowercase));
    }
    let word = |text: &String| text.starts_with(|c: char| c.is_alphabetic());
    if words.iter().any(word) {
        words.join(" ")
    } else {
        // the parser gives `<=` as one or two signs
        words.concat()
    }
}

fn literal(node: &SyntaxNode) -> Known {
    match constant(node) {
        Some(Some(found)) => Known::Literal(found),
        Some(None) => Known::Null,
        None => Known::Unknown,
    }
}

/// The value of a literal: `Some(None)` is `NULL`, `None` is a parameter or `DEFAULT`.
pub(in crate::schema::query) fn constant(node: &SyntaxNode) -> Option<Option<Literal>> {
    let token = node.first_token()?;
    let text = token.text();
    let unquoted = || {
        let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
        Some(inner.replace("''", "'"))
    };
    match token.kind() {
        SyntaxKind::NULL_KW => Some(None),
        SyntaxKind::TRUE_KW => Some(Some(Literal::Bool(true))),
        SyntaxKind::FALSE_KW => Some(Some(Literal::Bool(false))),
        SyntaxKind::INT_NUMBER | SyntaxKind::NUMERIC_NUMBER => {
            Some(Some(Literal::Number(text.replace('_', ""))))
        }
        SyntaxKind::STRING => unquoted().map(|text| Some(Literal::Text(text))),
        _ => None,
    }
}

fn null_test(operator: &str, value: &Known) -> Known {
    let is_null = match value {
        Known::Null => true,
        Known::Literal(_) | Known::Something => false,
        Known::Unknown => return Known::Unknown,
    };
    match operator {
        "is null" | "isnull" => truth(is_null),
        "is not null" | "notnull" => truth(!is_null),
        _ => Known::Unknown,
    }
}

/// `AND` and `OR` of three values; `wins` is the value that decides alone.
fn both(one: &Known, other: &Known, wins: bool) -> Known {
    let decided = truth(wins);
    match (one, other) {
        _ if *one == decided || *other == decided => decided,
        (Known::Literal(Literal::Bool(_)), Known::Literal(Literal::Bool(_))) => truth(!wins),
        (Known::Null | Known::Literal(_), Known::Null | Known::Literal(_)) => Known::Null,
        _ => Known::Unknown,
    }
}

fn contained(
    left: &Known,
    list: Option<&SyntaxNode>,
    wanted: bool,
    value: &(dyn Fn(&str) -> Known + Sync),
    depth: usize,
) -> Known {
    let Some(list) = list else {
        return Known::Unknown;
    };
    if *left == Known::Null {
        return Known::Null;
    }
    let mut known = true;
    for member in list.children() {
        match compared("=", left, &evaluate(&member, value, depth + 1)) {
            Known::Literal(Literal::Bool(true)) => return truth(wanted),
            Known::Literal(Literal::Bool(false)) => {}
            _ => known = false,
        }
    }
    if known {
        truth(!wanted)
    } else {
        Known::Unknown
    }
}

/// `IS DISTINCT FROM`, which knows `NULL`.
fn distinct(left: &Known, right: &Known, wanted: bool) -> Known {
    match (left, right) {
        (Known::Null, Known::Null) => truth(!wanted),
        (Known::Null, Known::Literal(_) | Known::Something)
        | (Known::Literal(_) | Known::Something, Known::Null) => truth(wanted),
        (Known::Literal(_), Known::Literal(_)) => {
            compared(if wanted { "<>" } else { "=" }, left, right)
        }
        _ => Known::Unknown,
    }
}

/// Arithmetic: `NULL` where one side is.
fn computed(left: &Known, right: &Known) -> Known {
    match (left, right) {
        (Known::Null, _) | (_, Known::Null) => Known::Null,
        (Known::Unknown, _) | (_, Known::Unknown) => Known::Unknown,
        _ => Known::Something,
    }
}

fn compared(operator: &str, left: &Known, right: &Known) -> Known {
    if matches!(left, Known::Null) || matches!(right, Known::Null) {
        return match operator {
            "=" | "<>" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "~*" | "!~" | "!~*" | "like"
            | "ilike" | "not like" | "not ilike" | "similar to" | "not similar to" => Known::Null,
            _ => Known::Unknown,
        };
    }
    let (Known::Literal(left), Known::Literal(right)) = (left, right) else {
        return Known::Unknown;
    };
    let order = match (left, right) {
        (Literal::Number(one), Literal::Number(other)) => numbers(one, other),
        // texts are ordered by collation, so only whether they are equal is known
        (Literal::Text(one), Literal::Text(other)) => match (one == other, operator) {
            (true, _) => Some(Ordering::Equal),
            (false, "=" | "<>" | "!=") => Some(Ordering::Less),
            _ => None,
        },
        (Literal::Bool(one), Literal::Bool(other)) => Some(one.cmp(other)),
        _ => None,
    };
    let Some(order) = order else {
        return Known::Unknown;
    };
    match operator {
        "=" => truth(order.is_eq()),
        "<>" | "!=" => truth(order.is_ne()),
        "<" => truth(order.is_lt()),
        "<=" => truth(order.is_le()),
        ">" => truth(order.is_gt()),
        ">=" => truth(order.is_ge()),
        _ => Known::Unknown,
    }
}

fn numbers(one: &str, other: &str) -> Option<Ordering> {
    match (one.parse::<i128>(), other.parse::<i128>()) {
        (Ok(one), Ok(other)) => Some(one.cmp(&other)),
        _ => one
            .parse::<f64>()
            .ok()?
            .partial_cmp(&other.parse::<f64>().ok()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_conditions_are_decided() {
        let value = |name: &str| match name {
            "five" => Known::Literal(Literal::Number("5".into())),
            "a" => Known::Literal(Literal::Text("a".into())),
            "nothing" => Known::Null,
            "there" => Known::Something,
            _ => Known::Unknown,
        };
        for (condition, expected) in [
            ("five > 0", truth(true)),
            ("five > 0 AND five <= 4", truth(false)),
            ("(five < -1)", truth(false)),
            ("five > -1", truth(true)),
            ("nothing > 0", Known::Null),
            ("nothing > 0 OR five = 5", truth(true)),
            ("a IN ('a', 'b')", truth(true)),
            ("a IN ('c')", truth(false)),
            ("a NOT IN ('c')", truth(true)),
            ("NOT (five = 5)", truth(false)),
            ("nothing IS NULL", truth(true)),
            ("there IS NOT NULL", truth(true)),
            ("other IS NOT NULL", Known::Unknown),
            ("length(a) <= 3", truth(true)),
            ("five BETWEEN 1 AND 4", truth(false)),
            ("nothing LIKE '%@%'", Known::Null),
            ("coalesce(nothing, a) = 'a'", truth(true)),
            ("coalesce(other, there) IS NOT NULL", truth(true)),
            ("nothing IS DISTINCT FROM a", truth(true)),
            ("five + nothing IS NULL", truth(true)),
            ("lower(there) IS NULL", truth(false)),
            ("a < 'b'", Known::Unknown),
            ("f(five)", Known::Unknown),
            ("five >", Known::Unknown),
        ] {
            assert_eq!(outcome(condition, &value), expected, "{condition}");
        }
    }
}
