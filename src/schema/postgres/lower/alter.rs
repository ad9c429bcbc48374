//! The subcommands of `ALTER TABLE`, and the `ALTER`s that are like it.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::Lowering;
use super::create::{constraint_in, identity_of};
use super::expression::{calls, is_of_server};
use super::node::{child, has, within, word, word_of};
use crate::schema::catalog::Name;
use crate::schema::postgres::Change;
use crate::schema::postgres::change::{Setting, TableAction};
use crate::source::Spanned;

impl Lowering<'_> {
    /// `ALTER TABLE`, `ALTER FOREIGN TABLE`, `ALTER [MATERIALIZED] VIEW`: a change for each
    /// subcommand.
    pub(super) fn alter_table(&self, node: &SyntaxNode, out: &mut Vec<Spanned<Change>>) {
        let view = self.name_of(node, K::VIEW_REF).map(|name| (name, false));
        let Some((relation, only)) = self.table(node).or(view) else {
            let change = Change::Unnamed("ALTER ... ALL IN TABLESPACE");
            out.push(self.place(node, change));
            return;
        };
        let if_exists = has(node, K::IF_EXISTS);
        let skip = [
            K::IF_EXISTS,
            K::TABLE_RELATION_NAME,
            K::RELATION_NAME,
            K::VIEW_REF,
        ];
        for action in node
            .children()
            .filter(|inner| !skip.contains(&inner.kind()))
        {
            let change = Change::AlterTable {
                relation: relation.clone(),
                if_exists,
                only,
                action: Box::new(self.action(&action)),
            };
            out.push(self.place(&action, change));
            // extensions bring functions that no migration declares
            let extended = self.catalog.extensions.iter().any(|name| name != "plpgsql");
            let default = within(&action, K::SET_DEFAULT).next();
            let called = default.map(|default| calls(&default, self.schema));
            let nowhere = called.into_iter().flatten().find(|(name, _)| {
                !extended && !is_of_server(name) && !self.catalog.functions.contains_key(name)
            });
            if let Some((name, _)) = nowhere {
                out.push(self.place(&action, Change::Call(name.to_string())));
            }
        }
    }

    fn action(&self, node: &SyntaxNode) -> TableAction {
        self.table_action(node)
            .or_else(|| self.partition_action(node))
            .unwrap_or_else(|| TableAction::Unknown(format!("`{}` is not known", head(node))))
    }

    fn table_action(&self, node: &SyntaxNode) -> Option<TableAction> {
        let trigger = |enabled| TableAction::SwitchTrigger {
            trigger: word_of(node, K::TRIGGER_REF),
            enabled,
        };
        let cascade = has(node, K::CASCADE);
        let if_exists = has(node, K::IF_EXISTS);
        Some(match node.kind() {
            K::ADD_COLUMN => TableAction::AddColumn {
                column: self.column(node),
                if_not_exists: has(node, K::IF_NOT_EXISTS),
            },
            K::DROP_COLUMN => TableAction::DropColumn {
                column: word_of(node, K::COLUMN_NAME_REF)?,
                if_exists,
                cascade,
            },
            K::RENAME_COLUMN => TableAction::RenameColumn {
                from: word_of(node, K::COLUMN_NAME_REF)?,
                to: word_of(node, K::COLUMN_NAME)?,
            },
            K::TABLE_RENAME_TO => TableAction::Rename(word_of(node, K::TABLE_NAME)?),
            K::VIEW_RENAME_TO => TableAction::Rename(word_of(node, K::VIEW)?),
            K::SET_SCHEMA => TableAction::SetSchema(word_of(node, K::SCHEMA_REF)?),
            K::ALTER_COLUMN | K::ALTER_VIEW_COLUMN => self.column_action(node)?,
            K::ADD_CONSTRAINT => {
                TableAction::AddConstraint(self.constraint(&constraint_in(node)?, None)?)
            }
            K::DROP_CONSTRAINT => TableAction::DropConstraint {
                name: self.constraint_name(node)?,
                if_exists,
                cascade,
            },
            K::RENAME_CONSTRAINT => TableAction::RenameConstraint {
                from: self.constraint_name(node)?,
                to: word_of(node, K::CONSTRAINT_NAME)?,
            },
            K::VALIDATE_CONSTRAINT => TableAction::ValidateConstraint(self.constraint_name(node)?),
            K::ALTER_CONSTRAINT => TableAction::AlterConstraint {
                name: self.constraint_name(node)?,
                deferrable: said(
                    node,
                    &[
                        K::DEFERRABLE_CONSTRAINT_OPTION,
                        K::INITIALLY_DEFERRED_CONSTRAINT_OPTION,
                    ],
                    K::NOT_DEFERRABLE_CONSTRAINT_OPTION,
                ),
                enforced: said(node, &[K::ENFORCED], K::NOT_ENFORCED),
            },
            K::ENABLE_TRIGGER | K::ENABLE_ALWAYS_TRIGGER => trigger(true),
            // what only fires where changes are replayed does not fire for a version
            K::DISABLE_TRIGGER | K::ENABLE_REPLICA_TRIGGER => trigger(false),
            K::ENABLE_RULE | K::ENABLE_REPLICA_RULE | K::ENABLE_ALWAYS_RULE => {
                TableAction::SwitchRule { enabled: true }
            }
            K::DISABLE_RULE => TableAction::SwitchRule { enabled: false },
            K::ENABLE_RLS => TableAction::RowSecurity(true),
            K::DISABLE_RLS => TableAction::RowSecurity(false),
            K::FORCE_RLS => TableAction::ForceRowSecurity(true),
            K::NO_FORCE_RLS => TableAction::ForceRowSecurity(false),
            K::OWNER_TO => TableAction::Owner,
            K::SET_LOGGED => TableAction::SetLogged(true),
            K::SET_UNLOGGED => TableAction::SetLogged(false),
            K::SET_ACCESS_METHOD => TableAction::SetAccessMethod,
            K::SET_TABLESPACE => TableAction::SetTablespace(word_of(node, K::TABLESPACE_REF)?),
            _ => TableAction::Set(setting(node.kind())?),
        })
    }

    fn partition_action(&self, node: &SyntaxNode) -> Option<TableAction> {
        let table = || -> Option<Name> { self.name_of(node, K::TABLE_NAME_REF) };
        Some(match node.kind() {
            K::INHERIT_TABLE => TableAction::Inherit(table()?),
            K::NO_INHERIT_TABLE => TableAction::NoInherit(table()?),
            K::ATTACH_PARTITION => TableAction::AttachPartition {
                partition: table()?,
                bound: self.bound(node),
            },
            K::DETACH_PARTITION => TableAction::DetachPartition {
                partition: table()?,
                concurrently: has(node, K::DETACH_CONCURRENTLY),
                finalize: has(node, K::DETACH_FINALIZE),
            },
            _ => return None,
        })
    }

    fn column_action(&self, node: &SyntaxNode) -> Option<TableAction> {
        let column = word_of(node, K::COLUMN_NAME_REF).or_else(|| word_of(node, K::COLUMN_NAME))?;
        let option = node
            .children()
            .find(|inner| !matches!(inner.kind(), K::COLUMN_NAME_REF | K::COLUMN_NAME))?;
        let if_exists = has(&option, K::IF_EXISTS);
        Some(match option.kind() {
            K::SET_TYPE => TableAction::AlterType {
                column,
                ty: self.type_in(&option),
                using: child(&option, K::USING_EXPR)
                    .and_then(|using| using.children().next())
                    .map(|value| self.expression(&value)),
                collation: child(&option, K::COLLATE)
                    .and_then(|collate| child(&collate, K::COLLATION_REF))
                    .map(|collation| word(&collation)),
            },
            K::SET_DEFAULT => {
                let value = self.expression(&option.children().next()?);
                if value.text.eq_ignore_ascii_case("null") {
                    TableAction::DropDefault(column)
                } else {
                    TableAction::SetDefault {
                        column,
                        default: value,
                    }
                }
            }
            K::DROP_DEFAULT => TableAction::DropDefault(column),
            K::SET_NOT_NULL => TableAction::SetNotNull(column),
            K::DROP_NOT_NULL => TableAction::DropNotNull(column),
            K::SET_EXPRESSION => TableAction::SetExpression(column),
            K::DROP_EXPRESSION => TableAction::DropExpression { column, if_exists },
            K::ADD_GENERATED => TableAction::AddIdentity {
                column,
                identity: identity_of(&option),
            },
            K::DROP_IDENTITY => TableAction::DropIdentity { column, if_exists },
            K::SET_GENERATED => TableAction::SetIdentity {
                column,
                identity: identity_of(&option),
            },
            K::SET_GENERATED_OPTIONS => {
                let set = option
                    .descendants()
                    .find(|inner| inner.kind() == K::SET_GENERATED);
                match set {
                    Some(set) => TableAction::SetIdentity {
                        column,
                        identity: identity_of(&set),
                    },
                    None => TableAction::Set(Setting::SequenceOptions),
                }
            }
            K::RESTART | K::SET_SEQUENCE_OPTION => TableAction::Set(Setting::SequenceOptions),
            K::SET_STATISTICS => TableAction::Set(Setting::Statistics),
            K::SET_OPTIONS | K::RESET_OPTIONS | K::SET_OPTIONS_LIST => {
                TableAction::Set(Setting::ColumnOptions)
            }
            K::SET_STORAGE => TableAction::Set(Setting::Storage),
            K::SET_COMPRESSION => TableAction::Set(Setting::Compression),
            K::ALTER_OPTION_LIST => TableAction::Set(Setting::ForeignOptions),
            _ => return None,
        })
    }
}

fn setting(kind: K) -> Option<Setting> {
    Some(match kind {
        K::SET_OPTIONS | K::RESET_OPTIONS | K::OPTION_ITEM_LIST => Setting::Parameters,
        K::CLUSTER_ON | K::SET_WITHOUT_CLUSTER => Setting::ClusterOn,
        K::REPLICA_IDENTITY => Setting::ReplicaIdentity,
        K::OF_TYPE | K::NOT_OF => Setting::OfType,
        K::ALTER_OPTION_LIST => Setting::ForeignOptions,
        K::DEPENDS_ON_EXTENSION | K::NO_DEPENDS_ON_EXTENSION => Setting::DependsOnExtension,
        K::SET_WITHOUT_OIDS => Setting::WithoutOids,
        _ => return None,
    })
}

fn said(node: &SyntaxNode, yes: &[K], no: K) -> Option<bool> {
    if has(node, no) {
        Some(false)
    } else {
        yes.iter().any(|&kind| has(node, kind)).then_some(true)
    }
}

/// The first two words of a clause, for a message.
pub(super) fn head(node: &SyntaxNode) -> String {
    let words: Vec<String> = super::node::tokens(node)
        .take(2)
        .map(|token| token.text().to_uppercase())
        .collect();
    words.join(" ")
}
