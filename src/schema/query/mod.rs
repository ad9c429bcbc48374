//! What a version of a service relies on, and whether that works on a given schema.
//!
//! The judgement is about states: a version was built against one [`Catalog`] and meets another.
//! How the schema got there does not matter, so the same function judges an old version on a new
//! schema, a new version on an old one, and either in the middle of a migration.

mod breaks;
mod contract;
mod demand;
mod filled;
mod function;
mod placeholder;
mod read;
mod resolve;
mod sqlx;
mod uses;

pub use breaks::{Break, BreakKind, Element, When, breaks, left_null};
pub use contract::{
    Arbiter, Comparison, Conflict, Contract, Insert, Literal, Operand, Origin, Output, Query,
    Unknown, Unqualified, Value, Write,
};
pub use demand::{Demand, Usage, Width};
pub use filled::{Filled, filled};
pub use read::{MAX_FILES, MAX_TOTAL_BYTES, read_queries};

use squawk_syntax::SyntaxNode;

use super::catalog::{Catalog, Name};

/// Parses `sql` and does `work` with the root of its tree; why not, as half a sentence.
fn with_tree<T: Send>(sql: &str, work: impl FnOnce(&SyntaxNode) -> T + Send) -> Result<T, String> {
    super::parse::with_tree(sql, work).map_err(|fault| fault.message)
}

#[cfg(test)]
mod tests;
