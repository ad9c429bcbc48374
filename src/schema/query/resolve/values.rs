//! The values of expressions, as far as it matters for what a table accepts.

use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::expression::without_brackets;
use super::names;
use super::scope::Scope;
use super::select::is_select;
use super::{Name, Resolver};
use crate::schema::query::breaks::{constant, operator};
use crate::schema::query::contract::{Literal, Output, Value};
use crate::schema::query::function::{Nulls, nulls};

/// Expressions that nest deeper may be `NULL`.
const MAX_DEPTH: usize = 40;

/// What may make an expression `NULL`.
#[derive(Default)]
struct Null {
    /// Something else than a column.
    may: bool,
    columns: Vec<(Name, String)>,
}

impl Null {
    fn may() -> Null {
        Null {
            may: true,
            columns: Vec::new(),
        }
    }

    fn never(&self) -> bool {
        !self.may && self.columns.is_empty()
    }

    fn join(&mut self, other: Null) {
        self.may |= other.may;
        self.columns.extend(other.columns);
    }
}

impl Resolver<'_> {
    /// The value of an expression.
    pub(super) fn value(&self, node: &SyntaxNode, scope: &Scope<'_>) -> Value {
        let node = without_brackets(node);
        match node.kind() {
            SyntaxKind::LITERAL => return literal(&node),
            SyntaxKind::CAST_EXPR => {
                let inner = node
                    .children()
                    .map(|found| without_brackets(&found))
                    .find(|found| found.kind() == SyntaxKind::LITERAL);
                if let Some(inner) = inner {
                    match literal(&inner) {
                        // `DATE '2024-01-01'` is no text any more
                        Value::Literal(Literal::Number(_) | Literal::Bool(_)) => {}
                        value => return value,
                    }
                }
            }
            SyntaxKind::PREFIX_EXPR if operator(&node) == "-" => {
                if let Some(Some(Some(Literal::Number(number)))) =
                    node.first_child().as_ref().map(constant)
                {
                    return Value::Literal(Literal::Number(format!("-{number}")));
                }
            }
            SyntaxKind::NAME_REF if node.text() == "DEFAULT" || node.text() == "default" => {
                return Value::Default;
            }
            SyntaxKind::FIELD_EXPR => {
                let parts = names::parts(&node.text().to_string());
                if let [alias, column] = parts.as_slice()
                    && let Some(source) = scope.source(alias)
                    && let Some((_, value)) = source.values.iter().find(|(name, _)| name == column)
                {
                    return value.clone();
                }
            }
            SyntaxKind::CALL_EXPR if is_generator_parameter(&node) => return Value::Parameter,
            _ => {}
        }
        let copy = match self.column_of(&node, scope) {
            Some(Output::Column(name, column)) => Some((name, column)),
            _ => None,
        };
        let mut null = self.null(&node, scope, 0);
        null.columns.sort();
        null.columns.dedup();
        Value::Computed {
            null: null.may,
            columns: null.columns,
            copy,
        }
    }

    fn null(&self, node: &SyntaxNode, scope: &Scope<'_>, depth: usize) -> Null {
        use SyntaxKind as K;
        if depth > MAX_DEPTH {
            return Null::may();
        }
        let of_all = |nodes: Vec<SyntaxNode>| {
            let mut null = Null::default();
            for node in nodes {
                null.join(self.null(&node, scope, depth + 1));
            }
            null
        };
        match node.kind() {
            K::LITERAL => match literal(node) {
                Value::Literal(_) => Null::default(),
                _ => Null::may(),
            },
            K::NAME_REF if names::is_value_of_the_server(&Name::fold(&node.text().to_string())) => {
                Null::default()
            }
            K::NAME_REF | K::FIELD_EXPR => match self.column_of(node, scope) {
                Some(Output::Column(name, column)) => Null {
                    may: false,
                    columns: vec![(name, column)],
                },
                _ => Null::may(),
            },
            K::BIN_EXPR => {
                let sign = operator(node);
                if sign.starts_with("is") {
                    return Null::default();
                }
                // of documents a missing key is `NULL`
                if sign.contains("->") || sign.contains("#>") {
                    return Null::may();
                }
                of_all(crate::schema::query::breaks::operands(node))
            }
            K::PAREN_EXPR | K::PREFIX_EXPR | K::BETWEEN_EXPR
                if !node.children().any(|found| is_select(found.kind())) =>
            {
                of_all(node.children().collect())
            }
            K::POSTFIX_EXPR | K::ARRAY_EXPR | K::TUPLE_EXPR | K::EXISTS_FN => Null::default(),
            K::CAST_EXPR => match node.children().find(|found| is_expression(found.kind())) {
                Some(inner) => self.null(&inner, scope, depth + 1),
                None => Null::may(),
            },
            K::CASE_EXPR => {
                let mut null = Null::default();
                let mut otherwise = false;
                let mut open: Vec<SyntaxNode> = node.children().collect();
                while let Some(part) = open.pop() {
                    match part.kind() {
                        K::WHEN_CLAUSE_LIST => open.extend(part.children()),
                        K::WHEN_CLAUSE | K::ELSE_CLAUSE => {
                            otherwise |= part.kind() == K::ELSE_CLAUSE;
                            if let Some(last) = part.children().last() {
                                null.join(self.null(&last, scope, depth + 1));
                            }
                        }
                        _ => {}
                    }
                }
                null.may |= !otherwise;
                null
            }
            K::CALL_EXPR => {
                let Some(list) = names::child(node, K::ARG_LIST) else {
                    return match node.first_child().map(|inner| inner.kind()) {
                        Some(K::EXISTS_FN) => Null::default(),
                        _ => Null::may(),
                    };
                };
                let name = node
                    .first_child()
                    .and_then(|name| names::parts(&name.text().to_string()).pop())
                    .unwrap_or_default();
                let arguments: Vec<SyntaxNode> = list
                    .children()
                    .filter(|found| found.kind() == K::ARG)
                    .filter_map(|argument| argument.first_child())
                    .collect();
                match nulls(&name) {
                    Nulls::Never => Null::default(),
                    Nulls::OfAny => of_all(arguments),
                    Nulls::OfAll => {
                        let each: Vec<Null> = arguments
                            .iter()
                            .map(|argument| self.null(argument, scope, depth + 1))
                            .collect();
                        if each.iter().any(Null::never) {
                            return Null::default();
                        }
                        // the last that is `NULL` only with a column is what is left
                        each.into_iter()
                            .rev()
                            .find(|null| !null.may)
                            .unwrap_or_else(Null::may)
                    }
                    Nulls::Unknown => Null::may(),
                }
            }
            _ => Null::may(),
        }
    }

    /// The rows of `VALUES`.
    pub(super) fn rows(&mut self, node: &SyntaxNode, scope: &Scope<'_>) -> Vec<Vec<Value>> {
        let Some(list) = names::child(node, SyntaxKind::ROW_LIST) else {
            return Vec::new();
        };
        let mut rows: Vec<Vec<Value>> = Vec::new();
        for row in list
            .children()
            .filter(|found| found.kind() == SyntaxKind::ROW)
        {
            self.expression(&row, scope, false);
            let values: Vec<Value> = row
                .children()
                .map(|value| self.value(&value, scope))
                .collect();
            if !rows.contains(&values) && rows.len() < MAX_ROWS {
                rows.push(values);
            }
        }
        rows
    }
}

/// The most different rows of one `VALUES` that are judged.
const MAX_ROWS: usize = 100;

fn literal(node: &SyntaxNode) -> Value {
    match constant(node) {
        Some(Some(literal)) => Value::Literal(literal),
        Some(None) => Value::Null,
        None => {
            let text = node.text().to_string();
            if text.trim().eq_ignore_ascii_case("default") {
                Value::Default
            } else if text.trim_start().starts_with('$') && !text.contains("$$") {
                Value::Parameter
            } else {
                // texts with escapes, bits, bytes
                Value::Computed {
                    null: false,
                    columns: Vec::new(),
                    copy: None,
                }
            }
        }
    }
}

/// `sqlc.arg(name)` and its kin.
fn is_generator_parameter(node: &SyntaxNode) -> bool {
    node.text()
        .to_string()
        .to_ascii_lowercase()
        .starts_with("sqlc.")
}

fn is_expression(kind: SyntaxKind) -> bool {
    use SyntaxKind as K;
    matches!(
        kind,
        K::LITERAL
            | K::NAME_REF
            | K::FIELD_EXPR
            | K::CALL_EXPR
            | K::PAREN_EXPR
            | K::BIN_EXPR
            | K::PREFIX_EXPR
            | K::POSTFIX_EXPR
            | K::CASE_EXPR
            | K::CAST_EXPR
            | K::INDEX_EXPR
            | K::ARRAY_EXPR
    )
}
