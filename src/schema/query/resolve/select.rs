//! Queries that give rows.

use std::collections::BTreeSet;

use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::expression::without_brackets;
use super::names::{self, child};
use super::scope::{Columns, Cte, Scope};
use super::{Name, Resolver};
use crate::schema::query::contract::{Output, Value};
use crate::schema::query::demand::Width;

/// A column that a query gives.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub label: Label,
    pub output: Output,
    pub value: Value,
}

/// What a column of a query is called.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Label {
    Name(String),
    /// All columns of a relation, under their names.
    All(Name),
    /// Any number of columns of any name.
    Any,
}

/// Whether it is known how many columns there are.
fn is_known(items: &[Item]) -> bool {
    items.iter().all(|item| item.label != Label::Any)
}

/// What items say of the result.
pub(super) fn outputs(items: Vec<Item>) -> Vec<Output> {
    items.into_iter().map(|item| item.output).collect()
}

pub(super) fn is_select(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::SELECT
            | SyntaxKind::SELECT_INTO
            | SyntaxKind::PAREN_SELECT
            | SyntaxKind::COMPOUND_SELECT
            | SyntaxKind::VALUES
            | SyntaxKind::TABLE
    )
}

impl Resolver<'_> {
    /// The columns of a query.
    pub(super) fn select(&mut self, node: &SyntaxNode, outer: Option<&Scope<'_>>) -> Vec<Item> {
        use SyntaxKind as K;
        self.with(node, outer);
        match node.kind() {
            K::SELECT | K::SELECT_INTO => self.simple_select(node, outer),
            K::VALUES => {
                let scope = Scope::new(outer);
                let rows = self.rows(node, &scope);
                let first = rows.into_iter().next().unwrap_or_default();
                first
                    .into_iter()
                    .enumerate()
                    .map(|(at, value)| Item {
                        label: Label::Name(format!("column{}", at + 1)),
                        output: Output::Fixed,
                        value,
                    })
                    .collect()
            }
            K::TABLE => match names::relation(node) {
                Some(name) if self.relation(node, &name) => vec![self.all_of(&name)],
                _ => vec![any()],
            },
            // of a union the first query names the columns
            _ => {
                let mut first: Option<Vec<Item>> = None;
                for operand in node.children() {
                    let kind = operand.kind();
                    if is_select(kind) || kind == K::PAREN_EXPR {
                        let items = match kind {
                            K::PAREN_EXPR => self.parenthesised(&operand, outer),
                            _ => self.statement(&operand, outer),
                        };
                        match &first {
                            Some(first) if is_known(first) => {
                                self.wide(&items, Width::As(outputs(first.clone())));
                            }
                            Some(_) => {}
                            None => first = Some(items),
                        }
                    } else if matches!(kind, K::LIMIT_CLAUSE | K::OFFSET_CLAUSE) {
                        let scope = Scope::new(outer);
                        self.expression(&operand, &scope, false);
                    }
                }
                first.unwrap_or_default()
            }
        }
    }

    /// The query in brackets.
    pub(super) fn parenthesised(
        &mut self,
        node: &SyntaxNode,
        outer: Option<&Scope<'_>>,
    ) -> Vec<Item> {
        let mut inner = node.first_child();
        // brackets in brackets
        while let Some(found) = inner {
            if is_select(found.kind()) {
                return self.statement(&found, outer);
            }
            if found.kind() != SyntaxKind::PAREN_EXPR {
                break;
            }
            inner = found.first_child();
        }
        self.unknown(
            node,
            "what stands in these brackets is not understood".into(),
        );
        vec![any()]
    }

    /// The queries of a `WITH`, which the rest of the statement may name.
    pub(super) fn with(&mut self, node: &SyntaxNode, outer: Option<&Scope<'_>>) {
        let Some(clause) = child(node, SyntaxKind::WITH_CLAUSE) else {
            return;
        };
        let recursive = clause
            .children_with_tokens()
            .any(|found| found.kind() == SyntaxKind::RECURSIVE_KW);
        for table in clause
            .children()
            .filter(|found| found.kind() == SyntaxKind::WITH_TABLE)
        {
            let Some(name) = child(&table, SyntaxKind::CTE_NAME) else {
                continue;
            };
            let name = Name::fold(name.text().to_string().trim());
            let renamed: Vec<String> = child(&table, SyntaxKind::COLUMN_LIST)
                .into_iter()
                .flat_map(|list| list.descendants())
                .filter(|found| found.kind() == SyntaxKind::COLUMN_NAME)
                .map(|found| Name::fold(found.text().to_string().trim()))
                .collect();
            if recursive {
                // its own columns are those of its first part, which is read below
                self.ctes.push(Cte {
                    name: name.clone(),
                    source: Columns::Foreign,
                });
            }
            let body = table.children().find(|found| {
                is_select(found.kind())
                    || matches!(
                        found.kind(),
                        SyntaxKind::INSERT
                            | SyntaxKind::UPDATE
                            | SyntaxKind::DELETE
                            | SyntaxKind::MERGE
                    )
            });
            let mut items = match body {
                Some(body) => self.statement(&body, outer),
                None => vec![any()],
            };
            if !renamed.is_empty() {
                self.wide(&items, Width::AtLeast(renamed.len()));
            }
            for (item, name) in items.iter_mut().zip(renamed) {
                item.label = Label::Name(name);
            }
            self.ctes.push(Cte {
                name,
                source: Columns::Items(items),
            });
        }
    }

    fn simple_select(&mut self, node: &SyntaxNode, outer: Option<&Scope<'_>>) -> Vec<Item> {
        use SyntaxKind as K;
        let mut scope = Scope::new(outer);
        if let Some(from) = child(node, K::FROM_CLAUSE) {
            self.add_sources(&from, &mut scope);
        }
        let mut items = Vec::new();
        if let Some(clause) = child(node, K::SELECT_CLAUSE) {
            if let Some(list) = child(&clause, K::TARGET_LIST) {
                items = self.targets(&list, &scope);
            }
            for other in clause.children().filter(|c| c.kind() != K::TARGET_LIST) {
                self.expression(&other, &scope, false);
            }
        }
        let labels = items.iter().filter_map(|item| match &item.label {
            Label::Name(name) => Some(name.clone()),
            _ => None,
        });
        let labels: BTreeSet<String> = labels.collect();
        for clause in node.children() {
            match clause.kind() {
                K::WITH_CLAUSE | K::FROM_CLAUSE | K::SELECT_CLAUSE | K::INTO_CLAUSE => {}
                // `FOR UPDATE OF alias` names no column
                K::LOCKING_CLAUSE => self.locks(&clause, &scope),
                K::ORDER_BY_CLAUSE | K::GROUP_BY_CLAUSE => {
                    scope.labels.clone_from(&labels);
                    self.expression(&clause, &scope, true);
                    scope.labels.clear();
                    let list = child(node, K::SELECT_CLAUSE)
                        .and_then(|clause| child(&clause, K::TARGET_LIST));
                    if let (K::GROUP_BY_CLAUSE, Some(list)) = (clause.kind(), list) {
                        self.grouped(&clause, &list, &scope);
                    }
                }
                _ => self.expression(&clause, &scope, true),
            }
        }
        items
    }

    /// The items of a select list or of `RETURNING`.
    pub(super) fn targets(&mut self, list: &SyntaxNode, scope: &Scope<'_>) -> Vec<Item> {
        let mut items = Vec::new();
        for target in list
            .children()
            .filter(|found| found.kind() == SyntaxKind::TARGET)
        {
            let written = target.first_child();
            let Some(expression) = written.filter(|found| found.kind() != SyntaxKind::AS_NAME)
            else {
                // a bare `*`
                for source in &scope.sources {
                    self.all_columns(&source.columns, &mut items);
                }
                continue;
            };
            if let Some(alias) = self.star_of(&expression, scope) {
                match alias {
                    Some(columns) => self.all_columns(&columns, &mut items),
                    None => items.push(any()),
                }
                continue;
            }
            self.expression(&expression, scope, false);
            let value = self.value(&expression, scope);
            let named = child(&target, SyntaxKind::AS_NAME)
                .and_then(|name| child(&name, SyntaxKind::COLUMN_NAME))
                .map(|name| Name::fold(name.text().to_string().trim()));
            let label = named.unwrap_or_else(|| implied_name(&expression));
            let never_null = match &value {
                Value::Computed { null, columns, .. } => !null && columns.is_empty(),
                _ => false,
            };
            let output = match self.output(&expression, scope) {
                Output::Expression(columns) if never_null => Output::Filled(columns),
                output => output,
            };
            items.push(Item {
                label: Label::Name(label),
                output,
                value,
            });
        }
        items
    }

    /// For `alias.*`: the columns meant, `None` inside when nobody knows. `None` for others.
    fn star_of(&mut self, node: &SyntaxNode, scope: &Scope<'_>) -> Option<Option<Columns>> {
        if node.kind() != SyntaxKind::FIELD_EXPR {
            return None;
        }
        node.children_with_tokens()
            .find(|found| found.kind() == SyntaxKind::STAR)?;
        let base = without_brackets(&node.first_child()?);
        if base.kind() != SyntaxKind::NAME_REF {
            // `(f()).*`, `schema.table.*`
            if base.kind() == SyntaxKind::FIELD_EXPR
                && let Some(name) = names::name_of(&base.text().to_string())
                && let Some(source) = scope.source(&name.name)
            {
                return Some(Some(source.columns.clone()));
            }
            self.expression(&base, scope, false);
            return Some(None);
        }
        let alias = Name::fold(base.text().to_string().trim());
        match scope.source(&alias) {
            Some(source) => Some(Some(source.columns.clone())),
            None => {
                self.unknown(node, format!("nothing in `FROM` is called `{alias}`"));
                Some(None)
            }
        }
    }

    fn all_columns(&mut self, columns: &Columns, items: &mut Vec<Item>) {
        match columns {
            Columns::Of(name) => {
                let item = self.all_of(name);
                items.push(item);
            }
            Columns::Items(inner) => items.extend(inner.iter().cloned()),
            Columns::Foreign | Columns::Unknown => items.push(any()),
        }
    }

    pub(super) fn all_of(&mut self, name: &Name) -> Item {
        Item {
            label: Label::All(name.clone()),
            output: Output::Star(name.clone()),
            value: Value::Parameter,
        }
    }
}

/// Columns of which nothing is known.
pub(super) fn any() -> Item {
    Item {
        label: Label::Any,
        output: Output::Fixed,
        value: Value::Computed {
            null: true,
            columns: Vec::new(),
            copy: None,
        },
    }
}

/// The name that the server gives an expression without `AS`.
fn implied_name(node: &SyntaxNode) -> String {
    match node.kind() {
        SyntaxKind::NAME_REF => Name::fold(node.text().to_string().trim()),
        SyntaxKind::FIELD_EXPR => names::parts(&node.text().to_string())
            .pop()
            .unwrap_or_default(),
        SyntaxKind::CALL_EXPR => node
            .first_child()
            .and_then(|name| names::parts(&name.text().to_string()).pop())
            .unwrap_or_default(),
        SyntaxKind::CAST_EXPR => match node.first_child() {
            Some(inner)
                if matches!(inner.kind(), SyntaxKind::NAME_REF | SyntaxKind::FIELD_EXPR) =>
            {
                implied_name(&inner)
            }
            _ => "?column?".into(),
        },
        _ => "?column?".into(),
    }
}
