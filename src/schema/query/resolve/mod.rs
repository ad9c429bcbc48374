//! From the text of queries to what they rely on.

mod demand;
mod expression;
mod from;
mod names;
mod scope;
mod select;
mod usage;
mod values;
mod write;

use std::ops::Range;

use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::contract::{Contract, Origin, Query, Unknown, Write};
use super::demand::Demand;
use super::placeholder::fill;
use super::{Catalog, Name, with_tree};
use crate::schema::{Engine, split};
use crate::source::{FileId, Span};
pub(super) use demand::takes;
use scope::{Cte, Scope};
use select::Item;

/// Queries that nest deeper are unknown.
const MAX_DEPTH: usize = 48;
/// The most statements of one text that are read.
const MAX_STATEMENTS: usize = 10_000;
/// The most places of one statement that are told as unknown.
const MAX_TOLD: usize = 20;

impl Contract {
    /// From SQL text with any number of statements. `file` and `start` say where the text begins.
    ///
    /// Placeholders may be `$1`, `:name`, `@name`, `?` and `%s`. Columns without a relation are
    /// looked up in `built`, the schema that the version was built against; what is not found
    /// there or not understood is unknown at its place.
    pub fn from_sql(text: &str, file: FileId, start: usize, built: &Catalog) -> Contract {
        let place = |range: Range<usize>| Span::new(file, start + range.start, start + range.end);
        from_text(text, &place, built)
    }
}

/// Reads statements; `place` tells where a range of `text` stands.
pub(super) fn from_text(
    text: &str,
    place: &(dyn Fn(Range<usize>) -> Span + Sync),
    built: &Catalog,
) -> Contract {
    let mut contract = Contract::new();
    let cut = split(text, Some(Engine::PostgreSql), false);
    for problem in &cut.problems {
        contract.unknown.push(Unknown {
            place: place(problem.range.clone()),
            reason: problem.kind.message().to_string(),
        });
    }
    for (number, statement) in cut.statements.iter().enumerate() {
        let range = statement.range.clone();
        let Some(written) = text.get(range.clone()) else {
            continue;
        };
        if number == MAX_STATEMENTS {
            contract.unknown.push(Unknown {
                place: place(range),
                reason: format!("only {MAX_STATEMENTS} statements of a file are read"),
            });
            break;
        }
        let filled = fill(written);
        let own = |at: Range<usize>| {
            let (start, end) = (filled.written(at.start), filled.written(at.end));
            place(range.start + start..range.start + end.max(start))
        };
        let read = with_tree(&filled.sql, |root| {
            let mut resolver = Resolver::new(built, place(range.clone()));
            for node in root.children() {
                let items = resolver.statement(&node, None);
                resolver.query.output.extend(select::outputs(items));
            }
            (resolver.query, resolver.unknown)
        });
        match read {
            Ok((query, unknown)) => {
                contract.queries.push(query);
                for (at, reason) in unknown {
                    contract.unknown.push(Unknown {
                        place: own(at),
                        reason,
                    });
                }
            }
            Err(reason) => contract.unknown.push(Unknown {
                place: place(range),
                reason: format!("the query is not understood: {reason}"),
            }),
        }
    }
    contract
}

/// Walks one statement.
struct Resolver<'a> {
    built: &'a Catalog,
    query: Query,
    unknown: Vec<(Range<usize>, String)>,
    ctes: Vec<Cte>,
    depth: usize,
}

impl<'a> Resolver<'a> {
    fn new(built: &'a Catalog, place: Span) -> Self {
        Resolver {
            built,
            query: Query::new(place, Origin::Sql),
            unknown: Vec::new(),
            ctes: Vec::new(),
            depth: 0,
        }
    }

    fn unknown(&mut self, node: &SyntaxNode, reason: String) {
        if self.unknown.len() < MAX_TOLD {
            let range = node.text_range();
            self.unknown
                .push((usize::from(range.start())..usize::from(range.end()), reason));
        }
    }

    /// A statement or the body of a CTE, and the columns that it gives.
    fn statement(&mut self, node: &SyntaxNode, outer: Option<&Scope<'_>>) -> Vec<Item> {
        if self.depth >= MAX_DEPTH {
            self.unknown(node, format!("queries nest deeper than {MAX_DEPTH} levels"));
            return Vec::new();
        }
        self.depth += 1;
        let ctes = self.ctes.len();
        let items = self.statement_of_kind(node, outer);
        self.ctes.truncate(ctes);
        self.depth -= 1;
        items
    }

    fn statement_of_kind(&mut self, node: &SyntaxNode, outer: Option<&Scope<'_>>) -> Vec<Item> {
        use SyntaxKind as K;
        match node.kind() {
            kind if select::is_select(kind) => self.select(node, outer),
            K::INSERT => self.insert(node, outer),
            K::UPDATE => self.update(node, outer),
            K::DELETE => self.delete(node, outer),
            K::MERGE => self.merge(node, outer),
            K::CALL => {
                let scope = Scope::new(outer);
                self.procedure(node, &scope);
                Vec::new()
            }
            K::TRUNCATE | K::LOCK => {
                let paths: Vec<SyntaxNode> = node
                    .descendants()
                    .filter(|found| found.kind() == K::PATH_REF)
                    .collect();
                for path in paths {
                    if let Some(name) = names::relation(&path)
                        && self.relation(&path, &name)
                        && node.kind() == K::TRUNCATE
                    {
                        let truncated = Demand::Truncated(name.clone());
                        self.query.demands.insert(truncated);
                        self.query.writes.push(Write::Delete { relation: name });
                    }
                }
                Vec::new()
            }
            K::SET_CONSTRAINTS => {
                self.deferred(node);
                Vec::new()
            }
            K::COPY => {
                self.copy(node, outer);
                Vec::new()
            }
            K::BEGIN
            | K::COMMIT_TRANSACTION
            | K::ROLLBACK_TRANSACTION
            | K::ROLLBACK_TO_SAVEPOINT
            | K::SAVEPOINT_CREATE
            | K::RELEASE_SAVEPOINT
            | K::SET
            | K::SET_TRANSACTION
            | K::RESET
            | K::SHOW
            | K::LISTEN
            | K::UNLISTEN
            | K::NOTIFY
            | K::DISCARD
            | K::DEALLOCATE
            | K::EMPTY_STMT => Vec::new(),
            K::EXPLAIN | K::PREPARE | K::DECLARE => match node.children().last() {
                Some(inner) => self.statement(&inner, outer),
                None => Vec::new(),
            },
            _ => {
                let word = node.text().to_string();
                let word: String = word
                    .split_whitespace()
                    .take(2)
                    .collect::<Vec<_>>()
                    .join(" ");
                self.unknown(
                    node,
                    format!("what `{word}` relies on is not read; only queries are"),
                );
                Vec::new()
            }
        }
    }

    /// Records a relation that is named, and tells whether it is known.
    fn relation(&mut self, node: &SyntaxNode, name: &Name) -> bool {
        if self.built.relation(name).is_some() {
            self.query.relations.insert(name.clone());
            return true;
        }
        if self.built.sequences.contains_key(name) {
            let sequence = Demand::Sequence(Some(name.clone()));
            self.query.demands.insert(sequence);
            return false;
        }
        if !names::is_of_the_server(name) {
            self.unknown(
                node,
                format!("the schema that the version was built against has no `{name}`"),
            );
            // it may be in another state
            self.query.relations.insert(name.clone());
        }
        false
    }
}
