//! `CREATE TABLE`: columns, constraints, partitions.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::Lowering;
use super::expression::{is_serial, is_type};
use super::node::{child, children, has, text, tokens, within, word_of};
use crate::schema::catalog::{Column, ConstraintKind, Follow, Follows, Generated, Identity, Name};
use crate::schema::postgres::change::{
    ColumnDefinition, ConstraintDefinition, CreateTable, LikeClause, PartitionBound, TableItem,
};

/// The kinds of nodes that are constraints.
const CONSTRAINTS: [K; 10] = [
    K::CHECK_CONSTRAINT,
    K::DEFAULT_CONSTRAINT,
    K::EXCLUDE_CONSTRAINT,
    K::FOREIGN_KEY_CONSTRAINT,
    K::GENERATED_CONSTRAINT,
    K::NOT_NULL_CONSTRAINT,
    K::NULL_CONSTRAINT,
    K::PRIMARY_KEY_CONSTRAINT,
    K::REFERENCES_CONSTRAINT,
    K::UNIQUE_CONSTRAINT,
];

/// The constraint that stands directly within.
pub(super) fn constraint_in(node: &SyntaxNode) -> Option<SyntaxNode> {
    node.children()
        .find(|inner| CONSTRAINTS.contains(&inner.kind()))
}

impl Lowering<'_> {
    /// `CREATE TABLE`, `CREATE FOREIGN TABLE`, `CREATE TABLE AS`
    pub(super) fn create_table(&self, node: &SyntaxNode) -> Option<CreateTable> {
        let mut items = Vec::new();
        let mut names = Vec::new();
        let query = self.query_of(node);
        if let Some(list) = child(node, K::TABLE_ARG_LIST) {
            for item in list.children() {
                match item.kind() {
                    K::COLUMN if query.is_some() => names.extend(word_of(&item, K::COLUMN_NAME)),
                    K::COLUMN => items.push(TableItem::Column(self.column(&item))),
                    K::LIKE_CLAUSE => items.push(TableItem::Like(self.like(&item)?)),
                    kind if CONSTRAINTS.contains(&kind) => {
                        items.push(TableItem::Constraint(self.constraint(&item, None)?));
                    }
                    _ => return None,
                }
            }
        }
        let partition_of = child(node, K::PARTITION_OF)
            .and_then(|of| self.name_of(&of, K::TABLE_NAME_REF))
            .map(|parent| (parent, self.bound(node)));
        Some(CreateTable {
            name: self.name_of(node, K::TABLE_NAME)?,
            if_not_exists: has(node, K::IF_NOT_EXISTS),
            temporary: has(node, K::TEMP),
            unlogged: has(node, K::UNLOGGED),
            foreign: node.kind() == K::CREATE_FOREIGN_TABLE,
            items,
            partition_of,
            partition_by: child(node, K::PARTITION_BY).map(|by| {
                let items = within(&by, K::PARTITION_ITEM);
                items
                    .filter_map(|item| word_of(&item, K::NAME_REF))
                    .collect()
            }),
            inherits: child(node, K::INHERITS)
                .map_or_else(Vec::new, |list| self.names(&list, K::TABLE_NAME_REF)),
            of_type: child(node, K::OF_TYPE)
                .and_then(|of| of.children().find(is_type))
                .map(|ty| self.name(&ty)),
            query: query.map(|query| (query, names)),
        })
    }

    /// The rows of the partition that a node names.
    pub(super) fn bound(&self, node: &SyntaxNode) -> PartitionBound {
        let texts = |of: SyntaxNode| of.children().map(|value| text(&value)).collect();
        if let Some(range) = child(node, K::PARTITION_FOR_VALUES_FROM) {
            let of = |kind| child(&range, kind).map_or_else(Vec::new, texts);
            return PartitionBound::Range(of(K::PARTITION_FROM_VALUES), of(K::PARTITION_TO_VALUES));
        }
        if let Some(list) = child(node, K::PARTITION_FOR_VALUES_IN) {
            return PartitionBound::List(texts(list));
        }
        if has(node, K::PARTITION_FOR_VALUES_WITH) {
            PartitionBound::Hash
        } else {
            PartitionBound::Default
        }
    }

    fn like(&self, node: &SyntaxNode) -> Option<LikeClause> {
        let mut like = LikeClause {
            source: self.name_of(node, K::RELATION_NAME_REF)?,
            defaults: false,
            constraints: false,
            indexes: false,
            identity: false,
            generated: false,
        };
        for option in node.children() {
            let on = match option.kind() {
                K::INCLUDING_PROPERTY => true,
                K::EXCLUDING_PROPERTY => false,
                _ => continue,
            };
            let Some(property) = option.children().next() else {
                continue;
            };
            let all = property.kind() == K::PROPERTY_ALL;
            let set = |kind: K, field: &mut bool| {
                if all || property.kind() == kind {
                    *field = on;
                }
            };
            set(K::PROPERTY_DEFAULTS, &mut like.defaults);
            set(K::PROPERTY_CONSTRAINTS, &mut like.constraints);
            set(K::PROPERTY_INDEXES, &mut like.indexes);
            set(K::PROPERTY_IDENTITY, &mut like.identity);
            set(K::PROPERTY_GENERATED, &mut like.generated);
        }
        Some(like)
    }

    /// A column of `CREATE TABLE` or of `ADD COLUMN`: name, type and clauses are children alike.
    pub(super) fn column(&self, node: &SyntaxNode) -> ColumnDefinition {
        let name = word_of(node, K::COLUMN_NAME).unwrap_or_default();
        let serial = is_serial(node);
        let mut column = Column {
            name,
            ty: super::expression::type_in(node, self.schema),
            not_null: serial,
            default: None,
            generated: None,
            identity: None,
            span: self.span(node),
        };
        let mut constraints = Vec::new();
        for clause in node.children() {
            match clause.kind() {
                K::NOT_NULL_CONSTRAINT => {
                    column.not_null = true;
                    if has(&clause, K::CONSTRAINT_NAME_CLAUSE) {
                        constraints.extend(self.constraint(&clause, Some(&column.name)));
                    }
                }
                K::DEFAULT_CONSTRAINT => {
                    let value = clause
                        .children()
                        .find(|inner| inner.kind() != K::CONSTRAINT_NAME_CLAUSE);
                    column.default = value
                        .map(|value| self.expression(&value))
                        .filter(|value| !value.text.eq_ignore_ascii_case("null"));
                }
                K::GENERATED_CONSTRAINT => self.generated(&clause, &mut column),
                K::CHECK_CONSTRAINT
                | K::UNIQUE_CONSTRAINT
                | K::PRIMARY_KEY_CONSTRAINT
                | K::REFERENCES_CONSTRAINT
                | K::EXCLUDE_CONSTRAINT => {
                    constraints.extend(self.constraint(&clause, Some(&column.name)));
                }
                _ => {}
            }
        }
        ColumnDefinition {
            column,
            serial,
            constraints,
        }
    }

    fn generated(&self, node: &SyntaxNode, column: &mut Column) {
        if let Some(identity) = child(node, K::GENERATED_IDENTITY) {
            column.identity = Some(identity_of(&identity));
            column.not_null = true;
        } else if let Some(stored) = child(node, K::GENERATED_STORED) {
            let generated = if has(&stored, K::STORED) {
                Generated::Stored
            } else {
                Generated::Virtual
            };
            column.generated = Some(generated);
            let skip = [
                K::GENERATED_ALWAYS,
                K::GENERATED_BY_DEFAULT,
                K::STORED,
                K::VIRTUAL,
            ];
            column.default = stored
                .children()
                .find(|inner| !skip.contains(&inner.kind()))
                .map(|value| self.expression(&value));
        }
    }

    /// A constraint; `column` is the one beside which it stands.
    pub(super) fn constraint(
        &self,
        node: &SyntaxNode,
        column: Option<&str>,
    ) -> Option<ConstraintDefinition> {
        let own = || column.map(str::to_string).into_iter().collect::<Vec<_>>();
        let parameters = child(node, K::INDEX_PARAMETERS).unwrap_or_else(|| node.clone());
        let keys = || {
            child(&parameters, K::CONSTRAINT_COLUMN_REF_LIST)
                .map_or_else(own, |list| self.columns(&list))
        };
        let kind = match node.kind() {
            K::CHECK_CONSTRAINT => {
                let condition = node.children().find(|inner| is_operand(inner.kind()))?;
                ConstraintKind::Check(self.expression(&condition))
            }
            K::NOT_NULL_CONSTRAINT => {
                ConstraintKind::NotNull(word_of(node, K::COLUMN_NAME_REF).or_else(|| own().pop())?)
            }
            K::UNIQUE_CONSTRAINT => ConstraintKind::Unique(keys()),
            K::PRIMARY_KEY_CONSTRAINT => ConstraintKind::PrimaryKey(keys()),
            K::EXCLUDE_CONSTRAINT => ConstraintKind::Exclude(
                within(node, K::CONSTRAINT_EXCLUSION)
                    .flat_map(|item| item.children().next())
                    .flat_map(|key| super::expression::columns(&key))
                    .map(|(_, column)| column)
                    .collect(),
            ),
            K::REFERENCES_CONSTRAINT => ConstraintKind::ForeignKey {
                columns: own(),
                references: self.name_of(node, K::TABLE_NAME_REF)?,
                referenced: self.columns(node),
                follows: follows(node),
            },
            K::FOREIGN_KEY_CONSTRAINT => {
                // both lists have one kind, and the referenced one may be left out
                let mut lists = children(node, K::FOREIGN_KEY_COLUMN_LIST);
                ConstraintKind::ForeignKey {
                    columns: lists.next().map(|list| self.columns(&list))?,
                    references: self.name_of(node, K::TABLE_NAME_REF)?,
                    referenced: lists
                        .next()
                        .map_or_else(Vec::new, |list| self.columns(&list)),
                    follows: follows(node),
                }
            }
            _ => return None,
        };
        let using_index = child(node, K::USING_INDEX_NAME)
            .and_then(|using| child(&using, K::INDEX_REF))
            .map(|index| self.name(&index).name);
        let include = child(&parameters, K::CONSTRAINT_INCLUDE_CLAUSE)
            .and_then(|include| child(&include, K::COLUMN_REF_LIST))
            .map_or_else(Vec::new, |list| self.columns(&list));
        Some(ConstraintDefinition {
            name: child(node, K::CONSTRAINT_NAME_CLAUSE)
                .and_then(|clause| word_of(&clause, K::CONSTRAINT_NAME)),
            kind,
            validated: !has(node, K::NOT_VALID) && !has(node, K::NOT_ENFORCED),
            enforced: !has(node, K::NOT_ENFORCED),
            deferrable: has(node, K::DEFERRABLE_CONSTRAINT_OPTION)
                || has(node, K::INITIALLY_DEFERRED_CONSTRAINT_OPTION),
            strict_nulls: is_strict(node),
            using_index,
            include,
            span: self.span(node),
        })
    }

    /// The index that `CREATE INDEX` names, or the table behind `ON`.
    pub(super) fn constraint_name(&self, node: &SyntaxNode) -> Option<String> {
        self.name_of(node, K::CONSTRAINT_NAME_REF)
            .map(|name: Name| name.name)
    }
}

/// Who may give the values of an identity column.
pub(super) fn identity_of(node: &SyntaxNode) -> Identity {
    if has(node, K::GENERATED_BY_DEFAULT)
        || tokens(node).take(3).any(|token| token.kind() == K::BY_KW)
    {
        Identity::ByDefault
    } else {
        Identity::Always
    }
}

/// Whether a child of a constraint is its condition, and no clause.
fn is_operand(kind: K) -> bool {
    !matches!(
        kind,
        K::CONSTRAINT_NAME_CLAUSE
            | K::NOT_VALID
            | K::NO_INHERIT
            | K::INHERIT
            | K::NOT_ENFORCED
            | K::ENFORCED
            | K::DEFERRABLE_CONSTRAINT_OPTION
            | K::NOT_DEFERRABLE_CONSTRAINT_OPTION
            | K::INITIALLY_DEFERRED_CONSTRAINT_OPTION
            | K::INITIALLY_IMMEDIATE_CONSTRAINT_OPTION
    )
}

/// What becomes of the rows of a foreign key.
fn follows(constraint: &SyntaxNode) -> Follows {
    let follow = |event: K| match child(constraint, event) {
        Some(action) if has(&action, K::CASCADE) => Follow::Cascade,
        Some(action) if has(&action, K::SET_NULL_COLUMNS) => Follow::SetNull,
        Some(action) if has(&action, K::SET_DEFAULT_COLUMNS) => Follow::SetDefault,
        _ => Follow::Refused,
    };
    Follows {
        delete: follow(K::ON_DELETE_ACTION),
        update: follow(K::ON_UPDATE_ACTION),
    }
}

/// Whether a constraint holds against `NULL` as against a value.
fn is_strict(constraint: &SyntaxNode) -> bool {
    constraint
        .descendants()
        .any(|inner| matches!(inner.kind(), K::MATCH_FULL | K::NULLS_NOT_DISTINCT))
}
