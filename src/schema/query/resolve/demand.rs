//! What queries need of types, sequences, collations and extensions, and what they do with columns.

use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::expression::without_brackets;
use super::names::{self, child};
use super::scope::Scope;
use super::select::{Item, Label, is_select};
use super::usage::usage;
use super::{Name, Resolver};
use crate::schema::catalog::{Extension, Type};
use crate::schema::query::breaks::{constant, operands, operator};
use crate::schema::query::contract::{Literal, Output};
use crate::schema::query::demand::{Demand, Width};
use crate::schema::query::function::is_aggregate;

impl Resolver<'_> {
    /// The constraints of `SET CONSTRAINTS a, b`.
    pub(super) fn deferred(&mut self, node: &SyntaxNode) {
        let kind = SyntaxKind::CONSTRAINT_NAME_REF;
        for named in node.descendants().filter(|found| found.kind() == kind) {
            let Some(name) = names::parts(&named.text().to_string()).pop() else {
                continue;
            };
            for (relation, own) in &self.built.relations {
                if own.constraint(&name).is_some_and(|found| found.deferrable) {
                    self.query.relations.insert(relation.clone());
                    let demand = Demand::Deferrable(relation.clone(), name.clone());
                    self.query.demands.insert(demand);
                }
            }
        }
    }

    fn demand(&mut self, demand: Demand) {
        self.query.demands.insert(demand);
    }

    /// A cast: its type, and what is read as a value of it.
    pub(super) fn cast(&mut self, node: &SyntaxNode) {
        let Some(ty) = node.children().find(is_type).map(|found| type_of(&found)) else {
            return;
        };
        let values: Vec<SyntaxNode> = node.children().filter(|found| !is_type(found)).collect();
        for value in &values {
            self.read_as(value, &ty);
        }
        if ty.name == "regclass" {
            for value in &values {
                self.relation_in_text(value);
            }
        }
        self.declared(&ty);
    }

    /// A type that is named, if migrations or extensions make it.
    fn declared(&mut self, ty: &Type) {
        let name = declared_name(ty);
        let extensions = &self.built.extensions;
        let brought = || {
            let known = extensions
                .iter()
                .filter_map(|found| Extension::named(found));
            known.into_iter().any(|found| found.has_type(&name.name))
        };
        if self.built.types.contains_key(&name) || brought() {
            self.demand(Demand::Type(name));
        }
    }

    /// A value that is read as one of `ty`: constants, parameters, lists of them.
    fn read_as(&mut self, value: &SyntaxNode, ty: &Type) {
        let value = without_brackets(value);
        match value.kind() {
            SyntaxKind::LITERAL => match constant(&value) {
                Some(Some(Literal::Text(text))) if ty.array => {
                    let one = Type {
                        array: false,
                        ..ty.clone()
                    };
                    for element in elements(&text) {
                        self.demand(Demand::Constant(one.clone(), Literal::Text(element)));
                    }
                }
                Some(Some(literal)) => self.demand(Demand::Constant(ty.clone(), literal)),
                Some(None) => {}
                None => self.demand(Demand::Given(ty.clone())),
            },
            SyntaxKind::ARRAY_EXPR if ty.array => {
                let one = Type {
                    array: false,
                    ..ty.clone()
                };
                for element in value.children() {
                    self.read_as(&element, &one);
                }
            }
            _ => {}
        }
    }

    /// Expressions that must be of one type: constants are read as that of the column or cast
    /// beside them.
    pub(super) fn alike(&mut self, all: &[SyntaxNode], sign: &str, scope: &Scope<'_>) {
        for one in all {
            if matches!(self.column_of(one, scope), Some(Output::Column(..))) {
                for other in all.iter().filter(|other| *other != one) {
                    self.compared(one, other, sign, scope);
                }
            }
            let inner = without_brackets(one);
            if inner.kind() == SyntaxKind::CAST_EXPR
                && let Some(ty) = inner.children().find(is_type)
            {
                let ty = type_of(&ty);
                for other in all.iter().filter(|other| *other != one) {
                    self.read_as(other, &ty);
                }
            }
        }
    }

    /// `CASE`: what its operand is compared with, and the values that it gives.
    pub(super) fn case(&mut self, node: &SyntaxNode, scope: &Scope<'_>) {
        let operand = node.children().find(|found| {
            !matches!(
                found.kind(),
                SyntaxKind::WHEN_CLAUSE_LIST | SyntaxKind::ELSE_CLAUSE
            )
        });
        let branches: Vec<SyntaxNode> = child(node, SyntaxKind::WHEN_CLAUSE_LIST)
            .into_iter()
            .flat_map(|list| list.children())
            .collect();
        if let Some(operand) = operand {
            let mut all = vec![operand];
            all.extend(
                branches
                    .iter()
                    .filter_map(|branch| branch.children().next()),
            );
            self.alike(&all, "=", scope);
        }
        let mut given: Vec<SyntaxNode> = branches
            .iter()
            .filter_map(|branch| branch.children().last())
            .collect();
        given.extend(child(node, SyntaxKind::ELSE_CLAUSE).and_then(|last| last.first_child()));
        self.alike(&given, "case", scope);
    }

    /// A function: one that no migration makes, the sequences that it asks, the constants that it
    /// takes.
    pub(super) fn called(&mut self, name: &Name, list: &SyntaxNode, scope: &Scope<'_>) {
        let arguments: Vec<SyntaxNode> = list
            .children()
            .filter(|found| found.kind() == SyntaxKind::ARG)
            .filter_map(|argument| argument.first_child())
            .collect();
        if let Some(known) = self.built.functions.get(name) {
            let mut fitting = known
                .iter()
                .filter(|one| takes(one.arguments.len(), one.optional, arguments.len()));
            // of several the arguments decide which is meant
            if let (Some(only), None) = (fitting.next(), fitting.next()) {
                for (argument, ty) in arguments.iter().zip(&only.arguments) {
                    self.read_as(argument, ty);
                }
            }
            return;
        }
        match name.name.as_str() {
            "nextval" | "setval" | "currval" => match arguments.first() {
                Some(first) => self.sequence(first),
                None => self.demand(Demand::Sequence(None)),
            },
            "coalesce" | "nullif" | "greatest" | "least" => {
                self.alike(&arguments, &name.name, scope);
            }
            _ => {}
        }
        let server = self.built.server;
        let mut known = self
            .built
            .extensions
            .iter()
            .filter_map(|one| Extension::named(one));
        if known.any(|one| one.has_function(&name.name, server)) {
            self.demand(Demand::Function(name.name.clone()));
        }
    }

    fn sequence(&mut self, argument: &SyntaxNode) {
        let mut value = without_brackets(argument);
        while value.kind() == SyntaxKind::CAST_EXPR
            && let Some(inner) = value.children().find(|found| !is_type(found))
        {
            value = without_brackets(&inner);
        }
        let named = match constant(&value) {
            Some(Some(Literal::Text(text))) if value.kind() == SyntaxKind::LITERAL => {
                names::name_of(&text)
            }
            _ => None,
        };
        self.demand(Demand::Sequence(named));
    }

    /// `'orders'::regclass`
    fn relation_in_text(&mut self, value: &SyntaxNode) {
        let value = without_brackets(value);
        if value.kind() != SyntaxKind::LITERAL {
            return;
        }
        if let Some(Some(Literal::Text(text))) = constant(&value)
            && let Some(name) = names::name_of(&text)
        {
            if self.built.sequences.contains_key(&name) {
                self.demand(Demand::Sequence(Some(name)));
            } else if self.built.relation(&name).is_some() {
                self.query.relations.insert(name);
            }
        }
    }

    /// `COLLATE name`
    pub(super) fn collated(&mut self, node: &SyntaxNode) {
        if let Some(name) = child(node, SyntaxKind::COLLATION_REF)
            && let Some(name) = names::name_of(&name.text().to_string())
            && self.built.collations.contains(&name)
        {
            self.demand(Demand::Collation(name));
        }
    }

    /// An operator, if extensions bring it.
    pub(super) fn signed(&mut self, node: &SyntaxNode) {
        let sign = operator(node);
        let mut known = self.built.extensions.iter();
        if known.any(|name| Extension::named(name).is_some_and(|one| one.has_operator(&sign))) {
            self.demand(Demand::Operator(sign));
        }
    }

    /// What is done with a column at `node`.
    pub(super) fn used(&mut self, node: &SyntaxNode, output: &Output) {
        if let (Output::Column(relation, column), Some(usage)) = (output, usage(node)) {
            self.demand(Demand::Use {
                relation: relation.clone(),
                column: column.clone(),
                usage,
            });
        }
    }

    /// A query within, at a place that takes a number of columns.
    pub(super) fn wide(&mut self, items: &[Item], wanted: Width) {
        let known = |items: &[Item]| items.iter().all(|item| item.label != Label::Any);
        let varies = items.iter().any(|item| matches!(item.label, Label::All(_)))
            || matches!(&wanted, Width::As(first) if first.iter().any(is_star));
        if known(items) && varies {
            self.demand(Demand::Width {
                columns: items.iter().map(|item| item.output.clone()).collect(),
                wanted,
            });
        }
    }

    /// How many columns the place of a query in an expression takes.
    pub(super) fn wanted(&self, node: &SyntaxNode) -> Option<Width> {
        let mut at = node.clone();
        let mut parent = node.parent()?;
        while matches!(
            parent.kind(),
            SyntaxKind::PAREN_EXPR | SyntaxKind::PAREN_SELECT
        ) {
            at = parent.clone();
            parent = parent.parent()?;
        }
        match parent.kind() {
            SyntaxKind::EXISTS_FN => None,
            SyntaxKind::BIN_EXPR => {
                let other = operands(&parent).into_iter().find(|found| *found != at)?;
                let other = without_brackets(&other);
                Some(Width::Exactly(match other.kind() {
                    SyntaxKind::TUPLE_EXPR => other.children().count(),
                    _ => 1,
                }))
            }
            _ => Some(Width::Exactly(1)),
        }
    }

    /// `FOR UPDATE` and its kin.
    pub(super) fn locks(&mut self, clause: &SyntaxNode, scope: &Scope<'_>) {
        let named: Vec<String> = clause
            .descendants()
            .filter(|found| found.kind() == SyntaxKind::NAME_REF)
            .map(|found| Name::fold(found.text().to_string().trim()))
            .collect();
        for source in &scope.sources {
            if (named.is_empty() || named.contains(&source.alias))
                && let Some(name) = source.relation()
            {
                self.query.demands.insert(Demand::Locked(name.clone()));
            }
        }
    }

    /// Columns that are given beside `GROUP BY`, which only a primary key among those that it names
    /// allows.
    pub(super) fn grouped(&mut self, clause: &SyntaxNode, list: &SyntaxNode, scope: &Scope<'_>) {
        let mut by: Vec<(Name, String)> = Vec::new();
        for key in clause
            .descendants()
            .filter(|found| found.kind() == SyntaxKind::GROUPING_EXPR)
        {
            if let Some(inner) = key.first_child()
                && let Some(Output::Column(name, column)) = self.column_of(&inner, scope)
            {
                by.push((name, column));
            }
        }
        let mut open = vec![list.clone()];
        while let Some(node) = open.pop() {
            match node.kind() {
                kind if is_select(kind) => {}
                SyntaxKind::CALL_EXPR
                    if node.first_child().is_some_and(|name| {
                        let name = names::parts(&name.text().to_string()).pop();
                        name.is_some_and(|name| is_aggregate(&name))
                    }) => {}
                SyntaxKind::NAME_REF | SyntaxKind::FIELD_EXPR => {
                    if let Some(Output::Column(name, column)) = self.column_of(&node, scope)
                        && !by.contains(&(name.clone(), column))
                    {
                        let own = by.iter().filter(|(of, _)| *of == name);
                        let own = own.map(|(_, column)| column.clone()).collect();
                        self.demand(Demand::Grouped {
                            relation: name,
                            by: own,
                        });
                    }
                }
                _ => open.extend(node.children()),
            }
        }
    }

    /// `(o.address).city`: an attribute of a composite type.
    pub(super) fn attribute(&mut self, node: &SyntaxNode, base: &SyntaxNode, scope: &Scope<'_>) {
        let bare = without_brackets(base);
        let row = match bare.kind() {
            SyntaxKind::CALL_EXPR => bare
                .first_child()
                .and_then(|name| names::name_of(&name.text().to_string()))
                .and_then(|name| self.returned(&name)),
            _ => None,
        };
        if let Some(row) = row {
            // `(f()).k`, where the function gives rows of a table
            if let Some(column) = names::parts(&node.text().to_string()).pop()
                && self
                    .built
                    .relation(&row)
                    .is_some_and(|own| own.column(&column).is_some())
            {
                self.query.relations.insert(row.clone());
                self.query.reads.insert((row, column));
            }
            return;
        }
        let Some(Output::Column(relation, column)) = self.column_of(base, scope) else {
            return;
        };
        let found = self.built.relation(&relation);
        let Some(ty) = found.and_then(|found| found.column(&column)?.ty.clone()) else {
            return;
        };
        let name = declared_name(&ty);
        if let Some(attribute) = names::parts(&node.text().to_string()).pop()
            && self.built.types.contains_key(&name)
        {
            self.demand(Demand::Attribute(name, attribute));
        }
    }
}

/// Whether a function of that many arguments, of which the last may be left out, takes a call.
pub(in crate::schema::query) fn takes(arguments: usize, optional: usize, given: usize) -> bool {
    (arguments.saturating_sub(optional)..=arguments).contains(&given)
}

fn is_star(output: &Output) -> bool {
    matches!(output, Output::Star(_))
}

/// The texts of an array that is written as a text: `{a,"b c"}`.
pub(super) fn elements(text: &str) -> Vec<String> {
    let inner = text.trim().trim_start_matches('{').trim_end_matches('}');
    inner
        .split(',')
        .map(|part| part.trim().trim_matches('"').to_string())
        .filter(|part| !part.is_empty() && !part.eq_ignore_ascii_case("null"))
        .collect()
}

/// The name under which a catalog keeps a declared type.
fn declared_name(ty: &Type) -> Name {
    match ty.name.split_once('.') {
        Some((schema, name)) => Name::folded(Some(schema), name),
        None => Name::folded(None, &ty.name),
    }
}

pub(super) fn is_type(node: &SyntaxNode) -> bool {
    use SyntaxKind as K;
    matches!(
        node.kind(),
        K::ARRAY_TYPE
            | K::PATH_TYPE
            | K::PERCENT_TYPE
            | K::VARCHAR_TYPE
            | K::CHARACTER_TYPE
            | K::BIT_TYPE
            | K::BIT_VARYING_TYPE
            | K::DOUBLE_TYPE
            | K::TIME_TYPE
            | K::TIMESTAMP_TYPE
            | K::INTERVAL_TYPE
    )
}

/// The type that is written, without its modifiers.
pub(super) fn type_of(node: &SyntaxNode) -> Type {
    let text = node.text().to_string();
    let bare = text.split(['(', '[']).next().unwrap_or("").trim();
    let array = node.kind() == SyntaxKind::ARRAY_TYPE || text.contains('[');
    let parts = names::parts(bare);
    let found = match parts.as_slice() {
        [.., schema, name] if schema != "pg_catalog" && schema != Name::DEFAULT_SCHEMA => Type {
            name: format!("{schema}.{name}"),
            modifiers: Vec::new(),
            array: false,
        },
        [.., name] if bare.contains('"') => Type {
            name: name.clone(),
            modifiers: Vec::new(),
            array: false,
        },
        [.., name] => Type::named(name),
        [] => Type::named(bare),
    };
    Type { array, ..found }
}
