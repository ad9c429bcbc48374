//! Statements on the session: transactions, settings, locks, care of tables.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::Lowering;
use super::node::{child, children, fold, has, literal, text, tokens, within};
use crate::schema::catalog::Name;
use crate::schema::postgres::change::Timeout;
use crate::schema::postgres::{Change, LockMode};

impl Lowering<'_> {
    pub(super) fn session(&self, node: &SyntaxNode) -> Option<Change> {
        Some(match node.kind() {
            K::BEGIN => Change::Begin,
            K::COMMIT_TRANSACTION | K::COMMIT_PREPARED => Change::Commit,
            K::ROLLBACK_TRANSACTION | K::ROLLBACK_PREPARED => Change::Rollback,
            K::SAVEPOINT_CREATE => Change::Savepoint(last_word(node)),
            K::ROLLBACK_TO_SAVEPOINT => Change::RollbackTo(last_word(node)),
            K::RELEASE_SAVEPOINT => Change::Neutral("RELEASE SAVEPOINT"),
            K::LOCK => Change::Lock {
                tables: child(node, K::RELATION_LIST).map_or_else(Vec::new, |list| {
                    children(&list, K::RELATION_NAME)
                        .map(|inner| self.relation(&inner).0)
                        .collect()
                }),
                mode: lock_mode(node),
            },
            K::SET => set(node),
            K::RESET | K::DISCARD => Change::SetParameter {
                name: tokens(node)
                    .nth(1)
                    .map_or_else(String::new, |token| fold(token.text())),
                value: None,
            },
            K::CLUSTER => {
                let name = self.name_of(node, K::TABLE_NAME_REF).or_else(|| {
                    let legacy = child(node, K::CLUSTER_LEGACY)?;
                    self.name_of(&child(&legacy, K::ON_PATH)?, K::TABLE_NAME_REF)
                });
                Change::Cluster(name)
            }
            K::VACUUM => Change::Vacuum {
                tables: self.listed(node),
                full: has(node, K::FULL_KW)
                    || within(node, K::VACUUM_OPTION).any(|option| {
                        matches!(
                            text(&option).to_lowercase().as_str(),
                            "full" | "full true" | "full on" | "full 1"
                        )
                    }),
            },
            K::ANALYZE => Change::Analyze(self.listed(node)),
            K::CALL => Change::Call(text(node)),
            K::EXECUTE => Change::Call(text(node)),
            K::EXPLAIN if !has(node, K::EXPLAIN_ANALYZE) => Change::Neutral("EXPLAIN"),
            _ => return None,
        })
    }

    fn listed(&self, node: &SyntaxNode) -> Vec<Name> {
        within(node, K::TABLE_RELATION_NAME)
            .map(|inner| self.relation(&inner).0)
            .collect()
    }
}

fn last_word(node: &SyntaxNode) -> String {
    let words = tokens(node).filter(|token| token.kind() != K::SEMICOLON);
    words
        .last()
        .map_or_else(String::new, |token| fold(token.text()))
}

fn lock_mode(node: &SyntaxNode) -> LockMode {
    let Some(clause) = child(node, K::LOCK_MODE_CLAUSE) else {
        return LockMode::AccessExclusive;
    };
    let mode = clause.children().next().map(|mode| mode.kind());
    match mode {
        Some(K::ACCESS_SHARE) => LockMode::AccessShare,
        Some(K::ROW_SHARE) => LockMode::RowShare,
        Some(K::ROW_EXCLUSIVE) => LockMode::RowExclusive,
        Some(K::SHARE_UPDATE_EXCLUSIVE) => LockMode::ShareUpdateExclusive,
        Some(K::SHARE) => LockMode::Share,
        Some(K::SHARE_ROW_EXCLUSIVE) => LockMode::ShareRowExclusive,
        Some(K::EXCLUSIVE) => LockMode::Exclusive,
        _ => LockMode::AccessExclusive,
    }
}

fn set(node: &SyntaxNode) -> Change {
    let local = has(node, K::LOCAL_SCOPE);
    let Some(config) = child(node, K::SET_CONFIG) else {
        return Change::SetParameter {
            name: if has(node, K::SET_TIME_ZONE) {
                "timezone"
            } else {
                "other"
            }
            .into(),
            value: tokens(node)
                .filter(|token| token.kind() != K::SEMICOLON)
                .last()
                .map(|token| token.text().trim_matches('\'').to_string()),
        };
    };
    let name = child(&config, K::CONFIG_PARAMETER_REF)
        .map_or_else(String::new, |name| text(&name).to_lowercase());
    let value = child(&config, K::TO_CONFIG_VALUE)
        .filter(|value| !has(value, K::DEFAULT_KW))
        .map(|value| {
            let values: Vec<String> = value
                .children()
                .map(|one| {
                    if one.kind() == K::LITERAL {
                        literal(&one)
                    } else {
                        text(&one)
                    }
                })
                .collect();
            values.join(", ")
        });
    let timeout = match name.as_str() {
        "lock_timeout" => Timeout::Lock,
        "statement_timeout" => Timeout::Statement,
        "idle_in_transaction_session_timeout" => Timeout::IdleInTransaction,
        _ => return Change::SetParameter { name, value },
    };
    Change::SetTimeout {
        timeout,
        milliseconds: value.and_then(|value| milliseconds(&value)),
        local,
    }
}

/// A duration as the server reads it: a number of milliseconds, or one with a unit.
fn milliseconds(value: &str) -> Option<u64> {
    let value = value.trim();
    let split = value
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(value.len());
    let (number, unit) = (value.get(..split)?, value.get(split..)?.trim());
    let number: f64 = number.parse().ok()?;
    let factor = match unit {
        "" | "ms" => 1.0,
        "us" => 0.001,
        "s" => 1_000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    // a timeout is at most 2^31 ms, far below where the float loses a digit
    Some((number * factor) as u64)
}
