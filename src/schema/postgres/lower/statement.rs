//! Which statement it is.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::Lowering;
use super::alter::head;
use super::expression::{calls, columns, is_of_server, written};
use super::node::{child, children, fold, has, literal, tokens, within, word, word_of};
use crate::schema::catalog::Name;
use crate::schema::postgres::Change;
use crate::schema::postgres::change::{Write, WriteKind};
use crate::source::Spanned;

impl Lowering<'_> {
    /// One statement: one change, or one for each of its subcommands.
    pub(super) fn statement(&self, node: &SyntaxNode, out: &mut Vec<Spanned<Change>>) {
        match node.kind() {
            K::ALTER_TABLE
            | K::ALTER_FOREIGN_TABLE
            | K::ALTER_VIEW
            | K::ALTER_MATERIALIZED_VIEW => {
                self.alter_table(node, out);
            }
            K::ALTER_TYPE => self.alter_type(node, out),
            K::ALTER_SEQUENCE => self.alter_sequence(node, out),
            K::CREATE_SCHEMA => self.create_schema(node, out),
            K::DO => self.run_block(node, out),
            _ => {
                let change = self
                    .definition(node)
                    .or_else(|| self.object(node))
                    .or_else(|| self.data(node))
                    .or_else(|| self.session(node))
                    .or_else(|| other(node))
                    .unwrap_or_else(|| Change::Unknown {
                        reason: format!("`{}` is not known", head(node)),
                    });
                out.push(self.place(node, change));
            }
        }
    }

    fn definition(&self, node: &SyntaxNode) -> Option<Change> {
        Some(match node.kind() {
            K::CREATE_TABLE | K::CREATE_TABLE_AS | K::CREATE_FOREIGN_TABLE => {
                Change::CreateTable(Box::new(self.create_table(node)?))
            }
            K::CREATE_INDEX => Change::CreateIndex(Box::new(self.create_index(node)?)),
            K::ALTER_INDEX => self.alter_index(node)?,
            K::REINDEX => self.reindex(node),
            K::CREATE_VIEW | K::CREATE_MATERIALIZED_VIEW => {
                Change::CreateView(Box::new(self.create_view(node)?))
            }
            K::REFRESH => Change::Refresh {
                view: self.name_of(node, K::VIEW_REF)?,
                concurrently: has(node, K::CONCURRENTLY_KW),
                empty: has(node, K::WITH_NO_DATA),
            },
            K::CREATE_TYPE => self.create_type(node)?,
            K::CREATE_DOMAIN => self.create_domain(node)?,
            K::ALTER_DOMAIN => self.alter_domain(node)?,
            K::CREATE_SEQUENCE => self.create_sequence(node)?,
            K::CREATE_FUNCTION | K::CREATE_PROCEDURE | K::CREATE_AGGREGATE => {
                self.create_function(node)?
            }
            K::DROP_FUNCTION | K::DROP_PROCEDURE | K::DROP_ROUTINE | K::DROP_AGGREGATE => {
                self.drop_function(node)
            }
            K::ALTER_FUNCTION | K::ALTER_PROCEDURE | K::ALTER_ROUTINE | K::ALTER_AGGREGATE => {
                self.alter_function(node)?
            }
            _ => return self.drop(node),
        })
    }

    fn object(&self, node: &SyntaxNode) -> Option<Change> {
        let if_exists = has(node, K::IF_EXISTS);
        Some(match node.kind() {
            K::CREATE_TRIGGER => Change::CreateTrigger(Box::new(self.create_trigger(node)?)),
            K::DROP_TRIGGER => Change::DropTrigger {
                relation: self.on_relation(node)?,
                name: word_of(node, K::TRIGGER_REF)?,
                if_exists,
            },
            K::ALTER_TRIGGER => match child(node, K::TRIGGER_RENAME_TO) {
                Some(rename) => Change::RenameTrigger {
                    relation: self.on_relation(node)?,
                    from: word_of(node, K::TRIGGER_REF)?,
                    to: word_of(&rename, K::TRIGGER)?,
                },
                None => Change::Neutral("ALTER TRIGGER ... DEPENDS ON EXTENSION"),
            },
            K::CREATE_RULE => {
                let on = child(node, K::RULE_ON)?;
                Change::CreateRule(
                    self.name_of(&on, K::TABLE_NAME_REF)
                        .or_else(|| self.name_of(&on, K::RELATION_NAME_REF))
                        .or_else(|| self.on_relation(&on))?,
                )
            }
            K::DROP_RULE | K::ALTER_RULE => Change::DropRule(self.on_relation(node)?),
            K::CREATE_POLICY => Change::CreatePolicy {
                relation: self.on_relation(node)?,
                name: word_of(node, K::POLICY)?,
            },
            K::ALTER_POLICY => Change::AlterPolicy {
                relation: self.on_relation(node)?,
                name: word_of(node, K::POLICY_REF)?,
                to: child(node, K::POLICY_RENAME_TO).and_then(|rename| word_of(&rename, K::POLICY)),
            },
            K::DROP_POLICY => Change::DropPolicy {
                relation: self.on_relation(node)?,
                name: word_of(node, K::POLICY_REF)?,
                if_exists,
            },
            K::CREATE_EXTENSION => Change::CreateExtension {
                name: word_of(node, K::EXTENSION)?,
                if_not_exists: has(node, K::IF_NOT_EXISTS),
            },
            K::CREATE_COLLATION => Change::CreateCollation {
                name: self.name_of(node, K::COLLATION)?,
                if_not_exists: has(node, K::IF_NOT_EXISTS),
            },
            K::ALTER_EXTENSION => Change::AlterExtension(word_of(node, K::EXTENSION_REF)?),
            K::ALTER_SCHEMA => match child(node, K::SCHEMA_RENAME_TO) {
                Some(rename) => Change::RenameSchema {
                    from: word_of(node, K::SCHEMA_REF)?,
                    to: word_of(&rename, K::SCHEMA)?,
                },
                None => Change::Neutral("ALTER SCHEMA ... OWNER TO"),
            },
            K::CREATE_STATISTICS => {
                let from = child(node, K::FROM_TABLE).or_else(|| child(node, K::FROM_CLAUSE));
                let name = from.and_then(|from| {
                    let kinds = [K::TABLE_NAME_REF, K::RELATION_NAME_REF];
                    from.descendants()
                        .find(|inner| kinds.contains(&inner.kind()))
                });
                Change::CreateStatistics(self.name(&name?))
            }
            K::CREATE_PUBLICATION | K::ALTER_PUBLICATION => Change::Publication(
                node.descendants()
                    .filter(|inner| inner.kind() == K::PUBLICATION_OBJECT_TABLE)
                    .filter_map(|inner| self.name_of(&inner, K::TABLE_NAME_REF))
                    .collect(),
            ),
            K::COMMENT_ON => Change::Comment(self.commented(node)),
            K::GRANT => Change::Grant(self.granted(node)),
            K::REVOKE => Change::Revoke(self.granted(node)),
            _ => return None,
        })
    }

    /// `CREATE SCHEMA`, with what is made in it.
    fn create_schema(&self, node: &SyntaxNode, out: &mut Vec<Spanned<Change>>) {
        let named = within(node, K::SCHEMA).next().map(|name| word(&name));
        let role = || within(node, K::ROLE_REF).next().map(|role| word(&role));
        let Some(name) = named.or_else(role) else {
            out.push(self.unknown(node, "the schema has no name"));
            return;
        };
        let inner = Lowering {
            schema: &name,
            ..*self
        };
        let change = Change::CreateSchema {
            name: name.clone(),
            if_not_exists: has(node, K::IF_NOT_EXISTS),
        };
        out.push(self.place(node, change));
        let is_statement = |kind: K| {
            matches!(
                kind,
                K::CREATE_TABLE
                    | K::CREATE_VIEW
                    | K::CREATE_INDEX
                    | K::CREATE_SEQUENCE
                    | K::CREATE_TRIGGER
                    | K::CREATE_FUNCTION
                    | K::CREATE_DOMAIN
                    | K::CREATE_TYPE
                    | K::GRANT
            )
        };
        for element in node.children().filter(|child| is_statement(child.kind())) {
            inner.statement(&element, out);
        }
    }

    fn commented(&self, node: &SyntaxNode) -> Option<Name> {
        if let Some(column) = child(node, K::OBJECT_COLUMN) {
            let name = child(&column, K::QUALIFIED_COLUMN_NAME_REF)?;
            let mut parts = super::node::parts(&name);
            parts.pop()?;
            return Some(super::expression::dotted(&parts, self.schema).0);
        }
        let object = node.children().next()?;
        let kinds = [
            K::TABLE_NAME_REF,
            K::VIEW_REF,
            K::INDEX_REF,
            K::RELATION_NAME_REF,
        ];
        kinds
            .into_iter()
            .find_map(|kind| self.name_of(&object, kind))
    }

    fn granted(&self, node: &SyntaxNode) -> Vec<Name> {
        let kinds = [K::PRIVILEGE_DEFAULT, K::PRIVILEGE_TABLE];
        node.descendants()
            .filter(|inner| kinds.contains(&inner.kind()))
            .flat_map(|list| self.names(&list, K::RELATION_NAME_REF))
            .collect()
    }

    fn data(&self, node: &SyntaxNode) -> Option<Change> {
        let with: Vec<String> = within(node, K::CTE_NAME).map(|name| word(&name)).collect();
        let is_bounded = |node: &SyntaxNode| {
            has(node, K::WHERE_CLAUSE)
                || has(node, K::WHERE_CURRENT_OF)
                || has(node, K::USING_CLAUSE)
        };
        Some(match node.kind() {
            K::INSERT | K::UPDATE | K::DELETE | K::MERGE => {
                let (kind, bounded) = match node.kind() {
                    K::INSERT => (WriteKind::Insert, true),
                    K::UPDATE => (
                        WriteKind::Update,
                        is_bounded(node) || has(node, K::FROM_CLAUSE),
                    ),
                    K::DELETE => (WriteKind::Delete, is_bounded(node)),
                    _ => (WriteKind::Merge, true),
                };
                let table = match self.name_of(node, K::RELATION_NAME_REF) {
                    Some(name) => name,
                    None => self.table(node)?.0,
                };
                Change::Write(Box::new(Write {
                    kind,
                    columns: self.written(node),
                    bounded,
                    reads: self
                        .relations(node, &with)
                        .into_iter()
                        .filter(|name| *name != table)
                        .collect(),
                    table,
                }))
            }
            K::COPY => {
                if !has(node, K::COPY_FROM) {
                    let reads = child(node, K::COPY_TABLE)
                        .and_then(|copied| self.name_of(&copied, K::TABLE_NAME_REF));
                    return Some(Change::Select {
                        reads: reads
                            .into_iter()
                            .chain(self.relations(node, &with))
                            .collect(),
                        sets: Vec::new(),
                    });
                }
                let copied = child(node, K::COPY_TABLE)?;
                Change::Write(Box::new(Write {
                    kind: WriteKind::Copy,
                    table: self.name_of(&copied, K::TABLE_NAME_REF)?,
                    columns: child(&copied, K::COLUMN_REF_LIST)
                        .map_or_else(Vec::new, |list| self.columns(&list)),
                    bounded: true,
                    reads: Vec::new(),
                }))
            }
            K::TRUNCATE => Change::Truncate {
                tables: child(node, K::TABLE_LIST).map_or_else(Vec::new, |list| {
                    children(&list, K::TABLE_RELATION_NAME)
                        .map(|inner| self.relation(&inner).0)
                        .collect()
                }),
                cascade: has(node, K::CASCADE),
            },
            K::SELECT_INTO => {
                let into = child(node, K::INTO_CLAUSE)?;
                let mut table = self.create_table(&into)?;
                table.query = Some((self.query(node), Vec::new()));
                Change::CreateTable(Box::new(table))
            }
            K::SELECT | K::COMPOUND_SELECT | K::PAREN_SELECT | K::VALUES | K::TABLE => {
                self.select_once(node, &with)
            }
            _ => return None,
        })
    }

    /// A query that is run once: it may call what changes something.
    fn select_once(&self, node: &SyntaxNode, with: &[String]) -> Change {
        // data-modifying `WITH`
        let writes = [K::INSERT, K::UPDATE, K::DELETE, K::MERGE];
        if let Some(inner) = node
            .descendants()
            .find(|inner| writes.contains(&inner.kind()))
            && let Some(change) = self.data(&inner)
        {
            return change;
        }
        let called = calls(node, self.schema);
        // a function that migrations declare may do anything, and so may one that nobody knows
        if let Some((name, _)) =
            called
                .iter()
                .find(|(name, _)| match self.catalog.functions.get(name) {
                    Some(all) => all.iter().any(|function| {
                        function.volatility == crate::schema::catalog::Volatility::Volatile
                    }),
                    None => !is_of_server(name),
                })
        {
            return Change::Call(name.to_string());
        }
        let sets = within(node, K::CALL_EXPR)
            .filter(|call| {
                call.children()
                    .next()
                    .is_some_and(|name| word(&name) == "setval")
            })
            .filter_map(|call| within(&call, K::LITERAL).next())
            .map(|name| written(&literal(&name), self.schema))
            .collect();
        Change::Select {
            reads: self.relations(node, with),
            sets,
        }
    }

    /// The columns that a statement names as written.
    fn written(&self, node: &SyntaxNode) -> Vec<String> {
        let mut found = Vec::new();
        for target in node.descendants() {
            let name = match target.kind() {
                K::COLUMN_TARGET => Some(super::node::tokens(&target).next()),
                K::SET_SINGLE_COLUMN => Some(super::node::tokens(&target).next()),
                _ => None,
            };
            if let Some(Some(token)) = name {
                let name = fold(token.text());
                if !found.contains(&name) {
                    found.push(name);
                }
            }
        }
        if found.is_empty()
            && let Some(set) = child(node, K::SET_CLAUSE)
        {
            found.extend(columns(&set).into_iter().map(|(_, column)| column).take(1));
        }
        found
    }
}

/// Statements on objects that a catalog does not keep.
fn other(node: &SyntaxNode) -> Option<Change> {
    let first = tokens(node).next()?;
    let command = || -> String {
        let words: Vec<String> = tokens(node)
            .take(4)
            .take_while(|token| token.kind().is_keyword())
            .map(|token| token.text().to_uppercase())
            .collect();
        words.join(" ")
    };
    Some(match (node.kind(), first.kind()) {
        (K::NOTIFY, _) => Change::Neutral("NOTIFY"),
        (K::LISTEN | K::UNLISTEN, _) => Change::Neutral("LISTEN"),
        (K::SECURITY_LABEL, _) => Change::Neutral("SECURITY LABEL"),
        (K::CHECKPOINT, _) => Change::Neutral("CHECKPOINT"),
        (K::SHOW, _) => Change::Neutral("SHOW"),
        (K::SET_CONSTRAINTS, _) => Change::Neutral("SET CONSTRAINTS"),
        (K::SET_TRANSACTION, _) => Change::Neutral("SET TRANSACTION"),
        (K::PREPARE | K::DEALLOCATE, _) => Change::Neutral("PREPARE"),
        (K::DECLARE | K::FETCH | K::MOVE | K::CLOSE, _) => Change::Neutral("a cursor"),
        (K::SET_ROLE | K::RESET_ROLE | K::SET_SESSION_AUTH | K::RESET_SESSION_AUTH, _) => {
            Change::Neutral("SET ROLE")
        }
        (K::REASSIGN, _) => Change::Neutral("REASSIGN OWNED"),
        (K::IMPORT_FOREIGN_SCHEMA, _) => Change::Unnamed("IMPORT FOREIGN SCHEMA"),
        (K::DROP_OWNED, _) => Change::Unnamed("DROP OWNED"),
        (_, K::CREATE_KW) => Change::Other {
            command: command(),
            removes: false,
        },
        (_, K::ALTER_KW) => Change::Other {
            command: command(),
            removes: false,
        },
        (_, K::DROP_KW) => Change::Other {
            command: command(),
            removes: true,
        },
        _ => return None,
    })
}
