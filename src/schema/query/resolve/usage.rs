//! What the expression around a column does with it.

use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::demand::{is_type, type_of};
use super::expression::without_brackets;
use super::names;
use crate::schema::query::breaks::{operands, operator};
use crate::schema::query::demand::Usage;

/// What the expression around a column does with it; `None` where its type does not matter there,
/// or is judged with what stands on the other side.
pub(super) fn usage(node: &SyntaxNode) -> Option<Usage> {
    use SyntaxKind as K;
    let mut at = node.clone();
    let mut parent = node.parent()?;
    while parent.kind() == K::PAREN_EXPR {
        at = parent.clone();
        parent = parent.parent()?;
    }
    match parent.kind() {
        K::WHERE_CLAUSE
        | K::HAVING_CLAUSE
        | K::ON_CLAUSE
        | K::FILTER_CLAUSE
        | K::MERGE_CONDITION => Some(Usage::Truth),
        K::TARGET => {
            let clause = parent.parent()?.parent()?;
            let words = clause.text().to_string().to_ascii_lowercase();
            let distinct = clause.kind() == K::SELECT_CLAUSE
                && words.split_whitespace().nth(1) == Some("distinct");
            distinct.then_some(Usage::Order)
        }
        K::WHEN_CLAUSE => {
            let first = parent.children().next()? == at;
            let case = parent.parent()?.parent()?;
            let plain = case.first_child()?.kind() == K::WHEN_CLAUSE_LIST;
            match (first, plain) {
                (true, true) => Some(Usage::Truth),
                (true, false) => None,
                _ => Some(Usage::Other),
            }
        }
        // its operand is compared with each branch
        K::CASE_EXPR => None,
        K::POSTFIX_EXPR => None,
        K::PREFIX_EXPR => match operator(&parent).as_str() {
            "not" => Some(Usage::Truth),
            sign => Some(Usage::Operator(sign.to_string())),
        },
        K::BIN_EXPR => of_operator(&at, &parent),
        K::BETWEEN_EXPR => {
            let judged = parent.children().all(|side| is_judged(&side));
            (!judged).then(|| Usage::Operator("between".into()))
        }
        K::COLLATE => Some(Usage::Operator("collate".into())),
        K::CAST_EXPR => {
            let ty = parent.children().find(is_type)?;
            Some(Usage::Cast(type_of(&ty)))
        }
        K::ARG => {
            let call = parent.parent()?.parent()?;
            let name = names::parts(&call.first_child()?.text().to_string()).pop()?;
            Some(Usage::Function(name))
        }
        K::SORT_BY | K::GROUPING_EXPR | K::DISTINCT_ON | K::PARTITION_BY_CLAUSE => {
            Some(Usage::Order)
        }
        // values that are stored are judged with the column that takes them
        K::SET_EXPR | K::SET_SINGLE_COLUMN | K::ROW | K::CONFLICT_INDEX_ITEM => None,
        _ => Some(Usage::Other),
    }
}

fn of_operator(at: &SyntaxNode, parent: &SyntaxNode) -> Option<Usage> {
    let sign = operator(parent);
    let sides = operands(parent);
    let other = sides.iter().find(|side| *side != at);
    match sign.as_str() {
        "and" | "or" => Some(Usage::Truth),
        "is" | "is not" => {
            let word = other?.text().to_string().to_ascii_lowercase();
            (word.trim() != "null").then_some(Usage::Truth)
        }
        "in" | "not in" => {
            let judged = other.is_some_and(|list| {
                let inner = without_brackets(list);
                is_judged(&inner)
                    || (list.kind() == SyntaxKind::TUPLE_EXPR
                        && list.children().all(|member| is_judged(&member)))
            });
            (!judged).then(|| Usage::Operator("=".into()))
        }
        "="
        | "<>"
        | "!="
        | "<"
        | "<="
        | ">"
        | ">="
        | "is distinct from"
        | "is not distinct from"
        | "+"
        | "-"
        | "*"
        | "/"
        | "%" => {
            let judged = other.is_some_and(|side| is_judged(&without_brackets(side)));
            (!judged).then_some(Usage::Operator(sign))
        }
        _ => Some(Usage::Operator(sign)),
    }
}

/// Whether a comparison with it is judged by the types of both sides.
fn is_judged(node: &SyntaxNode) -> bool {
    matches!(
        node.kind(),
        SyntaxKind::LITERAL | SyntaxKind::NAME_REF | SyntaxKind::FIELD_EXPR
    )
}
