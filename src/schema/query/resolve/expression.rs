//! Expressions: the columns and functions that they name, and what columns are compared with.

use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::demand::elements;
use super::names;
use super::scope::{Found, Scope};
use super::select::is_select;
use super::{Name, Resolver};
use crate::schema::query::breaks::{constant, operands, operator};
use crate::schema::query::contract::{Comparison, Literal, Operand, Output, Unqualified};
use crate::schema::query::demand::Demand;
use crate::schema::query::function::has_fixed_type;

impl Resolver<'_> {
    /// Reads what is below `node`. `filter` says that rows are found or sorted by it.
    pub(super) fn expression(&mut self, node: &SyntaxNode, scope: &Scope<'_>, filter: bool) {
        use SyntaxKind as K;
        let mut open = vec![node.clone()];
        while let Some(node) = open.pop() {
            match node.kind() {
                kind if is_select(kind) => {
                    let items = self.statement(&node, Some(scope));
                    if let Some(wanted) = self.wanted(&node) {
                        self.wide(&items, wanted);
                    }
                }
                K::NAME_REF => self.bare(&node, scope, filter),
                K::FIELD_EXPR => {
                    if let Some(base) = self.qualified(&node, scope, filter) {
                        open.push(base);
                    }
                }
                K::CALL_EXPR => open.extend(self.call(&node, scope)),
                K::BIN_EXPR => {
                    self.comparison(&node, scope);
                    self.signed(&node);
                    open.extend(node.children());
                }
                K::BETWEEN_EXPR => {
                    let sides: Vec<SyntaxNode> = node.children().collect();
                    self.alike(&sides, "between", scope);
                    open.extend(sides);
                }
                K::CASE_EXPR => {
                    self.case(&node, scope);
                    open.extend(node.children());
                }
                K::CAST_EXPR => {
                    self.cast(&node);
                    open.extend(node.children());
                }
                K::COLLATE => {
                    self.collated(&node);
                    open.extend(node.children());
                }
                _ => open.extend(node.children()),
            }
        }
    }

    /// Records the function, and gives the nodes that hold its arguments.
    fn call(&mut self, node: &SyntaxNode, scope: &Scope<'_>) -> Vec<SyntaxNode> {
        let Some(list) = names::child(node, SyntaxKind::ARG_LIST) else {
            return node.children().collect();
        };
        let callee = node.first_child().filter(|callee| *callee != list);
        if let Some(callee) = &callee {
            let name = names::name_of(&callee.text().to_string());
            // a function of the generator, not of the server
            if let Some(name) = name.filter(|name| name.schema != "sqlc") {
                let arguments = list
                    .children()
                    .filter(|found| found.kind() == SyntaxKind::ARG)
                    .count();
                self.called(&name, &list, scope);
                if self.built.functions.contains_key(&name) {
                    self.query.functions.insert((name, arguments));
                }
            } else {
                return Vec::new();
            }
        }
        node.children()
            .filter(|found| Some(found) != callee.as_ref())
            .collect()
    }

    /// `CALL procedure(...)`.
    pub(super) fn procedure(&mut self, node: &SyntaxNode, scope: &Scope<'_>) {
        let Some(list) = names::child(node, SyntaxKind::ARG_LIST) else {
            return;
        };
        if let Some(name) = names::relation(node) {
            let arguments = list.children().count();
            if self.built.functions.contains_key(&name) {
                self.query.functions.insert((name, arguments));
            } else {
                self.unknown(
                    node,
                    format!(
                        "the schema that the version was built against has no procedure `{name}`"
                    ),
                );
            }
        }
        self.expression(&list, scope, false);
    }

    /// A column without its relation.
    fn bare(&mut self, node: &SyntaxNode, scope: &Scope<'_>, filter: bool) {
        let word = Name::fold(node.text().to_string().trim());
        if names::is_value_of_the_server(&word) {
            return;
        }
        let (found, unqualified) = self.look_up(&word, scope);
        if names::is_system_column(&word) && found == Found::Column(Output::Fixed) {
            let sources = scope.sources.iter().filter_map(|source| source.relation());
            let stored = sources.cloned().map(Demand::Stored);
            self.query.demands.extend(stored);
        }
        match found {
            Found::Column(output) => {
                self.used(node, &output);
                self.record(output, filter);
                self.query.unqualified.extend(unqualified);
            }
            Found::Foreign => {}
            Found::Absent | Found::Unknown => {
                if scope.labels.contains(&word) || names::is_system_column(&word) {
                    return;
                }
                // the whole row of a source: `row_to_json(t)`
                if let Some(source) = scope.source(&word) {
                    if let Some(name) = source.relation().cloned() {
                        self.query.relations.insert(name);
                    }
                    return;
                }
                self.unknown(
                    node,
                    format!("no relation of the query has a column `{word}` in the schema that the version was built against"),
                );
            }
        }
    }

    /// What a column without its relation is: the innermost query that has it decides.
    fn look_up(&self, word: &str, scope: &Scope<'_>) -> (Found, Option<Unqualified>) {
        let mut here = Some(scope);
        while let Some(scope) = here {
            let mut answer = Found::Absent;
            let mut relations: Vec<Name> = Vec::new();
            let mut hits = 0;
            for source in &scope.sources {
                let found = source.find(word, self.built);
                match (&found, &answer) {
                    (Found::Column(_), Found::Column(_)) => hits += 1,
                    (Found::Column(_), _) => {
                        hits += 1;
                        answer = found;
                    }
                    (Found::Foreign | Found::Unknown, Found::Absent) => answer = found,
                    _ => {}
                }
                // `excluded` never makes a name ambiguous
                if let Some(name) = source.relation().filter(|_| source.alias != "excluded") {
                    relations.push(name.clone());
                }
            }
            if answer != Found::Absent {
                let unqualified = match &answer {
                    Found::Column(Output::Column(owner, column))
                        if hits == 1 && !scope.merged.contains(word) =>
                    {
                        relations.retain(|name| name != owner);
                        (!relations.is_empty()).then(|| Unqualified {
                            column: column.clone(),
                            owner: owner.clone(),
                            others: relations,
                        })
                    }
                    _ => None,
                };
                return (answer, unqualified);
            }
            here = scope.outer;
        }
        (Found::Absent, None)
    }

    /// `alias.column`; gives the base of another field, which is an expression.
    fn qualified(
        &mut self,
        node: &SyntaxNode,
        scope: &Scope<'_>,
        filter: bool,
    ) -> Option<SyntaxNode> {
        let base = node.first_child()?;
        match self.qualified_column(node, scope) {
            None => {
                if matches!(base.kind(), SyntaxKind::NAME_REF | SyntaxKind::FIELD_EXPR)
                    && !is_star(node)
                {
                    let written = node.text().to_string();
                    self.unknown(
                        node,
                        format!("nothing in `FROM` is called as `{}` says", written.trim()),
                    );
                    return None;
                }
                self.attribute(node, &base, scope);
                // `(row).field`, `count(t.*)`
                (!matches!(base.kind(), SyntaxKind::NAME_REF)).then_some(base)
            }
            Some(Found::Column(output)) => {
                self.used(node, &output);
                self.record(output, filter);
                None
            }
            Some(Found::Foreign) => None,
            Some(Found::Absent | Found::Unknown) => {
                let written = node.text().to_string();
                self.unknown(
                    node,
                    format!(
                        "the schema that the version was built against has no `{}`",
                        written.trim()
                    ),
                );
                None
            }
        }
    }

    /// What `alias.column`, `table.column` or `schema.table.column` is; `None` for other fields.
    fn qualified_column(&self, node: &SyntaxNode, scope: &Scope<'_>) -> Option<Found> {
        if is_star(node) {
            return None;
        }
        let plain = node
            .descendants()
            .all(|found| matches!(found.kind(), SyntaxKind::NAME_REF | SyntaxKind::FIELD_EXPR));
        // `(alias).column`
        let text = match node.first_child() {
            Some(base) if base.kind() == SyntaxKind::PAREN_EXPR => {
                let inner = without_brackets(&base);
                let alias = (inner.kind() == SyntaxKind::NAME_REF).then(|| inner.text())?;
                let field = node.children().nth(1)?;
                let alias = alias.to_string();
                scope.source(&Name::fold(alias.trim()))?;
                format!("{}.{}", alias.trim(), field.text())
            }
            _ if plain => node.text().to_string(),
            _ => return None,
        };
        let parts = names::parts(&text);
        let (column, before) = parts.split_last()?;
        let source = scope.source(before.last()?)?;
        Some(source.find(column, self.built))
    }

    fn record(&mut self, output: Output, filter: bool) {
        let columns = match output {
            Output::Column(name, column) => vec![(name, column)],
            Output::Expression(columns) | Output::Filled(columns) => columns,
            Output::Star(_) | Output::Fixed => Vec::new(),
        };
        for column in columns {
            if filter {
                self.query.filters.insert(column.clone());
            }
            self.query.reads.insert(column);
        }
    }

    /// The column that an expression is, if it is one as it stands.
    pub(super) fn column_of(&self, node: &SyntaxNode, scope: &Scope<'_>) -> Option<Output> {
        let node = without_brackets(node);
        let found = match node.kind() {
            SyntaxKind::NAME_REF => {
                let word = Name::fold(node.text().to_string().trim());
                self.look_up(&word, scope).0
            }
            SyntaxKind::FIELD_EXPR => self.qualified_column(&node, scope)?,
            _ => return None,
        };
        match found {
            Found::Column(output) => Some(output),
            _ => None,
        }
    }

    /// What an expression says of the type of a result.
    pub(super) fn output(&self, node: &SyntaxNode, scope: &Scope<'_>) -> Output {
        if let Some(output) = self.column_of(node, scope) {
            return output;
        }
        let mut columns = Vec::new();
        let mut open = vec![node.clone()];
        while let Some(node) = open.pop() {
            match node.kind() {
                SyntaxKind::CAST_EXPR => {}
                kind if is_select(kind) => {}
                SyntaxKind::CALL_EXPR => {
                    let name = node
                        .first_child()
                        .and_then(|name| names::parts(&name.text().to_string()).pop());
                    if !name.is_some_and(|name| has_fixed_type(&name)) {
                        open.extend(
                            node.children()
                                .filter(|part| part.kind() == SyntaxKind::ARG_LIST),
                        );
                    }
                }
                SyntaxKind::BIN_EXPR if gives_truth(&operator(&node)) => {}
                SyntaxKind::NAME_REF | SyntaxKind::FIELD_EXPR => {
                    if let Some(Output::Column(name, column)) = self.column_of(&node, scope) {
                        columns.push((name, column));
                    }
                }
                // of `CASE`, only what follows `THEN` and `ELSE`
                SyntaxKind::WHEN_CLAUSE => open.extend(node.children().last()),
                _ => open.extend(node.children()),
            }
        }
        columns.sort();
        columns.dedup();
        if columns.is_empty() {
            Output::Fixed
        } else {
            Output::Expression(columns)
        }
    }

    /// Records what a column is compared or computed with.
    fn comparison(&mut self, node: &SyntaxNode, scope: &Scope<'_>) {
        let sign = operator(node);
        let sides = operands(node);
        let [left, right] = sides.as_slice() else {
            return;
        };
        if matches!(left.kind(), SyntaxKind::TUPLE_EXPR)
            && matches!(right.kind(), SyntaxKind::TUPLE_EXPR)
        {
            let rows: Vec<SyntaxNode> = match sign.as_str() {
                "in" | "not in" => right.children().collect(),
                _ => vec![right.clone()],
            };
            for row in rows {
                for (one, other) in left.children().zip(row.children()) {
                    self.alike(&[one, other], "=", scope);
                }
            }
        } else if let Some(list) = any_of(right) {
            self.alike_any(left, &list, &sign, scope);
        } else if matches!(sign.as_str(), "in" | "not in") {
            let inner = without_brackets(right);
            let members: Vec<SyntaxNode> = if right.kind() == SyntaxKind::TUPLE_EXPR {
                right.children().collect()
            } else {
                vec![inner]
            };
            for member in members {
                self.alike(&[left.clone(), member], "=", scope);
            }
        } else if (gives_truth(&sign) || matches!(sign.as_str(), "+" | "-" | "*" | "/" | "%"))
            && !matches!(sign.as_str(), "and" | "or" | "is" | "is not")
        {
            self.alike(&sides, &sign, scope);
        }
    }

    /// `column = ANY (list)`
    fn alike_any(&mut self, left: &SyntaxNode, list: &SyntaxNode, sign: &str, scope: &Scope<'_>) {
        let list = without_brackets(list);
        if list.kind() == SyntaxKind::ARRAY_EXPR {
            for member in list.children() {
                self.alike(&[left.clone(), member], sign, scope);
            }
            return;
        }
        let Some(Output::Column(relation, column)) = self.column_of(left, scope) else {
            return;
        };
        let operands: Vec<Operand> = match (list.kind(), constant(&list)) {
            (SyntaxKind::LITERAL, Some(Some(Literal::Text(text)))) => elements(&text)
                .into_iter()
                .map(|text| Operand::Literal(Literal::Text(text)))
                .collect(),
            (SyntaxKind::LITERAL, None) => vec![Operand::Parameter],
            _ => Vec::new(),
        };
        for other in operands {
            self.query.comparisons.insert(Comparison {
                relation: relation.clone(),
                column: column.clone(),
                operator: sign.to_string(),
                other,
            });
        }
    }

    pub(super) fn compared(
        &mut self,
        one: &SyntaxNode,
        other: &SyntaxNode,
        sign: &str,
        scope: &Scope<'_>,
    ) {
        if matches!(sign, "and" | "or" | "is" | "is not") {
            return;
        }
        let Some(Output::Column(relation, column)) = self.column_of(one, scope) else {
            return;
        };
        let other = without_brackets(other);
        let operand = match other.kind() {
            SyntaxKind::LITERAL => match constant(&other) {
                Some(Some(literal)) => Operand::Literal(literal),
                Some(None) => return,
                None => Operand::Parameter,
            },
            SyntaxKind::PREFIX_EXPR if operator(&other) == "-" => {
                match other.first_child().as_ref().and_then(constant) {
                    Some(Some(literal)) => Operand::Literal(literal),
                    _ => return,
                }
            }
            _ => match self.column_of(&other, scope) {
                Some(Output::Column(name, column)) => Operand::Column(name, column),
                _ => return,
            },
        };
        self.query.comparisons.insert(Comparison {
            relation,
            column,
            operator: sign.to_string(),
            other: operand,
        });
    }
}

/// What stands in the brackets of `ANY (...)` or `ALL (...)`.
fn any_of(node: &SyntaxNode) -> Option<SyntaxNode> {
    let inner = match node.kind() {
        SyntaxKind::CALL_EXPR => node.first_child()?,
        _ => node.clone(),
    };
    matches!(
        inner.kind(),
        SyntaxKind::ANY_FN | SyntaxKind::ALL_FN | SyntaxKind::SOME_FN
    )
    .then(|| inner.first_child())?
}

/// Operators whose outcome is a truth value.
fn gives_truth(operator: &str) -> bool {
    matches!(
        operator,
        "=" | "<>"
            | "!="
            | "<"
            | "<="
            | ">"
            | ">="
            | "and"
            | "or"
            | "is"
            | "is not"
            | "in"
            | "not in"
            | "is distinct from"
            | "is not distinct from"
    )
}

fn is_star(node: &SyntaxNode) -> bool {
    node.children_with_tokens()
        .any(|found| found.kind() == SyntaxKind::STAR)
}

/// The expression in brackets around nothing else.
pub(super) fn without_brackets(node: &SyntaxNode) -> SyntaxNode {
    let mut node = node.clone();
    while node.kind() == SyntaxKind::PAREN_EXPR
        && let Some(inner) = node.first_child()
    {
        node = inner;
    }
    node
}
