//! The items of `FROM`, `USING` and joins.

use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::names::{self, child};
use super::scope::{Columns, Found, Scope, Source};
use super::select::{any, is_select};
use super::{Name, Resolver};
use crate::schema::query::contract::{Comparison, Operand, Output};
use crate::schema::query::demand::{Demand, Width};

/// Items that nest deeper are unknown.
const MAX_DEPTH: usize = 64;

impl Resolver<'_> {
    /// Adds the items of a clause to the scope, then reads what joins them.
    pub(super) fn add_sources(&mut self, clause: &SyntaxNode, scope: &mut Scope<'_>) {
        let mut conditions = Vec::new();
        for item in clause.children() {
            self.add_item(&item, scope, &mut conditions, 0);
        }
        for condition in conditions {
            if condition.kind() == SyntaxKind::JOIN_USING_CLAUSE {
                self.using(&condition, scope);
            } else {
                self.expression(&condition, scope, true);
            }
        }
    }

    fn add_item(
        &mut self,
        node: &SyntaxNode,
        scope: &mut Scope<'_>,
        conditions: &mut Vec<SyntaxNode>,
        depth: usize,
    ) {
        use SyntaxKind as K;
        if depth > MAX_DEPTH {
            self.unknown(node, "joins nest too deep".into());
            return;
        }
        match node.kind() {
            K::JOIN_EXPR | K::JOIN | K::PAREN_EXPR
                if !node.children().any(|found| is_select(found.kind())) =>
            {
                for part in node.children() {
                    self.add_item(&part, scope, conditions, depth + 1);
                }
                let natural = node
                    .children_with_tokens()
                    .any(|found| found.kind() == K::NATURAL_KW);
                if natural {
                    self.unknown(
                        node,
                        "a natural join depends on all columns of both sides".into(),
                    );
                }
            }
            K::RELATION_FROM_ITEM => {
                let Some(name) = names::relation(node) else {
                    return;
                };
                if child(node, K::TABLESAMPLE_CLAUSE).is_some() {
                    self.query.demands.insert(Demand::Stored(name.clone()));
                }
                let columns = self.named(node, &name);
                self.add_source(node, name.name.clone(), columns, scope);
            }
            K::PAREN_SELECT | K::PAREN_EXPR => {
                let items = self.derived(node, scope);
                scope
                    .sources
                    .push(Source::new(String::new(), Columns::Items(items)));
            }
            K::PAREN_FROM_ITEM => {
                let inner = node
                    .children()
                    .find(|found| is_select(found.kind()) || found.kind() == K::PAREN_EXPR);
                match inner {
                    Some(inner)
                        if inner.kind() == K::PAREN_EXPR
                            && !inner.children().any(|found| {
                                is_select(found.kind()) || found.kind() == K::PAREN_EXPR
                            }) =>
                    {
                        self.add_item(&inner, scope, conditions, depth + 1);
                    }
                    Some(inner) => {
                        let items = self.derived(&inner, scope);
                        self.add_source(node, String::new(), Columns::Items(items), scope);
                    }
                    None => {
                        let columns = Columns::Items(vec![any()]);
                        self.add_source(node, String::new(), columns, scope);
                    }
                }
            }
            K::FUNCTION_FROM_ITEM | K::EXPR_FROM_ITEM | K::ROWS_FROM_ITEM => {
                let call = node
                    .descendants()
                    .find(|found| found.kind() == K::CALL_EXPR);
                for part in node.children().filter(|part| part.kind() != K::FROM_ALIAS) {
                    self.expression(&part, scope, false);
                }
                let name = call
                    .and_then(|call| call.first_child())
                    .and_then(|name| names::name_of(&name.text().to_string()));
                let rows = name.as_ref().and_then(|name| self.returned(name));
                let columns = rows.map_or(Columns::Foreign, Columns::Of);
                let alias = name.map_or(String::new(), |name| name.name);
                self.add_source(node, alias, columns, scope);
            }
            K::JSON_TABLE_FROM_ITEM | K::XML_TABLE_FROM_ITEM | K::GRAPH_TABLE_FROM_ITEM => {
                self.add_source(node, String::new(), Columns::Foreign, scope);
            }
            K::ON_CLAUSE | K::JOIN_USING_CLAUSE => conditions.push(node.clone()),
            _ => {}
        }
    }

    /// The query of a sub-select; it sees the sources before it where it is lateral.
    fn derived(&mut self, node: &SyntaxNode, scope: &Scope<'_>) -> Vec<super::Item> {
        if node.kind() == SyntaxKind::PAREN_EXPR {
            self.parenthesised(node, Some(scope))
        } else {
            self.statement(node, Some(scope))
        }
    }

    /// What a name in `FROM` gives: a query of `WITH` or a relation.
    pub(super) fn named(&mut self, node: &SyntaxNode, name: &Name) -> Columns {
        if name.schema == Name::DEFAULT_SCHEMA
            && let Some(cte) = self.ctes.iter().rev().find(|cte| cte.name == name.name)
        {
            return cte.source.clone();
        }
        if self.relation(node, name) {
            Columns::Of(name.clone())
        } else if names::is_of_the_server(name) || self.built.sequences.contains_key(name) {
            Columns::Foreign
        } else {
            Columns::Unknown
        }
    }

    /// The table whose rows a function gives.
    pub(super) fn returned(&self, name: &Name) -> Option<Name> {
        let function = self.built.functions.get(name)?.first()?;
        let returns = function.returns.as_deref()?;
        let row = crate::schema::query::breaks::returned_relation(returns)?;
        self.built.relation(&row).map(|_| row)
    }

    fn add_source(
        &mut self,
        node: &SyntaxNode,
        own: String,
        columns: Columns,
        scope: &mut Scope<'_>,
    ) {
        let (alias, renamed) = names::alias(node).unwrap_or((own, Vec::new()));
        if !renamed.is_empty() {
            let items = match &columns {
                Columns::Of(name) => vec![self.all_of(name)],
                Columns::Items(items) => items.clone(),
                Columns::Foreign | Columns::Unknown => Vec::new(),
            };
            self.wide(&items, Width::AtLeast(renamed.len()));
        }
        scope.sources.push(Source {
            renamed,
            ..Source::new(alias, columns)
        });
    }

    /// `USING (a, b)`: each side must have them.
    fn using(&mut self, clause: &SyntaxNode, scope: &mut Scope<'_>) {
        let columns: Vec<String> = clause
            .descendants()
            .filter(|found| found.kind() == SyntaxKind::COLUMN_NAME_REF)
            .map(|found| Name::fold(found.text().to_string().trim()))
            .collect();
        if columns.is_empty() || child(clause, SyntaxKind::COLUMN_REF_LIST).is_none() {
            self.unknown(
                clause,
                "the columns of this `USING` are not understood".into(),
            );
        }
        for column in columns {
            let mut first: Option<(Name, String)> = None;
            for source in &scope.sources {
                if let Found::Column(Output::Column(owner, name)) = source.find(&column, self.built)
                {
                    match &first {
                        Some((relation, column)) => {
                            self.query.comparisons.insert(Comparison {
                                relation: relation.clone(),
                                column: column.clone(),
                                operator: "=".into(),
                                other: Operand::Column(owner.clone(), name.clone()),
                            });
                        }
                        None => first = Some((owner.clone(), name.clone())),
                    }
                    self.query.filters.insert((owner.clone(), name.clone()));
                    self.query.reads.insert((owner, name));
                }
            }
            scope.merged.insert(column);
        }
    }
}
