//! `INSERT`, `UPDATE`, `DELETE`, `MERGE`.

use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::names::{self, child};
use super::scope::{Columns, Scope, Source};
use super::select::{Item, Label, any, is_select};
use super::{Name, Resolver};
use crate::schema::query::contract::{Arbiter, Conflict, Insert, Output, Value, Write};
use crate::schema::query::demand::{Demand, Width};

impl Resolver<'_> {
    pub(super) fn insert(&mut self, node: &SyntaxNode, outer: Option<&Scope<'_>>) -> Vec<Item> {
        self.with(node, outer);
        let Some((name, target)) = self.target(node) else {
            return vec![any()];
        };
        let columns = child(node, SyntaxKind::COLUMN_TARGET_LIST).map(|list| columns_of(&list));
        let rows = self.source(node, &name, columns.as_deref(), outer);
        let overriding = node
            .children()
            .any(|found| found.kind() == SyntaxKind::OVERRIDING_SYSTEM_VALUE);
        let mut scope = Scope::new(outer);
        scope.sources.push(target);
        let conflict = child(node, SyntaxKind::ON_CONFLICT_CLAUSE)
            .map(|clause| self.conflict(&clause, &name, columns.as_deref(), &rows, &mut scope));
        let items = self.returning(node, &scope);
        self.query.writes.push(Write::Insert(Insert {
            relation: name,
            columns,
            rows,
            overriding,
            conflict,
        }));
        items
    }

    /// The relation that a statement writes, under its alias.
    fn target(&mut self, node: &SyntaxNode) -> Option<(Name, Source)> {
        let path = node.children().find(|found| {
            matches!(
                found.kind(),
                SyntaxKind::RELATION_NAME_REF
                    | SyntaxKind::RELATION_NAME
                    | SyntaxKind::TABLE_RELATION_NAME
            )
        })?;
        let name = names::relation(&path)?;
        let columns = if self.relation(&path, &name) {
            Columns::Of(name.clone())
        } else {
            Columns::Unknown
        };
        let alias = names::alias(node).map_or_else(|| name.name.clone(), |(alias, _)| alias);
        Some((name, Source::new(alias, columns)))
    }

    /// The rows that an insert gives.
    fn source(
        &mut self,
        node: &SyntaxNode,
        into: &Name,
        columns: Option<&[String]>,
        outer: Option<&Scope<'_>>,
    ) -> Vec<Vec<Value>> {
        let source = node
            .children()
            .find(|found| is_select(found.kind()) || found.kind() == SyntaxKind::DEFAULT_VALUES);
        let Some(source) = source else {
            return Vec::new();
        };
        match source.kind() {
            SyntaxKind::DEFAULT_VALUES => vec![Vec::new()],
            SyntaxKind::VALUES => {
                let scope = Scope::new(outer);
                self.rows(&source, &scope)
            }
            _ => {
                let items = self.statement(&source, outer);
                match columns {
                    Some(columns) => self.wide(&items, Width::Exactly(columns.len())),
                    None => self.wide(&items, Width::Into(into.clone())),
                }
                let mut row = Vec::new();
                for item in items {
                    match &item.label {
                        Label::Name(_) => row.push(item.value),
                        Label::All(name) => {
                            let relation = self.built.relation(name);
                            for column in relation.into_iter().flat_map(|found| &found.columns) {
                                let column = (name.clone(), column.name.clone());
                                row.push(Value::Computed {
                                    null: false,
                                    columns: vec![column.clone()],
                                    copy: Some(column),
                                });
                            }
                        }
                        Label::Any => {
                            let missing = columns.map_or(0, <[String]>::len);
                            let missing = missing.saturating_sub(row.len());
                            row.extend(std::iter::repeat_n(Value::Parameter, missing));
                        }
                    }
                }
                vec![row]
            }
        }
    }

    fn conflict(
        &mut self,
        clause: &SyntaxNode,
        name: &Name,
        columns: Option<&[String]>,
        rows: &[Vec<Value>],
        scope: &mut Scope<'_>,
    ) -> Conflict {
        use SyntaxKind as K;
        let named = child(clause, K::CONFLICT_ON_CONSTRAINT);
        let listed = child(clause, K::CONFLICT_ON_INDEX);
        let arbiter = match (named, listed) {
            (Some(named), _) => child(&named, K::CONSTRAINT_NAME_REF)
                .and_then(|path| names::name_of(&path.text().to_string()))
                .map_or(Arbiter::Other, |name| Arbiter::Constraint(name.name)),
            (None, Some(listed)) => {
                let items: Vec<SyntaxNode> = child(&listed, K::CONFLICT_INDEX_ITEM_LIST)
                    .into_iter()
                    .flat_map(|list| list.children())
                    .collect();
                for item in &items {
                    self.expression(item, scope, false);
                }
                let plain: Option<_> = items
                    .iter()
                    .map(|item| {
                        let inner = item.first_child()?;
                        (inner.kind() == K::NAME_REF && item.children().count() == 1)
                            .then(|| Name::fold(inner.text().to_string().trim()))
                    })
                    .collect();
                let condition = child(&listed, K::WHERE_CLAUSE);
                if let Some(condition) = &condition {
                    self.expression(condition, scope, false);
                }
                let partial = condition.is_some();
                match plain {
                    Some(columns) if !partial => Arbiter::Columns(columns),
                    _ => Arbiter::Index {
                        keys: items.iter().map(|item| item.text().to_string()).collect(),
                        condition: condition
                            .and_then(|clause| clause.first_child())
                            .map(|condition| condition.text().to_string()),
                    },
                }
            }
            (None, None) => Arbiter::Any,
        };
        let excluded = Source {
            values: match (columns, rows) {
                // of several rows each value may be any of theirs
                (Some(columns), [row]) => columns.iter().cloned().zip(row.clone()).collect(),
                (Some(columns), _) => columns
                    .iter()
                    .map(|column| (column.clone(), Value::Parameter))
                    .collect(),
                (None, _) => Vec::new(),
            },
            ..Source::new("excluded".into(), Columns::Of(name.clone()))
        };
        scope.sources.push(excluded);
        let set = match child(clause, K::CONFLICT_DO_UPDATE_SET) {
            Some(update) => {
                if let Some(condition) = child(&update, K::WHERE_CLAUSE) {
                    self.expression(&condition, scope, false);
                }
                self.set(&update, name, scope)
            }
            None => Vec::new(),
        };
        scope.sources.pop();
        Conflict { arbiter, set }
    }

    /// What `SET` puts into the columns.
    fn set(&mut self, node: &SyntaxNode, name: &Name, scope: &Scope<'_>) -> Vec<(String, Value)> {
        use SyntaxKind as K;
        let mut found = Vec::new();
        let Some(list) =
            child(node, K::SET_CLAUSE).and_then(|clause| child(&clause, K::SET_COLUMN_LIST))
        else {
            return found;
        };
        for one in list.children() {
            match one.kind() {
                K::SET_SINGLE_COLUMN => {
                    let Some(target) = child(&one, K::COLUMN_TARGET) else {
                        continue;
                    };
                    let column = column_of(&target);
                    let value = one.children().find(|c| c.kind() != K::COLUMN_TARGET);
                    let value = value.map_or(Value::Default, |value| {
                        self.expression(&value, scope, false);
                        match value.kind() {
                            K::SET_EXPR => match value.first_child() {
                                Some(inner) => self.value(&inner, scope),
                                None => Value::Default,
                            },
                            _ => self.value(&value, scope),
                        }
                    });
                    // `SET a[1] = ...` and `SET a.b = ...` change a part
                    let whole = target.children().count() == 1;
                    found.push((column, if whole { value } else { Value::Parameter }));
                }
                K::SET_MULTIPLE_COLUMNS => {
                    let columns = child(&one, K::COLUMN_TARGET_LIST)
                        .map(|list| columns_of(&list))
                        .unwrap_or_default();
                    let values: Vec<Value> = match one.children().nth(1) {
                        Some(list) if list.kind() == K::SET_EXPR_LIST => {
                            self.expression(&list, scope, false);
                            list.children()
                                .map(|value| match value.kind() {
                                    K::SET_EXPR => value
                                        .first_child()
                                        .map_or(Value::Default, |inner| self.value(&inner, scope)),
                                    _ => self.value(&value, scope),
                                })
                                .collect()
                        }
                        Some(query) => self
                            .counted(&query, columns.len(), scope)
                            .into_iter()
                            .map(|item| match item.value {
                                // a query without a row gives `NULL`
                                Value::Computed { columns, copy, .. } => Value::Computed {
                                    null: true,
                                    columns,
                                    copy,
                                },
                                value => value,
                            })
                            .collect(),
                        None => Vec::new(),
                    };
                    let mut values = values.into_iter();
                    for column in columns {
                        found.push((column, values.next().unwrap_or(Value::Parameter)));
                    }
                }
                _ => self.unknown(&one, format!("what is set in `{name}` is not understood")),
            }
        }
        found
    }

    /// The columns of a query that sets so many.
    fn counted(&mut self, query: &SyntaxNode, count: usize, scope: &Scope<'_>) -> Vec<Item> {
        let items = match query.kind() {
            SyntaxKind::PAREN_EXPR => self.parenthesised(query, Some(scope)),
            _ => self.statement(query, Some(scope)),
        };
        self.wide(&items, Width::Exactly(count));
        items
    }

    /// `COPY` of a relation or of a query.
    pub(super) fn copy(&mut self, node: &SyntaxNode, outer: Option<&Scope<'_>>) {
        use SyntaxKind as K;
        if let Some(inner) = child(node, K::COPY_QUERY).and_then(|query| query.first_child()) {
            self.statement(&inner, outer);
            return;
        }
        let table = child(node, K::COPY_TABLE);
        let path = table
            .as_ref()
            .and_then(|table| child(table, K::TABLE_NAME_REF));
        let Some((table, path)) = table.zip(path) else {
            self.unknown(node, "what this `COPY` moves is not understood".into());
            return;
        };
        let Some(name) = names::relation(&path) else {
            return;
        };
        let known = self.relation(&path, &name);
        let into = child(node, K::COPY_FROM).is_some();
        let columns: Option<Vec<String>> = child(&table, K::COLUMN_REF_LIST).map(|list| {
            list.descendants()
                .filter(|found| found.kind() == K::COLUMN_NAME_REF)
                .map(|found| Name::fold(found.text().to_string().trim()))
                .collect()
        });
        self.query
            .demands
            .insert(Demand::Copied(name.clone(), into));
        let own = self.built.relation(&name).filter(|_| known);
        let all = || own.map_or(0, |own| own.columns.len());
        let count = columns.as_ref().map_or_else(all, Vec::len);
        if into {
            // without a list each line has all columns, in their order
            self.query.writes.push(Write::Insert(Insert {
                relation: name,
                columns,
                rows: vec![vec![Value::Parameter; count]],
                overriding: false,
                conflict: None,
            }));
            return;
        }
        match columns {
            Some(columns) => {
                for column in columns {
                    self.query.reads.insert((name.clone(), column.clone()));
                    self.query.output.push(Output::Column(name.clone(), column));
                }
            }
            None if known => self.query.output.push(Output::Star(name)),
            None => {}
        }
    }

    pub(super) fn update(&mut self, node: &SyntaxNode, outer: Option<&Scope<'_>>) -> Vec<Item> {
        self.with(node, outer);
        let Some((name, target)) = self.target(node) else {
            return vec![any()];
        };
        let mut scope = Scope::new(outer);
        scope.sources.push(target);
        if let Some(from) = child(node, SyntaxKind::FROM_CLAUSE) {
            self.add_sources(&from, &mut scope);
        }
        let set = self.set(node, &name, &scope);
        self.condition(node, &scope);
        let items = self.returning(node, &scope);
        self.query.writes.push(Write::Update {
            relation: name,
            set,
        });
        items
    }

    pub(super) fn delete(&mut self, node: &SyntaxNode, outer: Option<&Scope<'_>>) -> Vec<Item> {
        self.with(node, outer);
        let Some((name, target)) = self.target(node) else {
            return vec![any()];
        };
        let mut scope = Scope::new(outer);
        scope.sources.push(target);
        if let Some(using) = child(node, SyntaxKind::USING_CLAUSE) {
            self.add_sources(&using, &mut scope);
        }
        self.condition(node, &scope);
        let items = self.returning(node, &scope);
        self.query.writes.push(Write::Delete { relation: name });
        items
    }

    pub(super) fn merge(&mut self, node: &SyntaxNode, outer: Option<&Scope<'_>>) -> Vec<Item> {
        use SyntaxKind as K;
        self.with(node, outer);
        let Some((name, target)) = self.target(node) else {
            return vec![any()];
        };
        let mut scope = Scope::new(outer);
        scope.sources.push(target);
        if let Some(using) = child(node, K::USING_ON_CLAUSE) {
            self.add_sources(&using, &mut scope);
        }
        self.query.demands.insert(Demand::Merged(name.clone()));
        let actions = node.descendants().filter(|found| {
            matches!(
                found.kind(),
                K::MERGE_UPDATE | K::MERGE_INSERT | K::MERGE_DELETE
            )
        });
        for action in actions.collect::<Vec<_>>() {
            let write = match action.kind() {
                K::MERGE_UPDATE => Write::Update {
                    relation: name.clone(),
                    set: self.set(&action, &name, &scope),
                },
                K::MERGE_INSERT => {
                    let columns =
                        child(&action, K::COLUMN_TARGET_LIST).map(|list| columns_of(&list));
                    let rows = match child(&action, K::VALUES) {
                        Some(values) => self.rows(&values, &scope),
                        None => vec![Vec::new()],
                    };
                    Write::Insert(Insert {
                        relation: name.clone(),
                        columns,
                        rows,
                        overriding: false,
                        conflict: None,
                    })
                }
                _ => Write::Delete {
                    relation: name.clone(),
                },
            };
            self.query.writes.push(write);
        }
        for condition in node
            .descendants()
            .filter(|found| found.kind() == K::MERGE_CONDITION)
            .collect::<Vec<_>>()
        {
            self.expression(&condition, &scope, false);
        }
        self.returning(node, &scope)
    }

    fn condition(&mut self, node: &SyntaxNode, scope: &Scope<'_>) {
        if let Some(condition) = child(node, SyntaxKind::WHERE_CLAUSE) {
            self.expression(&condition, scope, true);
        }
    }

    fn returning(&mut self, node: &SyntaxNode, scope: &Scope<'_>) -> Vec<Item> {
        child(node, SyntaxKind::RETURNING_CLAUSE)
            .and_then(|clause| child(&clause, SyntaxKind::TARGET_LIST))
            .map(|list| self.targets(&list, scope))
            .unwrap_or_default()
    }
}

fn column_of(target: &SyntaxNode) -> String {
    let name = target.first_child();
    Name::fold(
        name.map_or(String::new(), |name| name.text().to_string())
            .trim(),
    )
}

fn columns_of(list: &SyntaxNode) -> Vec<String> {
    list.children()
        .filter(|found| found.kind() == SyntaxKind::COLUMN_TARGET)
        .map(|target| column_of(&target))
        .collect()
}
