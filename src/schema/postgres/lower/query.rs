//! The query of a view: which relations it reads, which columns it has.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::Lowering;
use super::expression::{calls, columns, is_type, ty};
use super::node::{child, children, has, parts, text, tokens, within, word, word_of};
use crate::schema::catalog::{Name, Type};
use crate::schema::postgres::change::{Output, Query};

/// The kinds of nodes that are queries.
const QUERIES: [K; 6] = [
    K::SELECT,
    K::SELECT_INTO,
    K::COMPOUND_SELECT,
    K::PAREN_SELECT,
    K::VALUES,
    K::TABLE,
];

impl Lowering<'_> {
    /// The query directly within a node; `EXECUTE` is one of which nothing is known.
    pub(super) fn query_of(&self, node: &SyntaxNode) -> Option<Query> {
        if has(node, K::EXECUTE) {
            return Some(Query::default());
        }
        let query = node
            .children()
            .find(|inner| QUERIES.contains(&inner.kind()))?;
        Some(self.query(&query))
    }

    pub(super) fn query(&self, node: &SyntaxNode) -> Query {
        let with: Vec<String> = within(node, K::CTE_NAME).map(|name| word(&name)).collect();
        let mut names = columns(node);
        // `USING (a)` of a join names columns of both sides
        for using in within(node, K::JOIN_USING_CLAUSE) {
            for column in within(&using, K::COLUMN_NAME_REF) {
                names.push((None, word(&column)));
            }
        }
        let condition = child(node, K::WHERE_CLAUSE).and_then(|clause| clause.children().next());
        let mut called: Vec<Name> = calls(node, self.schema)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        called.sort();
        called.dedup();
        let mut query = Query {
            simple: is_simple(node),
            grouped: is_grouped(node),
            condition: condition.map(|condition| text(&condition)),
            calls: called,
            text: text(node),
            relations: self.relations(node, &with),
            names,
            ..Query::default()
        };
        // the first operand of `UNION` names the columns
        let mut first = node.clone();
        loop {
            let inner = match first.kind() {
                K::COMPOUND_SELECT | K::PAREN_SELECT | K::PAREN_EXPR => first
                    .children()
                    .find(|inner| QUERIES.contains(&inner.kind()) || inner.kind() == K::PAREN_EXPR),
                _ => None,
            };
            match inner {
                Some(inner) => first = inner,
                None => break,
            }
        }
        match first.kind() {
            K::SELECT | K::SELECT_INTO => self.select(&first, &with, &mut query),
            K::TABLE => {
                if let Some((name, _)) = self.table(&first)
                    && !with.contains(&name.name)
                {
                    query.from.push((name.clone(), name.name));
                    query.from_is_complete = true;
                    query.outputs = Some(vec![Output::Star(None)]);
                }
            }
            K::VALUES => {
                let row = child(&first, K::ROW_LIST).and_then(|list| child(&list, K::ROW));
                let count = row.map_or(0, |row| row.children().count());
                query.from_is_complete = true;
                query.outputs = Some(
                    (1..=count)
                        .map(|at| Output::Expression {
                            name: format!("column{at}"),
                            ty: None,
                        })
                        .collect(),
                );
            }
            _ => {}
        }
        query
    }

    fn select(&self, node: &SyntaxNode, with: &[String], query: &mut Query) {
        query.from_is_complete = true;
        if let Some(from) = child(node, K::FROM_CLAUSE) {
            let mut open: Vec<SyntaxNode> = from.children().collect();
            open.reverse();
            while let Some(item) = open.pop() {
                match item.kind() {
                    K::RELATION_FROM_ITEM => {
                        let Some(name) = self.name_of(&item, K::RELATION_NAME_REF) else {
                            query.from_is_complete = false;
                            continue;
                        };
                        let alias = child(&item, K::FROM_ALIAS);
                        let renamed = alias
                            .as_ref()
                            .is_some_and(|alias| within(alias, K::COLUMN_NAME).next().is_some());
                        let called = alias
                            .and_then(|alias| word_of(&alias, K::TABLE_ALIAS))
                            .unwrap_or_else(|| name.name.clone());
                        if with.contains(&name.name) || renamed {
                            query.from_is_complete = false;
                        } else {
                            query.from.push((name, called));
                        }
                    }
                    K::JOIN_EXPR | K::JOIN | K::PAREN_FROM_ITEM => {
                        // what `USING` and `NATURAL` join stands once in `*`
                        if has(&item, K::NATURAL_KW) || has(&item, K::JOIN_USING_CLAUSE) {
                            query.from_is_complete = false;
                        }
                        let mut inner: Vec<SyntaxNode> = item.children().collect();
                        inner.reverse();
                        open.append(&mut inner);
                    }
                    K::FUNCTION_FROM_ITEM
                    | K::EXPR_FROM_ITEM
                    | K::GRAPH_TABLE_FROM_ITEM
                    | K::JSON_TABLE_FROM_ITEM
                    | K::ROWS_FROM_ITEM
                    | K::XML_TABLE_FROM_ITEM => query.from_is_complete = false,
                    _ => {}
                }
            }
        }
        let list = child(node, K::SELECT_CLAUSE).and_then(|clause| child(&clause, K::TARGET_LIST));
        query.outputs = list.map(|list| {
            let targets = children(&list, K::TARGET);
            targets.map(|target| self.output(&target)).collect()
        });
    }

    fn output(&self, target: &SyntaxNode) -> Output {
        if has(target, K::STAR) {
            return Output::Star(None);
        }
        let Some(value) = target.children().find(|inner| inner.kind() != K::AS_NAME) else {
            return Output::Star(None);
        };
        let alias = child(target, K::AS_NAME).and_then(|name| word_of(&name, K::COLUMN_NAME));
        match value.kind() {
            K::FIELD_EXPR if has(&value, K::STAR) => {
                let mut all = parts(&value);
                all.retain(|part| part != "*");
                Output::Star(all.pop())
            }
            K::NAME_REF | K::FIELD_EXPR => match columns(&value).pop() {
                Some((qualifier, column)) => Output::Column {
                    qualifier,
                    name: alias.unwrap_or_else(|| column.clone()),
                    column,
                },
                None => Output::Expression {
                    name: alias.unwrap_or_else(|| word(&value)),
                    ty: None,
                },
            },
            _ => Output::Expression {
                name: alias.unwrap_or_else(|| self.figured_name(&value)),
                ty: self.shown_type(&value),
            },
        }
    }

    /// The name that the server gives to a column without one (`FigureColname`).
    pub(super) fn figured_name(&self, value: &SyntaxNode) -> String {
        let mut value = value.clone();
        loop {
            let inner = match value.kind() {
                K::PAREN_EXPR | K::COLLATE | K::INDEX_EXPR | K::SLICE_EXPR => {
                    value.children().next()
                }
                K::CAST_EXPR => {
                    let operand = value
                        .children()
                        .find(|inner| !is_type(inner) && inner.kind() != K::COLON_COLON);
                    match operand {
                        Some(inner) if inner.kind() != K::LITERAL => Some(inner),
                        _ => {
                            let ty = value.children().find(is_type);
                            return ty.map_or_else(unnamed, |ty| server_name(&ty));
                        }
                    }
                }
                K::CALL_EXPR => {
                    let called = value.children().next();
                    return match called {
                        Some(name) if matches!(name.kind(), K::NAME_REF | K::FIELD_EXPR) => {
                            word(&name)
                        }
                        Some(other) => super::node::tokens(&other)
                            .next()
                            .map_or_else(unnamed, |token| token.text().to_lowercase()),
                        None => unnamed(),
                    };
                }
                K::NAME_REF | K::FIELD_EXPR => return word(&value),
                K::CASE_EXPR => return "case".into(),
                K::ARRAY_EXPR => return "array".into(),
                K::TUPLE_EXPR => return "row".into(),
                _ => return unnamed(),
            };
            match inner {
                Some(inner) => value = inner,
                None => return unnamed(),
            }
        }
    }

    fn shown_type(&self, value: &SyntaxNode) -> Option<Type> {
        if value.kind() == K::CAST_EXPR {
            let found = value.children().find(is_type)?;
            return Some(ty(&found, self.schema));
        }
        None
    }

    /// All relations that are read within, each once, without names of `WITH`.
    pub(super) fn relations(&self, node: &SyntaxNode, with: &[String]) -> Vec<Name> {
        let mut found: Vec<Name> = Vec::new();
        for item in node.descendants() {
            let name = match item.kind() {
                K::RELATION_FROM_ITEM => self.name_of(&item, K::RELATION_NAME_REF),
                K::TABLE => self.table(&item).map(|(name, _)| name),
                _ => None,
            };
            let Some(name) = name else { continue };
            if !with.contains(&name.name) && !found.contains(&name) {
                found.push(name);
            }
        }
        found
    }
}

/// Functions that make one row of many, and those that make many of one.
const NOT_ROW_BY_ROW: [&str; 28] = [
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bool_and",
    "bool_or",
    "count",
    "every",
    "generate_series",
    "json_agg",
    "json_array_elements",
    "json_each",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_array_elements",
    "jsonb_array_elements_text",
    "jsonb_each",
    "jsonb_each_text",
    "jsonb_object_agg",
    "jsonb_object_keys",
    "max",
    "min",
    "regexp_matches",
    "regexp_split_to_table",
    "string_agg",
    "string_to_table",
    "sum",
    "unnest",
];

/// Whether a select list gives one row for each row of `FROM`.
fn is_row_by_row(node: &SyntaxNode) -> bool {
    let Some(clause) = child(node, K::SELECT_CLAUSE) else {
        return true;
    };
    let own = |call: &SyntaxNode| {
        let outer = call.ancestors().take_while(|found| found != node);
        !outer
            .into_iter()
            .any(|found| QUERIES.contains(&found.kind()))
    };
    within(&clause, K::CALL_EXPR).filter(own).all(|call| {
        let beside = [K::FILTER_CLAUSE, K::WITHIN_CLAUSE, K::OVER_CLAUSE];
        let name = call.children().next().map(|name| word(&name));
        !beside.into_iter().any(|kind| has(&call, kind))
            && !name.is_some_and(|name| NOT_ROW_BY_ROW.contains(&name.as_str()))
    })
}

/// Whether the server writes through a view of this query, as far as its columns allow
/// (`view_query_is_auto_updatable`).
fn is_simple(node: &SyntaxNode) -> bool {
    let clauses = [
        K::WITH_CLAUSE,
        K::GROUP_BY_CLAUSE,
        K::HAVING_CLAUSE,
        K::WINDOW_CLAUSE,
        K::LIMIT_CLAUSE,
        K::OFFSET_CLAUSE,
        K::FETCH_CLAUSE,
    ];
    if node.kind() == K::TABLE {
        return true;
    }
    node.kind() == K::SELECT
        && !clauses.into_iter().any(|kind| has(node, kind))
        && !is_distinct(node)
        && is_row_by_row(node)
        && child(node, K::FROM_CLAUSE).is_some_and(|from| {
            let items: Vec<SyntaxNode> = from.children().collect();
            matches!(items.as_slice(), [item] if item.kind() == K::RELATION_FROM_ITEM
                && !has(item, K::TABLESAMPLE_CLAUSE))
        })
}

fn is_distinct(node: &SyntaxNode) -> bool {
    child(node, K::SELECT_CLAUSE).is_some_and(|clause| {
        tokens(&clause)
            .nth(1)
            .is_some_and(|token| token.kind() == K::DISTINCT_KW)
    })
}

/// Whether rows cannot be told back to rows of tables (`CheckSelectLocking`).
fn is_grouped(node: &SyntaxNode) -> bool {
    match node.kind() {
        K::SELECT => {
            has(node, K::GROUP_BY_CLAUSE)
                || has(node, K::HAVING_CLAUSE)
                || is_distinct(node)
                || !is_row_by_row(node)
        }
        K::TABLE => false,
        _ => true,
    }
}

fn unnamed() -> String {
    "?column?".into()
}

/// The name under which the server keeps a type, which is what a cast names its column.
fn server_name(node: &SyntaxNode) -> String {
    let ty = ty(node, Name::DEFAULT_SCHEMA);
    match ty.name.as_str() {
        "integer" => "int4".into(),
        "bigint" => "int8".into(),
        "smallint" => "int2".into(),
        "boolean" => "bool".into(),
        "real" => "float4".into(),
        "double precision" => "float8".into(),
        "character varying" => "varchar".into(),
        "character" => "bpchar".into(),
        "timestamp with time zone" => "timestamptz".into(),
        "time with time zone" => "timetz".into(),
        "bit varying" => "varbit".into(),
        other => other.to_string(),
    }
}
