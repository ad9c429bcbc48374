//! Indexes, views, types, sequences, and what drops them.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::Lowering;
use super::create::constraint_in;
use super::expression::columns;
use super::node::{child, children, has, literal, text, tokens, within, word, word_of};
use crate::schema::catalog::{Constraint, Dependency, Index, TypeKind};
use crate::schema::postgres::Change;
use crate::schema::postgres::change::{
    CreateIndex, CreateSequence, CreateView, DomainAction, DropTarget, IndexAction, ReindexTarget,
    SequenceAction, TypeAction,
};
use crate::source::Spanned;

impl Lowering<'_> {
    pub(super) fn create_index(&self, node: &SyntaxNode) -> Option<CreateIndex> {
        let (relation, only) = self.table(node)?;
        let list = child(node, K::PARTITION_ITEM_LIST)?;
        let (mut keys, mut key_names) = (Vec::new(), Vec::new());
        let mut used: Vec<String> = Vec::new();
        let mut add = |of: &SyntaxNode| {
            for (_, column) in columns(of) {
                if !used.contains(&column) {
                    used.push(column);
                }
            }
        };
        for item in children(&list, K::PARTITION_ITEM) {
            let value = item.children().next()?;
            add(&value);
            if value.kind() == K::NAME_REF {
                keys.push(Some(word(&value)));
                key_names.push(word(&value));
            } else {
                keys.push(None);
                let name = self.figured_name(&value);
                key_names.push(if name == "?column?" {
                    "expr".into()
                } else {
                    name
                });
            }
        }
        let include = child(node, K::INDEX_INCLUDE_CLAUSE);
        include.iter().for_each(&mut add);
        let predicate = child(node, K::WHERE_CLAUSE).and_then(|clause| clause.children().next());
        predicate.iter().for_each(&mut add);
        let inner = text(&list);
        let inner = inner
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'));
        Some(CreateIndex {
            name: self.name_of(node, K::INDEX).map(|name| name.name),
            relation,
            only,
            concurrently: has(node, K::CONCURRENTLY_KW),
            if_not_exists: has(node, K::IF_NOT_EXISTS),
            index: Index {
                name: String::new(),
                keys,
                text: inner.unwrap_or("").trim().to_string(),
                columns: used,
                unique: has(node, K::UNIQUE_KW),
                strict_nulls: has(node, K::NULLS_NOT_DISTINCT),
                predicate: predicate.map(|condition| text(&condition)),
                constraint: None,
                span: self.span(node),
            },
            key_names,
            nulls_not_distinct: has(node, K::NULLS_NOT_DISTINCT),
            has_include: include.is_some(),
        })
    }

    pub(super) fn alter_index(&self, node: &SyntaxNode) -> Option<Change> {
        if has(node, K::ALL_IN_TABLESPACE) {
            return Some(Change::Unnamed("ALTER ... ALL IN TABLESPACE"));
        }
        let action = if let Some(rename) = child(node, K::INDEX_RENAME_TO) {
            IndexAction::Rename(self.name_of(&rename, K::INDEX)?.name)
        } else if let Some(attach) = child(node, K::ATTACH_INDEX_PARTITION) {
            IndexAction::Attach(self.name_of(&attach, K::INDEX_REF)?)
        } else if has(node, K::SET_TABLESPACE) {
            IndexAction::SetTablespace
        } else {
            IndexAction::Set
        };
        Some(Change::AlterIndex {
            index: self.name_of(node, K::INDEX_REF)?,
            if_exists: has(node, K::IF_EXISTS),
            action,
        })
    }

    pub(super) fn reindex(&self, node: &SyntaxNode) -> Change {
        let of = |kind: K, name: K| child(node, kind).and_then(|found| self.name_of(&found, name));
        let index = of(K::REINDEX_TARGET_INDEX, K::INDEX_REF).map(ReindexTarget::Index);
        let table = of(K::REINDEX_TARGET_TABLE, K::TABLE_NAME_REF).map(ReindexTarget::Table);
        let schema = of(K::REINDEX_TARGET_SCHEMA, K::SCHEMA_REF).map(|name| name.name);
        Change::Reindex {
            target: index.or(table).unwrap_or(ReindexTarget::All(schema)),
            concurrently: within(node, K::REINDEX_OPTION_CONCURRENTLY)
                .next()
                .is_some()
                || tokens(node).any(|token| token.kind() == K::CONCURRENTLY_KW),
        }
    }

    pub(super) fn create_view(&self, node: &SyntaxNode) -> Option<CreateView> {
        let mut query = self.query_of(node)?;
        let name = self.name_of(node, K::VIEW)?;
        // a recursive view reads itself, as if it stood in `WITH`
        if has(node, K::RECURSIVE_KW) {
            query.relations.retain(|relation| *relation != name);
            query.from.retain(|(relation, _)| *relation != name);
        }
        Some(CreateView {
            name,
            materialized: node.kind() == K::CREATE_MATERIALIZED_VIEW,
            replace: has(node, K::OR_REPLACE),
            if_not_exists: has(node, K::IF_NOT_EXISTS),
            temporary: has(node, K::TEMP),
            columns: child(node, K::COLUMN_LIST).map_or_else(Vec::new, |list| self.columns(&list)),
            query,
            checked: has(node, K::WITH_CHECK_OPTION)
                || text(node).to_lowercase().contains("check_option"),
            empty: has(node, K::WITH_NO_DATA),
        })
    }

    /// `DROP TABLE`, `VIEW`, `INDEX`, `TYPE`, ...: what has a name of its own.
    pub(super) fn drop(&self, node: &SyntaxNode) -> Option<Change> {
        let concurrently = has(node, K::CONCURRENTLY_KW);
        let (target, kind) = match node.kind() {
            K::DROP_TABLE => (DropTarget::Table, K::TABLE_NAME_REF),
            K::DROP_FOREIGN_TABLE => (DropTarget::ForeignTable, K::TABLE_NAME_REF),
            K::DROP_VIEW => (DropTarget::View, K::VIEW_REF),
            K::DROP_MATERIALIZED_VIEW => (DropTarget::MaterializedView, K::VIEW_REF),
            K::DROP_INDEX => (DropTarget::Index { concurrently }, K::INDEX_REF),
            K::DROP_TYPE => (DropTarget::Type, K::TYPE_NAME_REF),
            K::DROP_DOMAIN => (DropTarget::Domain, K::DOMAIN_REF),
            K::DROP_SEQUENCE => (DropTarget::Sequence, K::SEQUENCE_REF),
            K::DROP_SCHEMA => (DropTarget::Schema, K::SCHEMA_REF),
            K::DROP_EXTENSION => (DropTarget::Extension, K::EXTENSION_REF),
            K::DROP_COLLATION => (DropTarget::Collation, K::COLLATION_REF),
            _ => return None,
        };
        Some(Change::Drop {
            target,
            names: self.names(node, kind),
            if_exists: has(node, K::IF_EXISTS),
            cascade: has(node, K::CASCADE),
        })
    }

    pub(super) fn create_type(&self, node: &SyntaxNode) -> Option<Change> {
        let kind = if let Some(labels) = child(node, K::ENUM_TYPE) {
            TypeKind::Enum(
                within(&labels, K::LITERAL)
                    .map(|label| literal(&label))
                    .collect(),
            )
        } else if let Some(fields) = child(node, K::COMPOSITE_TYPE) {
            let fields = within(&fields, K::COMPOSITE_FIELD_DEF);
            TypeKind::Composite(
                fields
                    .map(|field| {
                        let name = word_of(&field, K::COMPOSITE_FIELD).unwrap_or_default();
                        (name, self.type_in(&field))
                    })
                    .collect(),
            )
        } else {
            TypeKind::Other
        };
        let name = self.name_of(node, K::TYPE_NAME)?;
        Some(Change::CreateType { name, kind })
    }

    pub(super) fn create_domain(&self, node: &SyntaxNode) -> Option<Change> {
        let name = self.name_of(node, K::DOMAIN)?;
        let (mut not_null, mut default, mut checks) = (false, None, Vec::new());
        for clause in node.children() {
            match clause.kind() {
                K::NOT_NULL_CONSTRAINT => not_null = true,
                K::DEFAULT_CONSTRAINT => {
                    let value = clause.children().last();
                    default = value.map(|value| self.expression(&value));
                }
                K::CHECK_CONSTRAINT => {
                    let check = self.constraint(&clause, None)?;
                    let number = checks.len();
                    let suffix = if number == 0 {
                        String::new()
                    } else {
                        number.to_string()
                    };
                    let own = || format!("{}_check{suffix}", name.name);
                    checks.push(Constraint {
                        name: check.name.unwrap_or_else(own),
                        kind: check.kind,
                        validated: check.validated,
                        enforced: check.enforced,
                        deferrable: false,
                        strict_nulls: false,
                        span: check.span,
                    });
                }
                _ => {}
            }
        }
        let kind = TypeKind::Domain {
            base: self.type_in(node),
            not_null,
            default,
            checks,
        };
        Some(Change::CreateType { name, kind })
    }

    pub(super) fn alter_type(&self, node: &SyntaxNode, out: &mut Vec<Spanned<Change>>) {
        let Some(name) = self.name_of(node, K::TYPE_NAME_REF) else {
            out.push(self.unknown(node, "the type has no name"));
            return;
        };
        let list = child(node, K::ALTER_TYPE_ATTRIBUTE_ACTION_LIST).unwrap_or_else(|| node.clone());
        for clause in list
            .children()
            .filter(|inner| inner.kind() != K::TYPE_NAME_REF)
        {
            let change = match self.type_action(&clause) {
                Some(action) => Change::AlterType {
                    name: name.clone(),
                    action,
                },
                None => Change::Unknown {
                    reason: format!("`{}` is not known", super::alter::head(&clause)),
                },
            };
            out.push(self.place(&clause, change));
        }
    }

    fn type_action(&self, node: &SyntaxNode) -> Option<TypeAction> {
        let mut labels = children(node, K::LITERAL).map(|label| literal(&label));
        let field = || word_of(node, K::COMPOSITE_FIELD_REF);
        Some(match node.kind() {
            K::ADD_VALUE => TypeAction::AddValue {
                label: labels.next()?,
                if_not_exists: has(node, K::IF_NOT_EXISTS),
                place: node.children().find_map(|place| {
                    let before = match place.kind() {
                        K::BEFORE_VALUE => true,
                        K::AFTER_VALUE => false,
                        _ => return None,
                    };
                    let label = within(&place, K::LITERAL).next()?;
                    Some((before, literal(&label)))
                }),
            },
            K::RENAME_VALUE => TypeAction::RenameValue {
                from: labels.next()?,
                to: labels.next()?,
            },
            K::TYPE_RENAME_TO => TypeAction::Rename(self.name_of(node, K::TYPE_NAME)?.name),
            K::SET_SCHEMA => TypeAction::SetSchema(word_of(node, K::SCHEMA_REF)?),
            K::ADD_ATTRIBUTE => {
                TypeAction::AddAttribute(word_of(node, K::COMPOSITE_FIELD)?, self.type_in(node))
            }
            K::DROP_ATTRIBUTE => TypeAction::DropAttribute {
                name: field()?,
                if_exists: has(node, K::IF_EXISTS),
            },
            K::ALTER_ATTRIBUTE => TypeAction::AlterAttribute(field()?, self.type_in(node)),
            K::RENAME_ATTRIBUTE => TypeAction::RenameAttribute {
                from: field()?,
                to: word_of(node, K::COMPOSITE_FIELD)?,
            },
            K::OWNER_TO => TypeAction::Owner,
            K::SET_OPTIONS => TypeAction::Set,
            _ => return None,
        })
    }

    pub(super) fn alter_domain(&self, node: &SyntaxNode) -> Option<Change> {
        let name = self.name_of(node, K::DOMAIN_REF)?;
        let clause = node
            .children()
            .find(|inner| inner.kind() != K::DOMAIN_REF)?;
        let action = match clause.kind() {
            K::ADD_CONSTRAINT => {
                let inner = constraint_in(&clause)?;
                if inner.kind() == K::NOT_NULL_CONSTRAINT {
                    DomainAction::SetNotNull
                } else {
                    DomainAction::AddConstraint(self.constraint(&inner, None)?)
                }
            }
            K::DROP_CONSTRAINT => DomainAction::DropConstraint {
                name: self.constraint_name(&clause)?,
                if_exists: has(&clause, K::IF_EXISTS),
            },
            K::VALIDATE_CONSTRAINT => {
                DomainAction::ValidateConstraint(self.constraint_name(&clause)?)
            }
            K::RENAME_CONSTRAINT => DomainAction::RenameConstraint {
                from: self.constraint_name(&clause)?,
                to: word_of(&clause, K::CONSTRAINT_NAME)?,
            },
            K::SET_NOT_NULL => DomainAction::SetNotNull,
            K::DROP_NOT_NULL => DomainAction::DropNotNull,
            K::SET_DEFAULT => DomainAction::SetDefault(self.expression(&clause.children().next()?)),
            K::DROP_DEFAULT => DomainAction::DropDefault,
            K::DOMAIN_RENAME_TO => DomainAction::Rename(self.name_of(&clause, K::DOMAIN)?.name),
            K::SET_SCHEMA => DomainAction::SetSchema(word_of(&clause, K::SCHEMA_REF)?),
            K::OWNER_TO => DomainAction::Owner,
            _ => return None,
        };
        Some(Change::AlterDomain { name, action })
    }

    /// The column behind `OWNED BY`; `None` where nobody is to own it.
    fn owner(&self, node: &SyntaxNode) -> Option<Dependency> {
        let column = child(node, K::QUALIFIED_COLUMN_NAME_REF)?;
        let mut parts = super::node::parts(&column);
        let column = parts.pop()?;
        Some(Dependency {
            relation: super::expression::dotted(&parts, self.schema).0,
            column: Some(column),
        })
    }

    pub(super) fn create_sequence(&self, node: &SyntaxNode) -> Option<Change> {
        Some(Change::CreateSequence(CreateSequence {
            name: self.name_of(node, K::SEQUENCE)?,
            if_not_exists: has(node, K::IF_NOT_EXISTS),
            owned_by: child(node, K::OPTION_OWNED_BY).and_then(|owned| self.owner(&owned)),
        }))
    }

    pub(super) fn alter_sequence(&self, node: &SyntaxNode, out: &mut Vec<Spanned<Change>>) {
        let Some(name) = self.name_of(node, K::SEQUENCE_REF) else {
            out.push(self.unknown(node, "the sequence has no name"));
            return;
        };
        let if_exists = has(node, K::IF_EXISTS);
        let skip = [K::SEQUENCE_REF, K::IF_EXISTS];
        for clause in node
            .children()
            .filter(|inner| !skip.contains(&inner.kind()))
        {
            let action = match clause.kind() {
                K::SEQUENCE_RENAME_TO => self
                    .name_of(&clause, K::SEQUENCE)
                    .map_or(SequenceAction::Options, |to| {
                        SequenceAction::Rename(to.name)
                    }),
                K::SET_SCHEMA => word_of(&clause, K::SCHEMA_REF)
                    .map_or(SequenceAction::Options, SequenceAction::SetSchema),
                K::OPTION_OWNED_BY => SequenceAction::OwnedBy(self.owner(&clause)),
                K::OPTION_RESTART => SequenceAction::Restart,
                K::OWNER_TO => SequenceAction::Owner,
                K::SET_LOGGED | K::SET_UNLOGGED => SequenceAction::SetLogged,
                _ => SequenceAction::Options,
            };
            let name = name.clone();
            let change = Change::AlterSequence {
                name,
                if_exists,
                action,
            };
            out.push(self.place(&clause, change));
        }
    }
}
